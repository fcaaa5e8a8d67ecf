//! `cargo xtask bench`: the budgets of the design, measured.

use anyhow::Context;

use crate::{
    desktop::build_ui,
    process::{cargo, command, run},
    root, setup,
};

/// Builds optimised and measures; the arguments are the benchmark's own.
pub fn bench(arguments: &[String]) -> anyhow::Result<()> {
    setup::everything()?;
    setup::bench_packages()?;
    build_ui()?;
    // What a dashboard would install is what is measured.
    run(command("npm").args(["run", "--silent", "build"]).current_dir(root().join("sdk/typescript")))?;
    run(cargo().args(["build", "--release", "--workspace", "--bins"]))?;
    // This program lies in `debug`, the optimised ones in `release` beside it.
    let own = std::env::current_exe()?;
    let release = own.ancestors().nth(2).context("this program lies in no target directory")?.join("release");
    run(command(release.join("mission-control-bench")).arg("--binaries").arg(&release).args(arguments))
}
