//! Validation of a command payload against its declared JSON Schema.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;

/// One thing wrong with a payload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct PayloadProblem {
    /// JSON Pointer (RFC 6901) to the value; empty for the payload itself. For a missing property, the pointer to
    /// where it belongs.
    pub pointer: String,
    /// What is wrong, in words.
    pub message: String,
}

/// A declared schema that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the payload schema is not a usable JSON Schema: {0}")]
pub struct InvalidSchema(String);

/// Checks `payload` against `schema`. An empty list means it is valid. References to other documents are not followed,
/// and patterns are matched in linear time, since the schema may come from a stranger.
///
/// # Errors
/// [`InvalidSchema`] when the schema itself is not one.
pub fn validate(schema: &Value, payload: &Value) -> Result<Vec<PayloadProblem>, InvalidSchema> {
    let validator = compile(schema)?;
    Ok(validator
        .iter_errors(payload)
        .map(|error| {
            let mut pointer = error.instance_path().to_string();
            if let jsonschema::error::ValidationErrorKind::Required { property } = error.kind()
                && let Some(name) = property.as_str()
            {
                pointer.push('/');
                pointer.push_str(&name.replace('~', "~0").replace('/', "~1"));
            }
            PayloadProblem { pointer, message: error.to_string() }
        })
        .collect())
}

/// Whether `schema` can be used at all; checked when a dashboard registers.
///
/// # Errors
/// [`InvalidSchema`] when it cannot.
pub fn check_schema(schema: &Value) -> Result<(), InvalidSchema> {
    compile(schema).map(|_| ())
}

fn compile(schema: &Value) -> Result<jsonschema::Validator, InvalidSchema> {
    jsonschema::options()
        .with_pattern_options(jsonschema::PatternOptions::regex())
        .build(schema)
        .map_err(|error| InvalidSchema(error.to_string()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_missing_property_is_pointed_at() {
        let schema =
            json!({"type": "object", "required": ["source"], "properties": {"source": {"type": "string"}}});
        let problems = validate(&schema, &json!({})).unwrap();
        assert_eq!(problems.len(), 1);
        assert_eq!(problems[0].pointer, "/source");
    }

    #[test]
    fn a_wrong_type_is_pointed_at() {
        let schema = json!({"properties": {"source": {"type": "string"}}});
        let problems = validate(&schema, &json!({"source": 3})).unwrap();
        assert_eq!(problems[0].pointer, "/source");
    }

    #[test]
    fn a_schema_that_is_none_is_refused() {
        assert!(check_schema(&json!({"type": "no-such-type"})).is_err());
        assert!(check_schema(&json!({"$ref": "https://example.org/elsewhere.json"})).is_err());
    }
}
