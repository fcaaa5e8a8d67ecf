//! Native notifications on the desktop's notification service.
//!
//! Each notification on the screen has one task, which waits for the operator to act on it, and there are at most
//! [`MOST_SHOWN`]. Which alerts are worth a notification, and how often, is the console's policy.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use mission_control_console::notifications::{ACTION_DEFAULT, Notification, NotificationIntent, Urgency};
use notify_rust::{Hint, NotificationHandle, NotificationResponse, Timeout};
use tokio::{
    sync::{OnceCell, mpsc, oneshot, watch},
    task::JoinSet,
    time::timeout,
};

/// Notifications on the screen at a time; beyond, the oldest gives way. Its alert stays in the alerts view.
const MOST_SHOWN: usize = 24;

/// The notification service may take so long to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// What comes back from the screen.
#[derive(Debug, Clone, PartialEq)]
pub enum Report {
    /// The operator acted on a notification; it is gone.
    Chosen {
        /// Which.
        notification: Notification,
        /// Key of the action.
        action: String,
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
    /// Known once it has answered.
    service: Arc<OnceCell<Service>>,
    reports: mpsc::Sender<Report>,
}

/// A notification on the screen. What is sent is shown in its place; dropped, it is taken off.
#[derive(Debug)]
struct Shown {
    key: String,
    content: watch::Sender<Notification>,
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

    /// Does what the console wants done.
    pub fn present(&mut self, intent: NotificationIntent) {
        while self.tasks.try_join_next().is_some() {}
        self.shown.retain(|shown| !shown.content.is_closed());
        match intent {
            NotificationIntent::Show(notification) => self.show(notification),
            NotificationIntent::Update(notification) => {
                // One that the operator has closed stays closed.
                if let Some(shown) = self.shown.iter().find(|shown| shown.key == notification.key) {
                    shown.content.send_replace(notification);
                }
            }
            NotificationIntent::Dismiss { key } => self.dismiss(&key),
        }
    }

    fn show(&mut self, notification: Notification) {
        self.dismiss(&notification.key);
        if self.shown.len() >= MOST_SHOWN {
            self.shown.pop_front();
        }
        let key = notification.key.clone();
        let (content, changes) = watch::channel(notification);
        self.shown.push_back(Shown { key, content });
        self.tasks.spawn(present(changes, Arc::clone(&self.service), self.reports.clone()));
    }

