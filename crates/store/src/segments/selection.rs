//! What a read wants, as far as it can be told from a record's columns.

use mission_control_protocol::RecordKind;

/// A set of small numbers, as stored: kinds, or severities.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CodeSet(u64);

impl CodeSet {
    /// Every code, those that only a newer version knows included.
    pub(crate) const ALL: Self = Self(u64::MAX);

    /// No code.
    pub(crate) const NONE: Self = Self(0);

    /// These kinds only.
    pub(crate) fn kinds(kinds: impl IntoIterator<Item = RecordKind>) -> Self {
        kinds.into_iter().fold(Self::NONE, |set, kind| set.with(kind as u8))
    }

    #[must_use]
    pub(crate) fn with(self, code: u8) -> Self {
        Self(self.0 | 1 << code.min(63))
    }

    #[must_use]
    pub(crate) fn without(self, code: u8) -> Self {
        Self(self.0 & !(1 << code.min(63)))
    }

    pub(crate) fn contains(self, code: u8) -> bool {
        self.0 & 1 << code.min(63) != 0
    }

    pub(crate) fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    pub(super) fn bits(self) -> u64 {
        self.0
    }

    pub(super) fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// As an SQL condition on `column`; empty for every code.
    fn condition(self, column: &str) -> String {
        if self == Self::ALL {
            return String::new();
        }
        let codes: Vec<_> =
            (0..=u8::MAX).filter(|code| self.contains(*code)).map(|code| code.to_string()).collect();
        format!(" AND {column} IN ({})", codes.join(","))
    }
}

/// The records a read wants. All of its conditions hold for each of them.
#[derive(Debug, Clone)]
pub(crate) struct Selection {
    /// Their kinds.
    pub(crate) kinds: CodeSet,
    /// Their severities.
    pub(crate) severities: CodeSet,
    /// The numbers of their dashboards, rising; all dashboards when `None`.
    pub(crate) dashboards: Option<Vec<i64>>,
    /// Received at this time or later, in milliseconds.
    pub(crate) first_at: i64,
    /// Received at this time or earlier, in milliseconds.
    pub(crate) last_at: i64,
    /// Words of which each is in the record, in the form of [`crate::search::words`]. Only what cannot have them is
    /// skipped by these: whether a record does have them is for the visitor to check.
    pub(crate) words: Vec<String>,
}

impl Default for Selection {
    /// Everything.
    fn default() -> Self {
        Self {
            kinds: CodeSet::ALL,
            severities: CodeSet::ALL,
            dashboards: None,
            first_at: i64::MIN,
            last_at: i64::MAX,
            words: Vec::new(),
        }
    }
}

impl Selection {
    /// Whether a record with these columns is wanted.
    pub(crate) fn wants(&self, at: i64, dashboard: i64, kind: u8, severity: u8) -> bool {
        self.kinds.contains(kind)
            && self.severities.contains(severity)
            && (self.first_at..=self.last_at).contains(&at)
            && self.dashboards.as_ref().is_none_or(|numbers| numbers.binary_search(&dashboard).is_ok())
    }

    /// As a condition in SQL on rows of the head. Only numbers enter the text.
    pub(super) fn condition(&self) -> String {
        let mut condition = self.kinds.condition("kind") + &self.severities.condition("severity");
        if let Some(numbers) = &self.dashboards {
            let numbers: Vec<_> = numbers.iter().map(i64::to_string).collect();
            condition.push_str(&format!(" AND dashboard IN ({})", numbers.join(",")));
        }
        if self.first_at != i64::MIN {
            condition.push_str(&format!(" AND at >= {}", self.first_at));
        }
        if self.last_at != i64::MAX {
            condition.push_str(&format!(" AND at <= {}", self.last_at));
        }
        condition
    }
}
