//! A replica that takes the newest records first, on the hub's word of what the others come to, and fills the rest in:
//! at every moment its projection is the hub's, and what it cannot know it says it does not know.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};

use mission_control_protocol::{
    DashboardId, Record, RecordKind, Severity, Timestamp,
    operator_wire::{RecordBatch, Snapshot},
};
use mission_control_store::{
    Entry, Hole, LogReader, ONLY_PARTITION, OriginWriter, Projection, ReplicaWriter, StoreError, Upkeep,
    UpkeepSettings,
};
use proptest::prelude::*;
use serde_json::{json, value::to_raw_value};

fn at(milliseconds: i64) -> Timestamp {
    Timestamp::from_milliseconds(1_800_000_000_000 + milliseconds)
}

/// Something that leaves a mark in the projection.
fn entry(number: u64) -> Entry {
    let dashboard = ["north", "south", "west"][usize::try_from(number % 3).unwrap()];
    let (kind, body) = match number % 3 {
        0 => (RecordKind::Event, json!({"type": "TEST", "payload": {"number": number}})),
        1 => (RecordKind::Connection, json!({"liveness": "online", "reason": "connected"})),
        _ => (
            RecordKind::Metrics,
            json!({"dashboardId": dashboard, "timestamp": "2027-01-15T08:00:00.000Z", "data": {"totalRecords": number,
                "processingRate": 1, "errorRate": 0.1, "dataQuality": 99}}),
        ),
    };
    Entry {
        dashboard_id: DashboardId::new(dashboard).unwrap(),
        kind,
        severity: Severity::Info,
        body: to_raw_value(&body).unwrap(),
        producer: None,
    }
}

fn all(path: &Path) -> Vec<Record> {
    LogReader::open(path).unwrap().records(ONLY_PARTITION, 1, 1_000_000).unwrap()
}

/// Two that are equal bit by bit are written alike.
fn written(projection: &Projection) -> String {
    serde_json::to_string(projection).unwrap()
}

/// A hub, by its log alone.
struct Hub {
    path: PathBuf,
    writer: OriginWriter,
    number: u64,
}

impl Hub {
    fn open(directory: &Path) -> Self {
        let path = directory.join("hub.sqlite");
        let writer = OriginWriter::open(&path).unwrap();
        Self { path, writer, number: 0 }
    }

    fn append(&mut self, records: u64) {
        for _ in 0..records {
            self.number += 1;
            self.writer.append(at(self.number.cast_signed() * 10), &mut vec![entry(self.number)]).unwrap();
        }
    }

    /// Stops neatly, which writes a snapshot, and starts again.
    fn restart(self) -> Self {
        self.writer.close().unwrap();
        Self { writer: OriginWriter::open(&self.path).unwrap(), ..self }
    }

    fn batch(&self, from: u64, to: u64) -> RecordBatch {
        let records = LogReader::open(&self.path)
            .unwrap()
            .records(ONLY_PARTITION, from, u32::try_from(to - from + 1).unwrap())
            .unwrap();
        RecordBatch {
            partition: ONLY_PARTITION,
            epoch: self.writer.epoch(),
            head_seq: self.writer.last_seq(),
            records: records.into(),
        }
    }

    fn snapshot(&self, seq: u64) -> Snapshot {
        LogReader::open(&self.path).unwrap().snapshot_at(ONLY_PARTITION, seq).unwrap().unwrap()
    }

    fn snapshots(&self, from: u64, to: u64) -> Vec<Snapshot> {
        LogReader::open(&self.path).unwrap().snapshots_between(ONLY_PARTITION, (from - 1, to), 8).unwrap()
    }
}

#[derive(Debug, Clone)]
enum Step {
    /// The hub receives so many records.
    Receive(u64),
    /// The hub restarts.
    RestartHub,
    /// The console takes everything up to a part of what it misses, oldest first.
    Follow(u8),
    /// The console takes only so many of the newest.
    PassOver(u64),
    /// A piece of the newest hole is filled, with or without the hub's snapshots, of which the hub sends only a part.
    Fill { size: u64, snapshots: bool, part: u8 },
    /// The console is killed.
    Kill,
    /// The console ends neatly.
    Close,
    /// Old records are sealed.
    Seal,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (1_u64..20).prop_map(Step::Receive),
        1 => Just(Step::RestartHub),
        3 => (1_u8..=100).prop_map(Step::Follow),
        2 => (0_u64..6).prop_map(Step::PassOver),
        5 => (1_u64..15, any::<bool>(), 1_u8..=100)
            .prop_map(|(size, snapshots, part)| Step::Fill { size, snapshots, part }),
        1 => Just(Step::Kill),
        1 => Just(Step::Close),
        2 => Just(Step::Seal),
    ]
}

