//! The tray icon: its shape and colour show the worst status of the fleet, its menu the counts.

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
        let parts: Vec<String> =
            parts.iter().filter(|(count, _)| *count > 0).map(|(count, name)| format!("{count} {name}")).collect();
        let online: u32 = frame.hubs.iter().map(|hub| hub.online_dashboards).sum();
        let all: u32 = frame.hubs.iter().map(|hub| hub.dashboards).sum();
        let alerts = if parts.is_empty() { "no open alerts".to_owned() } else { parts.join(", ") };
        Self {
            worst: frame.worst,
            summary: format!("{online} of {all} dashboards online: {alerts}"),
            alerts: format!("Alerts ({})", window::open_alerts(counts)),
        }
    }
}

/// The tray icon and what changes on it.
pub struct Tray {
    icon: TrayIcon<Wry>,
    summary: MenuItem<Wry>,
    alerts: MenuItem<Wry>,
    shown: Option<Shown>,
}

impl Tray {
    /// Puts the icon into the tray; `None`, with a log line, where that is not possible. Called on the main thread.
    #[must_use]
    pub fn new(app: &AppHandle, navigator: Navigator, data_directory: &Path) -> Option<Self> {
        let built = std::panic::catch_unwind(AssertUnwindSafe(|| Self::build(app, navigator, data_directory)));
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
        let separator = PredefinedMenuItem::separator(app)?;
        let menu = Menu::with_items(app, &[&summary, &separator, &open, &alerts, &separator, &quit])?;
        let icon = TrayIconBuilder::with_id("status")
            .icon(image(Status::Off))
            .menu(&menu)
            .tooltip("Mission Control")
            // The indicator takes its icon from a file. The default place is shared by all users of the machine.
            .temp_dir_path(data_directory.join("tray"))
            .on_menu_event(move |app, event| chosen(app, &navigator, &event))
            .build(app)?;
        Ok(Self { icon, summary, alerts, shown: None })
    }

    /// Shows how the fleet is now.
    pub fn show(&mut self, frame: &FrameView) {
        let shown = Shown::of(frame);
        if self.shown.as_ref() == Some(&shown) {
            return;
        }
        if let Err(error) = self.change(&shown) {
            tracing::warn!("the tray icon was not changed: {error}");
        }
        self.shown = Some(shown);
    }

    fn change(&self, shown: &Shown) -> tauri::Result<()> {
        if self.shown.as_ref().map(|shown| shown.worst) != Some(shown.worst) {
            self.icon.set_icon(Some(image(shown.worst)))?;
        }
        // On Linux indicators have no tooltip: the menu's first line says the same.
        self.icon.set_tooltip(Some(format!("Mission Control: {}", shown.summary)))?;
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
