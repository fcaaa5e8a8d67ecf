//! The canonical form of JSON (RFC 8785): the text that is signed.

use serde_json::{Number, Value};

/// Integers up to this one, either sign, are themselves in every language (2⁵³).
const EXACT_LIMIT: u64 = 1 << 53;

/// Why a value has no canonical form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoCanonicalForm {
    /// It cannot be written as JSON.
    #[error("the value has no canonical form: {0}")]
    NotJson(String),
    /// The canonical form writes numbers as double precision has them. An integer that double precision does not have
    /// would be signed as its neighbour.
    #[error(
        "the integer {0} is not the same in every language, and so cannot be signed; write it as a text instead"
    )]
    InexactInteger(Number),
}

impl From<serde_json::Error> for NoCanonicalForm {
    fn from(error: serde_json::Error) -> Self {
        Self::NotJson(error.to_string())
    }
}

/// The canonical form of `value` (RFC 8785).
///
/// It takes JSON only, and no other type, because a number that is not finite becomes `null` on the way to JSON: what is
/// signed would not be what was meant.
///
/// # Errors
/// [`NoCanonicalForm`] when `value` holds an integer that would not come back as itself.
pub fn canonicalize(value: &Value) -> Result<String, NoCanonicalForm> {
    check_integers(value)?;
    Ok(serde_json_canonicalizer::to_string(value)?)
}

fn check_integers(value: &Value) -> Result<(), NoCanonicalForm> {
    match value {
        Value::Number(number) => check_integer(number),
        Value::Array(elements) => elements.iter().try_for_each(check_integers),
        Value::Object(members) => members.values().try_for_each(check_integers),
        Value::Null | Value::Bool(_) | Value::String(_) => Ok(()),
    }
}

fn check_integer(number: &Number) -> Result<(), NoCanonicalForm> {
    let is_exact = match (number.as_u64(), number.as_i64()) {
        (Some(integer), _) => integer <= EXACT_LIMIT || written(integer as f64)?.parse() == Ok(integer),
        (None, Some(integer)) => {
            integer.unsigned_abs() <= EXACT_LIMIT || written(integer as f64)?.parse() == Ok(integer)
        }
        (None, None) => true,
    };
    if is_exact { Ok(()) } else { Err(NoCanonicalForm::InexactInteger(number.clone())) }
}

fn written(number: f64) -> Result<String, NoCanonicalForm> {
    Ok(serde_json_canonicalizer::to_string(&number)?)
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};
    use serde_json::json;

    use super::*;

    #[test]
    fn an_integer_that_would_be_signed_as_another_is_refused() {
        let neighbour = 9_007_199_254_740_993_u64;
        assert!(matches!(canonicalize(&json!({"a": [neighbour]})), Err(NoCanonicalForm::InexactInteger(_))));
        assert!(canonicalize(&json!(-9_007_199_254_740_993_i64)).is_err());
        assert!(canonicalize(&json!(u64::MAX)).is_err());
        assert_eq!(canonicalize(&json!(9_007_199_254_740_992_u64)).unwrap(), "9007199254740992");
        // What ECMAScript writes for 2⁶³.
        assert_eq!(canonicalize(&json!(9_223_372_036_854_776_000_u64)).unwrap(), "9223372036854776000");
    }

    /// Any JSON that JSON texts can say.
    fn any_json() -> impl Strategy<Value = Value> {
        let exact = -9_007_199_254_740_992_i64..=9_007_199_254_740_992;
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            exact.prop_map(Value::from),
            any::<f64>().prop_map(|number| json!(number)),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 64, 8, |inner| {
            prop_oneof![
                vec(inner.clone(), 0..8).prop_map(Value::from),
                vec((any::<String>(), inner), 0..8).prop_map(|members| members.into_iter().collect()),
            ]
        })
    }

    /// The same value, with numbers as double precision has them.
    fn as_doubles(value: &Value) -> Value {
        match value {
            Value::Number(number) => json!(number.as_f64().map(|number| number + 0.0)),
            Value::Array(elements) => elements.iter().map(as_doubles).collect(),
            Value::Object(members) => {
                members.iter().map(|(name, value)| (name.clone(), as_doubles(value))).collect()
            }
            other => other.clone(),
        }
    }

    proptest! {
        #[test]
        fn reads_back_as_the_same_value_and_stays_as_it_is(value in any_json()) {
            let canonical = canonicalize(&value).unwrap();
            let again: Value = serde_json::from_str(&canonical).unwrap();
            prop_assert_eq!(as_doubles(&again), as_doubles(&value));
            prop_assert_eq!(canonicalize(&again).unwrap(), canonical);
        }

        #[test]
        fn does_not_depend_on_how_the_text_was_written(value in any_json()) {
            let pretty = serde_json::to_string_pretty(&value).unwrap();
            let again: Value = serde_json::from_str(&pretty).unwrap();
            prop_assert_eq!(canonicalize(&again).unwrap(), canonicalize(&value).unwrap());
        }
    }
}
