//! Old records, many to a row and compressed.

/// What sealed segments are kept in.
pub(crate) const TABLES: &str = "";
