//! Rules as text: TOML, a `[[rule]]` for each. What is written reads back as it was.

use std::fmt::Write as _;

use mission_control_protocol::alerting::{Inhibition, Rule};
use serde::{Deserialize, Serialize};

/// Longest text that is read, in bytes.
const TEXT_BYTES: usize = 8 * 1024 * 1024;

/// A file of rules.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleFile {
    /// The rules.
    #[serde(default, rename = "rule", skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Rule>,
    /// Inhibitions that belong to them.
    #[serde(default, rename = "inhibition", skip_serializing_if = "Vec::is_empty")]
    pub inhibitions: Vec<Inhibition>,
}

impl RuleFile {
    /// Reads a text and checks each rule.
    ///
    /// # Errors
    /// A message that names the line or the rule, and what is wrong there.
    pub fn read(text: &str) -> Result<Self, String> {
        if text.len() > TEXT_BYTES {
            return Err(format!("the text has {} bytes; at most {TEXT_BYTES} are read.", text.len()));
        }
        let file: Self = toml::from_str(text).map_err(|error| {
            let place = error.span().map_or_else(String::new, |span| {
                let before = text.get(..span.start).unwrap_or_default();
                let column = before.rsplit('\n').next().map_or(0, |line| line.chars().count()) + 1;
                format!("line {}, column {column}: ", before.matches('\n').count() + 1)
            });
            format!("{place}{}", error.message())
        })?;
        let given: toml::Value = toml::from_str(text).map_err(|error| error.message().to_owned())?;
        let known = toml::Value::try_from(&file).map_err(|error| error.to_string())?;
        if let Some(field) = misspelt(&given, &known) {
            return Err(format!("there is no field `{field}`; see that it is spelt as in docs/PROTOCOL.md."));
        }
        let mut ids = std::collections::BTreeSet::new();
        for rule in &file.rules {
            rule.check()?;
            if !ids.insert(rule.id.as_str()) {
                return Err(format!(
                    "rule {:?} is there twice; give each an id of its own.",
                    rule.id.as_str()
                ));
            }
        }
        for inhibition in &file.inhibitions {
            inhibition
                .check()
                .map_err(|problem| format!("inhibition {:?}: {problem}", inhibition.id.as_str()))?;
        }
        Ok(file)
    }

    /// Writes the text.
    ///
    /// # Errors
    /// When a payload of a runbook has no TOML form, as `null` has not.
    pub fn write(&self) -> Result<String, String> {
        let mut text = "# Rules of Mission Control. Import them in its rules editor.\n".to_owned();
        let body = toml::to_string(self).map_err(|error| error.to_string())?;
        write!(text, "\n{body}").map_err(|error| error.to_string())?;
        Ok(text)
    }
}

/// A field that was given and means nothing. On the wire such fields are ignored, for the sake of newer versions; who writes
/// by hand wants to know.
fn misspelt(given: &toml::Value, known: &toml::Value) -> Option<String> {
    match (given, known) {
        (toml::Value::Table(given), toml::Value::Table(known)) => {
            given.iter().find_map(|(field, value)| match known.get(field) {
                // Names in there are the writer's own.
                Some(_) if field == "payload" || field == "labels" => None,
                Some(known) => misspelt(value, known),
                // What is empty is not written.
                None if is_empty(value) => None,
                None => Some(field.clone()),
            })
        }
        (toml::Value::Array(given), toml::Value::Array(known)) => {
            given.iter().zip(known).find_map(|(given, known)| misspelt(given, known))
        }
        _ => None,
    }
}

fn is_empty(value: &toml::Value) -> bool {
    match value {
        toml::Value::String(text) => text.is_empty(),
        toml::Value::Array(list) => list.is_empty(),
        toml::Value::Table(table) => table.is_empty(),
        _ => false,
    }
}

/// The rules and inhibitions that come with the program.
#[must_use]
pub fn builtin() -> RuleFile {
    RuleFile::read(include_str!("builtin.toml"))
        .inspect_err(|error| tracing::error!(error, "the built-in rules cannot be read"))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_rules_read_and_are_written_as_they_are() {
        let file = RuleFile::read(include_str!("builtin.toml")).unwrap();
        assert!(file.rules.iter().filter(|rule| rule.enabled).count() >= 5);
        assert_eq!(RuleFile::read(&file.write().unwrap()).unwrap(), file);
    }

    #[test]
    fn an_error_names_its_place() {
        for (text, part) in [
            ("[[rule]]\nid = \"a\"\ntitle = ", "line 3"),
            ("[[rule]]\nid = \"a b\"\n", "line 2"),
            ("[[rule]]\nid = \"a\"\ntitle = \"A\"\nseverity = \"loud\"\n", "line 4"),
            ("[[rules]]\nid = \"a\"\n", "rules"),
            (
                "[[rule]]\nid = \"a\"\ntitle = \"A\"\nseverity = \"info\"\n\
                 condition = { kind = \"ABSENCE\", what = \"DASHBOARD\" }\n",
                "rule \"a\": `forSeconds`",
            ),
        ] {
            let error = RuleFile::read(text).unwrap_err();
            assert!(error.contains(part), "{text}: {error}");
        }
        let misspelt = include_str!("builtin.toml").replacen("forSeconds", "forSecond", 2);
        assert!(RuleFile::read(&misspelt).unwrap_err().contains("`forSecond`"));
        let misspelt = include_str!("builtin.toml").replacen("clear =", "clears =", 1);
        assert!(RuleFile::read(&misspelt).unwrap_err().contains("`clears`"));
        let twice = include_str!("builtin.toml").repeat(2);
        assert!(RuleFile::read(&twice).unwrap_err().contains("twice"));
    }
}
