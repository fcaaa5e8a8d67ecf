//! Who may import whom, as the table in `docs/ARCHITECTURE.md` states it.

use serde_json::Value;

use super::{packages, text};

const PREFIX: &str = "mission-control";

/// Each of our packages, and which of ours it may import. Tests and benchmarks may import any.
const OURS: [(&str, &[&str]); 10] = [
    ("mission-control-protocol", &[]),
    ("mission-control-store", &["mission-control-protocol"]),
    ("mission-control-client", &["mission-control-protocol"]),
    ("mission-control-hub", &["mission-control-protocol", "mission-control-store"]),
    ("mission-control-console", &["mission-control-protocol", "mission-control-store"]),
    ("mission-control-fleet", &["mission-control-protocol", "mission-control-client"]),
    ("mission-control", &["mission-control-protocol", "mission-control-console", "mission-control-hub"]),
    ("mission-control-tests", &[ANY]),
    ("mission-control-benches", &[ANY]),
    ("xtask", &[]),
];
const ANY: &str = "any";

/// Outside packages that only some of ours may import, because the others are to know nothing of what they do.
/// Tests and benchmarks may import any.
const OTHERS: [(&str, &[&str]); 9] = [
    ("tauri", &["mission-control"]),
    ("tauri-build", &["mission-control"]),
    ("notify-rust", &["mission-control"]),
    ("zbus", &["mission-control"]),
    ("rusqlite", &["mission-control-store", "mission-control-client"]),
    (
        "tokio-tungstenite",
        &[
            "mission-control-hub",
            "mission-control-console",
            "mission-control-client",
            "mission-control-fleet",
        ],
    ),
    (
        "tokio",
        &[
            "mission-control-store",
            "mission-control-hub",
            "mission-control-console",
            "mission-control-client",
            "mission-control-fleet",
            "mission-control",
        ],
    ),
    ("sysinfo", &["mission-control-fleet", "mission-control-hub", "mission-control-client"]),
    ("axum", &["mission-control-hub"]),
];

/// Edges that may not be.
pub fn findings(metadata: &Value) -> anyhow::Result<Vec<String>> {
    let mut findings = Vec::new();
    // Packages of ours have no source: they are in this repository.
    for package in packages(metadata)?.iter().filter(|package| text(package, "source").is_empty()) {
        let name = text(package, "name");
        let Some((_, allowed)) = OURS.iter().find(|(ours, _)| *ours == name) else {
            findings.push(format!("{name} is not in the list of packages (xtask/src/tidy/imports.rs)"));
            continue;
        };
        if allowed.contains(&ANY) {
            continue;
        }
        for dependency in package.get("dependencies").and_then(Value::as_array).into_iter().flatten() {
            let imported = text(dependency, "name");
            let refused = if imported.starts_with(PREFIX) {
                !allowed.contains(&imported)
            } else if text(dependency, "kind") == "dev" {
                false
            } else {
                OTHERS.iter().any(|(other, by)| *other == imported && !by.contains(&name))
            };
            if refused {
                findings.push(format!("{name} may not import {imported}"));
            }
        }
    }
    Ok(findings)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn importing(name: &str, imported: &str) -> Vec<String> {
        findings(&json!({ "packages": [{ "name": name, "dependencies": [{ "name": imported }] }] })).unwrap()
    }

    #[test]
    fn hub_and_console_never_import_each_other() {
        assert_eq!(importing("mission-control-hub", "mission-control-console").len(), 1);
        assert_eq!(importing("mission-control-console", "mission-control-hub").len(), 1);
        assert!(importing("mission-control", "mission-control-hub").is_empty());
    }

    #[test]
    fn only_the_shell_knows_tauri_and_only_the_store_knows_sqlite() {
        assert_eq!(importing("mission-control-console", "tauri").len(), 1);
        assert_eq!(importing("mission-control-hub", "rusqlite").len(), 1);
        assert!(importing("mission-control-store", "rusqlite").is_empty());
        assert!(importing("mission-control-benches", "rusqlite").is_empty());
    }

    #[test]
    fn a_crate_s_tests_may_look_into_its_files() {
        let of_tests = json!({ "name": "rusqlite", "kind": "dev" });
        let packages = json!({ "packages": [{ "name": "mission-control-hub", "dependencies": [of_tests] }] });
        assert!(findings(&packages).unwrap().is_empty());
    }

    #[test]
    fn a_package_nobody_placed_is_noticed() {
        assert_eq!(importing("mission-control-common", "serde").len(), 1);
    }
}
