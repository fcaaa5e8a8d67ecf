//! Native notifications on the desktop's notification service.
//!
//! Each notification on the screen has one task, which waits for the operator to act on it, and there are at most
//! [`MOST_SHOWN`]. Which alerts are worth a notification, and how often, is the console's policy.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use mission_control_protocol::Severity;
use notify_rust::{Hint, Notification, NotificationHandle, NotificationResponse, Timeout, Urgency};
use tokio::{
    sync::{OnceCell, mpsc, oneshot},
    task::JoinSet,
    time::timeout,
};

/// Notifications on the screen at a time; beyond, the oldest gives way. Its alert stays in the alerts view.
const MOST_SHOWN: usize = 24;

/// The notification service may take so long to answer.
const PATIENCE: Duration = Duration::from_secs(5);

const DEFAULT: &str = "default";
const BUTTON: &str = "button-";

/// A notification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Names it; another of the same name takes its place.
    pub key: String,
    /// How bad what it tells of is.
    pub severity: Severity,
    /// One line.
    pub title: String,
    /// A sentence or two; plain text.
    pub body: String,
    /// Texts of its buttons.
    pub buttons: Vec<String>,
}

/// What the operator did with a notification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// Clicked it.
    Open,
    /// Pressed the button at this place.
    Button(usize),
}

/// What comes back from the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Report {
    /// The operator acted on a notification; it is gone.
    Chosen {
        /// Which notification.
        key: String,
        /// What was done.
        choice: Choice,
    },
    /// The notification service answers; it calls itself so.
    Working(String),
    /// It does not: why, and what to do.
    Unavailable(String),
}

/// What is shown.
#[derive(Debug)]
pub struct Screen {
    shown: VecDeque<Shown>,
    tasks: JoinSet<()>,
    /// Found once it has answered.
    service: Arc<OnceCell<Service>>,
    reports: mpsc::Sender<Report>,
}

/// A notification on the screen; dropped, it is taken off.
#[derive(Debug)]
struct Shown {
    key: String,
    keep: oneshot::Sender<()>,
}

impl Screen {
    /// An empty one; what comes back goes to `reports`.
    #[must_use]
    pub fn new(reports: mpsc::Sender<Report>) -> Self {
        Self { shown: VecDeque::new(), tasks: JoinSet::new(), service: Arc::default(), reports }
    }

    /// Asks the notification service for its name, and reports whether it answers.
    pub fn probe(&mut self) {
        let (service, reports) = (Arc::clone(&self.service), self.reports.clone());
        self.tasks.spawn(async move {
            let report = match service.get_or_try_init(Service::find).await {
                Ok(service) => Report::Working(service.name.clone()),
                Err(reason) => Report::Unavailable(reason),
            };
            // Nobody listens any more when the program ends.
            let _ = reports.send(report).await;
        });
    }

    /// Shows a notification, in the place of the one of the same name if there is one.
    pub fn show(&mut self, notice: Notice) {
        self.dismiss(&notice.key);
        while self.tasks.try_join_next().is_some() {}
        self.shown.retain(|shown| !shown.keep.is_closed());
        if self.shown.len() >= MOST_SHOWN {
            self.shown.pop_front();
        }
        let (keep, dismissed) = oneshot::channel();
        self.shown.push_back(Shown { key: notice.key.clone(), keep });
        self.tasks.spawn(present(notice, dismissed, Arc::clone(&self.service), self.reports.clone()));
    }

    /// Takes a notification off the screen, if it is there.
    pub fn dismiss(&mut self, key: &str) {
        self.shown.retain(|shown| shown.key != key);
    }

    /// Takes all off the screen: buttons of a program that is gone do nothing.
    pub async fn clear(&mut self) {
        self.shown.clear();
        if timeout(PATIENCE, async { while self.tasks.join_next().await.is_some() {} }).await.is_err() {
            tracing::warn!("the notification service did not take all notifications off the screen");
        }
    }
}

