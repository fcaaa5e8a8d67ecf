//! A program that runs beside the test.

use std::{
    fs::{self, File},
    net::TcpListener,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use crate::wait::{wait_for, wait_within};

/// Lines of output shown when a test fails.
const SHOWN: usize = 40;

/// A program that runs beside the test, in a process group of its own. It is killed, with whatever it started in that
/// group, when this value goes, or when the test's thread ends in any other way.
#[derive(Debug)]
pub struct Running {
    name: String,
    child: Child,
    output: PathBuf,
    ended: Option<ExitStatus>,
}

impl Running {
    /// Starts a program; all it prints goes into the file `output`, after what is there already.
    pub fn start(command: &Command, output: &Path) -> Self {
        let name = Path::new(command.get_program()).file_name().unwrap().to_string_lossy().into_owned();
        let file = File::options().create(true).append(true).open(output).unwrap();
        // The kernel ends the program should the test be killed before it can do so itself.
        let mut bound = Command::new("setpriv");
        bound.arg("--pdeathsig=KILL").arg("--").arg(command.get_program()).args(command.get_args());
        for (key, value) in command.get_envs() {
            match value {
                Some(value) => bound.env(key, value),
                None => bound.env_remove(key),
            };
        }
        if let Some(directory) = command.get_current_dir() {
            bound.current_dir(directory);
        }
        bound.stdin(Stdio::null()).stdout(file.try_clone().unwrap()).stderr(file).process_group(0);
        let child = bound.spawn().unwrap_or_else(|error| panic!("{name} could not be started: {error}"));
        Self { name, child, output: output.to_owned(), ended: None }
    }

    /// Its process id.
    #[must_use]
    pub fn id(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// All it has printed so far.
    #[must_use]
    pub fn output(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.output).unwrap_or_default()).into_owned()
    }

    /// Waits for a line that begins with `start`, and returns the rest of it.
    pub fn line_after(&mut self, start: &str) -> String {
        self.line_after_within(crate::wait::PATIENCE, start)
    }

    /// The same with a limit of its own.
    pub fn line_after_within(&mut self, limit: Duration, start: &str) -> String {
        let what = format!("{} to print a line that begins with {start:?}", self.name);
        wait_within(limit, &what, || {
            let output = self.output();
            let complete = output.rfind('\n').map_or("", |end| &output[..end]);
            if let Some(rest) = complete.lines().rev().find_map(|line| line.strip_prefix(start)) {
                return Ok(rest.trim().to_owned());
            }
            match self.has_ended() {
                Some(status) => panic!("{} ended ({status}) after printing\n{output}", self.name),
                None => Err("it has printed other lines only"),
            }
        })
    }

    /// How it ended, if it has.
    pub fn has_ended(&mut self) -> Option<ExitStatus> {
        if self.ended.is_none() {
            self.ended = self.child.try_wait().unwrap();
        }
        self.ended
    }

    /// Waits for its end.
    pub fn wait(&mut self) -> ExitStatus {
        wait_for(&format!("{} to end", self.name.clone()), || self.has_ended().ok_or("it is still running"))
    }

    /// Sends SIGTERM and waits for the end.
    pub fn terminate(mut self) -> ExitStatus {
        if self.has_ended().is_none() {
            kill_process(self.id(), Signal::TERM).unwrap();
        }
        self.wait()
    }

    /// `kill -9`, which leaves the program no time for anything.
    pub fn kill(mut self) {
        self.end();
    }

    fn end(&mut self) {
        // The group may outlive its leader; the leader has not been waited for, or the group's id is not anyone else's.
        let _ = kill_process_group(self.id(), Signal::KILL);
        if self.ended.is_none() {
            self.ended = self.child.wait().ok();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
        if std::thread::panicking() {
            let output = self.output();
            let lines: Vec<&str> = output.lines().collect();
            let tail = lines[lines.len().saturating_sub(SHOWN)..].join("\n  ");
            eprintln!("--- {} ({}) printed last:\n  {tail}", self.name, self.output.display());
        }
    }
}

/// Sends a signal to a process that a program of this test has started.
pub fn signal(process: Pid, signal: Signal) {
    kill_process(process, signal)
        .unwrap_or_else(|error| panic!("process {process:?} cannot be signalled: {error}"));
}

/// The processes that `parent` has started and that still run.
#[must_use]
pub fn children(parent: Pid) -> Vec<Pid> {
    let id = parent.as_raw_nonzero();
    let Ok(tasks) = fs::read_dir(format!("/proc/{id}/task")) else { return Vec::new() };
    let mut found = Vec::new();
    for task in tasks.flatten() {
        let listed = fs::read_to_string(task.path().join("children")).unwrap_or_default();
        found.extend(listed.split_whitespace().filter_map(|id| id.parse().ok()).filter_map(Pid::from_raw));
    }
    found
}

/// Name of the program a process runs, as the kernel shortens it.
#[must_use]
pub fn program_of(process: Pid) -> String {
    let text = fs::read_to_string(format!("/proc/{}/comm", process.as_raw_nonzero())).unwrap_or_default();
    text.trim().to_owned()
}

/// A port that nothing listens on. It lies below the range from which the kernel takes the ports of outgoing
/// connections, so that no client can occupy it while a hub that is to return to it is away.
#[must_use]
pub fn free_port() -> u16 {
    let mut tried = 0;
    loop {
        let port = fastrand::u16(20_000..32_000);
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
        tried += 1;
        assert!(tried < 1_000, "no port between 20000 and 32000 is free");
    }
}
