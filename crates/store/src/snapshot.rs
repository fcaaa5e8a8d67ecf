//! Projections, written down now and then along the log: opening it folds only its tail, and any instant of the past is
//! back after folding the little that lies between the snapshot before it and it.
//!
//! A snapshot says no more than the records up to it do, as long as all of them are kept. It is only ever written of a
//! fold in which nothing was missing, so it stays true whatever is filled in later. One that cannot be read is passed
//! over for the one before it. Where retention has dropped records, the snapshot up to which they reached is the
//! *base*: what only it still tells. It is kept, and read even when its form is an older one.

use std::time::{Duration, Instant};

use mission_control_protocol::{
    Timestamp,
    operator_wire::{self, Cursor},
};
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::{Value, value::RawValue};
use uuid::Uuid;

use crate::{Projection, StoreError, database::Database};

/// What snapshots are kept in. `at` is that of the last record folded, in milliseconds.
pub(crate) const TABLES: &str = "
    DROP TABLE snapshots;
    CREATE TABLE snapshots (
        number INTEGER PRIMARY KEY,
        at INTEGER NOT NULL,
        cursors TEXT NOT NULL,
        projection BLOB NOT NULL
    );
    CREATE INDEX snapshots_by_time ON snapshots (at);
";

/// Records after which the projection is written down. An instant of the past is back after folding no more than these,
/// which takes a tenth of a second.
const EVERY: u64 = 20_000;

/// Writing snapshots may take one part in so many of the writer's time; a large fleet's are rarer for it.
const SHARE_OF_TIME: u32 = 20;

/// Of what the log grows by, snapshots may take one part in so many, records counted at [`BYTES_PER_RECORD`].
const SHARE_OF_SPACE: u64 = 10;

/// What a record takes at least once it is compressed.
const BYTES_PER_RECORD: u64 = 40;

/// Level of compression: the writer waits for it.
const COMPRESSION: i32 = 1;

/// Pause after one could not be written: making one takes time in which nothing is appended.
const RETRY_PAUSE: Duration = Duration::from_secs(10);

/// When the next snapshot is due.
#[derive(Debug)]
pub(crate) struct SnapshotPace {
    /// Up to where the last one folds.
    folded: u64,
    not_before: Instant,
    /// Records until the next, at least.
    distance: u64,
}

impl SnapshotPace {
    pub(crate) fn new(folded: u64) -> Self {
        Self { folded, not_before: Instant::now(), distance: EVERY }
    }

    pub(crate) fn is_due(&self, folded: u64) -> bool {
        folded.saturating_sub(self.folded) >= self.distance && Instant::now() >= self.not_before
    }

    /// Whether anything was folded since the last one.
    pub(crate) fn is_behind(&self, folded: u64) -> bool {
        folded > self.folded
    }

    pub(crate) fn written(&mut self, folded: u64, bytes: u64, started: Instant) {
        self.folded = folded;
        self.distance = EVERY.max(bytes * SHARE_OF_SPACE / BYTES_PER_RECORD);
        self.not_before = Instant::now() + started.elapsed() * SHARE_OF_TIME;
    }

    /// It could not be written: the disk is full, say.
    pub(crate) fn failed(&mut self, started: Instant) {
        self.not_before = Instant::now() + RETRY_PAUSE.max(started.elapsed() * SHARE_OF_TIME);
    }
}

/// Brings a projection's written form to the next one.
type Upgrade = fn(&mut Value);

/// What brings each older form to the next, oldest first. Whoever changes what a projection is written as adds to it. A
/// snapshot of an older form is folded anew from the records; only where those are gone is it read, and upgraded.
const UPGRADES: [Upgrade; 1] = [
    // What operators say about many alerts came, and what is beside an alert's state. Where it is absent there was none of it.
    |_| {},
];

/// The form in which projections are written.
const FORM: u32 = UPGRADES.len() as u32 + 1;

/// A projection, ready to be written.
#[derive(Debug)]
pub(crate) struct Snapshot {
    at: i64,
    cursors: String,
    projection: Vec<u8>,
}

