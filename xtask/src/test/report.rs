//! What ran, and how it went.

use std::{process::Command, time::Duration};

use anyhow::bail;

use crate::process::run;

/// What ran, and how it went.
#[derive(Default)]
pub struct Report {
    lines: Vec<Line>,
}

struct Line {
    step: String,
    name: String,
    passed: u32,
    failed: u32,
    skipped: u32,
    seconds: Option<f64>,
}

impl Report {
    /// One check passed.
    pub fn passed(&mut self, step: &str, name: &str) {
        self.suite(step, name, Counts { passed: 1, ..Counts::default() }, None);
    }

    /// One check failed; said at once, and again at the end.
    pub fn failed(&mut self, step: &str, what: &str) {
        eprintln!("FAILED {step}: {what}");
        let first = what.lines().next().unwrap_or_default();
        self.suite(step, first, Counts { failed: 1, ..Counts::default() }, None);
    }

    /// One check could not be made here.
    pub fn skipped(&mut self, step: &str, why: &str) {
        println!("skipped {step}: {why}");
        self.suite(step, why, Counts { skipped: 1, ..Counts::default() }, None);
    }

    /// Many tests ran.
    pub fn suite(&mut self, step: &str, name: &str, counts: Counts, took: Option<Duration>) {
        if counts == Counts::default() {
            return;
        }
        self.lines.push(Line {
            step: step.to_owned(),
            name: name.to_owned(),
            passed: counts.passed,
            failed: counts.failed,
            skipped: counts.skipped,
            seconds: took.map(|took| took.as_secs_f64()),
        });
    }

    /// Runs a command that is one check.
    pub fn check(&mut self, step: &str, name: &str, command: &mut Command) -> anyhow::Result<()> {
        if let Err(error) = run(command) {
            bail!("{name}: {error:#}");
        }
        self.passed(step, name);
        Ok(())
    }

    /// How many failed.
    pub fn failures(&self) -> u32 {
        self.lines.iter().map(|line| line.failed).sum()
    }

    /// The summary; its last line is `N passed, N failed`.
    pub fn print(&self, took: Duration) {
        println!("\n=== what ran");
        for line in &self.lines {
            let verdict = match (line.failed, line.passed) {
                (0, 0) => "skip",
                (0, _) => "ok",
                _ => "FAIL",
            };
            let counts = match (line.passed, line.failed, line.skipped) {
                (1, 0, 0) | (0, 1, 0) | (0, 0, 1) => String::new(),
                (passed, 0, 0) => format!("{passed} passed"),
                (passed, failed, 0) => format!("{passed} passed, {failed} failed"),
                (passed, failed, skipped) => format!("{passed} passed, {failed} failed, {skipped} skipped"),
            };
            let seconds = line.seconds.map(|seconds| format!("{seconds:.1} s")).unwrap_or_default();
            println!("{verdict:<5} {:<11} {:<52} {counts:>22} {seconds:>8}", line.step, line.name);
        }
        let passed: u32 = self.lines.iter().map(|line| line.passed).sum();
        let skipped: u32 = self.lines.iter().map(|line| line.skipped).sum();
        println!("\nin {:.0} s", took.as_secs_f64());
        let skipped = if skipped > 0 { format!(", {skipped} skipped") } else { String::new() };
        println!("{passed} passed, {} failed{skipped}", self.failures());
    }
}

/// How many tests passed, failed, did not run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Passed.
    pub passed: u32,
    /// Failed.
    pub failed: u32,
    /// Did not run.
    pub skipped: u32,
}
