//! The hub, whole, over real sockets.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod access;
mod alerts;
mod bad_input;
mod commands;
mod durability;
mod faults;
mod maintenance;
mod operators;
mod rules_score;
mod sessions;
mod support;
