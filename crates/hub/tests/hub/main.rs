//! The hub, whole, over real sockets.

mod bad_input;
mod commands;
mod durability;
mod operators;
mod sessions;
mod support;
