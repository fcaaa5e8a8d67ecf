//! The tokens that operators had made: which there are, which were revoked, and who used them. Pure state; only hashes of
//! the secrets are in it.

use std::collections::HashMap;

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use mission_control_protocol::{
    DashboardId, DashboardToken, ErrorCode, OperatorId, ProtocolError, Timestamp, TokenId, TokenSecret,
    access::LABEL_MAX_LENGTH,
};
use serde::{Deserialize, Serialize};

/// What the secret of a dashboard's token begins with, so that it is recognised where it does not belong.
pub(super) const PREFIX: &str = "mcd_";

/// Tokens in force at most.
const IN_FORCE: usize = 1_000;

/// Revoked tokens that are remembered, to be told apart from those that never were.
const REVOKED: usize = 200;

/// One token that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Issued {
    #[serde(flatten)]
    pub(super) token: DashboardToken,
    /// SHA-256 of the secret. The secret is random and long: nothing slower is needed to keep it from being guessed.
    pub(super) hash: Hash,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) revoked: Option<Revoked>,
}

/// When a token was revoked, and by whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Revoked {
    pub(super) at: Timestamp,
    pub(super) by: OperatorId,
}

/// SHA-256 of a secret, as text.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Hash(String);

impl Hash {
    pub(super) fn of(secret: &str) -> Self {
        Self(URL_SAFE_NO_PAD.encode(digest(&SHA256, secret.as_bytes())))
    }
}

/// All that were made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Ledger {
    /// The oldest first.
    pub(super) issued: Vec<Issued>,
}

/// What a hash stands for.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Standing {
    InForce(TokenId),
    /// What its bearer is told.
    Revoked(ProtocolError),
}

impl Ledger {
    /// Takes up a new token. The secret is not kept.
    ///
    /// # Errors
    /// `INVALID_MESSAGE` when the label is none, or there are too many tokens.
    pub(super) fn create(
        &mut self,
        id: TokenId,
        label: &str,
        by: OperatorId,
        at: Timestamp,
        secret: &TokenSecret,
    ) -> Result<DashboardToken, ProtocolError> {
        let label = label.trim();
        let length = label.chars().count();
        if !(1..=LABEL_MAX_LENGTH).contains(&length) || label.chars().any(char::is_control) {
            return Err(invalid(format!(
                "the label of a token is one line of 1 to {LABEL_MAX_LENGTH} characters; this has {length}."
            )));
        }
        if self.in_force().count() >= IN_FORCE {
            return Err(invalid(format!(
                "this hub has {IN_FORCE} tokens already; revoke some that nobody uses."
            )));
        }
        let token = DashboardToken {
            id,
            label: label.to_owned(),
            created_at: at,
            created_by: by,
            last_used_at: None,
            last_used_by: None,
        };
        self.issued.push(Issued { token: token.clone(), hash: Hash::of(&secret.0), revoked: None });
        Ok(token)
    }

    /// Takes a token back that could not be kept.
    pub(super) fn forget(&mut self, id: &TokenId) {
        self.issued.retain(|issued| issued.token.id != *id);
    }

    /// Revokes a token. `None` when it was revoked already.
    ///
    /// # Errors
    /// `INVALID_MESSAGE` when there is none with this id.
    pub(super) fn revoke(
        &mut self,
        id: &TokenId,
        by: OperatorId,
        at: Timestamp,
    ) -> Result<Option<DashboardToken>, ProtocolError> {
        let Some(issued) = self.issued.iter_mut().find(|issued| issued.token.id == *id) else {
            return Err(invalid(format!("this hub has made no token {id}, or has forgotten it.")));
        };
        if issued.revoked.is_some() {
            return Ok(None);
        }
        issued.revoked = Some(Revoked { at, by });
        let token = issued.token.clone();
        let mut surplus = self.issued.iter().filter(|issued| issued.revoked.is_some()).count();
        self.issued.retain(|issued| {
            let goes = surplus > REVOKED && issued.revoked.is_some();
            surplus -= usize::from(goes);
            !goes
        });
        Ok(Some(token))
    }

    /// A dashboard has registered with a token. False when that changes nothing.
    pub(super) fn used(&mut self, id: &TokenId, by: DashboardId, at: Timestamp) -> bool {
        let Some(issued) = self.issued.iter_mut().find(|issued| issued.token.id == *id) else { return false };
        issued.token.last_used_at = Some(at);
        issued.token.last_used_by = Some(by);
        true
    }

