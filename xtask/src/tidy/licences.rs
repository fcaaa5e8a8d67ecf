//! Licences and sources of all dependencies, by what their packages declare. cargo-deny does this and more, where it is
//! installed; this runs always.

use anyhow::bail;
use serde_json::Value;

use super::{packages, text};

/// Licences we accept; the same list as in `deny.toml`.
const ACCEPTED: [&str; 12] = [
    "MIT",
    "MIT-0",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "Zlib",
    "Unicode-3.0",
    "MPL-2.0",
    "CC0-1.0",
    "Unlicense",
];

/// Dependencies whose licence we do not accept.
pub fn findings(metadata: &Value) -> anyhow::Result<Vec<String>> {
    let mut findings = Vec::new();
    for package in packages(metadata)? {
        let licence = text(package, "license");
        let accepted = match is_accepted(licence) {
            Ok(accepted) => accepted,
            Err(error) => {
                findings.push(format!("{} {}: {error}", text(package, "name"), text(package, "version")));
                continue;
            }
        };
        if !accepted {
            findings.push(format!("{} {}: {licence:?}", text(package, "name"), text(package, "version")));
        }
    }
    Ok(findings)
}

/// Dependencies that come from elsewhere than the registry or this repository.
pub fn foreign_sources(metadata: &Value) -> anyhow::Result<Vec<String>> {
    Ok(packages(metadata)?
        .iter()
        .filter(|package| {
            let source = text(package, "source");
            !source.is_empty() && !source.starts_with("registry+") && !source.starts_with("sparse+")
        })
        .map(|package| format!("{} comes from {}", text(package, "name"), text(package, "source")))
        .collect())
}

/// Whether an SPDX expression lets us use the package.
fn is_accepted(expression: &str) -> anyhow::Result<bool> {
    // Before SPDX expressions, a slash stood for OR.
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let mut words: Vec<&str> = spaced.split_whitespace().rev().collect();
    let accepted = either(&mut words)?;
    if let Some(word) = words.pop() {
        bail!("{expression:?} is no SPDX expression: {word:?} is out of place");
    }
    Ok(accepted)
}

// `words` is the rest of the expression, last word first.

fn either(words: &mut Vec<&str>) -> anyhow::Result<bool> {
    let mut accepted = both(words)?;
    while words.last() == Some(&"OR") {
        words.pop();
        accepted |= both(words)?;
    }
    Ok(accepted)
}

fn both(words: &mut Vec<&str>) -> anyhow::Result<bool> {
    let mut accepted = one(words)?;
    while words.last() == Some(&"AND") {
        words.pop();
        accepted &= one(words)?;
    }
    Ok(accepted)
}

fn one(words: &mut Vec<&str>) -> anyhow::Result<bool> {
    match words.pop() {
        None => bail!("no licence is declared, or its expression breaks off"),
        Some("(") => {
            let accepted = either(words)?;
            if words.pop() != Some(")") {
                bail!("a parenthesis is not closed");
            }
            Ok(accepted)
        }
        Some(licence) => {
            if words.last() == Some(&"WITH") {
                words.pop();
                let exception = words.pop().unwrap_or_default();
                return Ok(ACCEPTED.contains(&format!("{licence} WITH {exception}").as_str()));
            }
            Ok(ACCEPTED.contains(&licence))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_accepted_choice_is_enough() {
        for accepted in ["MIT", "MIT/Apache-2.0", "GPL-3.0 OR MIT", "(MIT OR GPL-2.0) AND Unicode-3.0"] {
            assert!(is_accepted(accepted).unwrap(), "{accepted}");
        }
        assert!(is_accepted("Apache-2.0 WITH LLVM-exception OR GPL-2.0").unwrap());
    }

    #[test]
    fn every_required_licence_must_be_accepted() {
        for refused in
            ["GPL-3.0", "MIT AND GPL-3.0", "(MIT OR ISC) AND AGPL-3.0", "GPL-2.0 WITH Classpath-exception"]
        {
            assert!(!is_accepted(refused).unwrap(), "{refused}");
        }
        for broken in ["", "(MIT", "MIT MIT", "MIT OR"] {
            assert!(is_accepted(broken).is_err(), "{broken}");
        }
    }
}
