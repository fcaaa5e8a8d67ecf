//! Sets of kinds and of severities, as bits.

use mission_control_protocol::{RecordKind, Severity};

macro_rules! bit_set {
    ($(#[$doc:meta])* $name:ident of $member:ident by $code:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash)]
        pub struct $name(u32);

        impl $name {
            /// Nothing.
            pub const EMPTY: Self = Self(0);

            /// Every one there is.
            #[must_use]
            pub fn all() -> Self {
                $member::ALL.into_iter().collect()
            }

            /// Whether `member` is in it.
            #[must_use]
            pub fn contains(self, member: $member) -> bool {
                self.0 & Self::bit(member) != 0
            }

            /// Whether nothing is in it.
            #[must_use]
            pub fn is_empty(self) -> bool {
                self.0 == 0
            }

            /// What is in it, in order.
            pub fn iter(self) -> impl DoubleEndedIterator<Item = $member> {
                $member::ALL.into_iter().filter(move |member| self.contains(*member))
            }

            /// What is in both.
            #[must_use]
            pub fn and(self, other: Self) -> Self {
                Self(self.0 & other.0)
            }

            /// What is in either.
            #[must_use]
            pub fn or(self, other: Self) -> Self {
                Self(self.0 | other.0)
            }

            /// What is not in it.
            #[must_use]
            pub fn complement(self) -> Self {
                Self(Self::all().0 & !self.0)
            }

            fn bit(member: $member) -> u32 {
                let code: fn($member) -> u8 = $code;
                1_u32.checked_shl(u32::from(code(member))).unwrap_or(0)
            }
        }

        impl FromIterator<$member> for $name {
            fn from_iter<I: IntoIterator<Item = $member>>(members: I) -> Self {
                Self(members.into_iter().fold(0, |bits, member| bits | Self::bit(member)))
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.debug_set().entries(self.iter()).finish()
            }
        }
    };
}

bit_set! {
    /// Kinds of record.
    KindSet of RecordKind by |kind| kind as u8
}
bit_set! {
    /// Severities.
    SeveritySet of Severity by Severity::code
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_and_severity_has_a_bit_of_its_own() {
        assert_eq!(KindSet::all().iter().collect::<Vec<_>>(), RecordKind::ALL);
        assert_eq!(SeveritySet::all().iter().collect::<Vec<_>>(), Severity::ALL);
        let alerts: KindSet = [RecordKind::Alert].into_iter().collect();
        assert!(alerts.contains(RecordKind::Alert) && !alerts.contains(RecordKind::Event));
        assert_eq!(alerts.complement().or(alerts), KindSet::all());
        assert!(alerts.and(alerts.complement()).is_empty());
    }
}
