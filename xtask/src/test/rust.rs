//! The crates' checks and tests. Everything is built by one cargo command; the test programs are then run from here, so
//! that each can be timed, limited, and given what it needs.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use serde_json::Value;

use super::report::{Counts, Report};
use crate::{
    process::{Beside, capture, cargo, command, wait_at_most},
    python, root,
};

/// The package of the whole-program tests.
const END_TO_END: &str = "mission-control-tests";

/// A test program may take so long.
const LIMIT: Duration = Duration::from_secs(15 * 60);

/// `cargo fmt --check`.
pub fn format(report: &mut Report) -> anyhow::Result<()> {
    report.check("format", "rustfmt", cargo().args(["fmt", "--all", "--check"]))
}

/// `cargo clippy`, warnings denied.
pub fn clippy(report: &mut Report) -> anyhow::Result<()> {
    let mut clippy = cargo();
    clippy.args(["clippy", "--quiet", "--workspace", "--all-targets", "--", "--deny", "warnings"]);
    report.check("clippy", "clippy", &mut clippy)
}

/// Builds programs and tests.
pub fn build(report: &mut Report) -> anyhow::Result<()> {
    report.check("build", "cargo build", cargo().args(["build", "--quiet", "--workspace", "--all-targets"]))
}

/// A test program.
#[derive(Debug, PartialEq, Eq)]
struct TestProgram {
    /// The package, and the target where the package has several.
    name: String,
    package: String,
    file: PathBuf,
    /// Where cargo would run it.
    directory: PathBuf,
}

/// The test programs; built already unless something changed since.
fn programs() -> anyhow::Result<Vec<TestProgram>> {
    let mut build = cargo();
    build.args([
        "build",
        "--quiet",
        "--workspace",
        "--all-targets",
        "--message-format=json-render-diagnostics",
    ]);
    let messages = capture(&mut build)?;
    let programs: Vec<_> = messages.lines().filter_map(test_program).collect();
    if programs.is_empty() {
        bail!("cargo built no test program");
    }
    Ok(programs)
}

/// The test program that a line of cargo's JSON output tells of, if it does.
fn test_program(line: &str) -> Option<TestProgram> {
    let message: Value = serde_json::from_str(line).ok()?;
    let text = |pointer: &str| message.pointer(pointer).and_then(Value::as_str);
    let is_test = message.pointer("/profile/test").and_then(Value::as_bool) == Some(true);
    let target_kinds = message.pointer("/target/kind").and_then(Value::as_array)?;
    if text("/reason") != Some("compiler-artifact")
        || !is_test
        || target_kinds.iter().any(|kind| kind == "bench")
    {
        return None;
    }
    let directory = Path::new(text("/manifest_path")?).parent()?;
    let id = text("/package_id")?;
    // `path+file:///…/crates/hub#mission-control-hub@0.1.0`, or `…/xtask#0.1.0` where the directory has the name.
    let (source, fragment) = id.rsplit_once('#')?;
    let package = fragment
        .split_once('@')
        .map_or_else(|| source.rsplit('/').next().unwrap_or(source), |(name, _)| name);
    let target = text("/target/name")?;
    let name =
        if target.replace('_', "-") == package { package.to_owned() } else { format!("{package}::{target}") };
    Some(TestProgram {
        name,
        package: package.to_owned(),
        file: text("/executable")?.into(),
        directory: directory.to_owned(),
    })
}

/// The crates' own tests.
pub fn unit(report: &mut Report) -> anyhow::Result<()> {
    let programs = programs()?;
    for program in programs.iter().filter(|program| program.package != END_TO_END) {
        run_program(report, "rust", program, false)?;
    }
    Ok(())
}

/// The whole-program tests, one at a time: each starts programs, some a desktop.
pub fn end_to_end(report: &mut Report) -> anyhow::Result<()> {
    let programs = programs()?;
    for program in programs.iter().filter(|program| program.package == END_TO_END) {
        run_program(report, "end-to-end", program, true)?;
    }
    Ok(())
}

