//! The plan's `SecurityIntegration` (section 10).

use std::panic::{self, AssertUnwindSafe};

use mission_control_protocol::{Command, CommandId, CommandResult, DashboardEvent, DashboardId, Timestamp};
use serde::{Serialize, de::DeserializeOwned};

use super::{
    audit::{self, AuditedCommand},
    memory::{CommandMemory, MEMORY_LIMIT, Remembering},
    options::SecurityOptions,
    payload::{self, DecryptError, EncryptError},
    policy::Policy,
    rate_limit::RateLimiter,
    received::ReceivedCommand,
    refusal::{Refusal, RefusalCode},
};

/// Decides on commands, in this order: dashboard, signature, expiry, replay, permission, rate limit. Each client has one;
/// a program that takes commands in another way may have one of its own.
#[derive(Debug)]
pub struct SecurityIntegration {
    policy: Policy,
    memory: CommandMemory,
    limiter: RateLimiter,
}

impl SecurityIntegration {
    /// Decides for the dashboard `dashboard_id`.
    #[must_use]
    pub fn new(dashboard_id: DashboardId, options: SecurityOptions) -> Self {
        Self::with_memory(dashboard_id, options, CommandMemory::default())
    }

    pub(crate) fn with_memory(
        dashboard_id: DashboardId,
        options: SecurityOptions,
        memory: CommandMemory,
    ) -> Self {
        Self { policy: Policy::new(dashboard_id, options), memory, limiter: RateLimiter::default() }
    }

    /// Whether a command may run at `hub_time`, by the hub's clock; counts and remembers it if so.
    ///
    /// # Errors
    /// [`Refusal`] when it may not.
    pub async fn authorize_command(
        &mut self,
        received: &ReceivedCommand,
        hub_time: Timestamp,
    ) -> Result<(), Refusal> {
        self.policy.verify(received, hub_time)?;
        self.check_replay(&received.command.id, hub_time)?;
        self.policy.check_permission(&received.command).await?;
        self.admit(&received.command, hub_time).map(drop)
    }

    /// The keys that the hub names in `REGISTERED`; see [`SecurityOptions::trust_registered_keys`].
    pub fn register_keys(&mut self, operator_keys: &[String]) {
        self.policy.register_keys(operator_keys);
    }

    /// Encrypts any JSON under the key of the options; `bound_to` is a text that must be the same when it is decrypted, such
    /// as a command's id.
    ///
    /// # Errors
    /// [`EncryptError`] when the options have no key, the payload is no JSON, or there are no random numbers.
    pub fn encrypt_payload<T: Serialize + ?Sized>(
        &self,
        payload: &T,
        bound_to: &str,
    ) -> Result<String, EncryptError> {
        let key = self.policy.options().encryption_key.as_ref().ok_or(EncryptError::NoKey)?;
        payload::encrypt_payload(payload, key, bound_to)
    }

    /// Decrypts what [`Self::encrypt_payload`] made.
    ///
    /// # Errors
    /// [`DecryptError`] when the options have no key, or the text is in no known form, was changed, or the key or `bound_to`
    /// is another.
    pub fn decrypt_payload<T: DeserializeOwned>(
        &self,
        text: &str,
        bound_to: &str,
    ) -> Result<T, DecryptError> {
        let key = self.policy.options().encryption_key.as_ref().ok_or(DecryptError::NoKey)?;
        Ok(payload::decrypt_payload(text, key, bound_to)?)
    }

    /// The audit event that says what came of a command.
    #[must_use]
    pub fn log_command_execution(&self, command: &Command, result: &CommandResult) -> DashboardEvent {
        audit::execution(&command.into(), result, self.user())
    }

    /// The audit event that says that a command was refused.
    #[must_use]
    pub fn log_refusal(&self, command: &Command, refusal: &Refusal) -> DashboardEvent {
        audit::refusal(&command.into(), refusal, self.user())
    }

    /// Hands the audit of an execution to where it goes; returns it when that is the hub.
    pub(crate) fn audit_execution(
        &self,
        command: &AuditedCommand,
        result: &CommandResult,
    ) -> Option<DashboardEvent> {
        self.audited(audit::execution(command, result, self.user()))
    }

    /// Hands the audit of a refusal to where it goes; returns it when that is the hub.
    pub(crate) fn audit_refusal(
        &self,
        command: &AuditedCommand,
        refusal: &Refusal,
    ) -> Option<DashboardEvent> {
        self.audited(audit::refusal(command, refusal, self.user()))
    }

    /// What can be decided without remembering anything.
    pub(crate) fn policy(&self) -> Policy {
        self.policy.clone()
    }

    /// Whether a command was started before.
    pub(crate) fn has_started(&self, id: &CommandId) -> bool {
        self.memory.contains(id)
    }

    /// Whether a command is new, and can be remembered.
    pub(crate) fn check_replay(&mut self, id: &CommandId, now: Timestamp) -> Result<(), Refusal> {
        if self.memory.contains(id) {
            return Err(Refusal::new(RefusalCode::Replayed, "this command was run before"));
        }
        if self.memory.is_full(now) {
            let reason = format!("{MEMORY_LIMIT} commands have not expired yet; try again when some have");
            return Err(Refusal::new(RefusalCode::Busy, reason));
        }
        Ok(())
    }

    /// Counts and remembers a command that may run, if there are not too many of its type.
    pub(crate) fn admit(&mut self, command: &Command, now: Timestamp) -> Result<Remembering, Refusal> {
        let limit = guarded("the rate limit", || self.policy.rate_limit(&command.kind)).ok_or_else(|| {
            Refusal::new(RefusalCode::CheckFailed, "the dashboard's rate limits could not be looked up")
        })?;
        if !self.limiter.take(&command.kind, limit, now) {
            let reason = format!("too many {} commands; try again in a while", command.kind);
            return Err(Refusal::new(RefusalCode::RateLimited, reason));
        }
        Ok(self.memory.remember(command.id.clone(), command.expires_at, now))
    }

    fn user(&self) -> Option<String> {
        self.policy
            .options()
            .user
            .as_ref()
            .and_then(|user| guarded("the user of the audit", || user()))
            .flatten()
    }

    fn audited(&self, event: DashboardEvent) -> Option<DashboardEvent> {
        match &self.policy.options().audit {
            Some(sink) => {
                guarded("the audit", || sink(event));
                None
            }
            None => Some(event),
        }
    }
}

/// Calls the dashboard's own code; what panics there must not end the client.
fn guarded<T>(what: &str, call: impl FnOnce() -> T) -> Option<T> {
    panic::catch_unwind(AssertUnwindSafe(call))
        .inspect_err(|_| tracing::error!("{what} failed unexpectedly; see the panic's message above"))
        .ok()
}
