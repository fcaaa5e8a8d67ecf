//! The one window.

use mission_control_console::view::{FrameView, frame::AlertCounts};
use tauri::{
    AppHandle, Manager, Wry,
    plugin::{self, TauriPlugin},
};

/// Its label in `tauri.conf.json`.
pub const LABEL: &str = "main";

/// Gives the page a language where the web view has none: see the script.
#[must_use]
pub fn language() -> TauriPlugin<Wry> {
    plugin::Builder::new("language").js_init_script(include_str!("language.js")).build()
}

/// Brings the window before the operator.
pub fn raise(app: &AppHandle) {
    let Some(window) = app.get_webview_window(LABEL) else { return };
    for (step, outcome) in
        [("show", window.show()), ("unminimise", window.unminimize()), ("focus", window.set_focus())]
    {
        if let Err(error) = outcome {
            tracing::warn!("the window manager did not {step} the window: {error}");
        }
    }
}

/// Sets the title, which the desktop's list of windows shows too.
pub fn set_title(app: &AppHandle, title: &str) {
    let Some(window) = app.get_webview_window(LABEL) else { return };
    if let Err(error) = window.set_title(title) {
        tracing::warn!("the window's title was not changed: {error}");
    }
}

/// Open alerts, whatever they look like.
#[must_use]
pub fn open_alerts(counts: AlertCounts) -> u32 {
    counts.critical + counts.serious + counts.caution + counts.standby
}

/// How the fleet is: `Mission Control · 24 online · 2 alerts`.
#[must_use]
pub fn title(frame: &FrameView) -> String {
    let mut title = "Mission Control".to_owned();
    let online: u32 = frame.hubs.iter().map(|hub| hub.online_dashboards).sum();
    if online > 0 {
        title.push_str(&format!(" · {online} online"));
    }
    match open_alerts(frame.alert_counts) {
        0 => {}
        1 => title.push_str(" · 1 alert"),
        alerts => title.push_str(&format!(" · {alerts} alerts")),
    }
    title
}

#[cfg(test)]
pub mod tests {
    use mission_control_console::view::{
        HubKey, Status,
        conductor::ConductorView,
        frame::{HubChip, HubConnection, NotificationService},
    };
    use mission_control_protocol::Timestamp;

    use super::*;

    /// One hub, 21 of its 24 dashboards online, no alert.
    pub fn frame() -> FrameView {
        FrameView {
            now: Timestamp::from_milliseconds(0),
            conductor: ConductorView::Live,
            hubs: vec![HubChip {
                hub: HubKey::EMBEDDED,
                name: "This workstation".to_owned(),
                embedded: true,
                connection: HubConnection::Live,
                status: Status::Normal,
                latency_milliseconds: None,
                online_dashboards: 21,
                dashboards: 24,
                archive: None,
                missing: None,
            }],
            alert_counts: AlertCounts::default(),
            unacknowledged_alerts: 0,
            worst: Status::Normal,
            activity: Vec::new(),
            tail: Vec::new(),
            notices: Vec::new(),
            notifications: NotificationService::Unknown,
        }
    }

    #[test]
    fn the_title_says_how_the_fleet_is() {
        let mut frame = frame();
        assert_eq!(title(&frame), "Mission Control · 21 online");
        frame.alert_counts.serious = 1;
        assert_eq!(title(&frame), "Mission Control · 21 online · 1 alert");
        frame.alert_counts.standby = 2;
        assert_eq!(title(&frame), "Mission Control · 21 online · 3 alerts");
        frame.hubs.clear();
        frame.alert_counts = AlertCounts::default();
        assert_eq!(title(&frame), "Mission Control");
    }
}
