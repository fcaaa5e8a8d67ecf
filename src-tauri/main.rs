//! The desktop program.

use std::{io::IsTerminal, process::ExitCode};

use clap::Parser;
use mission_control::Arguments;
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    // Before anything opens a TLS connection: with no default chosen, rustls panics where two providers are compiled in.
    if rustls::crypto::aws_lc_rs::default_provider().install_default().is_err() {
        eprintln!("mission-control: the TLS provider was chosen twice");
        return ExitCode::FAILURE;
    }
    let arguments = Arguments::parse();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let is_terminal = std::io::stderr().is_terminal();
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(is_terminal)
        .init();
    match mission_control::run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("mission-control: {error:#}");
            ExitCode::FAILURE
        }
    }
}
