//! The outgoing queue: what is published is numbered, kept until the hub has acknowledged it, and, where the queue has a
//! file, still there after the process was killed.
//!
//! | module | holds |
//! |---|---|
//! | `outgoing` | numbers, order, bounds: pure, no I/O and no clock |
//! | `overflow` | what goes first when the queue is full, and the event that counts it |
//! | `change` | what a storage has to learn, and what it tells when it is opened |
//! | `durable` | the queue together with its storage; nothing is sent before it is stored |
//! | `disk` | the thread that a storage lives on |
//! | `file` | the storage: one SQLite file |

mod change;
mod disk;
mod durable;
#[cfg(feature = "disk-queue")]
mod file;
mod outgoing;
mod overflow;

#[cfg(test)]
mod durable_tests;
#[cfg(test)]
mod model_tests;
#[cfg(test)]
mod outgoing_tests;

#[cfg(feature = "disk-queue")]
pub(crate) use disk::QueueStorage;
pub use durable::StorageState;
pub(crate) use durable::{DiskEvent, DurableQueue};
#[cfg(feature = "disk-queue")]
pub(crate) use file::QueueFile;
pub(crate) use outgoing::{OutgoingQueue, Resumption};
pub use overflow::WhenFull;
