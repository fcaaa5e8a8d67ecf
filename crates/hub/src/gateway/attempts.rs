//! Who came and was not let in, for operators to see: a short list of what differs, each with a count. What strangers do
//! fills neither memory nor the log, and a flood of attempts is told at the same pace as a few.

use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use mission_control_protocol::{
    AttemptReason, ConnectionAttempt, DashboardId, ErrorCode, ProtocolError, Timestamp,
};
use tokio::{
    sync::{mpsc, watch},
    time::Instant,
};

use crate::clock;

/// Attempts that are remembered, where they differ.
const REMEMBERED: usize = 32;

/// Attempts that may wait for the actor; more are only counted.
const WAITING: usize = 256;

/// Least time between two reports to operators.
const REPORT_PAUSE: Duration = Duration::from_secs(1);

/// Longest message, in characters.
const MESSAGE: usize = 400;

/// Why somebody was not let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rejection {
    pub(crate) reason: AttemptReason,
    /// What was wrong. Never holds a token.
    pub(crate) message: String,
    /// What to do.
    pub(crate) remedy: String,
    /// The id that was claimed.
    pub(crate) dashboard_id: Option<DashboardId>,
}

impl Rejection {
    pub(crate) fn new(reason: AttemptReason, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { reason, message: message.into(), remedy: remedy.into(), dashboard_id: None }
    }

    /// The rejection of a client that was told `error`.
    pub(crate) fn told(error: &ProtocolError, dashboard_id: Option<DashboardId>) -> Self {
        let reason = match error.code {
            ErrorCode::TokenMissing => AttemptReason::TokenMissing,
            ErrorCode::TokenInvalid => AttemptReason::TokenUnknown,
            ErrorCode::MalformedJson | ErrorCode::BinaryFrame => AttemptReason::MalformedJson,
            ErrorCode::NotRegistered | ErrorCode::UnknownType => AttemptReason::RegistrationMissing,
            ErrorCode::RegistrationTimeout => AttemptReason::RegistrationLate,
            ErrorCode::InvalidMessage => AttemptReason::RegistrationInvalid,
            ErrorCode::DashboardIdInUse => AttemptReason::DashboardIdInUse,
            ErrorCode::FrameTooLarge => AttemptReason::FrameTooLarge,
            ErrorCode::TooManyConnections => AttemptReason::TooManyConnections,
            _ => AttemptReason::Other,
        };
        Self { reason, message: error.message.clone(), remedy: remedy(reason).to_owned(), dashboard_id }
    }

    /// The same for one who wanted to be let in as a console.
    pub(crate) fn of_console(mut self) -> Self {
        self.message = format!("a console: {}", self.message);
        self.remedy = match self.reason {
            AttemptReason::TokenMissing | AttemptReason::TokenUnknown => {
                "Use this hub's operator token; the hub prints at its start which file holds it."
            }
            _ => "Send HELLO as the first message, at once. A dashboard connects to /v1/dashboard.",
        }
        .to_owned();
        self
    }

    pub(crate) fn for_reason(mut self, reason: AttemptReason) -> Self {
        self.reason = reason;
        self.remedy = remedy(reason).to_owned();
        self
    }
}

/// What to do about it, for the one who connects a dashboard.
fn remedy(reason: AttemptReason) -> &'static str {
    match reason {
        AttemptReason::TokenMissing => "Put a dashboard token into `token` of REGISTER.",
        AttemptReason::TokenUnknown => {
            "Copy the token again, whole; or make a new one. Check that it is for this hub."
        }
        AttemptReason::TokenRevoked => "Make a new token and give it to the dashboard.",
        AttemptReason::MalformedJson => "Send one JSON object in each text frame; REGISTER first.",
        AttemptReason::RegistrationMissing => "Send REGISTER as the first message.",
        AttemptReason::RegistrationLate => "Send REGISTER as soon as the connection is open.",
        AttemptReason::RegistrationInvalid => "Correct the field that is named, and register again.",
        AttemptReason::DashboardIdInUse => {
            "Give this dashboard an id of its own; or close the other one, and wait until it is offline."
        }
        AttemptReason::FrameTooLarge => "Send less at once.",
        AttemptReason::TooManyConnections => "See what opens so many connections without registering.",
        AttemptReason::OriginNotAllowed
        | AttemptReason::WrongPath
        | AttemptReason::NotWebsocket
        | AttemptReason::TlsUnexpected
        | AttemptReason::TlsMissing
        | AttemptReason::TlsFailed
        | AttemptReason::VersionMismatch
        | AttemptReason::Other => "See what the message says.",
    }
}

/// What operators are told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct AttemptReport {
    /// Those that differ, newest first.
    pub(crate) attempts: Vec<ConnectionAttempt>,
    /// All of them.
    pub(crate) total: u64,
}

#[derive(Debug)]
struct Attempt {
    at: Timestamp,
    remote: SocketAddr,
    rejection: Rejection,
}

/// The way to the list.
#[derive(Debug, Clone)]
pub(crate) struct Attempts {
    attempts: mpsc::Sender<Attempt>,
    report: watch::Receiver<Arc<AttemptReport>>,
    total: Arc<AtomicU64>,
}

impl Attempts {
    /// Starts the actor that keeps the list.
    pub(crate) fn start() -> Self {
        let (attempts, waiting) = mpsc::channel(WAITING);
        let (reports, report) = watch::channel(Arc::default());
        let total = Arc::new(AtomicU64::new(0));
        tokio::spawn(run(waiting, reports, total.clone()));
        Self { attempts, report, total }
    }

