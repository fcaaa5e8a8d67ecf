//! The secrets by which dashboards and operators are let in: one shared token of each role, in files of one line that only
//! their owner can read, and the tokens that operators had made for single dashboards.

mod file;
mod issued;
mod office;

use std::{
    fmt, fs,
    io::Write,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use base64::Engine;
use mission_control_protocol::{AttemptReason, ErrorCode, ProtocolError, TokenId};

pub(crate) use self::office::{IssuedTokens, TokenArchive};
use self::{file::TokenFile, issued::Standing};
use crate::HubError;

/// Random bytes of a token.
const TOKEN_BYTES: usize = 32;

/// Shortest token accepted from a file that somebody else wrote.
const SHORTEST_TOKEN: usize = 16;

/// The two shared tokens, and where they are kept.
#[derive(Debug)]
pub(crate) struct Tokens {
    pub(crate) dashboard: Token,
    pub(crate) operator: Token,
    pub(crate) dashboard_file: PathBuf,
    pub(crate) operator_file: PathBuf,
}

/// One token.
pub(crate) struct Token(String);

impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Token")
    }
}

/// A dashboard's token was not accepted: what its bearer is told, and why in a word.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TokenRefusal {
    pub(crate) error: ProtocolError,
    pub(crate) reason: AttemptReason,
}

impl Tokens {
    /// Reads the tokens under `data_directory`, and makes the shared ones that are missing.
    pub(crate) fn open(data_directory: &Path) -> Result<(Self, TokenArchive), HubError> {
        let directory = data_directory.join("tokens");
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&directory)
            .map_err(|source| HubError::File { path: directory.clone(), source })?;
        let dashboard_file = directory.join("dashboard.token");
        let operator_file = directory.join("operator.token");
        let file = TokenFile::new(&directory);
        let (ledger, note) = file.open()?;
        let tokens = Self {
            dashboard: Token::open(&dashboard_file)?,
            operator: Token::open(&operator_file)?,
            dashboard_file,
            operator_file,
        };
        Ok((tokens, TokenArchive { file, ledger, note }))
    }

    /// Lets a dashboard in, with the id of the token it shows, unless that is the shared one.
    pub(crate) fn admit(
        &self,
        issued: &IssuedTokens,
        presented: &str,
    ) -> Result<Option<TokenId>, TokenRefusal> {
        let refused = |error| {
            let reason = match error {
                ProtocolError { code: ErrorCode::TokenMissing, .. } => AttemptReason::TokenMissing,
                _ => AttemptReason::TokenUnknown,
            };
            TokenRefusal { error, reason }
        };
        let Err(error) = self.dashboard.check(presented, "dashboard.token") else { return Ok(None) };
        match issued.standing(presented) {
            Some(Standing::InForce(id)) => Ok(Some(id)),
            Some(Standing::Revoked(error)) => {
                Err(TokenRefusal { error, reason: AttemptReason::TokenRevoked })
            }
            None if self.operator.matches(presented) => Err(refused(ProtocolError::new(
                ErrorCode::TokenInvalid,
                "this is the hub's operator token, which is not for dashboards; use a dashboard token.",
            ))),
            None => Err(refused(error)),
        }
    }
}

impl Token {
    fn open(path: &Path) -> Result<Self, HubError> {
        let file_error = |source| HubError::File { path: path.to_owned(), source };
        if path.exists() {
            // A file copied from elsewhere may be readable by others.
            fs::set_permissions(path, fs::Permissions::from_mode(0o600)).map_err(file_error)?;
            let text = fs::read_to_string(path).map_err(file_error)?;
            let token = text.trim();
            if token.len() < SHORTEST_TOKEN || token.contains(char::is_whitespace) {
                let reason = "a token is one line of at least 16 characters";
                return Err(HubError::BadFile { path: path.to_owned(), reason });
            }
            return Ok(Self(token.to_owned()));
        }
        let token = Self(Self::random().map_err(file_error)?);
        // Written whole under another name first, so that a crash leaves no half token.
        let unfinished = path.with_extension("token.new");
        let write = || {
            let mut file = fs::OpenOptions::new()
                .create(true)
                .truncate(true)
                .write(true)
                .mode(0o600)
                .open(&unfinished)?;
            writeln!(file, "{}", token.0)?;
            file.sync_all()?;
            fs::rename(&unfinished, path)
        };
        write().map_err(file_error)?;
        Ok(token)
    }

    /// A new secret.
    fn random() -> std::io::Result<String> {
        let mut bytes = [0; TOKEN_BYTES];
        getrandom::fill(&mut bytes).map_err(|error| std::io::Error::other(error.to_string()))?;
        Ok(base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes))
    }

    /// Lets in whoever presents this token. `file` names where it can be found, for the one who is refused.
    pub(crate) fn check(&self, presented: &str, file: &str) -> Result<(), ProtocolError> {
        if presented.is_empty() {
            return Err(ProtocolError::new(
                ErrorCode::TokenMissing,
                format!("`token` is missing; the hub keeps it in tokens/{file} of its data directory."),
            ));
        }
        if !self.matches(presented) {
            return Err(ProtocolError::new(
                ErrorCode::TokenInvalid,
                format!(
                    "this token is not valid here; the hub keeps the right one in tokens/{file} of its data directory."
                ),
            ));
        }
        Ok(())
    }

    /// Takes as long for a token that is nearly right as for one that is all wrong.
    fn matches(&self, presented: &str) -> bool {
        aws_lc_rs::constant_time::verify_slices_are_equal(self.0.as_bytes(), presented.as_bytes()).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_made_once_and_only_their_owner_can_read_them() {
        let directory = tempfile::tempdir().unwrap();
        let (first, _) = Tokens::open(directory.path()).unwrap();
        let (second, _) = Tokens::open(directory.path()).unwrap();
        assert!(first.dashboard.matches(&second.dashboard.0));
        assert!(first.operator.matches(&second.operator.0));
        assert!(!first.operator.matches(&second.dashboard.0));
        for file in [&first.dashboard_file, &first.operator_file] {
            assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
            assert_eq!(fs::read_to_string(file).unwrap().lines().count(), 1);
        }
    }

    #[test]
    fn a_readable_file_is_closed_and_a_short_one_refused() {
        let directory = tempfile::tempdir().unwrap();
        let (tokens, _) = Tokens::open(directory.path()).unwrap();
        fs::set_permissions(&tokens.operator_file, fs::Permissions::from_mode(0o644)).unwrap();
        Tokens::open(directory.path()).unwrap();
        assert_eq!(fs::metadata(&tokens.operator_file).unwrap().permissions().mode() & 0o777, 0o600);
        fs::write(&tokens.operator_file, "short\n").unwrap();
        assert!(matches!(Tokens::open(directory.path()), Err(HubError::BadFile { .. })));
    }

    #[test]
    fn a_missing_token_is_told_apart_from_a_wrong_one() {
        let token = Token(Token::random().unwrap());
        assert_eq!(token.check("", "x").unwrap_err().code, ErrorCode::TokenMissing);
        assert_eq!(token.check("wrong", "x").unwrap_err().code, ErrorCode::TokenInvalid);
        assert!(token.check(&token.0, "x").is_ok());
    }
}
