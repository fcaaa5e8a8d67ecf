//! The secrets by which dashboards and operators are let in: files of one line that only their owner can read.

use std::{
    fmt, fs,
    io::Write,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use base64::Engine;
use mission_control_protocol::{ErrorCode, ProtocolError};

use crate::HubError;

/// Random bytes of a token.
const TOKEN_BYTES: usize = 32;

/// Shortest token accepted from a file that somebody else wrote.
const SHORTEST_TOKEN: usize = 16;

/// The two tokens, and where they are kept.
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

impl Tokens {
    /// Reads the tokens under `data_directory`, and makes those that are missing.
    pub(crate) fn open(data_directory: &Path) -> Result<Self, HubError> {
        let directory = data_directory.join("tokens");
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&directory)
            .map_err(|source| HubError::File { path: directory.clone(), source })?;
        let dashboard_file = directory.join("dashboard.token");
        let operator_file = directory.join("operator.token");
        Ok(Self {
            dashboard: Token::open(&dashboard_file)?,
            operator: Token::open(&operator_file)?,
            dashboard_file,
            operator_file,
        })
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
        let token = Self::generate().map_err(file_error)?;
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

    fn generate() -> std::io::Result<Self> {
        let mut bytes = [0; TOKEN_BYTES];
        getrandom::fill(&mut bytes).map_err(|error| std::io::Error::other(error.to_string()))?;
        Ok(Self(base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)))
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
        let first = Tokens::open(directory.path()).unwrap();
        let second = Tokens::open(directory.path()).unwrap();
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
        let tokens = Tokens::open(directory.path()).unwrap();
        fs::set_permissions(&tokens.operator_file, fs::Permissions::from_mode(0o644)).unwrap();
        Tokens::open(directory.path()).unwrap();
        assert_eq!(fs::metadata(&tokens.operator_file).unwrap().permissions().mode() & 0o777, 0o600);
        fs::write(&tokens.operator_file, "short\n").unwrap();
        assert!(matches!(Tokens::open(directory.path()), Err(HubError::BadFile { .. })));
    }

    #[test]
    fn a_missing_token_is_told_apart_from_a_wrong_one() {
        let token = Token::generate().unwrap();
        assert_eq!(token.check("", "x").unwrap_err().code, ErrorCode::TokenMissing);
        assert_eq!(token.check("wrong", "x").unwrap_err().code, ErrorCode::TokenInvalid);
        assert!(token.check(&token.0, "x").is_ok());
    }
}
