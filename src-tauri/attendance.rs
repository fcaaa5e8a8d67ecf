//! The task that owns the embedded hub, the console, the tray and what is on the screen, from start to end.

use std::{
    fs::{self, File, TryLockError},
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context, bail};
use mission_control_console::{
    Console, ConsoleConfig, ConsoleHandle,
    notifications::{ACTION_DEFAULT, Notification, NotificationEffect, NotificationIntent, Urgency},
    view::{FrameView, ViewModel, ViewRequest, frame::NotificationService, requests::RequestError},
};
use mission_control_hub::Hub;
use tauri::AppHandle;
use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;

use crate::{
    desk::Phase,
    embedded,
    navigation::Navigator,
    notifications::{Report, Screen, escape},
    tray::{self, Tray},
    window,
};

/// Reports from the screen that may wait.
const REPORTS: usize = 64;

/// What the task is given.
pub struct Attendance {
    /// Where everything is kept.
    pub data_directory: PathBuf,
    /// Where the embedded hub listens.
    pub listen: SocketAddr,
    /// Web origins whose pages may connect to it, besides those of this machine.
    pub allowed_origins: Vec<String>,
    /// The program.
    pub app: AppHandle,
    /// The way to the UI.
    pub navigator: Navigator,
    /// The tray icon, where there is a tray.
    pub tray: Option<Tray>,
    /// Title of the window, as last set.
    pub title: String,
}

/// What the task has started.
struct Started {
    /// `None` when it could not start; everything else works.
    hub: Option<Arc<Hub>>,
    console: Console,
    /// Keeps other programs off the data directory.
    _lock: File,
}

impl Attendance {
    /// Starts the hub and the console, attends to them until it is time to end, and ends them.
    pub async fn run(self, phase: watch::Sender<Phase>, ending: CancellationToken) {
        let mut started = match self.start().await {
            Ok(started) => started,
            Err(error) => {
                let reason = format!("{error:#}.");
                tracing::error!("{reason}");
                phase.send_replace(Phase::Failed(reason));
                return;
            }
        };
        phase.send_replace(Phase::Running(started.console.handle()));
        self.attend(&mut started.console, &ending).await;
        started.console.shutdown().await;
        if let Some(hub) = started.hub {
            embedded::end(hub).await;
        }
        phase.send_replace(Phase::Ended);
    }

    async fn start(&self) -> anyhow::Result<Started> {
        let lock = lock(&self.data_directory)?;
        let mut config = ConsoleConfig::new(self.data_directory.clone());
        if let Some(downloads) = dirs::download_dir().filter(|known| known.is_dir()).or_else(dirs::home_dir) {
            config.downloads_directory = downloads;
        }
        let hub = match embedded::start(&self.data_directory, self.listen, &self.allowed_origins).await {
            Ok(embedded::StartedHub { hub, note, retain }) => {
                if let Err(error) = embedded::announce(&hub) {
                    tracing::warn!("the addresses could not be printed: {error}");
                }
                let hub = Arc::new(hub);
                config.embedded = Some(embedded::joint(&hub, note, retain));
                Some(hub)
            }
            // What was recorded can be looked at, and remote hubs be followed.
            Err(error) => {
                tracing::error!("the embedded hub does not run: {error}");
                config.embedded_problem = Some(format!("The embedded hub does not run: {error}."));
                None
            }
        };
        match Console::start(config).await {
            Ok(console) => Ok(Started { hub, console, _lock: lock }),
            Err(error) => {
                if let Some(hub) = hub {
                    embedded::end(hub).await;
                }
                Err(error.into())
            }
        }
    }

    async fn attend(mut self, console: &mut Console, ending: &CancellationToken) {
        let (reports, mut reported) = mpsc::channel(REPORTS);
        let mut screen = Screen::new(reports);
        screen.probe();
        tokio::spawn(tray::host::report_missing());
        let handle = console.handle();
        let mut frames = handle.subscribe(ViewRequest::Present);
        let mut presses = JoinSet::new();
        let Some(mut intents) = console.notifications() else { return };
        loop {
            tokio::select! {
                () = ending.cancelled() => break,
                Some(intent) = intents.recv() => screen.present(intent),
                Some(report) = reported.recv() => take(report, &handle, &mut presses).await,
                Some(Ok(press)) = presses.join_next() => self.follow(&press, &mut screen),
                Some(model) = frames.next() => if let ViewModel::Present(frame) = &*model {
                    self.show(frame);
                },
                else => break,
            }
        }
        screen.clear().await;
    }

