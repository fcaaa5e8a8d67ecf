//! The Rust client against the real hub.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod durability;
mod encryption;
mod workstation;
