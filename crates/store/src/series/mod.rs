//! The numbers that dashboards report, as series.

/// What series are kept in.
pub(crate) const TABLES: &str = "";
