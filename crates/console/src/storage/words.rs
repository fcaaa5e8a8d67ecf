//! What is said of a log: numbers as people read them, and sentences.

use mission_control_protocol::RecordKind;
use mission_control_store::{BULK, Check, Going, Hole};

use crate::view::{
    Status,
    storage::{LogRole, RetentionChoice, RetentionPreview},
};

/// Bytes, such as "310 MiB".
pub(super) fn bytes(bytes: u64) -> String {
    scaled(bytes, 1_024.0, &["B", "KiB", "MiB", "GiB", "TiB", "PiB"])
}

/// A count, such as "1.2 M".
pub(super) fn count(count: u64) -> String {
    if count < 10_000 { count.to_string() } else { scaled(count, 1_000.0, &["", "k", "M", "G", "T", "P"]) }
}

#[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
fn scaled(number: u64, step: f64, units: &[&str]) -> String {
    let mut value = number as f64;
    let mut unit = 0;
    // What rounds to a whole step is one of the next unit.
    while value >= step - 0.5 && unit + 1 < units.len() {
        value /= step;
        unit += 1;
    }
    let digits = usize::from(unit > 0 && value < 99.95);
    format!("{value:.digits$} {}", units[unit]).trim_end().to_owned()
}

/// A kind of records, in the plural.
pub(super) fn kind(kind: RecordKind) -> &'static str {
    match kind {
        RecordKind::Registration => "registrations",
        RecordKind::Connection => "connection changes",
        RecordKind::Status => "statuses",
        RecordKind::Event => "events",
        RecordKind::Metrics => "metrics reports",
        RecordKind::ResourceUsage => "resource reports",
        RecordKind::Alert => "alert steps",
        RecordKind::Command => "command steps",
        RecordKind::Query => "queries",
        RecordKind::Configuration => "configurations",
        RecordKind::WorkflowUpdate => "workflow updates",
        RecordKind::Refusal => "refusals",
        RecordKind::Access => "access changes",
        RecordKind::AlertPolicy => "alert policies",
    }
}

/// How long a kind is kept.
pub(super) fn kept(retention: &RetentionChoice, kind: RecordKind) -> String {
    let rule = retention.kinds.get(&kind);
    let days = match rule {
        Some(rule) => rule.keep_days,
        None if BULK.contains(&kind) => retention.keep_days,
        None => 0,
    };
    let age = match days {
        0 => "for ever".to_owned(),
        1 => "1 day".to_owned(),
        days => format!("{days} days"),
    };
    match rule.and_then(|rule| rule.keep_bytes) {
        Some(bound) => format!("{age}, at most {}", bytes(bound)),
        None => age,
    }
}

/// What a choice drops.
pub(super) fn preview(going: &Going, keep: &RetentionChoice) -> RetentionPreview {
    let mut lines: Vec<String> = going
        .kinds
        .iter()
        .map(|going| {
            format!("{} {}, received before {}", count(going.records), kind(going.kind), day(going.newest_at))
        })
        .collect();
    if going.samples > 0 {
        lines.push(format!(
            "{} samples of series, older than {} days",
            count(going.samples),
            keep.keep_series_days
        ));
    }
    let drops = !lines.is_empty();
    let freed = if drops {
        format!(
            "Frees about {} inside the file, which new records use; the file itself does not become smaller. What is \
             dropped cannot be brought back, except from a backup.",
            bytes(going.bytes)
        )
    } else {
        "Nothing that is there now goes.".to_owned()
    };
    RetentionPreview { drops, lines, freed }
}

fn day(at: mission_control_protocol::Timestamp) -> String {
    let text = at.plus_milliseconds(24 * 60 * 60 * 1_000).to_string();
    text.split('T').next().unwrap_or_default().to_owned()
}

