//! The Event Manager: turns what dashboards publish into log entries, and lets operators follow what is committed.

mod following;
mod intake;

pub(crate) use following::{Follower, SNAPSHOT_BYTES, follow, read_records};
pub(crate) use intake::{Intake, Taken};
