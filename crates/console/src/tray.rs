//! What the tray icon shows.

use crate::view::{Status, frame::AlertCounts};

/// What the tray icon shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrayState {
    /// Worst status of any dashboard.
    pub worst: Status,
    /// Open alerts by how they look.
    pub counts: AlertCounts,
}

impl Default for TrayState {
    fn default() -> Self {
        Self { worst: Status::Off, counts: AlertCounts::default() }
    }
}
