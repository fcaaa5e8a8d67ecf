//! What leaves a log is what is in it, in every format; broken off, nothing leaves.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    fs::{self, File},
    ops::ControlFlow,
    path::{Path, PathBuf},
};

use mission_control_protocol::{DashboardId, Record, RecordKind, Severity, Timestamp};
use mission_control_store::{
    Entry, ExportError, ExportFormat, ExportProgress, Exported, LogReader, ONLY_PARTITION, OriginWriter,
    RecordSource, SampleSource, Upkeep, UpkeepSettings, csv_field, export_records, export_samples,
    search::{Plan, RecordView, UseCases, query::LocalTime, type_of},
};
use parquet::{
    basic::{Compression, LogicalType, TimeUnit},
    file::reader::{FileReader, SerializedFileReader},
    record::Field,
};
use proptest::prelude::*;
use serde_json::{Value, json, value::RawValue};

fn at(milliseconds: i64) -> Timestamp {
    Timestamp::from_milliseconds(1_800_000_000_000 + milliseconds)
}

fn plan(query: &str) -> Plan {
    let local = LocalTime { now: at(1_000_000), utc_offset_minutes: 0 };
    Plan::new(&query.parse().unwrap(), local, &UseCases::new())
}

fn raw(text: &str) -> Box<RawValue> {
    RawValue::from_string(text.to_owned()).unwrap()
}

struct Log {
    directory: tempfile::TempDir,
    path: PathBuf,
}

impl Log {
    /// A log of bodies, one record every ten milliseconds, by turns of two dashboards.
    fn of(bodies: &[(RecordKind, String)]) -> Self {
        Self::in_groups(bodies, 1)
    }

    /// The same, so many of them at once.
    fn in_groups(bodies: &[(RecordKind, String)], length: usize) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("log.sqlite");
        let mut writer = OriginWriter::open(&path).unwrap();
        for (group, bodies) in (0..).zip(bodies.chunks(length)) {
            let entry = |(index, (kind, body)): (usize, &(RecordKind, String))| Entry {
                dashboard_id: DashboardId::new(["north", "south"][index % 2]).unwrap(),
                kind: *kind,
                severity: Severity::ALL[index % 5],
                body: raw(body),
                producer: None,
            };
            let mut entries: Vec<_> = (group * length..).zip(bodies).map(entry).collect();
            writer.append(at(i64::try_from(group).unwrap() * 10), &mut entries).unwrap();
        }
        writer.close().unwrap();
        Self { directory, path }
    }

    fn numbered(count: usize) -> Self {
        let body = |n: usize| (RecordKind::Event, json!({"type": "T", "payload": {"n": n}}).to_string());
        Self::in_groups(&(0..count).map(body).collect::<Vec<_>>(), 500)
    }

    fn target(&self, name: &str) -> PathBuf {
        self.directory.path().join("out").join(name)
    }

    fn export(&self, query: &str, format: ExportFormat) -> (Exported, PathBuf) {
        fs::create_dir_all(self.directory.path().join("out")).unwrap();
        let target = self.target(format.extension());
        let sources =
            [RecordSource { hub: "=Hub, \"one\"".to_owned(), log: self.path.clone(), plan: plan(query) }];
        let mut last = ExportProgress::default();
        let exported = export_records(&sources, format, &target, true, &mut |progress| {
            assert!(
                progress.part >= last.part && progress.written >= last.written,
                "{progress:?} after {last:?}"
            );
            last = progress;
            ControlFlow::Continue(())
        })
        .unwrap();
        assert_eq!(exported.bytes, fs::metadata(&target).unwrap().len());
        assert_eq!(exported.rows, last.written);
        (exported, target)
    }

    fn records(&self, query: &str) -> Vec<Record> {
        let matcher = plan(query).matcher;
        let mut all = LogReader::open(&self.path).unwrap().records(ONLY_PARTITION, 1, 1_000_000).unwrap();
        all.retain(|record| matcher.matches(&RecordView::from(record)));
        all
    }
}

