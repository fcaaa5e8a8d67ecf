//! `mission-control-hub rules score`, as a script uses it.

use std::{
    fmt::Write as _,
    io::{BufRead, BufReader, Write},
    process::{Command, Output, Stdio},
};

fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mission-control-hub"));
    command.args(["rules", "score"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn score(input: &str) -> Output {
    let mut child = command().arg("-").spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

/// Three hours at 10 or 11, then one sample of `last`.
fn series(last: &str) -> String {
    let mut text = "timestamp,value\n".to_owned();
    for minute in 0..180 {
        let value = 10 + minute % 2;
        writeln!(text, "2026-11-22 {:02}:{:02}:00,{value}.0", minute / 60, minute % 60).unwrap();
    }
    writeln!(text, "2026-11-22 03:00:00,{last}").unwrap();
    text
}

#[test]
fn each_sample_is_printed_with_its_score() {
    let output = score(&series("21.50"));
    assert!(output.status.success());
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 182);
    assert_eq!(
        lines[..3],
        ["timestamp,value,anomaly_score", "2026-11-22 00:00:00,10.0,0", "2026-11-22 00:01:00,11.0,0"]
    );
    let last = lines[181].strip_prefix("2026-11-22 03:00:00,21.50,").unwrap();
    let last: f64 = last.parse().unwrap();
    assert!((0.9..=1.0).contains(&last), "{last}");
}

#[test]
fn a_file_is_scored_like_standard_input() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("series.csv");
    std::fs::write(&file, series("12.0")).unwrap();
    let output = command().arg(&file).output().unwrap();
    assert!(output.status.success());
    assert_eq!(output.stdout, score(&series("12.0")).stdout);
}

#[test]
fn what_is_wrong_is_said_with_line_and_column() {
    let output = score(&series("high"));
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        "mission-control-hub: standard input: line 182, column 2 (`value`): \"high\" is no number such as 12.5; leave the field empty if there is none\n"
    );
    let output = command().arg("no-such-file.csv").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stderr).unwrap().contains("cannot open no-such-file.csv"));
}

#[test]
fn what_is_odd_is_told_after_the_scores() {
    let output = score("timestamp,value\n2026-11-22 02:00:00,\n2026-11-22 01:00:00,1\n");
    assert!(output.status.success());
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        "mission-control-hub: 1 of 2 samples have no finite value; they are scored 0\n\
         mission-control-hub: time goes backwards 1 times, first at line 3; scored in the order of the lines\n"
    );
}

#[test]
fn it_ends_quietly_when_nobody_reads_on() {
    let mut child = command().arg("-").spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let writer = std::thread::spawn(move || {
        let _ = stdin.write_all(b"timestamp,value\n");
        // Ends with an error once the program has gone.
        while stdin.write_all(b"2026-11-22 00:00:00,10.0\n").is_ok() {}
    });
    let mut line = String::new();
    stdout.read_line(&mut line).unwrap();
    assert_eq!(line, "timestamp,value,anomaly_score\n");
    drop(stdout);
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success());
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}

#[test]
fn a_hub_still_asks_for_its_directory() {
    let output = Command::new(env!("CARGO_BIN_EXE_mission-control-hub")).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("--data"));
}
