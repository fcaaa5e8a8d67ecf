//! Numbers in queries, compared exactly where both sides are whole.

use std::{cmp::Ordering, fmt};

/// A number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Number {
    /// A whole number.
    Whole(i128),
    /// Any other; finite.
    Decimal(f64),
}

impl Number {
    /// Reads `12`, `-0.5` or `1e6`; `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let first = text.strip_prefix('-').unwrap_or(text).chars().next()?;
        if !first.is_ascii_digit() {
            return None;
        }
        if let Ok(whole) = text.parse::<i128>()
            && whole >= i128::from(i64::MIN)
            && whole <= i128::from(u64::MAX)
        {
            return Some(Self::Whole(whole));
        }
        text.parse::<f64>().ok().filter(|value| value.is_finite()).map(Self::from)
    }

    /// How it stands to `other`.
    #[must_use]
    pub fn compared_to(self, other: Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Whole(left), Self::Whole(right)) => Some(left.cmp(&right)),
            (left, right) => left.as_f64().partial_cmp(&right.as_f64()),
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "a decimal number is not exact anyway")]
    fn as_f64(self) -> f64 {
        match self {
            Self::Whole(value) => value as f64,
            Self::Decimal(value) => value,
        }
    }
}

impl From<f64> for Number {
    #[expect(clippy::cast_possible_truncation, reason = "checked to be a small whole number")]
    fn from(value: f64) -> Self {
        /// Up to here every whole number is exact.
        const EXACT: f64 = 9_007_199_254_740_992.0;
        if value.fract() == 0.0 && value.abs() <= EXACT {
            Self::Whole(value as i128)
        } else {
            Self::Decimal(value)
        }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole(value) => write!(formatter, "{value}"),
            // Large and small ones in scientific notation: written out they would be hundreds of digits.
            Self::Decimal(value) => write!(formatter, "{value:e}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn whole_numbers_compare_exactly() {
        let number = |text| Number::parse(text).unwrap();
        assert_eq!(
            number("9007199254740993").compared_to(number("9007199254740992")),
            Some(Ordering::Greater)
        );
        assert_eq!(number("2.0").compared_to(number("2")), Some(Ordering::Equal));
        assert_eq!(number("-0.5").compared_to(number("0")), Some(Ordering::Less));
        for text in ["", "-", "inf", "nan", "-inf", "x1", "1x", "0x10", "1e999"] {
            assert_eq!(Number::parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn survives_being_written(value in any::<f64>().prop_filter("finite", |value| value.is_finite())) {
            let number = Number::from(value);
            prop_assert_eq!(Number::parse(&number.to_string()), Some(number));
            let written_out = Number::parse(&format!("{value}")).unwrap();
            prop_assert_eq!(written_out.compared_to(number), Some(Ordering::Equal));
        }
    }
}