fn cursor(replica: &ReplicaWriter) -> u64 {
    replica.cursors().first().map_or(0, |cursor| cursor.seq)
}

fn fill(hub: &Hub, replica: &mut ReplicaWriter, piece: Hole, snapshots: bool, part: u8) {
    let (from, to) = (piece.first_seq, piece.last_seq);
    let mut batch = hub.batch(from, to);
    let count = batch.records.len() * usize::from(part) / 100;
    batch.records = batch.records[..count.max(1)].to_vec().into();
    let reached = batch.records.last().unwrap().seq;
    replica.fill(&batch, from, reached).unwrap();
    if snapshots {
        replica.keep_snapshots(&hub.snapshots(from, to)).unwrap();
    }
}

fn seal(upkeep: &mut Upkeep, replica: &mut ReplicaWriter) {
    while let Some(piece) = upkeep.prepare().unwrap() {
        replica.tend(&piece).unwrap();
    }
}

/// What the replica says of every instant is what the hub says of it, or it says that it does not know.
fn check_instants(hub: &Hub, path: &Path) -> Result<(), TestCaseError> {
    let (mut ours, mut theirs) = (LogReader::open(path).unwrap(), LogReader::open(&hub.path).unwrap());
    let holes = ours.holes().unwrap();
    let reached = ours.extents().unwrap().first().map_or(0, |extent| extent.last_seq);
    for seq in (0..=reached).step_by(3) {
        let instant = at(seq.cast_signed() * 10);
        let here = ours.folded_at(instant).unwrap();
        if here.missing == 0 {
            let (there, _) = theirs.projection_at(instant).unwrap();
            prop_assert_eq!(written(&here.projection), written(&there), "at {}", seq);
        }
        if holes.is_empty() {
            prop_assert_eq!(here.missing, 0);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn the_state_is_the_hubs_at_every_moment(steps in prop::collection::vec(step(), 1..40)) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("cache.sqlite");
        let mut hub = Hub::open(directory.path());
        let mut replica = ReplicaWriter::open(&path).unwrap();
        let settings = UpkeepSettings { head_records: 4, segment_records: 8, ..UpkeepSettings::default() };
        let mut upkeep = Upkeep::open(&path, &settings).unwrap();
        for step in steps {
            match step {
                Step::Receive(records) => hub.append(records),
                Step::RestartHub => hub = hub.restart(),
                Step::Follow(part) => {
                    let (from, head) = (cursor(&replica) + 1, hub.writer.last_seq());
                    let to = from - 1 + (head + 1 - from) * u64::from(part) / 100;
                    if to >= from {
                        replica.append(&hub.batch(from, to)).unwrap();
                    }
                }
                Step::PassOver(newest) => {
                    let seq = hub.writer.last_seq().saturating_sub(newest);
                    let is_ahead = seq > cursor(&replica);
                    prop_assert_eq!(replica.pass_over(&hub.snapshot_if(seq)).unwrap(), is_ahead);
                }
                Step::Fill { size, snapshots, part } => {
                    if let Some(hole) = replica.holes().unwrap().last() {
                        let first_seq = hole.first_seq.max((hole.last_seq + 1).saturating_sub(size));
                        fill(&hub, &mut replica, Hole { first_seq, ..*hole }, snapshots, part);
                    }
                }
                Step::Kill => {
                    drop(replica);
                    replica = ReplicaWriter::open(&path).unwrap();
                }
                Step::Close => {
                    replica.close().unwrap();
                    replica = ReplicaWriter::open(&path).unwrap();
                }
                Step::Seal => seal(&mut upkeep, &mut replica),
            }
            prop_assert!(replica.is_whole());
            let reached = at(cursor(&replica).cast_signed() * 10);
            let (there, _) = LogReader::open(&hub.path).unwrap().projection_at(reached).unwrap();
            prop_assert_eq!(written(replica.projection()), written(&there));
        }
        check_instants(&hub, &path)?;
        // In the end everything is there, and all of it the same.
        while let Some(hole) = replica.holes().unwrap().last().copied() {
            let first_seq = hole.first_seq.max((hole.last_seq + 1).saturating_sub(7));
            fill(&hub, &mut replica, Hole { first_seq, ..hole }, true, 100);
        }
        if hub.writer.last_seq() > cursor(&replica) {
            replica.append(&hub.batch(cursor(&replica) + 1, hub.writer.last_seq())).unwrap();
        }
        seal(&mut upkeep, &mut replica);
        prop_assert_eq!(written(replica.projection()), written(hub.writer.projection()));
        prop_assert_eq!(all(&path), all(&hub.path));
        check_instants(&hub, &path)?;
        drop(replica);
        let replica = ReplicaWriter::open(&path).unwrap();
        prop_assert!(replica.is_whole());
        prop_assert_eq!(written(replica.projection()), written(hub.writer.projection()));
    }
}

impl Hub {
    /// What everything up to `seq` comes to; of an empty log, nothing.
    fn snapshot_if(&self, seq: u64) -> Snapshot {
        if self.writer.last_seq() > 0 {
            return self.snapshot(seq);
        }
        Snapshot { form: 1, cursors: Vec::new(), projection: to_raw_value(&Projection::default()).unwrap() }
    }
}

#[test]
fn a_snapshot_that_cannot_be_read_changes_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let mut hub = Hub::open(directory.path());
    hub.append(20);
    let path = directory.path().join("cache.sqlite");
    let mut replica = ReplicaWriter::open(&path).unwrap();
    let told = hub.snapshot(15);
    let unreadable = to_raw_value(&json!(["of", "another", "shape"])).unwrap();
    for snapshot in [Snapshot { form: 99, ..told.clone() }, Snapshot { projection: unreadable, ..told }] {
        assert!(!replica.pass_over(&snapshot).unwrap());
        replica.keep_snapshots(&[snapshot]).unwrap();
    }
    assert!(replica.cursors().is_empty() && replica.holes().unwrap().is_empty());
    // Then the records that follow make a hole, and the state is known once that is filled.
    replica.append(&hub.batch(16, 20)).unwrap();
    assert!(!replica.is_whole());
    assert_eq!(LogReader::open(&path).unwrap().folded_at(at(200)).unwrap().missing, 15);
    replica.fill(&hub.batch(1, 15), 1, 15).unwrap();
    assert!(replica.refold().unwrap() && replica.is_whole());
    assert_eq!(written(replica.projection()), written(hub.writer.projection()));
}

