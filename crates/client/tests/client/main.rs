//! The client against a hub of a few lines: every case of the protocol, those a real hub never shows included.

mod delivery;
mod operator_requests;
mod test_hub;