    fn dismiss(&mut self, key: &str) {
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
    mut content: watch::Receiver<Notification>,
    service: Arc<OnceCell<Service>>,
    reports: mpsc::Sender<Report>,
) {
    let mut place = None;
    loop {
        let notification = content.borrow_and_update().clone();
        let handle = match show(&notification, place, &service).await {
            Ok((name, handle)) => {
                // Nobody listens any more when the program ends.
                let _ = reports.send(Report::Working(name)).await;
                handle
            }
            Err(reason) => {
                let _ = reports.send(Report::Unavailable(reason)).await;
                return;
            }
        };
        let outcome = wait(&handle, &mut content).await;
        if matches!(outcome, Outcome::Chosen(_) | Outcome::Dismissed)
            // Not every service takes a notification off the screen when its button is pressed.
            && timeout(PATIENCE, handle.close_async()).await.is_err()
        {
            tracing::warn!("the notification service did not take a notification off the screen");
        }
        match outcome {
            Outcome::Changed => place = Some(handle.id()),
            Outcome::Chosen(action) => {
                let _ = reports.send(Report::Chosen { notification, action }).await;
                return;
            }
            Outcome::Dismissed | Outcome::Gone => return,
        }
    }
}

/// What became of a notification on the screen.
enum Outcome {
    /// The operator chose the action of this key.
    Chosen(String),
    /// Something else is to be shown in its place.
    Changed,
    /// It is to be taken off.
    Dismissed,
    /// The operator or the service took it off.
    Gone,
}

async fn wait(handle: &NotificationHandle, content: &mut watch::Receiver<Notification>) -> Outcome {
    let (sender, response) = oneshot::channel();
    let waiting = handle.wait_for_action_async(|response: &NotificationResponse| {
        // The receiver is above; it outlives this.
        let _ = sender.send(response.clone());
    });
    tokio::select! {
        () = waiting => match response.await {
            Ok(NotificationResponse::Default) => Outcome::Chosen(ACTION_DEFAULT.to_owned()),
            Ok(NotificationResponse::Action(key)) => Outcome::Chosen(key),
            Ok(NotificationResponse::Reply(_) | NotificationResponse::Closed(_)) | Err(_) => Outcome::Gone,
        },
        changed = content.changed() => match changed {
            Ok(()) => Outcome::Changed,
            Err(_) => Outcome::Dismissed,
        },
    }
}

/// Shows a notification, in the place of the one with the id `place`.
async fn show(
    notification: &Notification,
    place: Option<u32>,
    service: &OnceCell<Service>,
) -> Result<(String, NotificationHandle), String> {
    let service = service.get_or_try_init(Service::find).await?;
    match timeout(PATIENCE, native(notification, place, service.reads_markup).show_async()).await {
        Ok(Ok(handle)) => Ok((service.name.clone(), handle)),
        Ok(Err(error)) => Err(unavailable(&error.to_string())),
        Err(_) => Err(unavailable("it does not answer")),
    }
}

/// The notification as the desktop is given it.
fn native(notification: &Notification, place: Option<u32>, reads_markup: bool) -> notify_rust::Notification {
    let (urgency, icon, lasts) = match notification.urgency {
        Urgency::Low => (notify_rust::Urgency::Low, "dialog-information", Timeout::Default),
        Urgency::Normal => (notify_rust::Urgency::Normal, "dialog-warning", Timeout::Default),
        Urgency::Critical => (notify_rust::Urgency::Critical, "dialog-error", Timeout::Never),
    };
    let body = &notification.body;
    let mut native = notify_rust::Notification::new();
    native
        .appname("Mission Control")
        .summary(&notification.title)
        .body(&if reads_markup { body.clone() } else { unescape(body) })
        .icon(icon)
        .urgency(urgency)
        .hint(Hint::Category("x-mission-control.alert".to_owned()))
        .timeout(lasts);
    // A desktop without such a sound in its theme, or without a theme, stays silent.
    native.hint(if notification.sound.is_empty() {
        Hint::SuppressSound(true)
    } else {
        Hint::SoundName(notification.sound.clone())
    });
    if let Some(place) = place {
        native.id(place);
    }
    for (key, label) in &notification.actions {
        native.action(key, label);
    }
    native.finalize()
}

/// A body whose text is not markup.
#[must_use]
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The console escapes what markup would be made of; a service that reads none would show the escapes.
fn unescape(body: &str) -> String {
    body.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&amp;", "&")
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
    format!(
        "The desktop's notification service cannot be used: {why}. Start one, such as dunst, or log in to a desktop."
    )
}

#[cfg(test)]
mod tests {
    use mission_control_console::notifications::NotificationTarget;

    use super::*;

    fn notification(urgency: Urgency) -> Notification {
        Notification {
            key: "alert-1".to_owned(),
            target: NotificationTarget::Test,
            title: "Data Quality Below Threshold".to_owned(),
            body: "61 % &lt;low&gt; &amp;amp; falling".to_owned(),
            urgency,
            sound: String::new(),
            actions: vec![
                (ACTION_DEFAULT.to_owned(), "Open".to_owned()),
                ("action:0".to_owned(), "Re-ingest".to_owned()),
            ],
        }
    }

    #[test]
    fn carries_urgency_and_buttons() {
        let native = native(&notification(Urgency::Critical), Some(7), true);
        assert_eq!(native.actions, [ACTION_DEFAULT, "Open", "action:0", "Re-ingest"]);
        assert!(native.hints.contains(&Hint::Urgency(notify_rust::Urgency::Critical)));
        assert_eq!(native.timeout, Timeout::Never, "what needs action now stays");
        assert!(native.hints.contains(&Hint::SuppressSound(true)));
        let heard = Notification { sound: "dialog-error".to_owned(), ..notification(Urgency::Critical) };
        assert!(
            super::native(&heard, None, true).hints.contains(&Hint::SoundName("dialog-error".to_owned()))
        );
    }

    #[test]
    fn a_service_without_markup_is_given_plain_text() {
        assert_eq!(
            native(&notification(Urgency::Low), None, true).body,
            "61 % &lt;low&gt; &amp;amp; falling"
        );
        assert_eq!(native(&notification(Urgency::Low), None, false).body, "61 % <low> &amp; falling");
    }
}