    /// Those that let somebody in, the oldest first.
    pub(super) fn in_force(&self) -> impl Iterator<Item = &DashboardToken> {
        self.issued.iter().filter(|issued| issued.revoked.is_none()).map(|issued| &issued.token)
    }

    /// What each hash stands for.
    pub(super) fn standings(&self) -> HashMap<Hash, Standing> {
        let standing = |issued: &Issued| match &issued.revoked {
            None => Standing::InForce(issued.token.id.clone()),
            Some(revoked) => Standing::Revoked(revoked_error(&issued.token, revoked)),
        };
        self.issued.iter().map(|issued| (issued.hash.clone(), standing(issued))).collect()
    }
}

/// What the bearer of a revoked token is told.
pub(super) fn revoked_error(token: &DashboardToken, revoked: &Revoked) -> ProtocolError {
    ProtocolError::new(
        ErrorCode::TokenInvalid,
        format!(
            "this token ({:?}) was revoked by {} at {}; ask an operator for a new one.",
            token.label, revoked.by, revoked.at
        ),
    )
}

fn invalid(message: String) -> ProtocolError {
    ProtocolError::new(ErrorCode::InvalidMessage, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: usize) -> TokenId {
        TokenId::new(&number.to_string()).unwrap()
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_milliseconds(second * 1_000)
    }

    fn amara() -> OperatorId {
        OperatorId::new("amara").unwrap()
    }

    fn secret(number: usize) -> TokenSecret {
        TokenSecret(format!("secret-{number}"))
    }

    fn with(ledger: &mut Ledger, number: usize) -> DashboardToken {
        ledger.create(id(number), " Hall 3 ", amara(), at(1), &secret(number)).unwrap()
    }

    #[test]
    fn a_token_lets_in_until_it_is_revoked_and_its_secret_is_nowhere() {
        let mut ledger = Ledger::default();
        let token = with(&mut ledger, 1);
        assert_eq!((token.label.as_str(), token.last_used_at), ("Hall 3", None));
        let hash = Hash::of("secret-1");
        assert_eq!(ledger.standings()[&hash], Standing::InForce(id(1)));
        assert!(!format!("{ledger:?}").contains("secret-1"));
        assert!(!serde_json::to_string(&ledger.issued).unwrap().contains("secret-1"));

        assert!(ledger.used(&id(1), DashboardId::new("energy-01").unwrap(), at(2)));
        assert_eq!(ledger.in_force().next().unwrap().last_used_at, Some(at(2)));
        assert!(ledger.revoke(&id(1), amara(), at(3)).unwrap().is_some());
        assert!(ledger.revoke(&id(1), amara(), at(4)).unwrap().is_none(), "once is enough");
        assert!(ledger.revoke(&id(2), amara(), at(4)).is_err());
        let Standing::Revoked(error) = &ledger.standings()[&hash] else { panic!("it is in force") };
        assert!(error.message.contains("revoked by amara"), "{}", error.message);
        assert_eq!(ledger.in_force().count(), 0);
    }

    #[test]
    fn a_label_is_one_short_line() {
        let mut ledger = Ledger::default();
        for label in ["", "  ", "two\nlines", &"x".repeat(81)] {
            let refused = ledger.create(id(1), label, amara(), at(1), &secret(1)).unwrap_err();
            assert_eq!(refused.code, ErrorCode::InvalidMessage);
        }
        assert!(ledger.create(id(1), &"ü".repeat(80), amara(), at(1), &secret(1)).is_ok());
    }

    #[test]
    fn there_are_bounds() {
        let mut ledger = Ledger::default();
        for number in 0..IN_FORCE {
            with(&mut ledger, number);
        }
        assert!(ledger.create(id(IN_FORCE), "one more", amara(), at(1), &secret(IN_FORCE)).is_err());
        for number in 0..REVOKED + 5 {
            ledger.revoke(&id(number), amara(), at(2)).unwrap();
        }
        assert_eq!(ledger.issued.len(), IN_FORCE - 5, "the oldest revoked ones are forgotten");
        assert!(!ledger.standings().contains_key(&Hash::of("secret-0")));
    }
}
