//! The checks of what is written in TypeScript: the web UI, the dashboard SDK, and the example dashboard that uses it.

use std::{fs, io::IsTerminal, process::Command};

use anyhow::Context;

use super::report::{Counts, Report};
use crate::{
    process::{command, run},
    root,
};

const UI: &str = "ui";
const SDK: &str = "sdk/typescript";
const EXAMPLE: &str = "examples/run-dashboard";

fn npm(folder: &str, script: &str) -> Command {
    let mut npm = command("npm");
    npm.args(["run", "--silent", script]).current_dir(root().join(folder));
    if !std::io::stdout().is_terminal() {
        npm.env("NO_COLOR", "1");
    }
    npm
}

/// Biome: format and lint.
pub fn lint(report: &mut Report) -> anyhow::Result<()> {
    report.check("web-lint", "the UI's biome", &mut npm(UI, "lint"))?;
    report.check("web-lint", "the SDK's biome", &mut npm(SDK, "lint"))?;
    report.check("web-lint", "the example's biome", &mut npm(EXAMPLE, "lint"))
}

/// The TypeScript compiler.
pub fn typecheck(report: &mut Report) -> anyhow::Result<()> {
    report.check("web-types", "the UI's tsc", &mut npm(UI, "typecheck"))?;
    report.check("web-types", "the SDK's tsc", &mut npm(SDK, "typecheck"))?;
    build_sdk()?;
    report.check("web-types", "the example's tsc", &mut npm(EXAMPLE, "typecheck"))
}

/// The SDK as it is published, which is what the example installs.
fn build_sdk() -> anyhow::Result<()> {
    run(&mut npm(SDK, "build")).context("the SDK's tsc build")
}

/// The UI, built: what embeds it does not compile without. The SDK, as it is published, and the example, as it is served.
pub fn build(report: &mut Report) -> anyhow::Result<()> {
    crate::desktop::build_ui()?;
    report.passed("web-build", "the UI's vite build");
    build_sdk()?;
    report.passed("web-build", "the SDK's tsc build");
    report.check("web-build", "the example's vite build", &mut npm(EXAMPLE, "build"))
}

/// The tests that need nothing but Node.
pub fn unit(report: &mut Report) -> anyhow::Result<()> {
    vitest(report, "web-unit", "the UI's vitest", UI, "test")?;
    vitest(report, "web-unit", "the SDK's vitest", SDK, "test:unit")?;
    build_sdk()?;
    vitest(report, "web-unit", "the example's vitest", EXAMPLE, "test")
}

/// The SDK against the real hub, from Node and from Chromium.
pub fn with_hub(report: &mut Report) -> anyhow::Result<()> {
    vitest(report, "sdk-hub", "the SDK in Node", SDK, "test:hub")?;
    vitest(report, "sdk-hub", "the SDK in Chromium", SDK, "test:browser")
}

fn vitest(report: &mut Report, step: &str, name: &str, folder: &str, script: &str) -> anyhow::Result<()> {
    let results = root().join("target/vitest.json");
    // Results of an earlier run must not be taken for this one's.
    if results.exists() {
        fs::remove_file(&results)?;
    }
    let mut vitest = npm(folder, script);
    vitest.args(["--", "--reporter=default", "--reporter=json", "--outputFile.json"]).arg(&results);
    let outcome = run(&mut vitest);
    let text =
        fs::read_to_string(&results).with_context(|| format!("Vitest wrote no {}", results.display()))?;
    let counts = counts(&text).context("Vitest's results cannot be read")?;
    report.suite(step, name, counts, None);
    if counts.failed == 0 {
        outcome?;
    }
    Ok(())
}

/// The numbers in Vitest's results. All else is passed over, not read: the name of a test may be any text, half a
/// surrogate pair included.
#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Results {
    num_passed_tests: u32,
    num_failed_tests: u32,
    num_pending_tests: u32,
    num_todo_tests: u32,
}

fn counts(results: &str) -> anyhow::Result<Counts> {
    let results: Results = serde_json::from_str(results)?;
    Ok(Counts {
        passed: results.num_passed_tests,
        failed: results.num_failed_tests,
        skipped: results.num_pending_tests + results.num_todo_tests,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_vitest_s_results() {
        let results = r#"{"numPassedTests": 3, "numFailedTests": 1, "numPendingTests": 2, "numTodoTests": 0,
                "testResults": [{"title": "half a pair: \ud800"}]}"#;
        assert_eq!(counts(results).unwrap(), Counts { passed: 3, failed: 1, skipped: 2 });
        assert!(counts("{}").is_err());
    }
}
