//! `kill -9` of the publisher and of the hub at any moments: everything published arrives once and in order.

use std::{path::Path, process::Command, time::Duration};

use mission_control_protocol::DashboardId;
use mission_control_tests::{
    log::{assert_each_once, assert_unbroken},
    process::Running,
    programs::{Hub, binary},
    wait::wait_for,
};

const EVENTS: u64 = 10_000;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Killed {
    Hub,
    Publisher,
    /// The publisher, and the hub before it: what it publishes at the end reaches its file only.
    Both,
}

/// Five deaths of the hub, three of the publisher.
const DEATHS: [Killed; 7] =
    [Killed::Hub, Killed::Hub, Killed::Hub, Killed::Hub, Killed::Publisher, Killed::Publisher, Killed::Both];

struct Publisher<'a> {
    hub: &'a str,
    token_file: &'a Path,
    directory: &'a Path,
    lives: u32,
    running: Option<Running>,
}

impl Publisher<'_> {
    fn start(&mut self) {
        self.lives += 1;
        let mut command = Command::new(binary("mission-control-test-publisher"));
        command.arg(self.hub).arg(self.token_file).arg(self.directory.join("queue")).arg(EVENTS.to_string());
        let output = self.directory.join(format!("publisher-{}.txt", self.lives));
        self.running = Some(Running::start(&command, &output));
    }

    /// What its last line that begins with `start` says after that.
    fn last_line(&self, start: &str) -> Option<String> {
        let output = self.running.as_ref().expect("it is running").output();
        let complete = output.rfind('\n').map_or("", |end| &output[..end]);
        complete.lines().rev().find_map(|line| line.strip_prefix(start)).map(ToOwned::to_owned)
    }

    /// Waits until it has stored so many events, those of its earlier lives included.
    fn wait_for_stored(&mut self, count: u64) {
        wait_for(&format!("{count} events to be stored"), || {
            let stored = self.last_line("stored ").and_then(|stored| stored.parse().ok()).unwrap_or(0_u64);
            let status = self.running.as_mut().expect("it is running").has_ended();
            assert!(status.is_none_or(|status| status.success()), "the publisher has given up");
            if stored >= count { Ok(()) } else { Err(format!("{stored} are")) }
        });
    }

    fn kill(&mut self) {
        println!("publisher: {:?}, then stored {:?}", self.last_line("found "), self.last_line("stored "));
        self.running.take().expect("it is running").kill();
    }
}

#[test]
fn what_is_published_survives_kill_9_of_the_publisher_and_of_the_hub() {
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let directory = tempfile::tempdir().unwrap();
    let mut hub = Hub::start(&directory.path().join("hub"), &[]);
    let (url, token_file) = (hub.address().url.clone(), hub.address().dashboard_token_file.clone());
    let mut publisher = Publisher {
        hub: &url,
        token_file: &token_file,
        directory: directory.path(),
        lives: 0,
        running: None,
    };
    publisher.start();

    let mut deaths = DEATHS;
    random.shuffle(&mut deaths);
    let between = EVENTS / (DEATHS.len() as u64 + 1);
    for (killed, about) in deaths.into_iter().zip((between..).step_by(usize::try_from(between).unwrap())) {
        let moment = about - random.u64(0..between / 2);
        publisher.wait_for_stored(moment);
        // Not a wait for anything: the moment of death is to be any.
        std::thread::sleep(Duration::from_micros(random.u64(0..20_000)));
        println!("{killed:?} after {moment}");
        match killed {
            Killed::Hub => {
                hub.kill();
                if random.bool() {
                    publisher.wait_for_stored(moment + between / 4);
                }
                hub.restart();
            }
            Killed::Publisher => {
                publisher.kill();
                publisher.start();
            }
            Killed::Both => {
                hub.kill();
                publisher.wait_for_stored(moment + between / 4);
                publisher.kill();
                publisher.start();
                publisher.wait_for_stored(moment + between / 3);
                hub.restart();
            }
        }
    }

    let mut last = publisher.running.take().expect("it is running");
    assert_eq!(last.line_after("done "), EVENTS.to_string());
    assert!(last.wait().success());
    assert!(hub.stop().success());
    assert_each_once(&hub.log_file(), &DashboardId::new("publisher").unwrap(), EVENTS);
    assert_unbroken(&hub.log_file());
}
