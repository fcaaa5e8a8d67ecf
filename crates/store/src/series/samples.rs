//! The samples of a series, one after the other: for what leaves the program as it was measured.

use std::ops::ControlFlow;

use mission_control_protocol::{DashboardId, Timestamp};

use super::{
    read::{Buckets, Element, elements},
    rows::{Samples, read_block},
};
use crate::{LogReader, StoreError};

impl LogReader {
    /// Shows `see` every sample of a series between `from` and `to` (both included), in the order of time, until it
    /// breaks off; a block at a time is in memory. Returns whether every sample was there to be shown: not so while a log
    /// that was written by an older version is being read into series.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn samples(
        &mut self,
        dashboard: &DashboardId,
        name: &str,
        from: Timestamp,
        to: Timestamp,
        mut see: impl FnMut(Timestamp, f64) -> ControlFlow<()>,
    ) -> Result<bool, StoreError> {
        let (from, to) = (from.as_milliseconds(), to.as_milliseconds());
        // So narrow that no summary stands for samples.
        let buckets = Buckets { from, to, width: 1 };
        self.in_one_view(|reader| {
            let mut tail = reader.tail(Some(dashboard), Some(name), from, to)?;
            let series = reader.series_number(dashboard, name)?;
            let connection = reader.connection();
            let shown = (|| {
                for element in elements(connection, series, tail.take(dashboard, name), buckets)? {
                    let flow = match element {
                        Element::Stretch(row) => show(&read_block(connection, &row)?, (from, to), &mut see),
                        Element::Samples { samples, .. } => show(&samples, (from, to), &mut see),
                    };
                    if flow.is_break() {
                        break;
                    }
                }
                Ok(())
            })();
            shown.map_err(|source| reader.error(source))?;
            Ok(tail.is_complete)
        })
    }
}

fn show(
    samples: &Samples,
    (from, to): (i64, i64),
    see: &mut impl FnMut(Timestamp, f64) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let start = samples.times.partition_point(|at| *at < from);
    let end = samples.times.partition_point(|at| *at <= to);
    for (at, value) in samples.times[start..end].iter().zip(&samples.values[start..end]) {
        see(Timestamp::from_milliseconds(*at), *value)?;
    }
    ControlFlow::Continue(())
}
