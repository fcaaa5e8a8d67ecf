//! The project's own programs.

use std::{
    path::{Path, PathBuf},
    process::{Command, ExitStatus},
};

use crate::process::{Running, free_port};

/// Where a program lies that cargo built.
///
/// # Panics
/// When it is not there; the message says how to build it.
#[must_use]
pub fn binary(name: &str) -> PathBuf {
    // Test programs lie in `deps/` beside the programs they test.
    let own = std::env::current_exe().unwrap();
    let file = own.parent().and_then(Path::parent).unwrap().join(name);
    assert!(
        file.is_file(),
        "{} is not built. `cargo xtask test web-build build end-to-end` builds everything and runs these tests",
        file.display()
    );
    file
}

/// The root of the repository.
#[must_use]
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the repository")
}

/// A hub that listens, as its own words tell.
#[derive(Debug, Clone)]
pub struct HubAddress {
    /// `ws://127.0.0.1:PORT`.
    pub url: String,
    /// File that holds the dashboards' token.
    pub dashboard_token_file: PathBuf,
    /// File that holds the operators' token.
    pub operator_token_file: PathBuf,
}

impl HubAddress {
    /// Reads it from what a program prints when it is ready.
    pub fn read(program: &mut Running, name: &str) -> Self {
        let url = program.line_after(&format!("{name} listening on "));
        Self {
            url,
            dashboard_token_file: program.line_after("dashboard token: ").into(),
            operator_token_file: program.line_after("operator token: ").into(),
        }
    }

    /// The dashboards' token.
    #[must_use]
    pub fn dashboard_token(&self) -> String {
        token(&self.dashboard_token_file)
    }

    /// The operators' token.
    #[must_use]
    pub fn operator_token(&self) -> String {
        token(&self.operator_token_file)
    }
}

fn token(file: &Path) -> String {
    let text = std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    text.trim().to_owned()
}

/// A `mission-control-hub` that comes back to the same address and data each time it is started.
#[derive(Debug)]
pub struct Hub {
    data: PathBuf,
    port: u16,
    options: Vec<String>,
    running: Option<(Running, HubAddress)>,
}

impl Hub {
    /// Starts one that keeps its data in `data`.
    #[must_use]
    pub fn start(data: &Path, options: &[&str]) -> Self {
        let options = options.iter().map(|&option| option.to_owned()).collect();
        let mut hub = Self { data: data.to_owned(), port: free_port(), options, running: None };
        hub.restart();
        hub
    }

    /// Starts it again after [`Self::kill`] or [`Self::stop`], and waits until it listens.
    pub fn restart(&mut self) {
        assert!(self.running.is_none(), "the hub is running");
        std::fs::create_dir_all(&self.data).unwrap();
        let mut command = Command::new(binary("mission-control-hub"));
        command.arg("--data").arg(&self.data).args(["--listen", &format!("127.0.0.1:{}", self.port)]);
        command.args(&self.options);
        // Each life has a file of its own, or the lines of the last would be taken for those of this one.
        let life = (1..).find(|life| !self.output(*life).exists()).expect("there is always another number");
        let mut running = Running::start(&command, &self.output(life));
        let address = HubAddress::read(&mut running, "mission-control-hub");
        self.running = Some((running, address));
    }

    fn output(&self, life: u32) -> PathBuf {
        self.data.join(format!("output-{life}.txt"))
    }

    /// Where it is; it must be running.
    #[must_use]
    pub fn address(&self) -> &HubAddress {
        &self.running.as_ref().expect("the hub is running").1
    }

    /// The file of its log.
    #[must_use]
    pub fn log_file(&self) -> PathBuf {
        self.data.join("log.sqlite")
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        self.running.take().expect("the hub is running").0.kill();
    }

    /// SIGTERM, and waits for its end.
    pub fn stop(&mut self) -> ExitStatus {
        self.running.take().expect("the hub is running").0.terminate()
    }
}

/// Starts the simulated fleet.
#[must_use]
pub fn start_fleet(hub: &HubAddress, dashboards: u32, options: &[&str], output: &Path) -> Running {
    let mut command = Command::new(binary("mission-control-fleet"));
    command
        .args(["--hub", &hub.url, "--dashboards", &dashboards.to_string(), "--token-file"])
        .arg(&hub.dashboard_token_file)
        .args(options);
    Running::start(&command, output)
}