impl Snapshot {
    /// Of `projection`, which has folded everything up to `cursors`.
    pub(crate) fn of(cursors: &[Cursor], projection: &Projection) -> std::io::Result<Self> {
        let text = serde_json::to_vec(projection)?;
        let mut compressor = zstd::bulk::Compressor::new(COMPRESSION)?;
        // So that one whose bits have changed is passed over rather than believed.
        compressor.include_checksum(true)?;
        Ok(Self {
            at: projection.last_at.unwrap_or_default().as_milliseconds(),
            cursors: serde_json::to_string(&(FORM, cursors))?,
            projection: compressor.compress(&text)?,
        })
    }

    pub(crate) fn insert(&self, connection: &Connection) -> rusqlite::Result<()> {
        connection
            .prepare_cached("INSERT INTO snapshots (at, cursors, projection) VALUES (?1, ?2, ?3)")?
            .execute(params![self.at, self.cursors, self.projection])
            .map(|_| ())
    }
}

/// Writes `projection`, which has folded everything up to `cursors`, and returns how many bytes it takes.
pub(crate) fn write(
    database: &Database,
    cursors: &[Cursor],
    projection: &Projection,
) -> Result<u64, StoreError> {
    insert(&database.connection, cursors, projection).map_err(|source| database.error(source))
}

/// As [`write`], as a part of a transaction.
pub(crate) fn insert(
    connection: &Connection,
    cursors: &[Cursor],
    projection: &Projection,
) -> rusqlite::Result<u64> {
    let snapshot = Snapshot::of(cursors, projection).map_err(unwritable)?;
    snapshot.insert(connection)?;
    Ok(snapshot.projection.len() as u64)
}

/// Whether there is a snapshot at just this place.
pub(crate) fn is_there(connection: &Connection, cursors: &[Cursor]) -> rusqlite::Result<bool> {
    let cursors = serde_json::to_string(&(FORM, cursors)).map_err(unwritable)?;
    connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM snapshots WHERE cursors = ?1)")?
        .query_row([cursors], |row| row.get(0))
}

/// A projection as it travels.
pub(crate) fn to_wire(
    cursors: Vec<Cursor>,
    projection: &Projection,
) -> Result<operator_wire::Snapshot, serde_json::Error> {
    Ok(operator_wire::Snapshot {
        form: FORM,
        cursors,
        projection: serde_json::value::to_raw_value(projection)?,
    })
}

/// A projection that travelled; `None` when this version cannot read it.
pub(crate) fn from_wire(snapshot: &operator_wire::Snapshot) -> Option<Projection> {
    if snapshot.form != FORM {
        return None;
    }
    serde_json::from_str(snapshot.projection.get())
        .inspect_err(|error| tracing::warn!(%error, "a hub's snapshot cannot be read"))
        .ok()
}

/// Up to `count` snapshots that fold `partition` up to a place from `from_seq` to `to_seq`, the oldest first, as they
/// travel; the newest ones when there are more.
pub(crate) fn between(
    connection: &Connection,
    partition: u16,
    (from_seq, to_seq): (u64, u64),
    count: usize,
) -> rusqlite::Result<Vec<operator_wire::Snapshot>> {
    let is_inside =
        |cursor: &Cursor| cursor.partition == partition && cursor.seq >= from_seq && cursor.seq <= to_seq;
    let mut found = Vec::new();
    let mut statement =
        connection.prepare_cached("SELECT number, cursors FROM snapshots ORDER BY at DESC, number DESC")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let Some((form, cursors)) = cursors(row.get_ref(1)?.as_str()?) else { continue };
        if cursors.iter().any(|cursor| cursor.partition == partition && cursor.seq < from_seq) {
            break;
        }
        if form != FORM || !cursors.iter().any(is_inside) {
            continue;
        }
        let compressed: Vec<u8> = connection
            .prepare_cached("SELECT projection FROM snapshots WHERE number = ?1")?
            .query_row([row.get::<_, i64>(0)?], |row| row.get(0))?;
        let text = zstd::stream::decode_all(&*compressed).ok().and_then(|text| String::from_utf8(text).ok());
        if let Some(projection) = text.and_then(|text| RawValue::from_string(text).ok()) {
            found.push(operator_wire::Snapshot { form: FORM, cursors, projection });
        }
        if found.len() == count {
            break;
        }
    }
    found.reverse();
    Ok(found)
}

/// Forgets the snapshots that do not reach up to `seq` of `partition`, before which records were dropped: folding on from
/// them would leave those out.
pub(crate) fn forget_below(connection: &Connection, partition: u16, seq: u64) -> rusqlite::Result<()> {
    forget(connection, |cursors| {
        let reached = cursors.iter().find(|cursor| cursor.partition == partition);
        reached.map_or(0, |cursor| cursor.seq).saturating_add(1) < seq
    })
}

