//! The actor that makes and revokes tokens, keeps their file, and tells operators of them.

use std::{collections::HashMap, sync::Arc, time::Duration};

use mission_control_protocol::{
    DashboardId, DashboardToken, ErrorCode, OperatorId, ProtocolError, RecordKind, Severity, TokenId,
    TokenSecret,
    operator_wire::OperatorReply,
    record::{AccessChange, AccessRecord},
};
use tokio::{
    sync::{mpsc, watch},
    time::Instant,
};
use uuid::Uuid;

use super::{
    Token,
    file::TokenFile,
    issued::{Hash, Ledger, PREFIX, Revoked, Standing, revoked_error},
};
use crate::{
    clock,
    log::{self, Log, Receipt, Reply, Stopped, Submission},
    registry::Registry,
};

/// Requests that may wait for the actor.
const WAITING: usize = 1_024;

/// Least time between two reports to operators.
const REPORT_PAUSE: Duration = Duration::from_secs(1);

/// Least time between two writings that only say when tokens were used, or that try again what failed.
const WRITE_PAUSE: Duration = Duration::from_secs(5);

/// The id under which changes of access are recorded: they are about no dashboard.
const HUB: &str = "hub";

/// What operators are told of the tokens.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct TokenReport {
    /// Those in force, the oldest first.
    pub(crate) tokens: Vec<DashboardToken>,
    /// What became of the file, if they should know.
    pub(crate) note: Option<String>,
}

#[derive(Debug)]
enum Request {
    Create { label: String, by: OperatorId, reply: Reply },
    Revoke { id: TokenId, by: OperatorId, reply: Reply },
    Used { id: TokenId, by: DashboardId },
}

/// The way to the tokens that operators had made.
#[derive(Debug, Clone)]
pub(crate) struct IssuedTokens {
    requests: mpsc::Sender<Request>,
    standings: watch::Receiver<Arc<HashMap<Hash, Standing>>>,
    report: watch::Receiver<Arc<TokenReport>>,
}

/// The tokens as their file had them, before the actor is started.
#[derive(Debug)]
pub(crate) struct TokenArchive {
    pub(super) file: TokenFile,
    pub(super) ledger: Ledger,
    pub(super) note: Option<String>,
}

impl IssuedTokens {
    /// Starts the actor.
    pub(crate) fn start(archive: TokenArchive, log: Log, registry: Registry) -> Self {
        let (requests, waiting) = mpsc::channel(WAITING);
        let TokenArchive { file, ledger, note } = archive;
        let (standings, known) = watch::channel(Arc::new(ledger.standings()));
        let tokens = ledger.in_force().cloned().collect();
        let (report, reports) = watch::channel(Arc::new(TokenReport { tokens, note: note.clone() }));
        let office = Office {
            file,
            ledger,
            note,
            log,
            registry,
            standings,
            report,
            report_due: None,
            write_due: None,
            reported_at: None,
        };
        tokio::spawn(office.run(waiting));
        Self { requests, standings: known, report: reports }
    }

    /// What `presented` stands for; `None` when it was never made.
    pub(super) fn standing(&self, presented: &str) -> Option<Standing> {
        self.standings.borrow().get(&Hash::of(presented)).cloned()
    }

    /// Makes a token; `reply` is answered once that is recorded.
    pub(crate) async fn create(&self, label: String, by: OperatorId, reply: Reply) {
        // Should the hub be stopping, `reply` is dropped, and its receiver sees that.
        let _ = self.requests.send(Request::Create { label, by, reply }).await;
    }

    /// Revokes a token; `reply` is answered once that is recorded.
    pub(crate) async fn revoke(&self, id: TokenId, by: OperatorId, reply: Reply) {
        let _ = self.requests.send(Request::Revoke { id, by, reply }).await;
    }

    /// A dashboard has registered with a token.
    pub(crate) async fn used(&self, id: TokenId, by: DashboardId) {
        let _ = self.requests.send(Request::Used { id, by }).await;
    }

    /// Follows what operators are told.
    pub(crate) fn report(&self) -> watch::Receiver<Arc<TokenReport>> {
        self.report.clone()
    }
}

struct Office {
    file: TokenFile,
    ledger: Ledger,
    note: Option<String>,
    log: Log,
    registry: Registry,
    standings: watch::Sender<Arc<HashMap<Hash, Standing>>>,
    report: watch::Sender<Arc<TokenReport>>,
    report_due: Option<Instant>,
    write_due: Option<Instant>,
    reported_at: Option<Instant>,
}

impl Office {
    async fn run(mut self, mut waiting: mpsc::Receiver<Request>) {
        loop {
            let outcome = tokio::select! {
                request = waiting.recv() => match request {
                    Some(request) => self.handle(request).await,
                    None => break,
                },
                () = until(self.report_due), if self.report_due.is_some() => {
                    self.tell();
                    Ok(())
                }
                () = until(self.write_due), if self.write_due.is_some() => {
                    self.write_again().await;
                    Ok(())
                }
            };
            if outcome.is_err() {
                break;
            }
        }
        if self.write_due.is_some() {
            self.write_again().await;
        }
    }

