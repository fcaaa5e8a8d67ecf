//! What a dashboard asks of a command before it runs it.

use std::{fmt, sync::Arc};

use mission_control_protocol::{DashboardEvent, OperatorId, encryption::EncryptionKey, signature::PublicKey};

use super::rate_limit::RateLimit;
use crate::handlers::Boxed;

/// Permissions could not be looked up; the text says why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct PermissionFailure(pub String);

type PermissionCheck =
    Arc<dyn Fn(OperatorId, String) -> Boxed<Result<bool, PermissionFailure>> + Send + Sync>;
type RateLimitOf = Arc<dyn Fn(&str) -> RateLimit + Send + Sync>;
type UserOf = Arc<dyn Fn() -> Option<String> + Send + Sync>;
type AuditSink = Arc<dyn Fn(DashboardEvent) + Send + Sync>;

/// What a dashboard asks of a command before it runs it. Unless said otherwise: a signature by a trusted key, of which
/// there are none; no permission; and at most sixty commands of a type in a minute.
#[derive(Clone)]
pub struct SecurityOptions {
    pub(super) keys: Vec<PublicKey>,
    pub(super) trusts_registered_keys: bool,
    pub(super) requires_signature: bool,
    pub(super) permission: Option<PermissionCheck>,
    pub(super) rate_limit: RateLimitOf,
    pub(super) encryption_key: Option<EncryptionKey>,
    pub(super) user: Option<UserOf>,
    pub(super) audit: Option<AuditSink>,
}

impl Default for SecurityOptions {
    fn default() -> Self {
        Self {
            keys: Vec::new(),
            trusts_registered_keys: false,
            requires_signature: true,
            permission: None,
            rate_limit: Arc::new(|_| RateLimit::default()),
            encryption_key: None,
            user: None,
            audit: None,
        }
    }
}

impl SecurityOptions {
    /// The strictest: no command passes before a key is trusted.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Trusts an operator's key.
    #[must_use]
    pub fn trust_key(mut self, key: PublicKey) -> Self {
        self.keys.push(key);
        self
    }

    /// Trusts the operators' keys that the hub names in `REGISTERED` (`operatorKeys`), too. A hub that was taken over can
    /// name keys of its own: where that must not be enough to command the dashboard, [trust keys](Self::trust_key) that
    /// came to it in another way.
    #[must_use]
    pub fn trust_registered_keys(mut self) -> Self {
        self.trusts_registered_keys = true;
        self
    }

    /// Whether a command without a signature is refused; true unless said. One with a wrong signature always is.
    ///
    /// With `false`, whoever is the hub, or has taken its place, commands the dashboard. It is for hubs whose operators do
    /// not sign, on networks that are trusted.
    #[must_use]
    pub fn require_signature(mut self, required: bool) -> Self {
        self.requires_signature = required;
        self
    }

    /// Asks whether an operator may have a command type done. Everybody may do everything unless said. A failure, and no
    /// answer within ten seconds, is a no.
    #[must_use]
    pub fn permissions<F, R>(mut self, check: F) -> Self
    where
        F: Fn(OperatorId, String) -> R + Send + Sync + 'static,
        R: Future<Output = Result<bool, PermissionFailure>> + Send + 'static,
    {
        self.permission =
            Some(Arc::new(move |operator, command_type| Box::pin(check(operator, command_type))));
        self
    }

    /// How many commands of a type may run in which time; [sixty in a minute](RateLimit::default) unless said.
    #[must_use]
    pub fn rate_limit(mut self, limit: impl Fn(&str) -> RateLimit + Send + Sync + 'static) -> Self {
        self.rate_limit = Arc::new(limit);
        self
    }

    /// The key of [`SecurityIntegration::encrypt_payload`](super::SecurityIntegration::encrypt_payload).
    #[must_use]
    pub fn encryption_key(mut self, key: EncryptionKey) -> Self {
        self.encryption_key = Some(key);
        self
    }

    /// Who uses the dashboard, for the audit.
    #[must_use]
    pub fn user(mut self, user: impl Fn() -> Option<String> + Send + Sync + 'static) -> Self {
        self.user = Some(Arc::new(user));
        self
    }

    /// Where the audit goes; to the hub, as events, unless said. `sink` must not wait.
    #[must_use]
    pub fn audit(mut self, sink: impl Fn(DashboardEvent) + Send + Sync + 'static) -> Self {
        self.audit = Some(Arc::new(sink));
        self
    }
}

impl fmt::Debug for SecurityOptions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("SecurityOptions")
            .field("keys", &self.keys)
            .field("trusts_registered_keys", &self.trusts_registered_keys)
            .field("requires_signature", &self.requires_signature)
            .finish_non_exhaustive()
    }
}
