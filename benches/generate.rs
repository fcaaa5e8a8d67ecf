//! The generator of large logs: a fleet's year, as fast as the disk takes it, sealed as the hub would.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use mission_control_protocol::{DashboardId, RecordKind, Severity, Timestamp};
use mission_control_store::{Entry, OriginWriter, Retention, Upkeep, UpkeepSettings};
use serde_json::value::RawValue;

/// Dashboards of the fleet.
pub const DASHBOARDS: u64 = 1_000;

/// An event so rare that one of so many records is one.
pub const RARE: u64 = 200_003;

/// Type of that event.
pub const RARE_TYPE: &str = "PUMP_CAVITATION";

/// Records appended together.
const GROUP: u64 = 8_192;

/// When the first record is received: 2026-01-01.
const START: i64 = 1_767_225_600_000;

/// The span that the records cover, in milliseconds: a year.
const SPAN: i64 = 365 * 24 * 60 * 60 * 1_000;

const EVENT_TYPES: [&str; 12] = [
    "DATA_INGESTED",
    "TAB_CHANGED",
    "AGENT_STARTED",
    "AGENT_COMPLETED",
    "WORKFLOW_STARTED",
    "WORKFLOW_STEP",
    "WORKFLOW_COMPLETED",
    "EXPORT_CREATED",
    "USER_LOGIN",
    "SESSION_EXPIRED",
    "CACHE_REFRESHED",
    "VALIDATION_FAILED",
];
const USE_CASES: [&str; 8] =
    ["energy", "water", "traffic", "retail", "logistics", "grid", "health", "manufacturing"];
const USERS: [&str; 16] = [
    "amara", "bjorn", "chen", "dalia", "emeka", "farah", "goran", "hana", "ines", "jamal", "kaya", "liam",
    "mina", "noor", "oleg", "priya",
];
const SOURCES: [&str; 6] = ["meters", "scada-feed", "billing", "weather", "sensors-north", "sensors-south"];

/// What a generated log came to.
pub struct Generated {
    /// The file.
    pub path: PathBuf,
    /// How long it took.
    pub elapsed: Duration,
}

/// The log of `records` records in `directory`, made unless it is there.
pub fn generate(directory: &Path, records: u64) -> Result<Generated> {
    let path = directory.join(format!("records-{records}.sqlite"));
    let started = Instant::now();
    if !path.exists() {
        let scratch = directory.join(format!("records-{records}.part"));
        // One that was interrupted is begun anew.
        for suffix in ["", "-wal", "-shm", ".lock"] {
            let mut name = scratch.clone().into_os_string();
            name.push(suffix);
            let _ = std::fs::remove_file(name);
        }
        write(&scratch, records, &kept_forever())?;
        std::fs::rename(&scratch, &path).context("the log cannot be put in its place")?;
    }
    Ok(Generated { path, elapsed: started.elapsed() })
}

/// As a hub looks after its log, but for what grows old.
pub fn kept_forever() -> UpkeepSettings {
    UpkeepSettings { retention: Retention::forever(), ..UpkeepSettings::default() }
}

/// Writes a log of `records` records that is looked after as `settings` say.
pub fn write(path: &Path, records: u64, settings: &UpkeepSettings) -> Result<()> {
    let mut writer = OriginWriter::open(path)?;
    let mut upkeep = Upkeep::open(path, settings)?;
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    let step = SPAN / i64::try_from(records.max(1))?;
    let mut number = 0;
    while number < records {
        let group = GROUP.min(records - number);
        let mut entries = Vec::new();
        let at = START + i64::try_from(number)? * step;
        for _ in 0..group {
            number += 1;
            entries.push(entry(number, at, &mut random)?);
        }
        writer.append(Timestamp::from_milliseconds(at), &mut entries)?;
        if number.is_multiple_of(GROUP * 4) || number == records {
            while let Some(piece) = upkeep.prepare()? {
                writer.tend(&piece)?;
            }
        }
    }
    drop(upkeep);
    Ok(writer.close()?)
}

/// Record `number` of the log.
fn entry(number: u64, at: i64, random: &mut Random) -> Result<Entry> {
    let dashboard = random.below(DASHBOARDS);
    let id = format!("{}-{dashboard:04}", USE_CASES[(dashboard % 8) as usize]);
    let (kind, severity, body) = body(number, &id, at, random);
    Ok(Entry {
        dashboard_id: DashboardId::new(&id)?,
        kind,
        severity,
        body: RawValue::from_string(body)?,
        producer: None,
    })
}

