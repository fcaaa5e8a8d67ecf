//! `cargo xtask test`: every check and every test, timed, with a summary at the end.
//!
//! One target directory, one profile and one selection of packages (the whole workspace) serve all steps, so that
//! nothing is compiled twice: another selection would unify the features of shared dependencies differently.

mod report;
mod rust;
mod web;

use std::{path::PathBuf, time::Instant};

use anyhow::bail;

use self::report::Report;
use crate::{
    docs,
    process::{cargo, run, succeeds},
    setup, tidy,
};

/// Built from the registry where it is missing: some four minutes on two cores, once.
const CARGO_DENY: &str = "cargo-deny@0.20.2";

/// One step: its name, what it checks, how.
struct Step {
    name: &'static str,
    about: &'static str,
    run: fn(&mut Report) -> anyhow::Result<()>,
}

/// In this order: what is quick and often wrong first; the UI before all that embeds it.
const STEPS: [Step; 13] = [
    Step { name: "format", about: "cargo fmt --check", run: rust::format },
    Step { name: "tidy", about: "who imports whom, licences, file sizes", run: tidy_step },
    Step { name: "web-lint", about: "Biome: UI, SDK, example", run: web::lint },
    Step { name: "web-types", about: "TypeScript: UI, SDK, example", run: web::typecheck },
    Step { name: "web-unit", about: "Vitest: UI, SDK, example", run: web::unit },
    Step {
        name: "web-build",
        about: "the UI as it is embedded, the SDK as it is published, the example",
        run: web::build,
    },
    Step { name: "clippy", about: "cargo clippy, warnings denied", run: rust::clippy },
    Step { name: "docs", about: "rustdoc and TypeDoc, nothing exported is undocumented", run: docs_step },
    Step { name: "deny", about: "cargo-deny: licences, bans, sources, advisories", run: deny },
    Step { name: "build", about: "cargo build, programs and tests", run: rust::build },
    Step {
        name: "rust",
        about: "the crates' tests, freshness of the generated files among them",
        run: rust::unit,
    },
    Step { name: "sdk-hub", about: "the SDK against the real hub, in Node and Chromium", run: web::with_hub },
    Step {
        name: "end-to-end",
        about: "whole programs, the real window, the Python client",
        run: rust::end_to_end,
    },
];

/// Runs the named steps, or all; tells whether nothing failed.
pub fn test(arguments: &[String]) -> anyhow::Result<bool> {
    if arguments.iter().any(|argument| argument == "--list") {
        for step in &STEPS {
            println!("{:<12} {}", step.name, step.about);
        }
        return Ok(true);
    }
    if let Some(unknown) = arguments.iter().find(|name| STEPS.iter().all(|step| step.name != name.as_str())) {
        bail!("there is no step {unknown:?}; `cargo xtask test --list` names them");
    }
    let chosen = |step: &&Step| arguments.is_empty() || arguments.iter().any(|name| name == step.name);

    let mut report = Report::default();
    let started = Instant::now();
    setup::everything()?;
    println!("(set up in {:.0} s)", started.elapsed().as_secs_f64());
    for step in STEPS.iter().filter(chosen) {
        println!("\n=== {}: {}", step.name, step.about);
        let started = Instant::now();
        if let Err(error) = (step.run)(&mut report) {
            report.failed(step.name, &format!("{error:#}"));
        }
        println!("({} took {:.1} s)", step.name, started.elapsed().as_secs_f64());
    }
    report.print(started.elapsed());
    Ok(report.failures() == 0)
}

fn tidy_step(report: &mut Report) -> anyhow::Result<()> {
    for (check, findings) in tidy::checks()? {
        match findings.as_slice() {
            [] => report.passed("tidy", check),
            findings => report.failed("tidy", &format!("{check}:\n  {}", findings.join("\n  "))),
        }
    }
    Ok(())
}

fn docs_step(report: &mut Report) -> anyhow::Result<()> {
    report.check("docs", "rustdoc", &mut docs::rustdoc())?;
    report.check("docs", "TypeDoc", &mut docs::typedoc())
}

fn deny(report: &mut Report) -> anyhow::Result<()> {
    if !succeeds(cargo().args(["deny", "--version"])) {
        run(cargo().args(["install", "--quiet", "--locked", CARGO_DENY]))?;
    }
    report.check(
        "deny",
        "licences, bans, sources",
        cargo().args(["deny", "--offline", "check", "licenses", "bans", "sources"]),
    )?;
    if has_advisories() {
        report.check("deny", "advisories", cargo().args(["deny", "--offline", "check", "advisories"]))?;
    } else {
        report.skipped("deny", "advisories: no database here; `cargo deny fetch db` brings it");
    }
    Ok(())
}

/// Whether cargo-deny has fetched a database of advisories; it makes the folder around them even when it has not.
fn has_advisories() -> bool {
    let cargo_home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let cargo_home = cargo_home.or_else(|| std::env::home_dir().map(|home| home.join(".cargo")));
    let databases = cargo_home.and_then(|home| home.join("advisory-dbs").read_dir().ok());
    databases.into_iter().flatten().flatten().any(|entry| entry.path().join(".git").exists())
}