fn forget(connection: &Connection, is_outdated: impl Fn(&[Cursor]) -> bool) -> rusqlite::Result<()> {
    let mut outdated = Vec::new();
    {
        let mut statement = connection.prepare_cached("SELECT number, cursors FROM snapshots")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            if cursors(row.get_ref(1)?.as_str()?).is_none_or(|(_, cursors)| is_outdated(&cursors)) {
                outdated.push(row.get::<_, i64>(0)?);
            }
        }
    }
    let mut delete = connection.prepare_cached("DELETE FROM snapshots WHERE number = ?1")?;
    for number in outdated {
        delete.execute([number])?;
    }
    Ok(())
}

/// Writes where each snapshot stands anew, as `change` says.
pub(crate) fn rewrite_cursors(
    connection: &Connection,
    change: impl Fn(Cursor) -> Cursor,
) -> rusqlite::Result<()> {
    let known: Vec<(i64, String)> = connection
        .prepare_cached("SELECT number, cursors FROM snapshots")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let mut update = connection.prepare_cached("UPDATE snapshots SET cursors = ?2 WHERE number = ?1")?;
    for (number, text) in known {
        // What cannot be read is passed over by every reader.
        let Some((form, cursors)) = cursors(&text) else { continue };
        let changed: Vec<Cursor> = cursors.into_iter().map(&change).collect();
        let text = serde_json::to_string(&(form, changed))
            .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
        update.execute(params![number, text])?;
    }
    Ok(())
}

/// How far the last snapshot not after `at` that is of this version's form reaches in one life of a partition; 0 when there
/// is none.
pub(crate) fn reach(
    connection: &Connection,
    (partition, epoch): (u16, Uuid),
    at: Timestamp,
) -> rusqlite::Result<u64> {
    let mut statement = connection
        .prepare_cached("SELECT cursors FROM snapshots WHERE at <= ?1 ORDER BY at DESC, number DESC")?;
    let mut rows = statement.query([at.as_milliseconds()])?;
    while let Some(row) = rows.next()? {
        let Some((FORM, cursors)) = cursors(row.get_ref(0)?.as_str()?) else { continue };
        let found = cursors.iter().find(|cursor| cursor.partition == partition && cursor.epoch == epoch);
        if let Some(cursor) = found {
            return Ok(cursor.seq);
        }
    }
    Ok(0)
}

/// The last snapshot not after `at` that is of this version's form and `fits`, and where it stands.
pub(crate) fn read(
    connection: &Connection,
    at: Option<Timestamp>,
    fits: impl Fn(&[Cursor]) -> bool,
) -> rusqlite::Result<Option<(Vec<Cursor>, Projection)>> {
    let sql = "SELECT number, cursors FROM snapshots WHERE at <= ?1 ORDER BY at DESC, number DESC";
    find(connection, sql, at, &UPGRADES, |form, cursors| form == FORM && fits(cursors))
}

/// The first snapshot not after `at` that `fits`, whatever its form: the base of what is left.
pub(crate) fn read_base(
    connection: &Connection,
    at: Option<Timestamp>,
    fits: impl Fn(&[Cursor]) -> bool,
) -> rusqlite::Result<Option<(Vec<Cursor>, Projection)>> {
    let sql = "SELECT number, cursors FROM snapshots WHERE at <= ?1 ORDER BY at, number";
    find(connection, sql, at, &UPGRADES, |_, cursors| fits(cursors))
}

fn find(
    connection: &Connection,
    sql: &str,
    at: Option<Timestamp>,
    upgrades: &[Upgrade],
    is_wanted: impl Fn(u32, &[Cursor]) -> bool,
) -> rusqlite::Result<Option<(Vec<Cursor>, Projection)>> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([at.map_or(i64::MAX, Timestamp::as_milliseconds)])?;
    while let Some(row) = rows.next()? {
        let wanted = cursors(row.get_ref(1)?.as_str()?).filter(|(form, cursors)| is_wanted(*form, cursors));
        let Some((form, cursors)) = wanted else { continue };
        let number: i64 = row.get(0)?;
        let compressed: Option<Vec<u8>> = connection
            .prepare_cached("SELECT projection FROM snapshots WHERE number = ?1")?
            .query_row([number], |row| row.get(0))
            .optional()?;
        match compressed.map(|compressed| decode(&compressed, form, upgrades)) {
            Some(Ok(projection)) => return Ok(Some((cursors, projection))),
            Some(Err(error)) => {
                tracing::warn!(%error, number, "a snapshot of the projection cannot be read; using another");
            }
            None => {}
        }
    }
    Ok(None)
}

