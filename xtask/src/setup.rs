//! What building, running and testing need beyond Rust and Node, and how it gets here.

use anyhow::{Context, bail};

use crate::{
    process::{capture, command, run, succeeds},
    python, root,
};

/// Debian packages without which the desktop program does not build or run.
const BUILD: [&str; 7] = [
    "build-essential",
    "pkg-config",
    "libwebkit2gtk-4.1-dev",
    "libayatana-appindicator3-dev",
    "librsvg2-dev",
    "libxdo-dev",
    "libssl-dev",
];

/// Debian packages that make a desktop where there is none: display, session bus, notifications, screenshots.
const DESKTOP: [&str; 8] =
    ["xvfb", "xauth", "x11-utils", "xdotool", "dbus", "dbus-x11", "dunst", "imagemagick"];

/// Debian packages that only the tests need.
const TEST: [&str; 5] =
    ["webkit2gtk-driver", "chromium", "chromium-driver", "python3-venv", "fonts-dejavu-core"];

/// Debian packages that only the benchmarks need: the peer of ingest.
const BENCH: [&str; 1] = ["nats-server"];

/// Oldest Node that Vite runs on.
const NODE: (u32, u32) = (20, 19);

/// Installs what is missing for building.
pub fn build_packages() -> anyhow::Result<()> {
    packages(&BUILD)
}

/// Installs what is missing for a virtual desktop.
pub fn desktop_packages() -> anyhow::Result<()> {
    packages(&DESKTOP)
}

/// Installs what is missing for measuring.
pub fn bench_packages() -> anyhow::Result<()> {
    packages(&BENCH)
}

/// Installs everything that the tests need.
pub fn everything() -> anyhow::Result<()> {
    let all: Vec<&str> = BUILD.iter().chain(&DESKTOP).chain(&TEST).copied().collect();
    packages(&all)?;
    node_modules("ui")?;
    node_modules("sdk/typescript")?;
    node_modules("examples/run-dashboard")?;
    node_modules("docs/reference")?;
    python::environment()?;
    Ok(())
}

/// Installs the npm packages of `folder` where they are missing or not the locked ones.
pub fn node_modules(folder: &str) -> anyhow::Result<()> {
    check_node()?;
    let folder = root().join(folder);
    let modified =
        |path: &str| std::fs::metadata(folder.join(path)).and_then(|metadata| metadata.modified()).ok();
    // npm writes this file last, so an interrupted installation is made again.
    let installed = modified("node_modules/.package-lock.json");
    if installed.is_some() && installed >= modified("package-lock.json") {
        return Ok(());
    }
    // Not `npm ci`: that fails where a registry lacks an optional binary of some other platform. `--no-save` takes the
    // locked versions and leaves the lock file alone just the same.
    let install = ["install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error"];
    run(command("npm").args(install).current_dir(folder))
}

fn check_node() -> anyhow::Result<()> {
    let wanted = format!("Node {}.{} or newer is needed", NODE.0, NODE.1);
    let version = capture(command("node").arg("--version")).with_context(|| format!("{wanted}, with npm"))?;
    if node_version(&version).is_none_or(|found| found < NODE) {
        bail!("{wanted}, and this is {}", version.trim());
    }
    Ok(())
}

fn node_version(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.trim().strip_prefix('v')?.split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

fn packages(wanted: &[&'static str]) -> anyhow::Result<()> {
    let missing: Vec<&str> = wanted.iter().copied().filter(|package| !installed(package)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let by_hand =
        format!("install what is missing and try again:\n\n  apt-get install {}", missing.join(" "));
    if !succeeds(command("apt-get").arg("--version")) {
        bail!("this system has no apt-get: {by_hand}\n\n(those are Debian's names)");
    }
    let user = capture(command("id").arg("-u"))?;
    let prefix: &[&str] = if user.trim() == "0" {
        &[]
    } else if succeeds(command("sudo").args(["-n", "true"])) {
        &["sudo", "-n"]
    } else {
        bail!("neither root nor sudo without a password: {by_hand}");
    };
    println!("Installing {}", missing.join(", "));
    let apt = |arguments: &[&str]| {
        let words: Vec<&str> = prefix
            .iter()
            .chain(&["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"])
            .chain(arguments)
            .copied()
            .collect();
        run(command(words[0]).args(&words[1..]))
    };
    apt(&["update"])
        .and_then(|()| apt(&[&["install", "-y", "--no-install-recommends"], missing.as_slice()].concat()))
        .with_context(|| by_hand.clone())
}

fn installed(package: &str) -> bool {
    capture(command("dpkg-query").args(["--show", "--showformat=${db:Status-Status}", package]))
        .is_ok_and(|status| status.trim() == "installed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_node_s_version() {
        assert_eq!(node_version("v20.20.2\n"), Some((20, 20)));
        assert_eq!(node_version("v9.1"), Some((9, 1)));
        assert_eq!(node_version("20"), None);
        assert!((20, 9) < NODE && (22, 0) > NODE);
    }
}
