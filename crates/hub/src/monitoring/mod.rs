//! The Monitoring Module: judges producers' clocks, and counts what the hub does. Metrics and resource usage
//! themselves go the way of every publication (see [`crate::events`]): they are records.

mod clock_skew;
mod counters;

pub(crate) use clock_skew::SkewNotice;
pub(crate) use counters::Counters;
pub use counters::HubCounters;