/// Copies the snapshots of one partition that stand between two cursors, both included.
pub(crate) fn copy(
    from: &Connection,
    to: &Connection,
    (first, last): (Cursor, Cursor),
) -> rusqlite::Result<()> {
    let mut select = from.prepare("SELECT at, cursors, projection FROM snapshots ORDER BY number")?;
    let mut insert = to.prepare("INSERT INTO snapshots (at, cursors, projection) VALUES (?1, ?2, ?3)")?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        let text: String = row.get(1)?;
        let stands_between = |cursor: &Cursor| {
            cursor.partition == first.partition
                && cursor.epoch == first.epoch
                && (first.seq..=last.seq).contains(&cursor.seq)
        };
        if cursors(&text).is_some_and(|(_, cursors)| cursors.iter().all(stands_between)) {
            insert.execute(params![row.get::<_, i64>(0)?, text, row.get::<_, Vec<u8>>(2)?])?;
        }
    }
    Ok(())
}

/// The form of a snapshot, and how far it folds.
fn cursors(text: &str) -> Option<(u32, Vec<Cursor>)> {
    serde_json::from_str(text).ok()
}

fn decode(compressed: &[u8], form: u32, upgrades: &[Upgrade]) -> std::io::Result<Projection> {
    let text = zstd::stream::decode_all(compressed)?;
    let steps = usize::try_from(form).ok().and_then(|form| upgrades.get(form.checked_sub(1)?..));
    match steps {
        Some([]) => Ok(serde_json::from_slice(&text)?),
        Some(steps) => {
            let mut value = serde_json::from_slice(&text)?;
            steps.iter().for_each(|upgrade| upgrade(&mut value));
            Ok(serde_json::from_value(value)?)
        }
        None => Err(std::io::Error::other(format!("its form {form} is not known"))),
    }
}

fn unwritable(error: impl std::error::Error + Send + Sync + 'static) -> rusqlite::Error {
    rusqlite::Error::ToSqlConversionFailure(Box::new(error))
}

#[cfg(test)]
mod tests {
    use mission_control_protocol::{DashboardId, Record, RecordKind, Severity};
    use serde_json::{json, value::to_raw_value};
    use uuid::Uuid;

    use super::*;
    use crate::projection::DashboardProjection;

    const HINT: &str = "what a projection is written as has changed: add to UPGRADES what brings the form before to \
        the new one, and write the new form into a file of its own";

