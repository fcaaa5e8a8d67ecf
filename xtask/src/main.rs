//! The project's chores: `cargo xtask run`, `cargo xtask test`, and what they are made of.
#![expect(clippy::print_stdout, reason = "a terminal program: its output is for whoever runs it")]

mod bench;
mod desktop;
mod docs;
mod generate;
mod process;
mod python;
mod run;
mod setup;
mod test;
mod tidy;

use std::{path::Path, process::ExitCode};

use anyhow::bail;

const USAGE: &str = "\
cargo xtask COMMAND

  run [OPTIONS]      set up, build, and start the desktop program with its embedded hub and a live fleet
      --data DIR       keep data there (default: target/run)
      --listen ADDR    the embedded hub's address (default: 127.0.0.1:7420)
      --dashboards N   simulated dashboards (default: 24)
      --seconds N      stop by itself after that long (default: Ctrl-C stops)
      --virtual        use a virtual display although there is a real one
  test [STEP]...     set up, then run every check and every test, or only the named steps (--list names them)
  generate           write the generated files: JSON Schemas, AsyncAPI, TypeScript bindings
  docs               write the reference of the SDKs and the protocol into target/docs
  bench [ARG]...     measure against the budgets of the design
  tidy               check who imports whom, licences, file sizes
  setup              install what building and testing need, and no more

Everything needed is installed where root or sudo is at hand; elsewhere it is named.";

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let command = arguments.next().unwrap_or_default();
    let rest: Vec<String> = arguments.collect();
    let outcome = match command.as_str() {
        "run" => run::Options::parse(&rest).and_then(|options| run::run(&options)),
        // Its summary has said how it went, and its last line stays the last.
        "test" => match test::test(&rest) {
            Ok(true) => Ok(()),
            Ok(false) => return ExitCode::FAILURE,
            Err(error) => Err(error),
        },
        "generate" => nothing_more(&rest).and_then(|()| generate::generate()),
        "docs" => nothing_more(&rest).and_then(|()| docs::docs()),
        "bench" => bench::bench(&rest),
        "tidy" => nothing_more(&rest).and_then(|()| tidy::tidy()),
        "setup" => nothing_more(&rest).and_then(|()| setup::everything()),
        "" | "help" | "--help" | "-h" => {
            println!("{USAGE}");
            Ok(())
        }
        other => Err(anyhow::anyhow!("there is no command {other:?}\n\n{USAGE}")),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn nothing_more(rest: &[String]) -> anyhow::Result<()> {
    match rest.first() {
        Some(argument) => bail!("{argument:?} means nothing here\n\n{USAGE}"),
        None => Ok(()),
    }
}

/// The root of the repository.
fn root() -> &'static Path {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent().unwrap_or(own)
}