#[test]
fn a_snapshot_of_another_life_of_the_log_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let mut hub = Hub::open(directory.path());
    hub.append(20);
    let mut replica = ReplicaWriter::open(&directory.path().join("cache.sqlite")).unwrap();
    replica.append(&hub.batch(1, 5)).unwrap();
    let mut other = hub.snapshot(15);
    other.cursors[0].epoch = uuid::Uuid::from_u128(5);
    assert!(matches!(replica.pass_over(&other), Err(StoreError::EpochChanged { .. })));
    assert!(matches!(replica.keep_snapshots(&[other]), Err(StoreError::EpochChanged { .. })));
    assert_eq!(cursor(&replica), 5);
}

#[test]
fn a_hole_is_known_by_the_records_around_it() {
    let directory = tempfile::tempdir().unwrap();
    let mut hub = Hub::open(directory.path());
    hub.append(30);
    let path = directory.path().join("cache.sqlite");
    let mut replica = ReplicaWriter::open(&path).unwrap();
    assert!(replica.pass_over(&hub.snapshot(20)).unwrap());
    let spans = LogReader::open(&path).unwrap().hole_spans().unwrap();
    assert_eq!((spans[0].after, spans[0].before, spans[0].records()), (None, None, 20));
    replica.append(&hub.batch(21, 30)).unwrap();
    replica.fill(&hub.batch(1, 2), 1, 2).unwrap();
    let spans = LogReader::open(&path).unwrap().hole_spans().unwrap();
    assert_eq!((spans[0].after, spans[0].before, spans[0].records()), (Some(at(20)), Some(at(210)), 18));
    assert!(spans[0].touches(at(30), at(40)) && !spans[0].touches(at(0), at(10)));
}
