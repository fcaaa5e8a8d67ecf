//! The desktop shell: window, tray, native notifications, Tauri commands. Thin: what is shown and what is done is
//! decided in `mission-control-console`; what the fleet says is kept by `mission-control-hub`. The shell joins the two.
//!
//! Closing the window ends the program: an operator who sees no window must not believe that someone is watching. A hub
//! that outlives the window is a `mission-control-hub`.

mod arguments;
mod navigation;
mod notifications;
mod rendering;
mod tray;
mod window;

pub use arguments::Arguments;

/// Runs the program until its window is closed.
///
/// # Errors
/// When it could not be started at all.
pub fn run(_arguments: &Arguments) -> anyhow::Result<()> {
    Ok(())
}
