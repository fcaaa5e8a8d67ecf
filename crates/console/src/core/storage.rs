//! The core's part of keeping: where logs are, and what is kept of them.

use tokio::sync::oneshot;

use super::Core;
use crate::{
    hub_link::LinkCommand,
    settings::{check_retention, retention},
    storage::StoredLog,
    view::{
        HubKey,
        frame::HubConnection,
        requests::{RequestError, RequestErrorCode},
        storage::{LogRole, RetentionChoice, RetentionRequest},
    },
};

type Reply<T> = oneshot::Sender<Result<T, RequestError>>;

fn unknown_hub() -> RequestError {
    RequestError::new(
        RequestErrorCode::HubUnknown,
        "This console follows no such hub; it may have been removed.",
    )
}

impl Core {
    pub(super) fn stored_log(&self, key: HubKey) -> Result<StoredLog, RequestError> {
        let hub = self.knowledge.hub(key).ok_or_else(unknown_hub)?;
        let (role, retention) = match (&hub.archive, hub.is_embedded()) {
            (Some(_), _) => (LogRole::Archive, RetentionChoice::for_ever()),
            (None, true) => (LogRole::Own, self.settings.embedded.clone()),
            (None, false) => (LogRole::Copy, self.settings.caches.clone()),
        };
        Ok(StoredLog {
            hub: key,
            role,
            name: hub.name.clone(),
            path: hub.log_path.clone(),
            data_directory: self.knowledge.data_directory.clone(),
            retention,
        })
    }

    pub(super) fn save_retention(&mut self, request: RetentionRequest, reply: Reply<()>) {
        let RetentionRequest { hub, retention: choice } = request;
        let role = match check_retention(&choice).and_then(|()| self.stored_log(hub)) {
            Ok(log) => log.role,
            Err(error) => {
                let _ = reply.send(Err(error));
                return;
            }
        };
        let mut settings = self.settings.clone();
        match role {
            LogRole::Own => {
                if let Some(retain) = &self.retain_embedded {
                    retain.send_replace(retention(&choice));
                }
                settings.embedded = choice;
            }
            LogRole::Copy => {
                self.retain_caches.send_replace(retention(&choice));
                settings.caches = choice;
            }
            LogRole::Archive => {
                let message =
                    "An archive is kept as it is; it goes as a whole when it is removed in the settings.";
                let _ = reply.send(Err(RequestError::new(RequestErrorCode::InvalidInput, message)));
                return;
            }
        }
        self.write_settings(settings, reply, ());
    }

    pub(super) fn rebuild_cache(&self, key: HubKey) -> Result<(), RequestError> {
        let hub = self.knowledge.hub(key).ok_or_else(unknown_hub)?;
        let nowhere_else = match (&hub.archive, hub.is_embedded()) {
            (Some(_), _) => Some("An archive is fetched from no hub; import the file again."),
            (None, true) => {
                Some("The hub inside this program has its log nowhere else; restore it from a backup.")
            }
            (None, false) => None,
        };
        if let Some(message) = nowhere_else {
            return Err(RequestError::new(RequestErrorCode::InvalidInput, message));
        }
        if !matches!(hub.connection, HubConnection::Live | HubConnection::CatchingUp { .. }) {
            let message =
                "The hub is not connected, so its log cannot be fetched again now; wait until it is.";
            return Err(RequestError::new(RequestErrorCode::HubDisconnected, message));
        }
        self.tell_link(key, LinkCommand::Rebuild).map_err(|_| {
            RequestError::new(RequestErrorCode::HubDisconnected, "The link to the hub is busy; try again.")
        })
    }
}
