//! Simulated run dashboards for the demo, for load and for faults, and this workstation as a real one.
//!
//! Everything simulated is a pure model ([`model`]: state, `step`, commands; the same seed gives the same run); the
//! rest of the crate connects models to a hub with [`mission_control_client`] and nothing else.
//!
//! | module | holds |
//! |---|---|
//! | [`model`] | the simulated run dashboard |
//! | [`roster`] | the names and use cases of the fleet |
//! | [`incidents`] | what goes wrong where and when, so that one or two dashboards are in trouble at any time |
//! | [`dashboard`] | one simulated dashboard, connected |
//! | [`backend`] | the backend that reports the dashboards' workflows |
//! | [`workstation`] | this machine as a dashboard; everything measured, nothing simulated |
//! | [`fleet`] | all of them together |
//!
//! To provoke an alert on purpose, send a simulated dashboard `INGEST_DATA` with the source
//! [`model::FAULTY_SOURCE`] (`faulty-sensor`): its data is so poor that the quality falls under the threshold, and
//! `DATA_QUALITY` is raised. Ingesting from any other source brings the quality back, and the alert is resolved.

pub mod backend;
mod clock;
pub mod dashboard;
pub mod fleet;
pub mod incidents;
pub mod model;
pub mod roster;
mod schedule;
pub mod workstation;
