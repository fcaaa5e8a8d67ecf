//! What crosses the wire, held to its files: golden messages, schemas, documentation, and the properties of reading.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod document;
mod frames;
mod generated;
mod golden;
mod messages;
mod records;
mod round_trip;
mod samples;
mod schemas;
mod strategies;
mod transitions;
