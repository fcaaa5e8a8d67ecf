//! Why a command may not run.

use std::fmt;

/// Why a command may not run, for a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RefusalCode {
    /// It is for another dashboard.
    WrongDashboard,
    /// It has no signature.
    Unsigned,
    /// Its signature is none of a trusted key over this content.
    SignatureInvalid,
    /// It came after its time.
    Expired,
    /// It is from the future.
    NotYetIssued,
    /// It was run before.
    Replayed,
    /// Too many commands run, or are remembered because they have not expired.
    Busy,
    /// Permissions could not be checked.
    CheckFailed,
    /// The operator may not use it.
    NotPermitted,
    /// Too many of its type came in a short time.
    RateLimited,
}

impl RefusalCode {
    /// The code as the audit has it, such as `SIGNATURE_INVALID`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::WrongDashboard => "WRONG_DASHBOARD",
            Self::Unsigned => "UNSIGNED",
            Self::SignatureInvalid => "SIGNATURE_INVALID",
            Self::Expired => "EXPIRED",
            Self::NotYetIssued => "NOT_YET_ISSUED",
            Self::Replayed => "REPLAYED",
            Self::Busy => "BUSY",
            Self::CheckFailed => "CHECK_FAILED",
            Self::NotPermitted => "NOT_PERMITTED",
            Self::RateLimited => "RATE_LIMITED",
        }
    }
}

impl fmt::Display for RefusalCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// A command may not run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Refusal {
    /// For a program.
    pub code: RefusalCode,
    /// For the operator.
    pub reason: String,
}

impl Refusal {
    pub(crate) fn new(code: RefusalCode, reason: impl Into<String>) -> Self {
        Self { code, reason: reason.into() }
    }
}
