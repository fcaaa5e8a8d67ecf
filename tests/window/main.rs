//! The desktop program in its real window: on a virtual screen, driven through WebKit's driver, its notifications on a
//! session bus, its hubs real processes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod alerts;
mod connect;
mod files;
mod history;
mod lifecycle;
mod notifications;
mod service;
mod storage;
mod story;
