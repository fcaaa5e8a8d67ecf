//! The desktop shell: window, tray, native notifications, Tauri commands. Thin: what is shown and what is done is
//! decided in `mission-control-console`; what the fleet says is kept by `mission-control-hub`. The shell joins the two.
//!
//! Closing the window ends the program: an operator who sees no window must not believe that someone is watching. A hub
//! that outlives the window is a `mission-control-hub`.

mod arguments;
mod attendance;
mod commands;
mod desk;
mod embedded;
mod instance;
mod navigation;
mod notifications;
mod pictures;
mod rendering;
mod subscriptions;
mod tray;
mod window;

use anyhow::Context;
use tauri::{RunEvent, webview::PageLoadEvent};
use tauri_plugin_window_state::StateFlags;
use tokio::signal::unix::{SignalKind, signal};

pub use arguments::Arguments;

use crate::{attendance::Attendance, desk::Desk, navigation::Navigator, tray::Tray};

/// Runs the program until its window is closed, its tray says so, or it is told to end (SIGTERM, SIGINT).
///
/// # Errors
/// When it could not be started at all: no display, no runtime.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    if let Err(error) = rendering::fall_back_without_gpu() {
        tracing::warn!(
            "the program could not restart itself: {error}; if the window stays empty, start it with WEBKIT_DISABLE_DMABUF_RENDERER=1"
        );
    }
    let data_directory = arguments.data_directory()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("no threads can be started")?;
    tauri::async_runtime::set(runtime.handle().clone());

    let (desk, phase, ending) = Desk::new();
    let navigator = Navigator::new();
    let window_state = tauri_plugin_window_state::Builder::default()
        .with_filename(data_directory.join("window.json").to_string_lossy())
        .with_state_flags(StateFlags::SIZE | StateFlags::POSITION | StateFlags::MAXIMIZED)
        .build();
    let (listen, allowed_origins) = (arguments.listen(), arguments.allowed_origins());
    let attendance = {
        let (desk, navigator, data_directory) = (desk.clone(), navigator.clone(), data_directory.clone());
        move |app: &mut tauri::App| {
            let app = app.handle().clone();
            let tray = Tray::new(&app, navigator.clone(), &data_directory);
            end_on_signals(app.clone(), desk)?;
            let attendance = Attendance {
                data_directory,
                listen,
                allowed_origins,
                app,
                navigator,
                tray,
                title: String::new(),
            };
            tauri::async_runtime::spawn(attendance.run(phase, ending));
            Ok(())
        }
    };
    let app = tauri::Builder::default()
        // First, so that a second program for the same data has done nothing yet when it finds the first.
        .plugin(instance::single(&data_directory))
        .plugin(window_state)
        .plugin(window::language())
        .manage(desk.clone())
        .manage(navigator)
        .on_page_load(|webview, payload| {
            if payload.event() == PageLoadEvent::Started {
                subscriptions::close_all(webview);
            }
        })
        .invoke_handler(tauri::generate_handler![
            commands::subscribe,
            commands::unsubscribe,
            commands::subscribe_navigation,
            commands::issue_command,
            commands::cancel_command,
            commands::validate_payload,
            commands::acknowledge_alert,
            commands::resolve_alert,
            commands::run_alert_action,
            commands::change_alerting,
            commands::export_rules,
            commands::back_test_rule,
            commands::cancel_back_test,
            commands::alert_statistics,
            commands::events_around,
            commands::events_page,
            commands::series_catalog,
            commands::chart_series,
            commands::chart_csv,
            commands::chart_image_place,
            commands::save_chart_image,
            commands::rank_series,
            commands::outliers,
            commands::query_dashboard,
            commands::push_configuration,
            commands::conduct_time,
            commands::timeline,
            commands::search_page,
            commands::search_tail,
            commands::search_record,
            commands::search_overview,
            commands::complete_query,
            commands::add_hub,
            commands::remove_hub,
            commands::retry_hub,
            commands::create_token,
            commands::revoke_token,
            commands::start_export,
            commands::import_archive,
            commands::cancel_transfer,
            commands::dismiss_transfer,
            commands::suggest_export_path,
            commands::storage_health,
            commands::preview_retention,
            commands::save_retention,
            commands::start_storage_work,
            commands::storage_work,
            commands::cancel_storage_work,
            commands::forget_restore,
            commands::rebuild_cache,
            commands::save_preferences,
            commands::save_notification_policy,
            commands::test_notification,
        ])
        .setup(attendance)
        .build(tauri::generate_context!())
        .context("the window cannot be opened: is there a display (DISPLAY or WAYLAND_DISPLAY)?")?;
    let handle = runtime.handle().clone();
    let code = app.run_return(move |_, event| {
        // The window is gone by now; what is still to be written is written before the process is.
        if matches!(event, RunEvent::Exit) {
            handle.block_on(desk.end());
        }
    });
    anyhow::ensure!(code == 0, "the window ended with code {code}");
    Ok(())
}

/// Ends the program in order when it is told to: everything is written down first, should the window not answer.
fn end_on_signals(app: tauri::AppHandle, desk: Desk) -> anyhow::Result<()> {
    let _runtime = tauri::async_runtime::handle().inner().enter();
    let mut terminate = signal(SignalKind::terminate()).context("SIGTERM cannot be handled")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("SIGINT cannot be handled")?;
    tauri::async_runtime::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        desk.end().await;
        app.exit(0);
    });
    Ok(())
}