/// Shows one notification, and waits until it is acted on, goes, or is dismissed.
async fn present(
    notice: Notice,
    dismissed: oneshot::Receiver<()>,
    service: Arc<OnceCell<Service>>,
    reports: mpsc::Sender<Report>,
) {
    let report = match show(&notice, &service).await {
        Err(reason) => Some(Report::Unavailable(reason)),
        Ok((name, handle)) => {
            // The end of the program ends the reports.
            let _ = reports.send(Report::Working(name)).await;
            wait_for_choice(&handle, dismissed).await.map(|choice| Report::Chosen { key: notice.key, choice })
        }
    };
    if let Some(report) = report {
        let _ = reports.send(report).await;
    }
}

async fn show(notice: &Notice, service: &OnceCell<Service>) -> Result<(String, NotificationHandle), String> {
    let service = service.get_or_try_init(Service::find).await?;
    match timeout(PATIENCE, notification(notice, service.reads_markup).show_async()).await {
        Ok(Ok(handle)) => Ok((service.name.clone(), handle)),
        Ok(Err(error)) => Err(unavailable(&error.to_string())),
        Err(_) => Err(unavailable("it does not answer")),
    }
}

async fn wait_for_choice(handle: &NotificationHandle, dismissed: oneshot::Receiver<()>) -> Option<Choice> {
    let (sender, chosen) = oneshot::channel();
    let waiting = handle.wait_for_action_async(|response: &NotificationResponse| {
        // The receiver is below; it outlives this.
        let _ = sender.send(choice(response));
    });
    tokio::select! {
        () = waiting => chosen.await.ok().flatten(),
        _ = dismissed => {
            if timeout(PATIENCE, handle.close_async()).await.is_err() {
                tracing::warn!("the notification service did not take a notification off the screen");
            }
            None
        }
    }
}

fn choice(response: &NotificationResponse) -> Option<Choice> {
    match response {
        NotificationResponse::Default => Some(Choice::Open),
        NotificationResponse::Action(key) => key.strip_prefix(BUTTON)?.parse().ok().map(Choice::Button),
        NotificationResponse::Reply(_) | NotificationResponse::Closed(_) => None,
    }
}

/// The notification as the desktop is given it.
fn notification(notice: &Notice, reads_markup: bool) -> Notification {
    let (urgency, icon, lasts) = match notice.severity {
        Severity::Debug | Severity::Info => (Urgency::Low, "dialog-information", Timeout::Default),
        Severity::Warning => (Urgency::Normal, "dialog-warning", Timeout::Default),
        Severity::Error => (Urgency::Normal, "dialog-error", Timeout::Default),
        Severity::Critical => (Urgency::Critical, "dialog-error", Timeout::Never),
    };
    let mut notification = Notification::new();
    notification
        .appname("Mission Control")
        .summary(&notice.title)
        .body(&if reads_markup { escape(&notice.body) } else { notice.body.clone() })
        .icon(icon)
        .urgency(urgency)
        .hint(Hint::Category("x-mission-control.alert".to_owned()))
        .timeout(lasts)
        .action(DEFAULT, "Open");
    for (index, button) in notice.buttons.iter().enumerate() {
        notification.action(&format!("{BUTTON}{index}"), button);
    }
    notification.finalize()
}

/// Text that a service which reads markup shows as it is: what a dashboard says is never markup.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The notification service, as far as it matters here.
#[derive(Debug, Clone)]
struct Service {
    name: String,
    reads_markup: bool,
}

impl Service {
    async fn find() -> Result<Self, String> {
        // These two calls block; a service that hangs keeps a thread of the blocking pool, not the program.
        let asking = tokio::task::spawn_blocking(|| {
            let server = notify_rust::get_server_information()?;
            Ok::<_, notify_rust::error::Error>((server, notify_rust::get_capabilities()?))
        });
        match timeout(PATIENCE, asking).await {
            Ok(Ok(Ok((server, capabilities)))) => Ok(Self {
                name: format!("{} {}", server.name, server.version),
                reads_markup: capabilities.iter().any(|capability| capability == "body-markup"),
            }),
            Ok(Ok(Err(error))) => Err(unavailable(&error.to_string())),
            Ok(Err(_)) => Err(unavailable("asking it failed")),
            Err(_) => Err(unavailable("it does not answer")),
        }
    }
}

fn unavailable(why: &str) -> String {
    format!("The desktop's notification service cannot be used: {why}. Start one, such as dunst, or log in to a desktop.")
}