    /// Shows how the fleet is, outside the page.
    fn show(&mut self, frame: &FrameView) {
        if let Some(tray) = &mut self.tray {
            tray.show(frame);
        }
        let title = window::title(frame);
        if self.title != title {
            window::set_title(&self.app, &title);
            self.title = title;
        }
    }

    /// Takes the operator where a pressed button leads.
    fn follow(&self, press: &Press, screen: &mut Screen) {
        match &press.outcome {
            Ok(NotificationEffect::Open(place)) => self.navigator.go(&self.app, place.clone()),
            Ok(
                NotificationEffect::Acknowledged
                | NotificationEffect::Snoozed { .. }
                | NotificationEffect::CommandIssued { .. },
            ) => {}
            Err(error) => screen.present(NotificationIntent::Show(not_done(press, error))),
        }
    }
}

/// A button of a notification that was pressed, and what came of it.
struct Press {
    notification: Notification,
    action: String,
    outcome: Result<NotificationEffect, RequestError>,
}

/// Does what a report from the screen calls for. A press may take as long as the hub needs to answer, so it has a task of
/// its own.
async fn take(report: Report, console: &ConsoleHandle, presses: &mut JoinSet<Press>) {
    match report {
        Report::Working(server) => {
            console.report_notification_service(NotificationService::Working { server }).await;
        }
        Report::Unavailable(reason) => {
            console.report_notification_service(NotificationService::Unavailable { reason }).await;
        }
        Report::Chosen { notification, action } => {
            let console = console.clone();
            presses.spawn(async move {
                let outcome = console.press_notification(notification.target.clone(), &action).await;
                Press { notification, action, outcome }
            });
        }
    }
}

/// Says that a button did not do what it says: the operator may not be looking at the window.
fn not_done(press: &Press, error: &RequestError) -> Notification {
    let Press { notification, action, .. } = press;
    let label = notification.actions.iter().find(|(key, _)| key == action).map_or(action, |(_, label)| label);
    Notification {
        key: format!("{}-not-done", notification.key),
        target: notification.target.clone(),
        title: format!("{label}: not done"),
        body: escape(&error.message),
        urgency: Urgency::Normal,
        sound: String::new(),
        actions: vec![(ACTION_DEFAULT.to_owned(), "Open".to_owned())],
    }
}

/// Holds the data directory for this program alone, until the value goes.
fn lock(data_directory: &Path) -> anyhow::Result<File> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    // Logs and tokens are nobody else's business.
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(data_directory).with_context(|| {
        format!("{} cannot be made: choose another directory with --data", data_directory.display())
    })?;
    let path = data_directory.join("lock");
    let file = File::create(&path).with_context(|| {
        format!("{} cannot be written: choose another directory with --data", path.display())
    })?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => bail!(
            "Another Mission Control uses {}: close that one, or start this one with another directory (--data DIR)",
            data_directory.display()
        ),
        Err(TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("{} cannot be locked", path.display()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_program_per_data_directory() {
        let directory = tempfile::tempdir().unwrap();
        let data = directory.path().join("not").join("there").join("yet");
        let held = lock(&data).unwrap();
        let refusal = lock(&data).unwrap_err().to_string();
        assert!(refusal.contains("Another Mission Control") && refusal.contains("--data"), "{refusal}");
        drop(held);
        lock(&data).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&data).unwrap().permissions().mode() & 0o777, 0o700);
        }
    }

    #[test]
    fn a_directory_that_cannot_be_made_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("file");
        fs::write(&file, "").unwrap();
        let refusal = lock(&file.join("data")).unwrap_err().to_string();
        assert!(refusal.contains("--data"), "{refusal}");
    }
}
