//! Changes of the dashboards' states in a stretch of the record. Blocks on the disk: for blocking threads only.

use std::collections::HashMap;

use mission_control_protocol::{
    DashboardId, Record, RecordKind, Timestamp,
    record::{ConnectionRecord, Liveness},
    status::{DashboardState, DashboardStatus},
};
use mission_control_store::{LogReader, ONLY_PARTITION, RecordFilter, StoreError};

use super::timeline::TimelineSource;
use crate::{
    models::status,
    view::{Status, conductor::TimelineChange},
};

/// Records read for them at most. A status is a record every few seconds of each dashboard, a change of one is rare.
const RECORDS: u32 = 20_000;
/// Records looked at for them at most.
const LOOK_AT: u64 = 500_000;

/// Reads the changes from `from` to `to` into `changes`. Returns whether the stretch was too long for all of them: the
/// older ones are then missing.
pub(super) fn read(
    source: &TimelineSource,
    reader: &mut LogReader,
    (from, to): (Timestamp, Timestamp),
    changes: &mut Vec<TimelineChange>,
) -> Result<bool, StoreError> {
    let first = reader.seq_at(ONLY_PARTITION, from)?;
    let end = reader.seq_at(ONLY_PARTITION, to.plus_milliseconds(1))?;
    let mut is_partial = false;
    for kind in [RecordKind::Connection, RecordKind::Status] {
        let filter = RecordFilter { dashboard: None, kinds: vec![kind] };
        let look_at = LOOK_AT.min(end.saturating_sub(first));
        let page = reader.newest(ONLY_PARTITION, &filter, end, RECORDS, look_at)?;
        is_partial |= page.next_before_seq.is_some_and(|next| next > first);
        let rising = page.records.iter().rev().filter(|record| record.seq >= first);
        changes.extend(of_records(rising).into_iter().map(|(at, id, status, title)| TimelineChange {
            hub: source.log.hub,
            at,
            status,
            title,
            dashboard_name: source.names.get(&id).cloned().unwrap_or_else(|| id.as_str().to_owned()),
        }));
    }
    Ok(is_partial)
}

/// The records of one kind, oldest first, at which a dashboard was no longer what it had been. Of a dashboard's first
/// status nobody knows whether it was one; its first connection is: it came.
fn of_records<'a>(
    records: impl Iterator<Item = &'a Record>,
) -> Vec<(Timestamp, DashboardId, Status, &'static str)> {
    let mut liveness: HashMap<DashboardId, Liveness> = HashMap::new();
    let mut states: HashMap<DashboardId, DashboardState> = HashMap::new();
    let mut changes = Vec::new();
    for record in records {
        let id = &record.dashboard_id;
        let change = match record.kind {
            RecordKind::Connection => {
                let Ok(said) = serde_json::from_str::<ConnectionRecord>(record.body.get()) else { continue };
                let known = liveness.insert(id.clone(), said.liveness);
                (known != Some(said.liveness)).then(|| came_or_went(said.liveness))
            }
            RecordKind::Status => {
                let Ok(said) = serde_json::from_str::<DashboardStatus>(record.body.get()) else { continue };
                let known = states.insert(id.clone(), said.state);
                known.is_some_and(|known| known != said.state).then(|| became(said.state))
            }
            _ => None,
        };
        if let Some((status, title)) = change {
            changes.push((record.at, id.clone(), status, title));
        }
    }
    changes
}

fn came_or_went(liveness: Liveness) -> (Status, &'static str) {
    let title = match liveness {
        Liveness::Online => "came online",
        Liveness::Stale => "missed a heartbeat",
        Liveness::Offline => "was lost",
        Liveness::Left => "left",
    };
    (status::of_liveness(liveness), title)
}

fn became(state: DashboardState) -> (Status, &'static str) {
    let title = match state {
        DashboardState::Idle => "became idle",
        DashboardState::Active => "became active",
        DashboardState::Processing => "began processing",
        DashboardState::Error => "failed",
    };
    (status::of_state(Some(state)), title)
}