fn run_program(report: &mut Report, step: &str, program: &TestProgram, by_name: bool) -> anyhow::Result<()> {
    let logs = root().join("target/test-logs");
    fs::create_dir_all(&logs)?;
    let log = logs.join(format!("{}.log", program.name.replace("::", "-")));
    let output = File::create(&log).with_context(|| format!("{} cannot be written", log.display()))?;

    let mut test = command(&program.file);
    test.current_dir(&program.directory)
        .env("CARGO_MANIFEST_DIR", &program.directory)
        // A snapshot that differs is a failure, never a new snapshot.
        .env("INSTA_UPDATE", "no")
        .env("MISSION_CONTROL_PYTHON", python::environment()?)
        .stdin(Stdio::null())
        .stdout(output.try_clone()?)
        .stderr(output);
    if by_name {
        test.arg("--test-threads=1");
    }
    let started = Instant::now();
    let mut test = Beside::start(&mut test)?;
    let ended = wait_at_most(test.child(), LIMIT)?;
    test.stop(Duration::from_secs(5));
    let took = started.elapsed();

    let text = String::from_utf8_lossy(&fs::read(&log)?).into_owned();
    let tests = results(&text);
    let mut counts = Counts::default();
    for (name, verdict) in &tests {
        match verdict {
            Verdict::Passed => counts.passed += 1,
            Verdict::Failed => counts.failed += 1,
            Verdict::Skipped => counts.skipped += 1,
        }
        if by_name {
            println!("{verdict:?} {}::{name}", program.name);
        }
    }
    let succeeded = ended.is_some_and(|status| status.success());
    if succeeded && counts.failed == 0 {
        println!("{}: {} passed in {:.1} s", program.name, counts.passed, took.as_secs_f64());
        if !tests.is_empty() {
            report.suite(step, &program.name, counts, Some(took));
        }
        return Ok(());
    }
    println!("--- {} (the whole of it: {})\n{}", program.name, log.display(), last_lines(&text, 200));
    for (name, verdict) in &tests {
        if *verdict == Verdict::Failed {
            report.failed(step, &format!("{}::{name}", program.name));
        }
    }
    counts.failed = 0;
    if counts != Counts::default() {
        report.suite(step, &format!("{} (those that did not fail)", program.name), counts, Some(took));
    }
    match ended {
        None => bail!("{}: still running after {} min, ended", program.name, LIMIT.as_secs() / 60),
        Some(status) if tests.iter().all(|(_, verdict)| *verdict != Verdict::Failed) => {
            bail!("{}: {status}", program.name)
        }
        Some(_) => Ok(()),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Passed,
    Failed,
    Skipped,
}

/// Each test of a test program's output, and how it went.
fn results(output: &str) -> Vec<(String, Verdict)> {
    output
        .lines()
        .filter_map(|line| {
            let (name, verdict) = line.strip_prefix("test ")?.rsplit_once(" ... ")?;
            let verdict = match verdict.split(',').next()?.trim() {
                "ok" => Verdict::Passed,
                "FAILED" => Verdict::Failed,
                "ignored" => Verdict::Skipped,
                _ => return None,
            };
            Some((name.trim_end_matches(" - should panic").to_owned(), verdict))
        })
        .collect()
}

fn last_lines(text: &str, count: usize) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_results_of_a_test_program() {
        let output = "running 4 tests\ntest a::b ... ok\ntest c ... FAILED\ntest d ... ignored, needs a GPU\n\
                      test e - should panic ... ok\nsomething the test printed\ntest result: FAILED. 2 passed\n";
        assert_eq!(
            results(output),
            [
                ("a::b".to_owned(), Verdict::Passed),
                ("c".to_owned(), Verdict::Failed),
                ("d".to_owned(), Verdict::Skipped),
                ("e".to_owned(), Verdict::Passed),
            ]
        );
    }

    #[test]
    fn finds_test_programs_in_cargo_s_messages() {
        let line = |kind: &str, test: bool| {
            format!(
                r#"{{"reason":"compiler-artifact","package_id":"path+file:///m/crates/hub#mission-control-hub@0.1.0",
                "manifest_path":"/m/crates/hub/Cargo.toml","target":{{"kind":["{kind}"],"name":"gateway"}},
                "profile":{{"test":{test}}},"executable":"/m/target/debug/deps/gateway-1"}}"#
            )
        };
        let program = test_program(&line("test", true)).unwrap();
        assert_eq!(program.name, "mission-control-hub::gateway");
        assert_eq!(program.directory, Path::new("/m/crates/hub"));
        assert_eq!(test_program(&line("test", false)), None);
        assert_eq!(test_program(&line("bench", true)), None);
        let of_xtask = line("bin", true).replace("/m/crates/hub#mission-control-hub@0.1.0", "/m/xtask#0.1.0");
        assert_eq!(test_program(&of_xtask).unwrap().package, "xtask");
    }
}
