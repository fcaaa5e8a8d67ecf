//! Scores of a recorded series, as `mission-control-hub rules score` prints them: CSV in, CSV out, one sample at a
//! time, whatever the length of the series.

use std::io::{self, Read, Write};

use csv::{ErrorKind, ReaderBuilder, StringRecord, Terminator, Writer, WriterBuilder};
use mission_control_protocol::Timestamp;
use thiserror::Error;

use mission_control_store::rules::deviation::DeviationDetector;

const TIMESTAMP: &str = "timestamp";
const VALUE: &str = "value";
const ANOMALY_SCORE: &str = "anomaly_score";

/// What was read and is worth a word to the operator.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Scored {
    /// Samples that got a score.
    pub samples: u64,
    /// Of these, those whose value is missing or no finite number: scored 0, and not learned from.
    pub ignored: u64,
    /// Samples whose time is before the one of the sample before them.
    pub backwards: u64,
    /// The line of the first of them.
    pub first_backwards: Option<u64>,
}

/// Why a series cannot be scored.
#[derive(Debug, Error)]
pub enum ScoringError {
    /// There is no header to find the columns by.
    #[error("the input is empty; it must begin with the header line `timestamp,value`")]
    Empty,
    /// The header does not name a column.
    #[error("line 1: no column `{0}`; the header line must name `timestamp` and `value`")]
    MissingColumn(&'static str),
    /// A line has another number of fields than the header.
    #[error("line {line}: {found} fields where the header has {expected}; give each line every field")]
    Fields {
        /// The line, from 1.
        line: u64,
        /// Its fields.
        found: u64,
        /// The header's fields.
        expected: u64,
    },
    /// A field is not what its column holds.
    #[error("line {line}, column {column} (`{name}`): {found:?} is no {wanted}")]
    Field {
        /// The line, from 1.
        line: u64,
        /// The field's place in its line, from 1.
        column: usize,
        /// The column's name.
        name: &'static str,
        /// What stands there, its beginning if it is long.
        found: String,
        /// What should stand there.
        wanted: &'static str,
    },
    /// A line is not UTF-8 text.
    #[error("line {line}: not UTF-8 text; save the file as UTF-8")]
    NotText {
        /// The line, from 1.
        line: u64,
    },
    /// Reading failed.
    #[error("cannot read the series: {0}")]
    Read(#[source] io::Error),
    /// Writing failed.
    #[error("cannot write the scores: {0}")]
    Write(#[source] io::Error),
}

impl ScoringError {
    /// Whether who reads the scores has gone, as `head` does when it has enough.
    #[must_use]
    pub fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::Write(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }
}

/// Reads `timestamp,value` from `input` and writes `timestamp,value,anomaly_score` to `output`, timestamp and value as
/// they were read. Other columns are left out. A time that goes backwards (a clock set back, an hour that comes twice)
/// is scored in the order of the lines, and told of in the result.
pub fn score(input: impl Read, output: impl Write) -> Result<Scored, ScoringError> {
    let mut reader = ReaderBuilder::new().from_reader(input);
    let headers = reader.headers().map_err(|error| read_error(error, 0))?.clone();
    if headers.is_empty() {
        return Err(ScoringError::Empty);
    }
    let (timestamp, value) = (column(&headers, TIMESTAMP)?, column(&headers, VALUE)?);
    let mut writer = WriterBuilder::new().terminator(Terminator::Any(b'\n')).from_writer(output);
    write(&mut writer, [TIMESTAMP, VALUE, ANOMALY_SCORE])?;
    let result = score_rows(&mut reader, timestamp, value, &mut writer);
    // What was scored before a bad line is of use.
    writer.flush().map_err(ScoringError::Write)?;
    result
}

fn score_rows(
    reader: &mut csv::Reader<impl Read>,
    timestamp: usize,
    value: usize,
    writer: &mut Writer<impl Write>,
) -> Result<Scored, ScoringError> {
    let mut detector = DeviationDetector::new();
    let mut scored = Scored::default();
    let mut last: Option<Timestamp> = None;
    let mut record = StringRecord::new();
    loop {
        let before = reader.position().line();
        if !reader.read_record(&mut record).map_err(|error| read_error(error, before))? {
            return Ok(scored);
        }
        let line = record.position().map_or(before, csv::Position::line);
        let (time_text, value_text) =
            (record.get(timestamp).unwrap_or_default(), record.get(value).unwrap_or_default());
        let bad = |place: usize, name, found: &str, wanted| ScoringError::Field {
            line,
            column: place + 1,
            name,
            found: found.chars().take(64).collect(),
            wanted,
        };
        let at = parse_time(time_text).ok_or_else(|| {
            bad(
                timestamp,
                TIMESTAMP,
                time_text,
                "time such as 2026-11-22 19:58:21 (UTC) or 2026-11-22T19:58:21Z",
            )
        })?;
        let number = parse_value(value_text).ok_or_else(|| {
            bad(value, VALUE, value_text, "number such as 12.5; leave the field empty if there is none")
        })?;
        if last.is_some_and(|last| at < last) {
            scored.backwards += 1;
            scored.first_backwards = scored.first_backwards.or(Some(line));
        }
        last = Some(at);
        let score = detector.observe(at, number).anomaly;
        scored.samples += 1;
        scored.ignored = detector.ignored();
        write(writer, [time_text, value_text, &score.to_string()])?;
    }
}

/// A time of RFC 3339, or one without a zone, which is taken as UTC: `2026-11-22 19:58:21`.
#[must_use]
pub fn parse_time(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    text.parse().or_else(|_| format!("{text}Z").parse()).ok()
}

/// A number; nothing at all is a missing one.
fn parse_value(text: &str) -> Option<f64> {
    match text.trim() {
        "" => Some(f64::NAN),
        text => text.parse().ok(),
    }
}

fn column(headers: &StringRecord, name: &'static str) -> Result<usize, ScoringError> {
    headers
        .iter()
        // A byte order mark at the beginning belongs to the file, not to the name.
        .position(|header| header.trim_start_matches('\u{feff}').trim().eq_ignore_ascii_case(name))
        .ok_or(ScoringError::MissingColumn(name))
}

fn write(writer: &mut Writer<impl Write>, fields: [&str; 3]) -> Result<(), ScoringError> {
    writer.write_record(fields).map_err(|error| match error.into_kind() {
        ErrorKind::Io(error) => ScoringError::Write(error),
        other => ScoringError::Write(io::Error::other(format!("{other:?}"))),
    })
}

fn read_error(error: csv::Error, after_line: u64) -> ScoringError {
    let line = error.position().map_or(after_line + 1, csv::Position::line);
    match error.into_kind() {
        ErrorKind::UnequalLengths { expected_len, len, .. } => {
            ScoringError::Fields { line, found: len, expected: expected_len }
        }
        ErrorKind::Utf8 { .. } => ScoringError::NotText { line },
        ErrorKind::Io(error) => ScoringError::Read(error),
        other => ScoringError::Read(io::Error::other(format!("{other:?}"))),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

    use super::*;

    fn scores(input: &str) -> (String, Result<Scored, String>) {
        let mut output = Vec::new();
        let result = score(input.as_bytes(), &mut output).map_err(|error| error.to_string());
        (String::from_utf8(output).unwrap(), result)
    }

    #[test]
    fn timestamps_and_values_are_printed_as_they_were_read() {
        let input = "value,note,timestamp\n1.50,x,2014-02-14 14:30:00\n1e0,y,2014-02-14T14:35:00.000+00:00\n";
        let (output, result) = scores(input);
        assert_eq!(
            output,
            "timestamp,value,anomaly_score\n2014-02-14 14:30:00,1.50,0\n2014-02-14T14:35:00.000+00:00,1e0,0\n"
        );
        assert_eq!(result.unwrap(), Scored { samples: 2, ..Scored::default() });
    }

    #[test]
    fn bad_input_is_told_by_line_and_column() {
        let message = |input: &str| scores(input).1.unwrap_err();
        assert_eq!(message(""), "the input is empty; it must begin with the header line `timestamp,value`");
        assert_eq!(
            message("time,value\n"),
            "line 1: no column `timestamp`; the header line must name `timestamp` and `value`"
        );
        assert_eq!(
            message("timestamp,value\n2014-02-14 14:30:00,1\n2014-02-14 14:35:00,12,5\n"),
            "line 3: 3 fields where the header has 2; give each line every field"
        );
        assert_eq!(
            message("timestamp,value\n2014-02-14 14:30:00,high\n"),
            "line 2, column 2 (`value`): \"high\" is no number such as 12.5; leave the field empty if there is none"
        );
        assert_eq!(
            message("timestamp,value\nyesterday,1\n"),
            "line 2, column 1 (`timestamp`): \"yesterday\" is no time such as 2026-11-22 19:58:21 (UTC) or 2026-11-22T19:58:21Z"
        );
        let mut output = Vec::new();
        let error =
            score(&b"timestamp,value\n2014-02-14 14:30:00,\xff\n"[..], &mut output).unwrap_err().to_string();
        assert_eq!(error, "line 2: not UTF-8 text; save the file as UTF-8");
    }

    #[test]
    fn what_came_before_a_bad_line_is_scored() {
        let (output, result) = scores("timestamp,value\n2014-02-14 14:30:00,1\nyesterday,1\n");
        assert!(result.is_err());
        assert_eq!(output, "timestamp,value,anomaly_score\n2014-02-14 14:30:00,1,0\n");
    }

    #[test]
    fn missing_values_and_times_that_go_backwards_are_counted() {
        let (output, result) = scores(
            "timestamp,value\n2014-11-02 01:55:00,1\n2014-11-02 02:00:00,\n2014-11-02 01:05:00,NaN\n2014-11-02 01:10:00,inf\n",
        );
        assert_eq!(output.lines().count(), 5);
        assert_eq!(
            result.unwrap(),
            Scored { samples: 4, ignored: 3, backwards: 1, first_backwards: Some(4) }
        );
    }

    #[test]
    fn a_reader_that_has_gone_is_told_from_a_full_disk() {
        struct Gone(io::ErrorKind);
        impl Write for Gone {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(self.0.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let input = "timestamp,value\n2014-02-14 14:30:00,1\n";
        let error = |kind| score(input.as_bytes(), Gone(kind)).unwrap_err();
        assert!(error(io::ErrorKind::BrokenPipe).is_broken_pipe());
        assert!(!error(io::ErrorKind::StorageFull).is_broken_pipe());
    }
}
