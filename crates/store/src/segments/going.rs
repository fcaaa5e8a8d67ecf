//! What a retention would drop, before it does: told from the summaries, without reading a record.

use std::collections::BTreeMap;

use mission_control_protocol::{RecordKind, Timestamp};
use rusqlite::params;

use super::retention::{BULK, Retention, SHRINK_TO, used_bytes};
use crate::{LogReader, StoreError};

/// What a retention would drop now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Going {
    /// By kind, those of which nothing goes left out.
    pub kinds: Vec<GoingKind>,
    /// Samples of series.
    pub samples: u64,
    /// Bytes that are used again, about; the file does not become smaller.
    pub bytes: u64,
}

/// What goes of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GoingKind {
    /// The kind.
    pub kind: RecordKind,
    /// How many.
    pub records: u64,
    /// When the newest of them was received.
    pub newest_at: Timestamp,
}

#[derive(Clone, Copy)]
struct Part {
    kind: u8,
    records: u64,
    bytes: u64,
    last_at: i64,
}

#[derive(Default)]
struct Sum {
    records: u64,
    bytes: u64,
    newest: i64,
}

#[derive(Default)]
struct Sums(BTreeMap<u8, Sum>);

impl Sums {
    fn add(&mut self, part: Part) {
        let sum = self.0.entry(part.kind).or_default();
        sum.records += part.records;
        sum.bytes += part.bytes;
        sum.newest = sum.newest.max(part.last_at);
    }

    fn bytes(&self) -> u64 {
        self.0.values().map(|sum| sum.bytes).sum()
    }
}

impl LogReader {
    /// What `retention` would drop at `now`. Reads the summaries of all segments, and the head.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn going(&mut self, retention: &Retention, now: Timestamp) -> Result<Going, StoreError> {
        self.read(|reader| {
            let connection = reader.connection();
            let mut parts = Vec::new();
            super::each(connection, (i64::MIN, i64::MAX), |segment| {
                parts.extend(segment.summary.iter().flat_map(|summary| &summary.parts).map(|part| Part {
                    kind: part.kind,
                    records: part.count,
                    bytes: part.stored_bytes,
                    last_at: part.last_at,
                }));
                Ok(())
            })?;
            let cut = |age: std::time::Duration| {
                now.as_milliseconds().saturating_sub(i64::try_from(age.as_millis()).unwrap_or(i64::MAX))
            };
            let mut going = Sums::default();
            for kind in RecordKind::ALL {
                let Some(age) = retention.age_of(kind) else { continue };
                let cut = cut(age);
                parts.retain(|part| {
                    let goes = part.kind == kind as u8 && part.last_at < cut;
                    if goes {
                        going.add(*part);
                    }
                    !goes
                });
                // The head is in the order of time: what is older is at its beginning.
                let head = connection
                    .prepare_cached(
                        "SELECT count(*), coalesce(sum(octet_length(body)), 0), coalesce(max(at), 0) FROM log
                         WHERE kind = ?1 AND at < ?2",
                    )?
                    .query_row(params![kind as u8, cut], |row| {
                        Ok(Part {
                            kind: kind as u8,
                            records: row.get::<_, i64>(0)?.cast_unsigned(),
                            bytes: row.get::<_, i64>(1)?.cast_unsigned(),
                            last_at: row.get(2)?,
                        })
                    })?;
                if head.records > 0 {
                    going.add(head);
                }
            }
            for (kind, rule) in &retention.kinds {
                let Some(bound) = rule.bytes else { continue };
                let used: u64 =
                    parts.iter().filter(|part| part.kind == *kind as u8).map(|part| part.bytes).sum();
                if used > bound {
                    shrink(&mut parts, &mut going, &[*kind], used - bound / 100 * SHRINK_TO);
                }
            }
            if let Some(bound) = retention.bytes {
                let used = used_bytes(connection)?.saturating_sub(going.bytes());
                if used > bound {
                    shrink(&mut parts, &mut going, &BULK, used - bound / 100 * SHRINK_TO);
                }
            }
            let (samples, sample_bytes) = match retention.series {
                Some(age) => crate::series::older_than(connection, cut(age))?,
                None => (0, 0),
            };
            let bytes = going.bytes() + sample_bytes;
            let kinds = going.0.into_iter().filter_map(|(code, sum)| {
                let newest_at = Timestamp::from_milliseconds(sum.newest);
                Some(GoingKind { kind: RecordKind::from_code(code)?, records: sum.records, newest_at })
            });
            Ok(Going { kinds: kinds.collect(), samples, bytes })
        })
    }
}

/// Lets the oldest of `kinds` go until they come to `excess` bytes. `parts` are in the order of the log.
fn shrink(parts: &mut Vec<Part>, going: &mut Sums, kinds: &[RecordKind], excess: u64) {
    let mut freed = 0;
    parts.retain(|part| {
        let goes = freed < excess && kinds.iter().any(|kind| *kind as u8 == part.kind);
        if goes {
            freed += part.bytes;
            going.add(*part);
        }
        !goes
    });
}