fn body(number: u64, id: &str, at: i64, random: &mut Random) -> (RecordKind, Severity, String) {
    let timestamp = Timestamp::from_milliseconds(at - i64::try_from(random.below(400)).unwrap_or(0));
    let use_case = id.split('-').next().unwrap_or(id);
    let severity = match random.below(1_000) {
        0..=1 => Severity::Critical,
        2..=11 => Severity::Error,
        12..=60 => Severity::Warning,
        _ => Severity::Info,
    };
    let level = serde_json::to_string(&severity).unwrap_or_default();
    let user = USERS[random.below(16) as usize];
    let session = random.next();
    let context =
        format!(r#""context":{{"useCase":"{use_case}","user":"{user}","sessionId":"{session:016x}"}}"#);
    if number.is_multiple_of(RARE) {
        let body = format!(
            r#"{{"type":"{RARE_TYPE}","severity":{level},"dashboardId":"{id}","timestamp":"{timestamp}","payload":{{"pump":"P-{:03}","pressure":{:.2}}},{context}}}"#,
            random.below(400),
            random.below(1_000) as f64 / 100.0,
        );
        return (RecordKind::Event, severity, body);
    }
    match number % 20 {
        0..=10 => {
            let kind = EVENT_TYPES[random.below(12) as usize];
            let source = SOURCES[random.below(6) as usize];
            let body = format!(
                r#"{{"type":"{kind}","severity":{level},"dashboardId":"{id}","timestamp":"{timestamp}","payload":{{"source":"{source}","recordCount":{},"quality":{:.1},"batch":"{:08x}","duration":{}}},{context}}}"#,
                random.below(5_000),
                80.0 + random.below(200) as f64 / 10.0,
                random.next() as u32,
                random.below(9_000),
            );
            (RecordKind::Event, severity, body)
        }
        11..=14 => {
            let body = format!(
                r#"{{"dashboardId":"{id}","timestamp":"{timestamp}","performance":{{"pageLoadTime":{}.0,"apiResponseTime":{:.1},"renderTime":{:.2},"memoryUsage":{}.0,"cpuUsage":{:.1}}},"usage":{{"activeUsers":{}.0,"sessionDuration":{}.0,"tabViews":{{"agents":{}.0,"overview":{}.0}},"featureUsage":{{"export":{}.0}}}},"data":{{"totalRecords":{}.0,"processingRate":{:.1},"errorRate":{:.2},"dataQuality":{:.1}}}}}"#,
                600 + random.below(600),
                80.0 + random.below(900) as f64 / 10.0,
                8.0 + random.below(1_200) as f64 / 100.0,
                60_000_000 + random.below(40_000_000),
                random.below(1_000) as f64 / 10.0,
                random.below(30),
                random.below(9_000_000),
                random.below(60),
                random.below(200),
                random.below(9),
                random.below(90_000),
                random.below(5_000) as f64 / 10.0,
                random.below(200) as f64 / 100.0,
                80.0 + random.below(200) as f64 / 10.0,
            );
            (RecordKind::Metrics, Severity::Info, body)
        }
        15..=17 => {
            let body = format!(
                r#"{{"dashboardId":"{id}","useCase":"{use_case}","state":"active","dataStatus":{{"hasData":true,"lastIngested":"{timestamp}","recordCount":{}}},"activeTab":"overview","connectedUsers":{},"performance":{{"responseTime":{:.1},"errorRate":{:.2},"throughput":{:.2}}}}}"#,
                random.below(90_000),
                random.below(30),
                80.0 + random.below(900) as f64 / 10.0,
                random.below(200) as f64 / 100.0,
                random.below(9_000) as f64 / 100.0,
            );
            (RecordKind::Status, Severity::Info, body)
        }
        18 => {
            let body = format!(
                r#"{{"dashboardId":"{id}","executionId":"{:016x}","workflowId":"w-{}","state":"running","progress":{:.2},"timestamp":"{timestamp}"}}"#,
                random.next(),
                random.below(40),
                random.below(100) as f64 / 100.0,
            );
            (RecordKind::WorkflowUpdate, Severity::Info, body)
        }
        // Raised once, and over with the next: the alerts that are open stay few.
        _ if number % 400 == 19 || number % 400 == 39 => {
            let episode = number / 400;
            let alert = format!("00000000-0000-7000-8000-{episode:012x}");
            let body = if number % 400 == 19 {
                format!(
                    r#"{{"alertId":"{alert}","transition":"raised","alert":{{"type":"DATA_QUALITY","severity":"warning","title":"Data Quality Below Threshold","message":"Data quality score: {}%.","source":"dashboard","dashboardId":"{id}","fingerprint":"quality:{episode}","timestamp":"{timestamp}"}}}}"#,
                    random.below(80)
                )
            } else {
                format!(r#"{{"alertId":"{alert}","transition":"resolved"}}"#)
            };
            (RecordKind::Alert, Severity::Warning, body)
        }
        _ => {
            let liveness = if random.below(2) == 0 { "online" } else { "stale" };
            let body = format!(r#"{{"liveness":"{liveness}","reason":"a heartbeat was missed"}}"#);
            (RecordKind::Connection, Severity::Info, body)
        }
    }
}

/// The same numbers in every run (xorshift).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, bound: u64) -> u64 {
        (self.next() >> 11) % bound
    }
}