fn names(directory: &Path) -> Vec<String> {
    let names = fs::read_dir(directory).unwrap();
    names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// Bodies that are hard to write down: formulas, quotes, line breaks, in texts and between values.
const HARD: [&str; 7] = [
    r#"{"type":"=HYPERLINK(\"http://x\")","payload":"a,\"b\"\nc"}"#,
    "{\n  \"type\": \"T\",\r\n  \"payload\": [1, 2]\n}",
    r#"{"type":"+1","payload":{"ü":"日本😀"}}"#,
    r#"{"type":"-1","payload":null}"#,
    r#"{"type":"@SUM(A1)"}"#,
    r#"{"type":"\t"}"#,
    r#"{"payload":{"type":"nested"}}"#,
];

fn hard() -> Log {
    Log::of(&HARD.map(|body| (RecordKind::Event, body.to_owned())))
}

#[test]
fn ndjson_is_what_was_recorded() {
    let log = hard();
    let (exported, path) = log.export("", ExportFormat::Ndjson);
    let text = fs::read_to_string(path).unwrap();
    let records = log.records("");
    assert_eq!((exported.rows, text.lines().count()), (7, 7));
    assert!(exported.is_complete && exported.missing == 0);
    for (line, record) in text.lines().zip(&records) {
        let found: Value = serde_json::from_str(line).unwrap();
        let body: Value = serde_json::from_str(record.body.get()).unwrap();
        assert_eq!(
            found,
            json!({"hub": "=Hub, \"one\"", "seq": record.seq, "at": record.at, "dashboard": record.dashboard_id,
                "kind": "EVENT", "severity": record.severity, "type": type_of(&RecordView::from(record)), "body": body})
        );
    }
}

#[test]
fn csv_is_read_by_others_and_has_no_formulas() {
    let log = hard();
    let (_, path) = log.export("", ExportFormat::Csv);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.starts_with("hub,seq,at,dashboard,kind,severity,type,body\r\n"), "{text}");
    let mut reader = csv::Reader::from_path(path).unwrap();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let records = log.records("");
    assert_eq!(rows.len(), records.len());
    for (row, record) in rows.iter().zip(&records) {
        assert_eq!(&row[0], "'=Hub, \"one\"");
        assert_eq!(row[1], record.seq.to_string());
        assert_eq!(row[2], record.at.to_string());
        let body: Value = serde_json::from_str(&row[7]).unwrap();
        assert_eq!(body, serde_json::from_str::<Value>(record.body.get()).unwrap());
        for field in row {
            assert!(!field.starts_with(['=', '+', '-', '@', '\t', '\r']), "{field:?} is a formula");
        }
    }
    assert_eq!(&rows[2][6], "'+1");
    assert_eq!(&rows[6][6], "", "no type is an empty field");
}

#[test]
fn parquet_has_types_and_the_same_rows() {
    let log = hard();
    let (_, path) = log.export("", ExportFormat::Parquet);
    let reader = SerializedFileReader::new(File::open(path).unwrap()).unwrap();
    let schema = reader.metadata().file_metadata().schema_descr();
    assert_eq!(schema.column(2).logical_type_ref(), Some(&LogicalType::timestamp(true, TimeUnit::MILLIS)));
    assert!(matches!(reader.metadata().row_group(0).column(7).compression(), Compression::ZSTD(_)));
    let records = log.records("");
    let rows: Vec<_> = reader.get_row_iter(None).unwrap().map(Result::unwrap).collect();
    assert_eq!(rows.len(), records.len());
    for (row, record) in rows.into_iter().zip(records) {
        let columns: Vec<Field> = row.into_columns().into_iter().map(|(_, field)| field).collect();
        let text = |text: &str| Field::Str(text.to_owned());
        assert_eq!(columns[1], Field::Long(record.seq.cast_signed()));
        assert_eq!(columns[2], Field::TimestampMillis(record.at.as_milliseconds()));
        assert_eq!(columns[3], text(record.dashboard_id.as_str()));
        let type_name = type_of(&RecordView::from(&record));
        assert_eq!(columns[6], type_name.map_or(Field::Null, Field::Str));
        assert_eq!(columns[7], text(record.body.get()));
    }
}

#[test]
fn a_query_is_answered_as_by_going_through_the_log() {
    let log = Log::numbered(2_000);
    for query in
        ["", "payload.n>=700 dashboard:north", "severity>=error", "nowhere", "n", "before:2000-01-01"]
    {
        let (exported, path) = log.export(query, ExportFormat::Ndjson);
        let seqs: Vec<u64> = fs::read_to_string(path)
            .unwrap()
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap()["seq"].as_u64().unwrap())
            .collect();
        let expected: Vec<u64> = log.records(query).iter().map(|record| record.seq).collect();
        assert_eq!(exported.rows, expected.len() as u64, "{query}");
        assert_eq!(seqs, expected, "{query}");
    }
}