    fn connection() -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("CREATE TABLE snapshots (old INTEGER)").unwrap();
        connection.execute_batch(TABLES).unwrap();
        connection
    }

    fn cursor(seq: u64) -> [Cursor; 1] {
        [Cursor { partition: 0, epoch: Uuid::from_u128(1), seq }]
    }

    fn projection(dashboard: &str) -> Projection {
        let mut projection = Projection::default();
        projection.dashboards.insert(DashboardId::new(dashboard).unwrap(), DashboardProjection::default());
        projection
    }

    #[test]
    fn a_snapshot_whose_bits_have_changed_is_passed_over() {
        let connection = connection();
        Snapshot::of(&cursor(1), &projection("first")).unwrap().insert(&connection).unwrap();
        let mut damaged = Snapshot::of(&cursor(2), &projection("second")).unwrap();
        let text = damaged.projection.clone();
        for bit in 0..text.len() * 8 {
            damaged.projection.clone_from(&text);
            damaged.projection[bit / 8] ^= 1 << (bit % 8);
            connection.execute("DELETE FROM snapshots WHERE cursors = ?1", [&damaged.cursors]).unwrap();
            damaged.insert(&connection).unwrap();
            let (cursors, found) = read(&connection, None, |_| true).unwrap().unwrap();
            // A bit that says nothing of the content may change; the content may not.
            let expected = if cursors == cursor(2) { "second" } else { "first" };
            assert_eq!(found, projection(expected), "bit {bit}");
        }
    }

    #[test]
    fn an_older_form_is_upgraded_where_the_records_are_gone_and_one_unknown_is_not_read() {
        let upgrade: [Upgrade; 2] = [
            |value| value["unreadable"] = json!(value["unread"]),
            |value| value["unreadable"] = json!(value["unreadable"].as_u64().unwrap_or(0) + 1),
        ];
        let text = json!({"dashboards": {}, "alerts": Projection::default().alerts,
            "commands": Projection::default().commands, "last_at": null, "unread": 4, "unreadable": 0});
        let compressed = zstd::bulk::compress(text.to_string().as_bytes(), 1).unwrap();
        assert_eq!(decode(&compressed, 1, &upgrade).unwrap().unreadable, 5);
        assert_eq!(decode(&compressed, 2, &upgrade).unwrap().unreadable, 1);
        assert_eq!(decode(&compressed, 3, &upgrade).unwrap().unreadable, 0);
        assert!(decode(&compressed, 4, &upgrade).is_err());
        assert!(decode(&compressed, 0, &upgrade).is_err());
    }

    #[test]
    fn the_base_is_the_first_that_reaches_far_enough() {
        let connection = connection();
        for (seq, name) in [(1, "first"), (5, "second"), (9, "third")] {
            Snapshot::of(&cursor(seq), &projection(name)).unwrap().insert(&connection).unwrap();
        }
        let (cursors, found) = read_base(&connection, None, |cursors| cursors[0].seq >= 4).unwrap().unwrap();
        assert_eq!((cursors[0].seq, found), (5, projection("second")));
        forget_below(&connection, 0, 6).unwrap();
        assert_eq!(read_base(&connection, None, |_| true).unwrap().unwrap().0[0].seq, 5);
        forget_below(&connection, 0, 7).unwrap();
        assert_eq!(read_base(&connection, None, |_| true).unwrap().unwrap().0[0].seq, 9);
    }

    #[test]
    fn one_that_could_not_be_written_is_not_tried_with_every_group() {
        let mut pace = SnapshotPace::new(0);
        assert!(pace.is_due(EVERY));
        pace.failed(Instant::now());
        assert!(!pace.is_due(EVERY) && !pace.is_due(10 * EVERY));
        assert!(pace.is_behind(EVERY), "closing tries again");
    }

    /// One record of each kind of which a dashboard's state is folded.
    fn records() -> Vec<Record> {
        let bodies = [
            (
                RecordKind::Registration,
                json!({"config": {"id": "a", "type": "run-dashboard", "useCase": "energy",
                "version": "1.0"}, "commands": [], "epoch": Uuid::from_u128(7), "remoteAddress": "127.0.0.1:1"}),
            ),
            (RecordKind::Connection, json!({"liveness": "online", "reason": "it registered"})),
            (
                RecordKind::Status,
                json!({"dashboardId": "a", "useCase": "energy", "state": "active",
                "dataStatus": {"hasData": true, "lastIngested": null, "recordCount": 5}, "activeTab": "overview",
                "connectedUsers": 1,
                "performance": {"responseTime": 12.5, "errorRate": 0.5, "throughput": 3.0}}),
            ),
            (RecordKind::Event, json!({"type": "X"})),
        ];
        (1..)
            .zip(bodies)
            .map(|(seq, (kind, body))| Record {
                seq,
                at: Timestamp::from_milliseconds(1_800_000_000_000),
                dashboard_id: DashboardId::new("a").unwrap(),
                kind,
                severity: Severity::Error,
                body: to_raw_value(&body).unwrap(),
            })
            .collect()
    }

    #[test]
    fn the_written_form_is_what_its_number_says() {
        let mut projection = Projection::default();
        records().iter().for_each(|record| projection.apply(record));
        assert_eq!(projection.unreadable, 0);
        let written = serde_json::to_value(&projection).unwrap();
        let expected: Value = serde_json::from_str(include_str!("projection/form-2.json")).unwrap();
        assert_eq!(FORM, 2, "{HINT}");
        assert_eq!(written, expected, "{HINT}\n{written:#}");
        assert_eq!(serde_json::from_value::<Projection>(expected).unwrap(), projection);
        let older = zstd::bulk::compress(include_bytes!("projection/form-1.json"), 1).unwrap();
        assert_eq!(decode(&older, 1, &UPGRADES).unwrap(), projection);
    }
}
