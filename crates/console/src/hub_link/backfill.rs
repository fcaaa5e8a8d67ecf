//! Which piece of what is missing is fetched next, and when: the newest first, and never so fast that the present would
//! wait for it.

use std::time::Duration;

use mission_control_store::Hole;
use tokio::time::Instant;

/// Records fetched at a time.
const PIECE: u64 = 4_096;

/// Longest pause between two pieces, unless one could not be had.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Pause after a piece that could not be had.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(30);

/// The filling of holes in a session.
#[derive(Debug, Default)]
pub(super) struct Backfill {
    /// What is missing, oldest first, as it was last told.
    holes: Vec<Hole>,
    state: State,
}

#[derive(Debug, Default, Clone, Copy)]
enum State {
    /// Nothing is known to be missing, or what is will be told anew.
    #[default]
    Idle,
    /// The next piece may be asked for from then on.
    Waiting(Instant),
    /// This piece was asked for then, and is on its way to the cache.
    Fetching(Hole, Instant),
}

impl Backfill {
    /// Takes note of what is missing. The next piece waits as long as the last one took: so half of the time belongs to
    /// what follows, at the hub, on the way and at the disk.
    pub(super) fn know(&mut self, holes: Vec<Hole>) {
        self.holes = holes;
        let now = Instant::now();
        self.state = match self.state {
            _ if self.holes.is_empty() => State::Idle,
            State::Idle => State::Waiting(now),
            State::Waiting(due) => State::Waiting(due),
            State::Fetching(asked, began) if self.is_missing(&asked) => State::Fetching(asked, began),
            State::Fetching(_, began) => State::Waiting(now + began.elapsed().min(LONGEST_PAUSE)),
        };
    }

    /// What was asked for could not be had; it is asked for again in a while.
    pub(super) fn failed(&mut self) {
        self.state = State::Waiting(Instant::now() + PAUSE_AFTER_FAILURE);
    }

    pub(super) fn is_waiting(&self) -> bool {
        matches!(self.state, State::Waiting(_))
    }

    /// When the next piece may be asked for.
    pub(super) fn due(&self) -> Instant {
        match self.state {
            State::Waiting(due) => due,
            State::Idle | State::Fetching(..) => Instant::now(),
        }
    }

    /// The piece to be asked for now.
    pub(super) fn begin(&mut self) -> Option<Hole> {
        let piece = next_piece(&self.holes);
        self.state = piece.map_or(State::Idle, |piece| State::Fetching(piece, Instant::now()));
        piece
    }

    fn is_missing(&self, piece: &Hole) -> bool {
        self.holes.iter().any(|hole| {
            hole.partition == piece.partition
                && hole.first_seq <= piece.first_seq
                && hole.last_seq >= piece.first_seq
        })
    }
}

/// The newest piece that is missing; before that the very first of the log, since it tells how far back the past goes.
fn next_piece(holes: &[Hole]) -> Option<Hole> {
    if let Some(first) = holes.iter().find(|hole| hole.first_seq == 1) {
        return Some(Hole { last_seq: first.last_seq.min(PIECE), ..*first });
    }
    let newest = holes.last()?;
    Some(Hole { first_seq: newest.first_seq.max((newest.last_seq + 1).saturating_sub(PIECE)), ..*newest })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hole(first_seq: u64, last_seq: u64) -> Hole {
        Hole { partition: 0, first_seq, last_seq }
    }

    /// Takes what was fetched out of what is missing.
    fn filled(holes: &[Hole], piece: Hole) -> Vec<Hole> {
        let mut left = Vec::new();
        for known in holes {
            if known.first_seq < piece.first_seq {
                left.push(hole(known.first_seq, known.last_seq.min(piece.first_seq - 1)));
            }
            if known.last_seq > piece.last_seq {
                left.push(hole(known.first_seq.max(piece.last_seq + 1), known.last_seq));
            }
        }
        left
    }

    #[test]
    fn the_first_then_the_newest_until_nothing_is_missing() {
        let mut holes = vec![hole(1, 10_000), hole(20_000, 20_010)];
        let mut asked = Vec::new();
        while let Some(piece) = next_piece(&holes) {
            asked.push((piece.first_seq, piece.last_seq));
            holes = filled(&holes, piece);
        }
        assert_eq!(asked, [(1, 4_096), (20_000, 20_010), (5_905, 10_000), (4_097, 5_904)]);
    }

    #[tokio::test(start_paused = true)]
    async fn half_of_the_time_belongs_to_what_follows() {
        let mut backfill = Backfill::default();
        backfill.know(vec![hole(10, 9_000)]);
        assert!(backfill.is_waiting() && backfill.due() <= Instant::now());
        let piece = backfill.begin().unwrap();
        assert_eq!(piece, hole(4_905, 9_000));
        tokio::time::advance(Duration::from_millis(300)).await;
        backfill.know(vec![hole(10, 9_000), hole(9_100, 9_101)]);
        assert!(!backfill.is_waiting(), "it is still on its way");
        backfill.know(vec![hole(10, 4_904), hole(9_100, 9_101)]);
        assert_eq!(backfill.due() - Instant::now(), Duration::from_millis(300));
        assert_eq!(backfill.begin(), Some(hole(9_100, 9_101)));
        backfill.failed();
        assert_eq!(backfill.due() - Instant::now(), PAUSE_AFTER_FAILURE);
        backfill.know(Vec::new());
        assert!(!backfill.is_waiting());
    }
}
