//! Views that the UI follows. Each is a resource of the web view, in Tauri's own table: closed, it ends.

use std::sync::Arc;

use mission_control_console::{ViewSubscription, view::ViewModel};
use tauri::{Manager, Resource, ResourceId, Webview, async_runtime::JoinHandle, ipc::Channel};

/// A view that is followed.
struct Subscription {
    forwarding: JoinHandle<()>,
}

impl Resource for Subscription {}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.forwarding.abort();
    }
}

/// Hands every model to the UI until the subscription is closed.
pub fn open(webview: &Webview, mut models: ViewSubscription, channel: Channel<Arc<ViewModel>>) -> ResourceId {
    let forwarding = tauri::async_runtime::spawn(async move {
        while let Some(model) = models.next().await {
            if let Err(error) = channel.send(model) {
                tracing::debug!("the UI no longer follows a view: {error}");
                return;
            }
        }
    });
    webview.resources_table().add(Subscription { forwarding })
}

/// Ends a subscription, if it is there.
pub fn close(webview: &Webview, subscription: ResourceId) {
    if webview.resources_table().take::<Subscription>(subscription).is_err() {
        tracing::debug!("subscription {subscription} has ended already");
    }
}

/// Ends all: a page that is loaded anew does not say what it followed before.
pub fn close_all(webview: &Webview) {
    let mut table = webview.resources_table();
    let all: Vec<ResourceId> = table.names().map(|(id, _)| id).collect();
    for id in all {
        // What is not a subscription stays: it is Tauri's.
        let _ = table.take::<Subscription>(id);
    }
}
