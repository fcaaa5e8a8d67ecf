//! `cargo xtask bench`: the budgets of the design, measured.

use anyhow::Context;

use crate::{
    desktop::build_ui,
    process::{cargo, command, run},
    setup,
};

/// Builds optimised and measures; the arguments are the benchmark's own.
pub fn bench(arguments: &[String]) -> anyhow::Result<()> {
    setup::build_packages()?;
    setup::desktop_packages()?;
    setup::node_modules("ui")?;
    build_ui()?;
    run(cargo().args(["build", "--release", "--workspace", "--bins"]))?;
    // This program lies in `debug`, the optimised ones in `release` beside it.
    let own = std::env::current_exe()?;
    let release = own.ancestors().nth(2).context("this program lies in no target directory")?.join("release");
    run(command(release.join("mission-control-bench")).arg("--binaries").arg(&release).args(arguments))
}
