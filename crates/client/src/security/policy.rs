//! The part of the decision that remembers nothing: it may be made for several commands at a time.

use std::{sync::Arc, time::Duration};

use mission_control_protocol::{
    Command, DashboardId, Timestamp,
    signature::{PublicKey, verify_detached},
};
use tokio::time::timeout;

use super::{
    options::SecurityOptions,
    rate_limit::RateLimit,
    received::ReceivedCommand,
    refusal::{Refusal, RefusalCode},
};

/// How far ahead of the hub's clock a command may have been issued, in milliseconds.
const ISSUED_AHEAD_MS: i64 = 60_000;
/// Time to answer whether an operator may do something.
const PERMISSION_TIMEOUT: Duration = Duration::from_secs(10);

/// What is asked of a command, with the keys that are trusted now. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Policy {
    dashboard_id: DashboardId,
    options: Arc<SecurityOptions>,
    keys: Arc<[PublicKey]>,
}

impl Policy {
    pub(crate) fn new(dashboard_id: DashboardId, options: SecurityOptions) -> Self {
        Self { dashboard_id, keys: options.keys.clone().into(), options: Arc::new(options) }
    }

    pub(super) fn options(&self) -> &SecurityOptions {
        &self.options
    }

    /// Takes note of the keys that the hub names, and trusts them if that is wanted.
    pub(crate) fn register_keys(&mut self, named: &[String]) {
        if !self.options.trusts_registered_keys {
            return;
        }
        let registered = named.iter().filter_map(|text| {
            text.parse()
                .inspect_err(|error| tracing::warn!(%error, "a key that the hub names is ignored"))
                .ok()
        });
        self.keys = self.options.keys.iter().cloned().chain(registered).collect();
    }

    /// Whether `received` is from whom it says, for this dashboard, and for now.
    pub(crate) fn verify(&self, received: &ReceivedCommand, hub_time: Timestamp) -> Result<(), Refusal> {
        let command = &received.command;
        if command.dashboard_id != self.dashboard_id {
            let reason =
                format!("the command is for {}, and this is {}", command.dashboard_id, self.dashboard_id);
            return Err(Refusal::new(RefusalCode::WrongDashboard, reason));
        }
        self.check_signature(received)?;
        if hub_time >= command.expires_at {
            let reason = format!("the command arrived after it expired at {}", command.expires_at);
            return Err(Refusal::new(RefusalCode::Expired, reason));
        }
        if command.issued_at > hub_time.plus_milliseconds(ISSUED_AHEAD_MS) {
            let reason =
                format!("the command claims to have been issued at {}, which is not yet", command.issued_at);
            return Err(Refusal::new(RefusalCode::NotYetIssued, reason));
        }
        Ok(())
    }

    fn check_signature(&self, received: &ReceivedCommand) -> Result<(), Refusal> {
        let Some(signature) = &received.signature else {
            let reason = "this dashboard takes signed commands only: sign with an operator key it trusts";
            let refusal = Refusal::new(RefusalCode::Unsigned, reason);
            return if self.options.requires_signature { Err(refusal) } else { Ok(()) };
        };
        let verified =
            signature.signed.as_ref().map(|signed| verify_detached(signed, &signature.text, &self.keys));
        match verified {
            Some(Ok(_)) => Ok(()),
            problem => {
                tracing::debug!(command = %received.command.id, ?problem, "a signature does not count");
                let reason = "the signature is not one of an operator key that this dashboard trusts";
                Err(Refusal::new(RefusalCode::SignatureInvalid, reason))
            }
        }
    }

    /// Whether the operator may have this done.
    pub(crate) async fn check_permission(&self, command: &Command) -> Result<(), Refusal> {
        let Some(check) = &self.options.permission else { return Ok(()) };
        let failed = |why: &str| {
            Refusal::new(RefusalCode::CheckFailed, format!("permissions could not be checked: {why}"))
        };
        match timeout(PERMISSION_TIMEOUT, check(command.issued_by.clone(), command.kind.clone())).await {
            Ok(Ok(true)) => Ok(()),
            Ok(Ok(false)) => {
                let reason = format!("{} may not use {} on this dashboard", command.issued_by, command.kind);
                Err(Refusal::new(RefusalCode::NotPermitted, reason))
            }
            Ok(Err(failure)) => Err(failed(&failure.0)),
            Err(_) => Err(failed("no answer in time")),
        }
    }

    pub(super) fn rate_limit(&self, command_type: &str) -> RateLimit {
        (self.options.rate_limit)(command_type)
    }
}
