//! Reading head and segments as the one log they are.

use std::ops::ControlFlow;

use rusqlite::{Connection, OptionalExtension};

use super::{
    part::Row,
    sealed::{OpenPart, Sealed},
    selection::Selection,
    summary::Summary,
    words::WordMatches,
};

/// Places of the head that one query covers at most, so that no single query runs long.
const STRETCH: u64 = 50_000;

/// Rows of the head that one query returns at most.
const HEAD_ROWS: usize = 256;

/// Which way a log is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    /// Oldest first.
    Forward,
    /// Newest first.
    Backward,
}

/// A record that passes the selection. Its body is fetched when it is asked for.
pub(crate) struct Visited<'a> {
    pub(crate) place: i64,
    /// When it was received, in milliseconds.
    pub(crate) at: i64,
    /// The dashboard's number.
    pub(crate) dashboard: i64,
    pub(crate) kind: u8,
    pub(crate) severity: u8,
    source: Source<'a>,
}

enum Source<'a> {
    Head(&'a str),
    Sealed { connection: &'a Connection, sealed: &'a mut Sealed, part: &'a mut OpenPart, index: usize },
}

impl Visited<'_> {
    /// Its body; `None` when it is damaged.
    pub(crate) fn body(&mut self) -> rusqlite::Result<Option<&str>> {
        match &mut self.source {
            Source::Head(body) => Ok(Some(body)),
            Source::Sealed { connection, sealed, part, index } => sealed.body(connection, part, *index),
        }
    }
}

/// What is called for each record.
type Visit<'a> = dyn FnMut(Visited<'_>) -> rusqlite::Result<ControlFlow<()>> + 'a;

/// Shows `visit` each record between `places` (both included) that passes `selection`, until it breaks off or `budget`
/// records were looked at; those that a summary rules out are not counted. Returns how far it came (everything up to
/// and including that place was looked at), or `None` when it came to the end. To be called in a read transaction.
pub(crate) fn visit(
    connection: &Connection,
    sealed: &mut Sealed,
    selection: &Selection,
    places: (i64, i64),
    direction: Direction,
    budget: u64,
    visit: &mut Visit<'_>,
) -> rusqlite::Result<Option<i64>> {
    let (first, last) = places;
    if first > last {
        return Ok(None);
    }
    let condition = selection.condition();
    let order = match direction {
        Direction::Forward => "",
        Direction::Backward => " DESC",
    };
    let mut walk = Walk {
        connection,
        sealed,
        selection,
        direction,
        head_sql: format!(
            "SELECT place, at, dashboard, kind, severity, body FROM log
             WHERE place BETWEEN ?1 AND ?2{condition} ORDER BY place{order} LIMIT ?3"
        ),
        probe_sql: format!(
            "SELECT place FROM log WHERE place BETWEEN ?1 AND ?2 ORDER BY place{order} LIMIT 1"
        ),
        range: places,
        next_head: None,
        budget,
        visit,
    };
    let words = match selection.words.is_empty() {
        true => None,
        false => Some(WordMatches::find(connection, &selection.words, selection.kinds)?),
    };
    // The segment in which the range begins may begin before it.
    let begin: Option<i64> = connection
        .prepare_cached("SELECT max(first_place) FROM segments WHERE first_place <= ?1")?
        .query_row([first], |row| row.get(0))?;
    let mut statement = connection.prepare_cached(&format!(
        "SELECT first_place, last_place, summary FROM segments WHERE first_place BETWEEN ?1 AND ?2
         ORDER BY first_place{order}"
    ))?;
    let mut rows = statement.query([begin.unwrap_or(first), last])?;
    let (mut low, mut high) = places;
    while let Some(row) = rows.next()? {
        let (segment_first, segment_last): (i64, i64) = (row.get(0)?, row.get(1)?);
        let part = (segment_first.max(low), segment_last.min(high));
        if part.0 > part.1 {
            continue;
        }
        let before = match direction {
            Direction::Forward => (low, part.0 - 1),
            Direction::Backward => (part.1 + 1, high),
        };
        if let Some(reached) = walk.head(before)? {
            return Ok(Some(reached));
        }
        let mut summary = Summary::decode(row.get_ref(2)?.as_blob().unwrap_or_default());
        if let Some((words, summary)) = words.as_ref().zip(summary.as_mut()) {
            summary.parts.retain(|part| words.may_have(summary.words, part.kind));
        }
        if let Some(reached) = walk.segment((segment_first, segment_last), summary.as_ref(), part)? {
            return Ok(Some(reached));
        }
        match direction {
            Direction::Forward => low = part.1 + 1,
            Direction::Backward => high = part.0 - 1,
        }
    }
    walk.head((low, high))
}

struct Walk<'a, 'visit> {
    connection: &'a Connection,
    sealed: &'a mut Sealed,
    selection: &'a Selection,
    direction: Direction,
    head_sql: String,
    probe_sql: String,
    /// What is read as a whole.
    range: (i64, i64),
    /// The next row of the head, as far as it was looked for: `Some(None)` when there is no more.
    next_head: Option<Option<i64>>,
    budget: u64,
    visit: &'a mut Visit<'visit>,
}