#[test]
fn many_rows_make_more_than_one_group() {
    let log = Log::numbered(70_000);
    let (exported, path) = log.export("", ExportFormat::Parquet);
    let reader = SerializedFileReader::new(File::open(path).unwrap()).unwrap();
    assert_eq!(exported.rows, 70_000);
    assert_eq!(reader.metadata().num_row_groups(), 2);
    assert_eq!(reader.get_row_iter(None).unwrap().count(), 70_000);
}

#[test]
fn cancelled_it_leaves_nothing_and_what_was_there_as_it_was() {
    let log = Log::numbered(3_000);
    let directory = log.directory.path().join("out");
    fs::create_dir(&directory).unwrap();
    let source = [RecordSource { hub: "h".to_owned(), log: log.path.clone(), plan: plan("") }];
    for format in [ExportFormat::Csv, ExportFormat::Ndjson, ExportFormat::Parquet] {
        let target = log.target("kept");
        fs::write(&target, "before").unwrap();
        let mut seen = 0;
        let error = export_records(&source, format, &target, true, &mut |progress| {
            seen = progress.written;
            if progress.written > 600 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
        .unwrap_err();
        assert!(matches!(error, ExportError::Cancelled), "{error}");
        assert!((600..3_000).contains(&seen), "{seen}");
        assert_eq!(names(&directory), ["kept"]);
        assert_eq!(fs::read_to_string(&target).unwrap(), "before");
        let error = export_records(&source, format, &target, false, &mut |_| ControlFlow::Continue(()));
        assert!(matches!(error, Err(ExportError::Exists { .. })));
    }
}

#[test]
fn a_full_disk_is_told_as_one() {
    let log = Log::numbered(1);
    let source = std::io::Error::from(std::io::ErrorKind::StorageFull);
    // What the operating system says is what decides; see the message an operator gets.
    let error = ExportError::from_disk(&log.path, source);
    assert!(matches!(error, ExportError::DiskFull { .. }));
    assert!(error.to_string().contains("is full; free some space"), "{error}");
}

#[test]
fn samples_are_what_was_measured() {
    let body = |n: usize| {
        let rate = n as f64 * 0.5;
        let body = json!({"dashboardId": "north", "timestamp": "2027-01-15T08:00:00.000Z",
            "data": {"totalRecords": n, "processingRate": rate, "errorRate": 0, "dataQuality": 99}});
        (RecordKind::Metrics, body.to_string())
    };
    let log = Log::of(&(0..8_000).map(body).collect::<Vec<_>>());
    // Part of them in blocks, part in chunks, part in the log alone.
    let mut writer = OriginWriter::open(&log.path).unwrap();
    let mut upkeep = Upkeep::open(&log.path, &UpkeepSettings::default()).unwrap();
    while let Some(piece) = upkeep.prepare().unwrap() {
        writer.tend(&piece).unwrap();
    }
    let north = DashboardId::new("north").unwrap();
    let source = [SampleSource {
        hub: "h".to_owned(),
        log: log.path.clone(),
        dashboard: north,
        series: "data.processingRate".to_owned(),
    }];
    let target = log.directory.path().join("samples.csv");
    let (from, to) = (at(1_000), at(70_000));
    let exported = export_samples(&source, (from, to), ExportFormat::Csv, &target, false, &mut |_| {
        ControlFlow::Continue(())
    })
    .unwrap();
    let mut reader = csv::Reader::from_path(&target).unwrap();
    let found: Vec<(String, f64)> = reader
        .records()
        .map(|row| row.map(|row| (row[3].to_owned(), row[4].parse().unwrap())).unwrap())
        .collect();
    let expected: Vec<(String, f64)> = (0..8_000)
        .step_by(2)
        .map(|n| (at(n * 10), n as f64 * 0.5))
        .filter(|(when, _)| (from..=to).contains(when))
        .map(|(when, value)| (when.to_string(), value))
        .collect();
    assert!(exported.is_complete);
    assert_eq!(exported.rows, expected.len() as u64);
    assert_eq!(found, expected);
    let error = export_samples(&source, (to, from), ExportFormat::Csv, &target, true, &mut |_| {
        ControlFlow::Continue(())
    });
    assert!(matches!(error, Err(ExportError::Invalid(_))));
}

proptest! {
    #[test]
    fn any_text_is_one_field_again(text in any::<String>()) {
        let line = format!("{},end\r\n", csv_field(&text));
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(line.as_bytes());
        let row = reader.records().next().unwrap().unwrap();
        let field = &row[0];
        prop_assert_eq!(&row[1], "end");
        prop_assert!(!field.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']));
        prop_assert!(field == text || field.strip_prefix('\'') == Some(&text));
    }
}
