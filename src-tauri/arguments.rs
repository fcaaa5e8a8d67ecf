//! The command line of the desktop program.

use std::{net::SocketAddr, path::PathBuf};

use anyhow::Context;
use clap::Parser;

/// Mission Control: a desktop control center for a fleet of run dashboards.
#[derive(Debug, Clone, Parser)]
#[command(name = "mission-control", version)]
pub struct Arguments {
    /// Where everything is kept: settings, the embedded hub's log and tokens, caches of remote hubs. The user's data
    /// directory when not given.
    #[arg(long, value_name = "DIR", env = "MISSION_CONTROL_DATA")]
    data: Option<PathBuf>,

    /// Where the embedded hub listens for dashboards. Port 0 takes any free one.
    #[arg(long, value_name = "ADDR", env = "MISSION_CONTROL_LISTEN", default_value = "127.0.0.1:7420")]
    listen: SocketAddr,

    /// A web origin whose pages may connect as dashboards besides those of this machine, such as
    /// https://dashboards.example.org. May be repeated.
    #[arg(long, value_name = "ORIGIN")]
    allow_origin: Vec<String>,
}

impl Arguments {
    /// The data directory, absolute, so that a later change of the working directory cannot move it.
    ///
    /// # Errors
    /// When none is given and the user has none, or the working directory is gone.
    pub fn data_directory(&self) -> anyhow::Result<PathBuf> {
        let directory = match &self.data {
            Some(directory) => directory.clone(),
            None => dirs::data_dir()
                .context("this user has no data directory: name one with --data DIR")?
                .join("mission-control"),
        };
        std::path::absolute(&directory)
            .with_context(|| format!("{} is not a usable path", directory.display()))
    }

    /// Web origins whose pages may connect to the embedded hub, besides those of this machine.
    #[must_use]
    pub fn allowed_origins(&self) -> Vec<String> {
        self.allow_origin.clone()
    }

    /// Where the embedded hub listens.
    #[must_use]
    pub fn listen(&self) -> SocketAddr {
        self.listen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_a_directory_and_an_address() {
        let arguments =
            Arguments::parse_from(["mission-control", "--data", "here", "--listen", "127.0.0.1:0"]);
        assert!(arguments.data_directory().unwrap().is_absolute());
        assert_eq!(arguments.listen().port(), 0);
    }

    #[test]
    fn refuses_an_address_without_a_port() {
        let refusal = Arguments::try_parse_from(["mission-control", "--listen", "localhost"]).unwrap_err();
        assert!(refusal.to_string().contains("--listen"), "{refusal}");
    }
}
