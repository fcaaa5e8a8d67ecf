//! The tray icon: its shape and colour show the worst status of the fleet, its menu the counts.

pub mod host;
pub mod shape;

use std::{panic::AssertUnwindSafe, path::Path};

use mission_control_console::view::{FrameView, Status, requests::Navigation};
use tauri::{
    AppHandle, Wry,
    image::Image,
    menu::{Menu, MenuEvent, MenuItem, PredefinedMenuItem},
    tray::{TrayIcon, TrayIconBuilder},
};

use crate::{navigation::Navigator, window};

const SUMMARY: &str = "summary";
const OPEN: &str = "open";
const ALERTS: &str = "alerts";
const QUIT: &str = "quit";

/// What the tray shows.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Shown {
    worst: Status,
    summary: String,
    alerts: String,
    /// Open alerts nobody has acknowledged, where there are any.
    badge: Option<String>,
}

impl Shown {
    fn of(frame: &FrameView) -> Self {
        let counts = frame.alert_counts;
        let parts = [
            (counts.critical, "critical"),
            (counts.serious, "serious"),
            (counts.caution, "caution"),
            (counts.standby, "for information"),
        ];
        let parts: Vec<String> = parts
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, name)| format!("{count} {name}"))
            .collect();
        let online: u32 = frame.hubs.iter().map(|hub| hub.online_dashboards).sum();
        let all: u32 = frame.hubs.iter().map(|hub| hub.dashboards).sum();
        let alerts = if parts.is_empty() { "no open alerts".to_owned() } else { parts.join(", ") };
        Self {
            worst: frame.worst,
            summary: format!("{online} of {all} dashboards online: {alerts}"),
            alerts: match frame.unacknowledged_alerts {
                0 => format!("Alerts ({})", window::open_alerts(counts)),
                new => format!("Alerts ({}, {new} not acknowledged)", window::open_alerts(counts)),
            },
            badge: (frame.unacknowledged_alerts > 0).then(|| frame.unacknowledged_alerts.to_string()),
        }
    }
}

/// The tray icon.
pub struct Tray {
    app: AppHandle,
    parts: Parts,
    shown: Option<Shown>,
}

/// What changes on it.
#[derive(Clone)]
struct Parts {
    icon: TrayIcon<Wry>,
    summary: MenuItem<Wry>,
    alerts: MenuItem<Wry>,
}

impl Tray {
    /// Puts the icon into the tray; `None`, with a log line, where that is not possible. Called on the main thread.
    #[must_use]
    pub fn new(app: &AppHandle, navigator: Navigator, data_directory: &Path) -> Option<Self> {
        let built =
            std::panic::catch_unwind(AssertUnwindSafe(|| Self::build(app, navigator, data_directory)));
        match built {
            Ok(Ok(tray)) => Some(tray),
            Ok(Err(error)) => {
                tracing::warn!("there is no tray icon: {error}");
                None
            }
            // The binding of the indicator library panics when the library is not installed.
            Err(_) => {
                tracing::warn!("there is no tray icon: install libayatana-appindicator3-1 to have one");
                None
            }
        }
    }

    fn build(app: &AppHandle, navigator: Navigator, data_directory: &Path) -> tauri::Result<Self> {
        let summary = MenuItem::with_id(app, SUMMARY, "Starting", false, None::<&str>)?;
        let open = MenuItem::with_id(app, OPEN, "Open", true, None::<&str>)?;
        let alerts = MenuItem::with_id(app, ALERTS, "Alerts", true, None::<&str>)?;
        let quit = MenuItem::with_id(app, QUIT, "Quit", true, None::<&str>)?;
        let (above, below) = (PredefinedMenuItem::separator(app)?, PredefinedMenuItem::separator(app)?);
        let menu = Menu::with_items(app, &[&summary, &above, &open, &alerts, &below, &quit])?;
        let icon = TrayIconBuilder::with_id("status")
            .icon(image(Status::Off))
            .menu(&menu)
            .tooltip("Mission Control")
            // The indicator takes its icon from a file. The default place is shared by all users of the machine.
            .temp_dir_path(data_directory.join("tray"))
            .on_menu_event(move |app, event| chosen(app, &navigator, &event))
            .build(app)?;
        Ok(Self { app: app.clone(), parts: Parts { icon, summary, alerts }, shown: None })
    }

    /// Shows how the fleet is now.
    pub fn show(&mut self, frame: &FrameView) {
        let shown = Shown::of(frame);
        if self.shown.as_ref() == Some(&shown) {
            return;
        }
        let is_new_icon = self.shown.as_ref().is_none_or(|before| before.worst != shown.worst);
        self.shown = Some(shown.clone());
        let parts = self.parts.clone();
        // From another thread each change would wait for the main one, which may itself be waiting for this to end.
        let change = move || {
            if let Err(error) = parts.show(&shown, is_new_icon) {
                tracing::warn!("the tray icon was not changed: {error}");
            }
        };
        if let Err(error) = self.app.run_on_main_thread(change) {
            tracing::debug!("the tray icon is not changed any more: {error}");
        }
    }
}

impl Parts {
    fn show(&self, shown: &Shown, is_new_icon: bool) -> tauri::Result<()> {
        if is_new_icon {
            self.icon.set_icon(Some(image(shown.worst)))?;
        }
        // On Linux indicators have no tooltip: the menu's first line says the same.
        self.icon.set_tooltip(Some(format!("Mission Control: {}", shown.summary)))?;
        // Beside the icon, where the desktop shows such a text; Windows has none.
        self.icon.set_title(shown.badge.as_deref())?;
        self.summary.set_text(&shown.summary)?;
        self.alerts.set_text(&shown.alerts)
    }
}

fn image(status: Status) -> Image<'static> {
    Image::new_owned(shape::draw(status), shape::SIZE, shape::SIZE)
}

fn chosen(app: &AppHandle, navigator: &Navigator, event: &MenuEvent) {
    match event.id().as_ref() {
        OPEN => window::raise(app),
        ALERTS => navigator.go(app, Navigation::View { name: "alerts".to_owned() }),
        QUIT => app.exit(0),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::window::tests::frame;

    #[test]
    fn says_how_the_fleet_is() {
        let mut frame = frame();
        frame.alert_counts.critical = 1;
        frame.alert_counts.caution = 2;
        let shown = Shown::of(&frame);
        assert_eq!(shown.summary, "21 of 24 dashboards online: 1 critical, 2 caution");
        assert_eq!((shown.alerts.as_str(), &shown.badge), ("Alerts (3)", &None));
        frame.unacknowledged_alerts = 2;
        let shown = Shown::of(&frame);
        assert_eq!(shown.alerts, "Alerts (3, 2 not acknowledged)");
        assert_eq!(shown.badge.as_deref(), Some("2"));
        frame.alert_counts = Default::default();
        assert_eq!(Shown::of(&frame).summary, "21 of 24 dashboards online: no open alerts");
    }
}
