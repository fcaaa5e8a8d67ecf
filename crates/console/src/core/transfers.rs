//! Exports, archives and imports: what is under way, and what an import adds.

use std::path::PathBuf;

use mission_control_store::{ARCHIVE_EXTENSION, ArchiveManifest};
use tokio::sync::oneshot;
use uuid::Uuid;

use super::Core;
use crate::{
    hub_link::Route,
    hub_state::{HubState, archived},
    settings::ArchivedHub,
    transfers::{self, TransferReport, Work},
    view::{
        HubKey,
        requests::{RequestError, RequestErrorCode},
    },
};

impl Core {
    /// Begins something; returns its number.
    pub(super) fn start_transfer(
        &mut self,
        title: String,
        path: String,
        work: Work,
    ) -> Result<u32, RequestError> {
        if !self.transfers.has_room() {
            let message = "Four are under way already; wait for one to end, or cancel one.";
            return Err(RequestError::new(RequestErrorCode::InvalidInput, message));
        }
        let (id, kind) = (self.transfers.next_id(), work.kind());
        let cancelled = transfers::start(work, id, self.messages_in.clone());
        self.transfers.began(id, kind, title, path, cancelled);
        self.transfers_changed();
        Ok(id)
    }

    pub(super) fn import_archive(
        &mut self,
        from: PathBuf,
        manifest: ArchiveManifest,
    ) -> Result<u32, RequestError> {
        if let Some(known) = self.settings.archives.iter().find(|known| known.sha256 == manifest.sha256) {
            let message = format!("File: this archive is here already, as {}.", known.name());
            return Err(RequestError::new(RequestErrorCode::InvalidInput, message));
        }
        let hub = ArchivedHub::new(HubKey(Uuid::new_v4()), manifest);
        let to = self.archive_path(hub.key);
        let (title, path) = (format!("Import of an archive of {}", hub.hub_name), from.display().to_string());
        self.start_transfer(title, path, Work::Import { from, to, hub })
    }

    pub(super) fn transfer_reported(&mut self, id: u32, report: TransferReport) {
        let state = match report {
            TransferReport::State(state) => state,
            TransferReport::Imported { hub, state } => {
                let mut settings = self.settings.clone();
                settings.archives.push(hub.clone());
                self.follow_archive(&hub);
                self.everything_changed();
                // Should it not be written, the archive is here until the program ends; the log says why.
                let (reply, written) = oneshot::channel();
                self.write_settings(settings, reply, ());
                tokio::spawn(async move {
                    if let Ok(Err(error)) = written.await {
                        tracing::error!(%error, "an archive that was taken in is not remembered");
                    }
                });
                state
            }
        };
        if self.transfers.report(id, state) {
            self.transfers_changed();
        }
    }

    /// Shows an archive from now on.
    pub(crate) fn follow_archive(&mut self, archive: &ArchivedHub) {
        let mark = archive.mark();
        let reason = archived(&mark);
        let mut hub = HubState::new(archive.key, &archive.name(), "", self.archive_path(archive.key));
        hub.archive = Some(mark);
        self.follow(hub, Route::Archive { reason });
    }

    fn archive_path(&self, key: HubKey) -> PathBuf {
        let name = format!("{}.{ARCHIVE_EXTENSION}", key.0.hyphenated());
        self.knowledge.data_directory.join("archives").join(name)
    }
}
