//! `cargo xtask bench`: the budgets of the design, measured.

use crate::{
    process::{cargo, run},
    setup,
};

/// Builds optimised and measures; the arguments are the benchmark's own.
pub fn bench(arguments: &[String]) -> anyhow::Result<()> {
    setup::build_packages()?;
    run(cargo().args(["run", "--release", "--package", "mission-control-benches", "--"]).args(arguments))
}
