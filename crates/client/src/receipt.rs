//! What becomes of a publication.

use tokio::sync::watch;

use crate::{error::ReceiptError, queue::StorageState};

/// How far a publication is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Handed over, not in the queue yet.
    HandedOver,
    /// In the queue, as the publication of this number.
    Accepted(u64),
    /// On disk.
    Stored(u64),
    /// The hub has it on its disk.
    Acknowledged(u64),
    /// The queue was full; a `QUEUE_OVERFLOW` event counts it.
    Dropped,
}

impl Stage {
    fn number(self) -> Option<u64> {
        match self {
            Self::HandedOver | Self::Dropped => None,
            Self::Accepted(number) | Self::Stored(number) | Self::Acknowledged(number) => Some(number),
        }
    }
}

/// Tells what becomes of one publication. It may be dropped: the publication goes its way all the same.
///
/// A publication's number says how many publications its queue has ever accepted, this one included. With a queue file
/// it counts on over restarts; see [`MissionControlClient::accepted_before`](crate::MissionControlClient::accepted_before).
#[derive(Debug, Clone)]
pub struct Receipt {
    pub(crate) stage: watch::Receiver<Stage>,
    pub(crate) storage: watch::Receiver<StorageState>,
}

impl Receipt {
    /// Waits until the publication is in the queue, and returns its number.
    ///
    /// # Errors
    /// [`ReceiptError::Dropped`], [`ReceiptError::Disconnected`].
    pub async fn accepted(&mut self) -> Result<u64, ReceiptError> {
        self.reach(|stage| stage.number()).await
    }

    /// Waits until the publication would survive the end of the process: it is on disk, or the hub has it. Returns its
    /// number.
    ///
    /// # Errors
    /// [`ReceiptError::NotDurable`] when the queue has no file, or the file cannot be used now; the publication is in the
    /// queue all the same. [`ReceiptError::Dropped`], [`ReceiptError::Disconnected`].
    pub async fn stored(&mut self) -> Result<u64, ReceiptError> {
        let mut storage = self.storage.clone();
        let stored = self.reach(|stage| match stage {
            Stage::Stored(number) | Stage::Acknowledged(number) => Some(number),
            _ => None,
        });
        tokio::select! {
            biased;
            outcome = stored => outcome,
            reason = not_durable(&mut storage) => Err(ReceiptError::NotDurable { reason }),
        }
    }

    /// Waits until the hub has the publication on its disk, and returns its number.
    ///
    /// # Errors
    /// [`ReceiptError::Dropped`], [`ReceiptError::Disconnected`].
    pub async fn acknowledged(&mut self) -> Result<u64, ReceiptError> {
        self.reach(|stage| match stage {
            Stage::Acknowledged(number) => Some(number),
            _ => None,
        })
        .await
    }

    async fn reach(&mut self, wanted: impl Fn(Stage) -> Option<u64>) -> Result<u64, ReceiptError> {
        let stage = self.stage.wait_for(|stage| *stage == Stage::Dropped || wanted(*stage).is_some()).await;
        match stage {
            Ok(stage) => wanted(*stage).ok_or(ReceiptError::Dropped),
            Err(_) => Err(ReceiptError::Disconnected),
        }
    }
}

/// Waits until the storage cannot be counted on, and says why. Pending for ever when that cannot come any more.
async fn not_durable(storage: &mut watch::Receiver<StorageState>) -> String {
    let reason = match storage.wait_for(|state| !state.is_durable()).await.as_deref() {
        Ok(StorageState::Failing { reason }) => Some(reason.clone()),
        Ok(_) => Some("this client has no queue file".to_owned()),
        Err(_) => None,
    };
    match reason {
        Some(reason) => reason,
        None => std::future::pending().await,
    }
}