/// What a check found.
pub(super) fn check(check: &Check, role: LogRole) -> (Status, Vec<String>) {
    if check.is_clean() {
        return (
            Status::Normal,
            vec![format!("Everything is whole: {} records were read.", count(check.records))],
        );
    }
    let mut lines = Vec::new();
    if !check.file.is_empty() {
        let way_on = match role {
            LogRole::Own => {
                "Restore the log from a backup; what can still be read stays readable until then."
            }
            LogRole::Copy => "Rebuild the copy: it is set aside and fetched from its hub again.",
            LogRole::Archive => "Remove it in the settings, and import the archive again.",
        };
        lines.push(format!("The file itself is damaged. {way_on}"));
        lines.extend(check.file.iter().take(3).map(|told| format!("SQLite says: {told}")));
    }
    let mut tell = |stretches: &[Hole], what: &str, then: &str| {
        let records: u64 = stretches.iter().map(|hole| hole.last_seq - hole.first_seq + 1).sum();
        let Some(first) = stretches.first() else { return };
        lines.push(format!(
            "{} {what} in {} stretches, the first at record {}. {then}",
            count(records),
            stretches.len(),
            first.first_seq
        ));
    };
    let mended = match role {
        LogRole::Own => {
            "They are taken out in the background and shown as a hole; a backup may still have them."
        }
        LogRole::Copy => {
            "They are taken out in the background, become a hole, and are fetched from the hub again."
        }
        LogRole::Archive => "Remove the archive in the settings, and import it again.",
    };
    tell(&check.damage, "records may be damaged", mended);
    let missing = match role {
        LogRole::Own => "Nothing says why; a backup may have them.",
        LogRole::Copy => "Nothing says why; rebuild the copy to have them again.",
        LogRole::Archive => "Nothing says why; import the archive again.",
    };
    tell(&check.missing, "records are missing", missing);
    tell(
        &check.out_of_order,
        "records are older than one before them",
        "The clock of the hub's computer was put back while the log was written by an older version.",
    );
    (Status::Serious, lines)
}

#[cfg(test)]
mod tests {
    use mission_control_protocol::Timestamp;
    use mission_control_store::GoingKind;

    use super::*;
    use crate::view::storage::KindRule;

    #[test]
    fn numbers_have_three_digits_and_a_unit() {
        for (number, expected) in [
            (0, "0 B"),
            (999, "999 B"),
            (1_536, "1.5 KiB"),
            (325_058_560, "310 MiB"),
            (1_073_700_000, "1.0 GiB"),
        ] {
            assert_eq!(bytes(number), expected);
        }
        assert_eq!((count(9_999).as_str(), count(1_200_000).as_str()), ("9999", "1.2 M"));
    }

    #[test]
    fn a_preview_says_what_goes_or_that_nothing_does() {
        let keep = RetentionChoice::default();
        assert!(!preview(&Going::default(), &keep).drops);
        let newest_at = Timestamp::from_milliseconds(1_800_000_000_000);
        let going = Going {
            kinds: vec![GoingKind { kind: RecordKind::Event, records: 1_200_000, newest_at }],
            samples: 0,
            bytes: 325_058_560,
        };
        let told = preview(&going, &keep);
        assert_eq!(told.lines, ["1.2 M events, received before 2027-01-16"]);
        assert!(told.freed.starts_with("Frees about 310 MiB"), "{}", told.freed);
    }

    #[test]
    fn a_rule_of_its_own_goes_before_that_of_all() {
        let mut keep = RetentionChoice::default();
        assert_eq!(kept(&keep, RecordKind::Event), "365 days");
        assert_eq!(kept(&keep, RecordKind::Alert), "for ever");
        keep.kinds.insert(RecordKind::Event, KindRule { keep_days: 1, keep_bytes: Some(2_097_152) });
        assert_eq!(kept(&keep, RecordKind::Event), "1 day, at most 2.0 MiB");
    }

    #[test]
    fn damage_is_told_with_the_way_on() {
        assert_eq!(check(&Check::default(), LogRole::Own).0, Status::Normal);
        let damage = vec![Hole { partition: 0, first_seq: 11, last_seq: 20 }];
        let found = Check { damage, file: vec!["page 3 is bad".to_owned()], ..Check::default() };
        let (status, lines) = check(&found, LogRole::Own);
        assert_eq!(status, Status::Serious);
        assert!(
            lines[0].contains("Restore the log from a backup") && lines[2].contains("at record 11"),
            "{lines:?}"
        );
        assert!(check(&found, LogRole::Copy).1[0].contains("Rebuild the copy"));
    }
}
