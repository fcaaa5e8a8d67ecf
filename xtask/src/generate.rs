//! `cargo xtask generate`: the generated files. Each is checked for freshness by a test of the crate it comes from; the
//! same test writes it when told to.

use crate::process::{cargo, run};

/// Writes every generated file.
pub fn generate() -> anyhow::Result<()> {
    run(cargo()
        .args([
            "test",
            "--quiet",
            "--package",
            "mission-control-protocol",
            "--package",
            "mission-control-console",
        ])
        .args(["--test", "*"])
        .env("UPDATE_GENERATED", "1"))?;
    println!("The generated files are fresh. `git diff` shows what changed.");
    Ok(())
}
