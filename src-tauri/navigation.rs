//! Where the shell asks the UI to go: a notification was clicked, a tray entry chosen.

use mission_control_console::view::requests::Navigation;
use tauri::{AppHandle, ipc::Channel};
use tokio::sync::watch;

use crate::window;

/// Holds the newest request until the UI has taken it, so that none made before the UI is loaded is lost. Only the
/// newest counts: the operator is where they asked to be last.
#[derive(Debug, Clone)]
pub struct Navigator {
    newest: watch::Sender<Option<Navigation>>,
    /// How often the UI has begun to listen. A page that was reloaded does not say that it is gone.
    listeners: watch::Sender<u64>,
}

impl Navigator {
    /// Nobody has asked for anything yet.
    #[must_use]
    pub fn new() -> Self {
        Self { newest: watch::Sender::new(None), listeners: watch::Sender::new(0) }
    }

    /// Brings the window before the operator, at the place asked for.
    pub fn go(&self, app: &AppHandle, place: Navigation) {
        self.newest.send_replace(Some(place));
        window::raise(app);
    }

    /// Hands every request to the UI, until the UI listens anew.
    pub async fn forward(self, channel: Channel<Navigation>) {
        self.listeners.send_modify(|count| *count += 1);
        let mut listeners = self.listeners.subscribe();
        let mut newest = self.newest.subscribe();
        newest.mark_changed();
        loop {
            tokio::select! {
                biased;
                _ = listeners.changed() => return,
                // The sender is part of `self`: the watch cannot close.
                _ = newest.changed() => {}
            }
            let mut taken = None;
            // Taking it is no news: told of it, this loop would never rest.
            self.newest.send_if_modified(|newest| {
                taken = newest.take();
                false
            });
            let Some(place) = taken else { continue };
            if let Err(error) = channel.send(place) {
                tracing::debug!("the UI no longer listens for navigation: {error}");
                return;
            }
        }
    }
}

impl Default for Navigator {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use tauri::ipc::InvokeResponseBody;
    use tokio::sync::mpsc;

    use super::*;

    fn place(name: &str) -> Navigation {
        Navigation::View { name: name.to_owned() }
    }

    /// A UI that listens: what it is sent.
    fn listen(navigator: &Navigator) -> mpsc::UnboundedReceiver<String> {
        let (sender, receiver) = mpsc::unbounded_channel();
        let channel = Channel::new(move |body| {
            let InvokeResponseBody::Json(json) = body else { return Ok(()) };
            sender.send(json).map_err(|_| tauri::Error::WebviewNotFound)
        });
        tokio::spawn(navigator.clone().forward(channel));
        receiver
    }

    #[tokio::test]
    async fn a_request_made_before_the_ui_listens_is_kept_and_given_once() {
        let navigator = Navigator::new();
        navigator.newest.send_replace(Some(place("commands")));
        navigator.newest.send_replace(Some(place("alerts")));
        let mut ui = listen(&navigator);
        assert_eq!(ui.recv().await.unwrap(), r#"{"kind":"view","name":"alerts"}"#);
        navigator.newest.send_replace(Some(place("fleet")));
        assert_eq!(ui.recv().await.unwrap(), r#"{"kind":"view","name":"fleet"}"#);
    }

    #[tokio::test]
    async fn taking_a_request_is_no_news() {
        let navigator = Navigator::new();
        navigator.newest.send_replace(Some(place("alerts")));
        let mut ui = listen(&navigator);
        assert!(ui.recv().await.is_some());
        let changes = navigator.newest.subscribe();
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        assert!(!changes.has_changed().unwrap(), "the loop feeds itself");
    }

    #[tokio::test]
    async fn a_reloaded_ui_takes_over() {
        let navigator = Navigator::new();
        let mut before = listen(&navigator);
        navigator.newest.send_replace(Some(place("alerts")));
        assert!(before.recv().await.is_some());
        let mut after = listen(&navigator);
        assert_eq!(before.recv().await, None, "the old page is let go");
        navigator.newest.send_replace(Some(place("fleet")));
        assert!(after.recv().await.unwrap().contains("fleet"));
    }
}
