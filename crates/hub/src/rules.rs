//! `mission-control-hub rules`: the rules on their own.

use std::{
    fs::File,
    io::{self, BufReader, BufWriter, Read, Write},
    path::PathBuf,
};

use anyhow::Context;
use clap::Subcommand;
use mission_control_hub::scoring::score;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Prints how far each sample of a series deviates from the usual: `timestamp,value,anomaly_score`, in one pass.
    /// A score is from 0 to 1; the deviation rule calls an anomaly what has 0.5 or more.
    Score {
        /// CSV with the columns `timestamp` (RFC 3339; UTC where it says no zone) and `value`; - for standard input.
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

impl Command {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let Self::Score { file } = self;
        let standard_input = file.as_os_str() == "-";
        let name = if standard_input { "standard input".to_owned() } else { file.display().to_string() };
        let input: Box<dyn Read> = if standard_input {
            Box::new(io::stdin().lock())
        } else {
            Box::new(File::open(&file).with_context(|| format!("cannot open {name}"))?)
        };
        let scored = match score(BufReader::new(input), BufWriter::new(io::stdout().lock())) {
            Err(error) if error.is_broken_pipe() => return Ok(()),
            result => result.context(name)?,
        };
        // For people; a script reads only the scores.
        let mut stderr = io::stderr().lock();
        if scored.ignored > 0 {
            let _ = writeln!(
                stderr,
                "mission-control-hub: {} of {} samples have no finite value; they are scored 0",
                scored.ignored, scored.samples
            );
        }
        if let Some(line) = scored.first_backwards {
            let _ = writeln!(
                stderr,
                "mission-control-hub: time goes backwards {} times, first at line {line}; scored in the order of the lines",
                scored.backwards
            );
        }
        Ok(())
    }
}
