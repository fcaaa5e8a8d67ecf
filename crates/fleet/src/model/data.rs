//! The data a dashboard holds: how many records, how good, and the newest of them in full.

use std::collections::VecDeque;

use mission_control_protocol::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use super::{DataKind, Profile};

/// Records kept in full; the rest is only counted.
const KEPT: usize = 400;

/// One record.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DataRecord {
    /// Position in all that was ever ingested.
    id: u64,
    entity: String,
    source: String,
    measure: &'static str,
    /// `None` where the source delivered nothing usable.
    value: Option<f64>,
    ingested_at: Timestamp,
}

/// All data.
#[derive(Debug)]
pub(super) struct Data {
    kind: DataKind,
    count: u64,
    last_ingested: Option<Timestamp>,
    quality: f64,
    ever_ingested: u64,
    kept: VecDeque<DataRecord>,
}

impl Data {
    pub(super) fn new(rng: &mut fastrand::Rng, profile: &Profile, now: Timestamp) -> Self {
        let count = 40_000 + rng.u64(..1_900_000);
        let mut data = Self {
            kind: profile.data,
            count: 0,
            last_ingested: None,
            quality: 95.0 + 4.0 * rng.f64(),
            ever_ingested: count,
            kept: VecDeque::new(),
        };
        let before = now.plus_milliseconds(-rng.i64(5_000..120_000));
        data.keep(
            KEPT as u64,
            profile.sources.first().copied().unwrap_or("unknown"),
            data.quality,
            before,
            rng,
        );
        data.count = count;
        data.last_ingested = Some(before);
        data
    }

    pub(super) fn count(&self) -> u64 {
        self.count
    }

    pub(super) fn last_ingested(&self) -> Option<Timestamp> {
        self.last_ingested
    }

    /// Quality score, in percent.
    pub(super) fn quality(&self) -> f64 {
        self.quality
    }

    /// Takes in `records` of `quality`. `weight` is how much of the score the new records make up.
    pub(super) fn ingest(
        &mut self,
        records: u64,
        source: &str,
        quality: f64,
        weight: f64,
        now: Timestamp,
        rng: &mut fastrand::Rng,
    ) {
        let weight = if self.count == 0 { 1.0 } else { weight };
        self.quality += (quality - self.quality) * weight;
        self.count += records;
        self.keep(records, source, quality, now, rng);
        self.last_ingested = Some(now);
    }

    /// Takes all data out. No data is no bad data: the score is full.
    pub(super) fn clear(&mut self) -> u64 {
        let removed = std::mem::take(&mut self.count);
        self.kept.clear();
        self.quality = 100.0;
        removed
    }

    fn keep(&mut self, records: u64, source: &str, quality: f64, now: Timestamp, rng: &mut fastrand::Rng) {
        let skipped = records.saturating_sub(KEPT as u64);
        self.ever_ingested += skipped;
        for _ in skipped..records {
            self.ever_ingested += 1;
            let usable = rng.f64() * 100.0 < quality;
            let span = self.kind.high - self.kind.low;
            let value = self.kind.low + span * rng.f64().powi(3);
            self.kept.push_back(DataRecord {
                id: self.ever_ingested,
                entity: format!("{}-{:05}", self.kind.entity, rng.u32(..4_000)),
                source: source.to_owned(),
                measure: self.kind.measure,
                value: usable.then_some((value * 100.0).round() / 100.0),
                ingested_at: now,
            });
            if self.kept.len() > KEPT {
                self.kept.pop_front();
            }
        }
    }

    /// The newest records in `format`: `json` as values, `csv` and `ndjson` as text.
    pub(super) fn export(&self, format: &str) -> Result<Value, String> {
        let written = |record: &DataRecord| serde_json::to_string(record).map_err(|error| error.to_string());
        match format {
            "json" => Ok(json!(self.kept)),
            "ndjson" => {
                let lines: Result<Vec<_>, _> = self.kept.iter().map(written).collect();
                Ok(json!(lines?.join("\n")))
            }
            "csv" => {
                let mut text = "id,entity,source,measure,value,ingestedAt".to_owned();
                for record in &self.kept {
                    let value = record.value.map(|value| value.to_string()).unwrap_or_default();
                    text.push_str(&format!(
                        "\n{},{},{},{},{value},{}",
                        record.id,
                        csv_field(&record.entity),
                        csv_field(&record.source),
                        record.measure,
                        record.ingested_at
                    ));
                }
                Ok(json!(text))
            }
            other => Err(format!("{other} is not a format; choose json, csv or ndjson")),
        }
    }

    /// How many records an export holds.
    pub(super) fn exported(&self) -> usize {
        self.kept.len()
    }
}

/// A field as RFC 4180 writes it: a source may be named by an operator, with anything in it.
fn csv_field(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_with_commas_and_quotes_stays_one_field() {
        assert_eq!(csv_field("a,\"b\""), "\"a,\"\"b\"\"\"");
        assert_eq!(csv_field("scada"), "scada");
    }
}
