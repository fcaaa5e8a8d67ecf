//! `cargo xtask tidy`: rules of the house that the compiler does not know.

mod imports;
mod licences;
mod sources;

use anyhow::bail;
use serde_json::Value;

use crate::process::{capture, cargo};

/// Prints every finding; an error when there is one.
pub fn tidy() -> anyhow::Result<()> {
    let mut count = 0;
    for (check, findings) in checks()? {
        println!("{check}: {}", if findings.is_empty() { "ok" } else { "not so" });
        for finding in &findings {
            println!("  {finding}");
        }
        count += findings.len();
    }
    match count {
        0 => Ok(()),
        count => bail!("{count} findings"),
    }
}

/// Each rule, and what does not keep it.
pub fn checks() -> anyhow::Result<Vec<(&'static str, Vec<String>)>> {
    let metadata: Value =
        serde_json::from_str(&capture(cargo().args(["metadata", "--format-version=1", "--locked"]))?)?;
    Ok(vec![
        ("crates import only what they may", imports::findings(&metadata)?),
        ("only ui/src/platform imports @tauri-apps", sources::tauri_imports()?),
        ("every dependency has a licence we accept", licences::findings(&metadata)?),
        ("every dependency comes from the registry", licences::foreign_sources(&metadata)?),
        ("no file is above 600 lines", sources::long_files()?),
        ("nothing is left to do later", sources::leftovers()?),
    ])
}

/// The packages in cargo's metadata.
fn packages(metadata: &Value) -> anyhow::Result<&Vec<Value>> {
    metadata
        .get("packages")
        .and_then(Value::as_array)
        .ok_or_else(|| anyhow::anyhow!("cargo's metadata names no packages"))
}

/// A text field of a value, empty when absent.
fn text<'value>(value: &'value Value, name: &str) -> &'value str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}