    async fn handle(&mut self, request: Request) -> Result<(), Stopped> {
        match request {
            Request::Create { label, by, reply } => self.create(&label, by, reply).await,
            Request::Revoke { id, by, reply } => self.revoke(id, by, reply).await,
            Request::Used { id, by } => {
                if self.ledger.used(&id, by, clock::now()) {
                    self.write_due.get_or_insert_with(|| Instant::now() + WRITE_PAUSE);
                    self.report_soon();
                }
                Ok(())
            }
        }
    }

    async fn create(&mut self, label: &str, by: OperatorId, reply: Reply) -> Result<(), Stopped> {
        if let Some(error) = self.log.health().borrow().error() {
            let _ = reply.send(Err(error));
            return Ok(());
        }
        let id = TokenId::from(Uuid::now_v7());
        let made = Token::random().map_err(|error| unwritable(&error)).and_then(|random| {
            let secret = TokenSecret(format!("{PREFIX}{random}"));
            let token = self.ledger.create(id.clone(), label, by.clone(), clock::now(), &secret)?;
            Ok((token, secret))
        });
        let (token, secret) = match made {
            Ok(made) => made,
            Err(error) => {
                let _ = reply.send(Err(error));
                return Ok(());
            }
        };
        if let Err(error) = self.write().await {
            self.ledger.forget(&id);
            let _ = reply.send(Err(unwritable(&error)));
            return Ok(());
        }
        self.standings.send_replace(Arc::new(self.ledger.standings()));
        self.report_soon();
        let record = access(AccessChange::DashboardTokenCreated, &token, by);
        let receipt = Receipt::Reply(reply, OperatorReply::Token { token: Box::new(token), secret });
        self.record(&record, Some(receipt)).await
    }

    async fn revoke(&mut self, id: TokenId, by: OperatorId, reply: Reply) -> Result<(), Stopped> {
        let at = clock::now();
        let token = match self.ledger.revoke(&id, by.clone(), at) {
            Ok(Some(token)) => token,
            Ok(None) => {
                let _ = reply.send(Ok(OperatorReply::Done));
                return Ok(());
            }
            Err(error) => {
                let _ = reply.send(Err(error));
                return Ok(());
            }
        };
        // In force at once, whatever the disk says.
        self.standings.send_replace(Arc::new(self.ledger.standings()));
        self.registry.revoke(id, revoked_error(&token, &Revoked { at, by: by.clone() })).await;
        self.report_soon();
        let problem = match self.write().await {
            Ok(()) => self.log.health().borrow().error(),
            Err(error) => {
                self.write_due = Some(Instant::now() + WRITE_PAUSE);
                Some(unwritable(&error))
            }
        };
        let record = access(AccessChange::DashboardTokenRevoked, &token, by);
        let receipt = match problem {
            None => Some(Receipt::Reply(reply, OperatorReply::Done)),
            Some(error) => {
                let message = format!(
                    "the token lets nobody in any more, but the hub cannot write that down yet: {}",
                    error.message
                );
                let _ = reply.send(Err(ProtocolError { message, ..error }));
                None
            }
        };
        self.record(&record, receipt).await
    }

    async fn record(&self, record: &AccessRecord, receipt: Option<Receipt>) -> Result<(), Stopped> {
        let entry = DashboardId::new(HUB)
            .ok()
            .and_then(|hub| log::entry(hub, RecordKind::Access, Severity::Info, record));
        self.log.submit(Submission { entries: entry.into_iter().collect(), receipt }).await
    }

    async fn write(&mut self) -> std::io::Result<()> {
        let (file, ledger) = (self.file.clone(), self.ledger.clone());
        let written = tokio::task::spawn_blocking(move || file.write(&ledger)).await;
        written.unwrap_or_else(|error| Err(std::io::Error::other(error.to_string())))?;
        self.write_due = None;
        Ok(())
    }

    async fn write_again(&mut self) {
        if let Err(error) = self.write().await {
            tracing::error!(%error, "the file of tokens cannot be written; it is tried again");
            self.write_due = Some(Instant::now() + WRITE_PAUSE);
        }
    }

    /// Tells operators now, or as soon as they may be told again.
    fn report_soon(&mut self) {
        let now = Instant::now();
        match self.reported_at.map(|at| at + REPORT_PAUSE).filter(|next| *next > now) {
            Some(next) => self.report_due = Some(next),
            None => self.tell(),
        }
    }

    fn tell(&mut self) {
        self.report_due = None;
        self.reported_at = Some(Instant::now());
        let tokens = self.ledger.in_force().cloned().collect();
        self.report.send_replace(Arc::new(TokenReport { tokens, note: self.note.clone() }));
    }
}

fn access(change: AccessChange, token: &DashboardToken, by: OperatorId) -> AccessRecord {
    AccessRecord { change, token_id: token.id.clone(), label: token.label.clone(), by }
}

fn unwritable(error: &std::io::Error) -> ProtocolError {
    ProtocolError::new(
        ErrorCode::LogUnavailable,
        format!(
            "the hub cannot write its file of tokens ({error}); check the disk of its machine, then try again."
        ),
    )
}

async fn until(instant: Option<Instant>) {
    match instant {
        Some(instant) => tokio::time::sleep_until(instant).await,
        None => std::future::pending().await,
    }
}
