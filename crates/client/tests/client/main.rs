//! The client against a hub of a few lines: every case of the protocol, those a real hub never shows included.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod authorisation;
mod delivery;
mod durability;
mod handlers;
mod operator_requests;
mod test_hub;
