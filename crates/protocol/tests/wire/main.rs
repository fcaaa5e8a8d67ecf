//! What crosses the wire, held to its files: golden messages, schemas, documentation, and the properties of reading.

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
