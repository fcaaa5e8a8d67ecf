//! The requests of the Storage page.

use mission_control_store::{LogReader, forget_restore};

use super::{StoredLog, health, words};
use crate::{
    core::CoreRequest,
    handle::ConsoleHandle,
    settings::retention,
    view::{
        HubKey,
        requests::{RequestError, RequestErrorCode},
        storage::{RetentionPreview, RetentionRequest, StorageHealth, StorageTask, StorageWork},
    },
};

fn unreadable(error: impl std::fmt::Display) -> RequestError {
    RequestError::new(RequestErrorCode::CacheUnavailable, format!("The log cannot be read: {error}."))
}

impl ConsoleHandle {
    /// How the log of a hub fares.
    ///
    /// # Errors
    /// [`RequestErrorCode::HubUnknown`]. A log that cannot be read is told of in the answer.
    pub async fn storage_health(&self, hub: HubKey) -> Result<StorageHealth, RequestError> {
        let log = self.stored_log(hub).await?;
        let now = self.storage.now();
        tokio::task::spawn_blocking(move || health::read(&log, now)).await.map_err(unreadable)
    }

    /// What a choice of what is kept would drop.
    ///
    /// # Errors
    /// [`RequestErrorCode::CacheUnavailable`].
    pub async fn preview_retention(
        &self,
        request: RetentionRequest,
    ) -> Result<RetentionPreview, RequestError> {
        let log = self.stored_log(request.hub).await?;
        let now = self.storage.now();
        let read = move || {
            let keep = request.retention;
            let going =
                LogReader::open(&log.path).and_then(|mut reader| reader.going(&retention(&keep), now));
            going.map(|going| words::preview(&going, &keep))
        };
        tokio::task::spawn_blocking(read).await.map_err(unreadable)?.map_err(unreadable)
    }

    /// Keeps so much from now on. What is older goes in the background.
    ///
    /// # Errors
    /// [`RequestErrorCode::InvalidInput`] for a bound that cannot be, [`RequestErrorCode::CacheUnavailable`] when the
    /// settings cannot be written.
    pub async fn save_retention(&self, request: RetentionRequest) -> Result<(), RequestError> {
        self.ask_core(|reply| CoreRequest::SaveRetention { request, reply }).await
    }

    /// Starts checking, backing up or restoring a log.
    ///
    /// # Errors
    /// [`RequestErrorCode::InvalidInput`] for a path that is none, [`RequestErrorCode::Refused`] while other such work is
    /// under way.
    pub async fn start_storage_work(&self, hub: HubKey, task: StorageTask) -> Result<(), RequestError> {
        let log = self.stored_log(hub).await?;
        self.storage.start(log, task)
    }

    /// How far that work is; the last that ended when none runs.
    #[must_use]
    pub fn storage_work(&self) -> Option<StorageWork> {
        self.storage.work()
    }

    /// Breaks it off.
    pub fn cancel_storage_work(&self) {
        self.storage.cancel();
    }

    /// Gives up a restore that waits for the next start.
    ///
    /// # Errors
    /// [`RequestErrorCode::CacheUnavailable`].
    pub async fn forget_restore(&self) -> Result<(), RequestError> {
        let log = self.stored_log(HubKey::EMBEDDED).await?;
        tokio::task::spawn_blocking(move || forget_restore(&log.path))
            .await
            .map_err(unreadable)?
            .map_err(unreadable)
    }

    /// Sets the copy of a remote hub's log aside and fetches it anew.
    ///
    /// # Errors
    /// [`RequestErrorCode::InvalidInput`] for the embedded hub, [`RequestErrorCode::HubDisconnected`] while the hub is
    /// not connected: a copy that cannot be fetched again is not given up.
    pub async fn rebuild_cache(&self, hub: HubKey) -> Result<(), RequestError> {
        self.ask_core(|reply| CoreRequest::RebuildCache { hub, reply }).await
    }

    async fn stored_log(&self, hub: HubKey) -> Result<StoredLog, RequestError> {
        self.ask_core(|reply| CoreRequest::StoredLog { hub, reply }).await
    }
}