impl Walk<'_, '_> {
    /// Reads what the head has between `places`.
    fn head(&mut self, places: (i64, i64)) -> rusqlite::Result<Option<i64>> {
        let (mut low, mut high) = places;
        while let Some(next) = self.next_head_in((low, high))? {
            if self.budget == 0 {
                return Ok(Some(match self.direction {
                    Direction::Forward => next - 1,
                    Direction::Backward => next + 1,
                }));
            }
            let width = i64::try_from(self.budget.min(STRETCH)).unwrap_or(i64::MAX) - 1;
            let stretch = match self.direction {
                Direction::Forward => (next, high.min(next.saturating_add(width))),
                Direction::Backward => (low.max(next.saturating_sub(width)), next),
            };
            let rows = self.head_rows(stretch, HEAD_ROWS)?;
            for row in &rows {
                if (self.visit)(from_head(row))?.is_break() {
                    return Ok(Some(row.place));
                }
            }
            // Fewer than asked for: the whole stretch has been looked at.
            let far = match self.direction {
                Direction::Forward => stretch.1,
                Direction::Backward => stretch.0,
            };
            let reached = if rows.len() < HEAD_ROWS { far } else { rows.last().map_or(far, |row| row.place) };
            self.budget = self.budget.saturating_sub(reached.abs_diff(next) + 1);
            match self.direction {
                Direction::Forward => low = reached + 1,
                Direction::Backward => high = reached - 1,
            }
        }
        Ok(None)
    }

    /// Reads a segment, and what the head has between its places.
    fn segment(
        &mut self,
        whole: (i64, i64),
        summary: Option<&Summary>,
        places: (i64, i64),
    ) -> rusqlite::Result<Option<i64>> {
        let Some(summary) = summary else {
            self.sealed.note_damage(whole.0, whole.1);
            return self.head(places);
        };
        let wanted = summary.parts.iter().filter(|part| {
            part.first_place <= places.1 && part.last_place >= places.0 && part.may_have(self.selection)
        });
        let wanted: Vec<_> = wanted.collect();
        if wanted.is_empty() {
            return self.head(places);
        }
        if self.budget == 0 {
            return Ok(Some(match self.direction {
                Direction::Forward => places.0 - 1,
                Direction::Backward => places.1 + 1,
            }));
        }
        let mut parts = Vec::with_capacity(wanted.len());
        for part in wanted {
            parts.extend(self.sealed.open(self.connection, part)?);
        }
        let head = match self.next_head_in(places)? {
            // What lies in a segment's places and not in the segment is little: what was filled in and not sealed yet.
            Some(_) => self.head_rows(places, usize::MAX)?,
            None => Vec::new(),
        };
        let mut found: Vec<(i64, Option<usize>, usize)> = Vec::new();
        for (number, part) in parts.iter().enumerate() {
            let columns = &part.columns;
            self.budget = self.budget.saturating_sub(columns.len() as u64);
            for index in 0..columns.len() {
                let place = columns.places[index];
                if (places.0..=places.1).contains(&place)
                    && self.selection.wants(
                        columns.ats[index],
                        columns.dashboards[index],
                        part.kind,
                        columns.severities[index],
                    )
                {
                    found.push((place, Some(number), index));
                }
            }
        }
        found.extend(head.iter().enumerate().map(|(index, row)| (row.place, None, index)));
        found.sort_unstable();
        if self.direction == Direction::Backward {
            found.reverse();
        }
        for (place, number, index) in found {
            let flow = match number.and_then(|number| parts.get_mut(number)) {
                Some(part) => (self.visit)(Visited {
                    place,
                    at: part.columns.ats[index],
                    dashboard: part.columns.dashboards[index],
                    kind: part.kind,
                    severity: part.columns.severities[index],
                    source: Source::Sealed {
                        connection: self.connection,
                        sealed: &mut *self.sealed,
                        part,
                        index,
                    },
                })?,
                None => (self.visit)(from_head(&head[index]))?,
            };
            if flow.is_break() {
                return Ok(Some(place));
            }
        }
        Ok(None)
    }

    /// The next row of the head between `places`, if there is one.
    fn next_head_in(&mut self, places: (i64, i64)) -> rusqlite::Result<Option<i64>> {
        let (low, high) = places;
        if low > high {
            return Ok(None);
        }
        let is_behind = |next: i64| match self.direction {
            Direction::Forward => next < low,
            Direction::Backward => next > high,
        };
        let next = match self.next_head {
            Some(Some(next)) if !is_behind(next) => Some(next),
            Some(None) => None,
            _ => {
                let rest = match self.direction {
                    Direction::Forward => (low, self.range.1),
                    Direction::Backward => (self.range.0, high),
                };
                self.connection
                    .prepare_cached(&self.probe_sql)?
                    .query_row([rest.0, rest.1], |row| row.get(0))
                    .optional()?
            }
        };
        self.next_head = Some(next);
        Ok(next.filter(|next| (low..=high).contains(next)))
    }

    fn head_rows(&self, places: (i64, i64), limit: usize) -> rusqlite::Result<Vec<Row>> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let mut statement = self.connection.prepare_cached(&self.head_sql)?;
        let rows = statement.query_map([places.0, places.1, limit], read_row)?;
        rows.collect()
    }
}

/// A row of the head: `place, at, dashboard, kind, severity, body`.
pub(super) fn read_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<Row> {
    Ok(Row {
        place: row.get(0)?,
        at: row.get(1)?,
        dashboard: row.get(2)?,
        kind: row.get(3)?,
        severity: row.get(4)?,
        body: row.get(5)?,
    })
}

fn from_head(row: &Row) -> Visited<'_> {
    Visited {
        place: row.place,
        at: row.at,
        dashboard: row.dashboard,
        kind: row.kind,
        severity: row.severity,
        source: Source::Head(&row.body),
    }
}
