//! From starting the desktop program with a large log to the fleet on the screen: pictures of a virtual screen are taken
//! one after another, and the first that looks like the last is when the fleet was there.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use tokio::process::Command;

use crate::{programs::Program, session::Session, table::Row};

/// Pictures are taken for so long after the program was started.
const WATCHED: Duration = Duration::from_secs(8);

/// Pixels that may differ from the last picture: clocks and cursors.
const DIFFERENT: f64 = 0.01;

/// Times each start is taken; the median is shown.
const ROUNDS: usize = 3;

/// Measures the start with the log at `log`, and with none.
pub async fn measure(binaries: &Path, log: &Path, records: u64) -> Result<Row> {
    let scratch = tempfile::tempdir_in("target")?;
    let large = scratch.path().join("large");
    std::fs::create_dir_all(large.join("hub"))?;
    std::fs::copy(log, large.join("hub/log.sqlite"))?;
    let (mut with_log, mut without) = (Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        let empty = scratch.path().join(format!("empty-{round}"));
        std::fs::create_dir_all(&empty)?;
        let times = (start(binaries, &large).await?, start(binaries, &empty).await?);
        println!("start round {round}: with {records} records {:.2?}, with none {:.2?}", times.0, times.1);
        // The first one reads the programs from the disk.
        if round > 0 {
            with_log.push(times.0);
            without.push(times.1);
        }
    }
    with_log.sort_unstable();
    without.sort_unstable();
    let (with_log, without) = (with_log[ROUNDS / 2], without[ROUNDS / 2]);
    Ok(Row {
        work: format!("start of the desktop program with {records} records to the fleet on the screen"),
        measured: format!("{:.2} s", with_log.as_secs_f64()),
        beside: format!("with an empty log {:.2} s", without.as_secs_f64()),
        ratio: Some(with_log.as_secs_f64() / without.as_secs_f64()),
        budget: "at most 1 s".to_owned(),
        met: Some(with_log <= Duration::from_secs(1)),
    })
}

/// How long it takes until the window looks as it goes on to look.
async fn start(binaries: &Path, data: &Path) -> Result<Duration> {
    let directory = tempfile::tempdir_in("target")?;
    let session = Session::start(directory.path()).await?;
    let mut command = session.command(binaries.join("mission-control"));
    command.args(["--listen", "127.0.0.1:0", "--data"]).arg(data);
    let started = Instant::now();
    let program = Program::start(command).await.context("the desktop program")?;
    let mut pictures: Vec<(Duration, PathBuf)> = Vec::new();
    while started.elapsed() < WATCHED {
        let file = directory.path().join(format!("{}.png", pictures.len()));
        let at = started.elapsed();
        output(session.command("import").args(["-window", "root", "-quality", "1"]).arg(&file)).await?;
        pictures.push((at, file));
    }
    program.stop().await?;
    let (_, last) = pictures.last().context("no picture was taken")?;
    let size = output(Command::new("identify").args(["-format", "%w %h %k"]).arg(last)).await?;
    let [width, height, colours] = size
        .split_whitespace()
        .map(str::parse::<f64>)
        .collect::<Result<Vec<_>, _>>()?
        .try_into()
        .map_err(|_| anyhow::anyhow!("`identify` said {size:?}"))?;
    if colours < 50.0 {
        bail!("the window showed nothing after {} s", WATCHED.as_secs());
    }
    for (at, picture) in &pictures {
        let compared = Command::new("compare")
            .args(["-metric", "AE", "-fuzz", "5%"])
            .args([picture, last])
            .arg("null:")
            .output()
            .await
            .context("`compare` does not start; install the package imagemagick")?;
        let different: f64 = String::from_utf8_lossy(&compared.stderr).trim().parse()?;
        if different <= DIFFERENT * width * height {
            return Ok(*at);
        }
    }
    bail!("no picture was like the last")
}

async fn output(command: &mut Command) -> Result<String> {
    let output = command.output().await.context("a program of the package imagemagick does not start")?;
    if !output.status.success() {
        bail!("{:?}: {}", command.as_std().get_program(), String::from_utf8_lossy(&output.stderr));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
