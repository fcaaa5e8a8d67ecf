//! The list of what is under way or just over.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use crate::view::transfers::{TransferKind, TransferRow, TransferState};

/// What is under way at a time.
const RUNNING: usize = 4;

/// What is over and still shown; the oldest goes first.
const OVER: usize = 8;

/// Exports, archives and imports, in the order in which they began.
#[derive(Default)]
pub(crate) struct Transfers {
    known: Vec<(TransferRow, Arc<AtomicBool>)>,
    last: u32,
}

impl Transfers {
    /// Those that are shown.
    pub(crate) fn rows(&self) -> Vec<TransferRow> {
        self.known.iter().map(|(row, _)| row.clone()).collect()
    }

    /// Whether one more may begin now.
    pub(crate) fn has_room(&self) -> bool {
        self.known.iter().filter(|(row, _)| is_running(row)).count() < RUNNING
    }

    /// The number of the one that begins next.
    pub(crate) fn next_id(&mut self) -> u32 {
        self.last = self.last.wrapping_add(1);
        self.last
    }

    /// One began; the flag ends it.
    pub(crate) fn began(
        &mut self,
        id: u32,
        kind: TransferKind,
        title: String,
        path: String,
        cancelled: Arc<AtomicBool>,
    ) {
        let state = TransferState::Running { part: 0.0, looked_at: 0, written: 0 };
        self.known.push((TransferRow { id, kind, title, path, state }, cancelled));
        let over = self.known.iter().filter(|(row, _)| !is_running(row)).count();
        for _ in OVER..over {
            if let Some(oldest) = self.known.iter().position(|(row, _)| !is_running(row)) {
                self.known.remove(oldest);
            }
        }
    }

    /// Where one stands now; whether that is news.
    pub(crate) fn report(&mut self, id: u32, state: TransferState) -> bool {
        let Some((row, _)) = self.known.iter_mut().find(|(row, _)| row.id == id) else { return false };
        // What is over stays so, in whatever order it is told.
        if !is_running(row) || row.state == state {
            return false;
        }
        row.state = state;
        true
    }

    /// Ends one; whether there is such a one.
    pub(crate) fn cancel(&self, id: u32) -> bool {
        let found = self.known.iter().find(|(row, _)| row.id == id);
        if let Some((_, cancelled)) = found {
            cancelled.store(true, Ordering::Relaxed);
        }
        found.is_some()
    }

    /// Forgets one that is over.
    pub(crate) fn dismiss(&mut self, id: u32) {
        self.known.retain(|(row, _)| row.id != id || is_running(row));
    }

    /// Ends all that are under way.
    pub(crate) fn cancel_all(&self) {
        self.known.iter().for_each(|(_, cancelled)| cancelled.store(true, Ordering::Relaxed));
    }
}

fn is_running(row: &TransferRow) -> bool {
    matches!(row.state, TransferState::Running { .. })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begin(transfers: &mut Transfers) -> (u32, Arc<AtomicBool>) {
        let (id, flag) = (transfers.next_id(), Arc::<AtomicBool>::default());
        transfers.began(
            id,
            TransferKind::Export,
            "Export of records".to_owned(),
            "/x".to_owned(),
            Arc::clone(&flag),
        );
        (id, flag)
    }

    #[test]
    fn what_is_over_stays_over_until_it_is_dismissed() {
        let mut transfers = Transfers::default();
        let (id, flag) = begin(&mut transfers);
        transfers.dismiss(id);
        assert_eq!(transfers.rows().len(), 1, "it is under way");
        assert!(transfers.cancel(id) && flag.load(Ordering::Relaxed));
        assert!(transfers.report(id, TransferState::Cancelled));
        assert!(!transfers.report(id, TransferState::Running { part: 0.9, looked_at: 1, written: 1 }));
        assert_eq!(transfers.rows()[0].state, TransferState::Cancelled);
        transfers.dismiss(id);
        assert!(transfers.rows().is_empty());
        assert!(!transfers.cancel(id));
    }

    #[test]
    fn the_list_is_bounded() {
        let mut transfers = Transfers::default();
        for _ in 0..3 * OVER {
            assert!(transfers.has_room());
            let (id, _) = begin(&mut transfers);
            transfers.report(id, TransferState::Cancelled);
        }
        assert!(transfers.rows().len() <= OVER + 1);
        for _ in 0..RUNNING {
            assert!(transfers.has_room());
            begin(&mut transfers);
        }
        assert!(!transfers.has_room());
    }
}
