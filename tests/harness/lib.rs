//! What whole-program tests are made of: the real programs in processes of their own, on a private virtual desktop,
//! driven and watched from outside.
//!
//! | module | holds |
//! |---|---|
//! | [`wait`] | waiting for a condition, with a deadline |
//! | [`process`] | a program that runs beside the test, its output captured, ended when the value goes |
//! | [`programs`] | the project's own programs: where they are, how they are started, what they say when ready |
//! | [`desktop`] | a private desktop: virtual screen, session bus, notification service |
//! | [`notifications`] | what the notification service received, and pressing its buttons |
//! | [`webdriver`] | a W3C WebDriver client |
//! | [`window`] | the desktop program, seen through its window |
//! | [`operator`] | a console's end of `/v1/operator` |
//! | [`producer`] | a dashboard's end of `/v1/dashboard`, without the SDK |
//! | [`load`] | producers that go on through every death of their hub, and know what they were promised |
//! | [`log`] | reading a hub's log or a console's cache, and checking what must be there |
//!
//! Everything here panics when something is not as it should be: that is how a test fails. Nothing here sleeps for a
//! fixed time in the hope that something has happened by then.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::missing_panics_doc)]

pub mod desktop;
pub mod load;
pub mod log;
pub mod notifications;
pub mod operator;
pub mod process;
pub mod producer;
pub mod programs;
pub mod wait;
pub mod webdriver;
pub mod window;