    /// Notes an attempt. Never waits.
    pub(crate) fn note(&self, remote: SocketAddr, rejection: Rejection) {
        self.total.fetch_add(1, Relaxed);
        // In a flood some are only counted.
        let _ = self.attempts.try_send(Attempt { at: clock::now(), remote, rejection });
    }

    /// Follows what operators are told.
    pub(crate) fn report(&self) -> watch::Receiver<Arc<AttemptReport>> {
        self.report.clone()
    }
}

async fn run(
    mut waiting: mpsc::Receiver<Attempt>,
    reports: watch::Sender<Arc<AttemptReport>>,
    total: Arc<AtomicU64>,
) {
    let mut list = AttemptList::default();
    let mut reported_at: Option<Instant> = None;
    let mut is_due = false;
    loop {
        let next = reported_at.map_or_else(Instant::now, |at| at + REPORT_PAUSE);
        tokio::select! {
            attempt = waiting.recv() => match attempt {
                Some(attempt) => {
                    list.take(attempt);
                    is_due = true;
                }
                None => return,
            },
            () = tokio::time::sleep_until(next), if is_due => {
                is_due = false;
                reported_at = Some(Instant::now());
                let attempts = list.0.iter().cloned().collect();
                reports.send_replace(Arc::new(AttemptReport { attempts, total: total.load(Relaxed) }));
            }
        }
    }
}

/// The attempts that differ, newest first.
#[derive(Debug, Default)]
struct AttemptList(VecDeque<ConnectionAttempt>);

impl AttemptList {
    fn take(&mut self, Attempt { at, remote, rejection }: Attempt) {
        let message = one_line(&rejection.message);
        let number = self.0.iter().map(|known| known.number).max().unwrap_or(0) + 1;
        let host = remote.ip().to_string();
        let same = self.0.iter().position(|known| {
            known.reason == rejection.reason
                && known.message == message
                && known.dashboard_id == rejection.dashboard_id
                && known
                    .remote_address
                    .parse::<SocketAddr>()
                    .is_ok_and(|known| known.ip().to_string() == host)
        });
        let attempt = match same.and_then(|place| self.0.remove(place)) {
            Some(known) => ConnectionAttempt {
                last_at: at,
                count: known.count + 1,
                remote_address: remote.to_string(),
                ..known
            },
            None => ConnectionAttempt {
                number,
                first_at: at,
                last_at: at,
                count: 1,
                remote_address: remote.to_string(),
                reason: rejection.reason,
                message,
                remedy: one_line(&rejection.remedy),
                dashboard_id: rejection.dashboard_id,
            },
        };
        self.0.push_front(attempt);
        self.0.truncate(REMEMBERED);
    }
}

/// What a stranger may have had a hand in, as one short line.
fn one_line(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).take(MESSAGE).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt(second: i64, port: u16, message: &str) -> Attempt {
        Attempt {
            at: Timestamp::from_milliseconds(second * 1_000),
            remote: SocketAddr::from(([127, 0, 0, 1], port)),
            rejection: Rejection::new(AttemptReason::WrongPath, message, "Go elsewhere."),
        }
    }

    #[test]
    fn what_is_the_same_is_counted_and_comes_first() {
        let mut list = AttemptList::default();
        list.take(attempt(1, 1, "a"));
        list.take(attempt(2, 2, "b"));
        list.take(attempt(3, 3, "a"));
        let seen: Vec<_> = list.0.iter().map(|one| (one.message.as_str(), one.count)).collect();
        assert_eq!(seen, [("a", 2), ("b", 1)]);
        let first = &list.0[0];
        assert_eq!((first.number, first.remote_address.as_str()), (1, "127.0.0.1:3"));
        assert_eq!((first.first_at.as_milliseconds(), first.last_at.as_milliseconds()), (1_000, 3_000));
    }

    #[test]
    fn there_is_a_bound_and_every_number_is_another() {
        let mut list = AttemptList::default();
        for number in 0..100 {
            list.take(attempt(1, 1, &format!("\n{number}")));
        }
        assert_eq!(list.0.len(), REMEMBERED);
        assert_eq!((list.0[0].message.as_str(), list.0[0].number), (" 99", 100));
        let long = "x".repeat(10_000);
        list.take(attempt(1, 1, &long));
        assert_eq!(list.0[0].message.len(), MESSAGE);
    }

    #[tokio::test(start_paused = true)]
    async fn a_flood_is_told_once_a_second_and_counted_in_full() {
        let attempts = Attempts::start();
        let mut report = attempts.report();
        attempts.note(SocketAddr::from(([127, 0, 0, 1], 1)), attempt(0, 1, "a").rejection);
        report.changed().await.unwrap();
        assert_eq!(report.borrow_and_update().total, 1, "the first is told at once");
        let before = Instant::now();
        for number in 0..10_000 {
            attempts
                .note(SocketAddr::from(([127, 0, 0, 1], 1)), attempt(0, 1, &number.to_string()).rejection);
        }
        report.changed().await.unwrap();
        assert!(before.elapsed() >= REPORT_PAUSE, "{:?}", before.elapsed());
        let told = report.borrow_and_update().clone();
        assert_eq!((told.total, told.attempts.len()), (10_001, REMEMBERED));
    }
}
