//! The one window.

use mission_control_console::view::{FrameView, frame::AlertCounts};
use tauri::{AppHandle, Manager, WebviewWindow};

/// Its label in `tauri.conf.json`.
pub const LABEL: &str = "main";

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

/// Says in the title, and so in the desktop's list of windows, how the fleet is.
pub fn set_title(window: &WebviewWindow, frame: &FrameView) {
    if let Err(error) = window.set_title(&title(frame)) {
        tracing::warn!("the window's title was not changed: {error}");
    }
}

/// Open alerts, whatever they look like.
#[must_use]
pub fn open_alerts(counts: AlertCounts) -> u32 {
    counts.critical + counts.serious + counts.caution + counts.standby
}

/// `Mission Control · 24 online · 2 alerts`.
fn title(frame: &FrameView) -> String {
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
