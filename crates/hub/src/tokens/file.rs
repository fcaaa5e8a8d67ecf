//! The file of the tokens that operators had made: `tokens/dashboards.json`, for its owner's eyes only.

use std::{
    fs,
    io::{self, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::issued::{Issued, Ledger};
use crate::{HubError, clock};

/// The form this version reads and writes.
const FORM: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Contents {
    form: u32,
    tokens: Vec<Issued>,
}

/// Where the tokens are kept.
#[derive(Debug, Clone)]
pub(super) struct TokenFile(PathBuf);

impl TokenFile {
    pub(super) fn new(directory: &Path) -> Self {
        Self(directory.join("dashboards.json"))
    }

    /// What the file holds, and what operators should know of it. A file that cannot be understood is set aside: its
    /// tokens let nobody in then, which is the safe way round, and the hub runs.
    pub(super) fn open(&self) -> Result<(Ledger, Option<String>), HubError> {
        let file_error = |source| HubError::File { path: self.0.clone(), source };
        let text = match fs::read(&self.0) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok((Ledger::default(), None)),
            Err(error) => return Err(file_error(error)),
        };
        // A file copied from elsewhere may be readable by others.
        fs::set_permissions(&self.0, fs::Permissions::from_mode(0o600)).map_err(file_error)?;
        let problem = match serde_json::from_slice::<Contents>(&text) {
            Ok(contents) if contents.form == FORM => return Ok((Ledger { issued: contents.tokens }, None)),
            Ok(contents) => format!("it has form {}, and this version reads form {FORM}", contents.form),
            Err(error) => error.to_string(),
        };
        let aside = self.0.with_extension(format!("json.set-aside-{}", clock::now().as_milliseconds()));
        fs::rename(&self.0, &aside).map_err(file_error)?;
        let note = format!(
            "The hub's file of tokens could not be read ({problem}) and was set aside as {}. The tokens in it let nobody \
             in. Make new ones; or stop the hub, put a backup in its place, and start it again.",
            aside.display()
        );
        tracing::error!("{note}");
        Ok((Ledger::default(), Some(note)))
    }

    /// Writes all of it, whole or not at all.
    pub(super) fn write(&self, ledger: &Ledger) -> io::Result<()> {
        let contents = Contents { form: FORM, tokens: ledger.issued.clone() };
        let mut text = serde_json::to_vec_pretty(&contents)?;
        text.push(b'\n');
        let unfinished = self.0.with_extension("json.new");
        let mut file =
            fs::OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&unfinished)?;
        file.write_all(&text)?;
        file.sync_all()?;
        fs::rename(&unfinished, &self.0)?;
        match self.0.parent() {
            Some(directory) => fs::File::open(directory)?.sync_all(),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use mission_control_protocol::{OperatorId, Timestamp, TokenId, TokenSecret};

    use super::*;

    fn ledger() -> Ledger {
        let mut ledger = Ledger::default();
        let by = OperatorId::new("amara").unwrap();
        let at = Timestamp::from_milliseconds(1_000);
        for number in ["1", "2"] {
            let secret = TokenSecret(format!("secret-{number}"));
            ledger.create(TokenId::new(number).unwrap(), "Hall 3", by.clone(), at, &secret).unwrap();
        }
        ledger.revoke(&TokenId::new("1").unwrap(), by, at).unwrap();
        ledger
    }

    #[test]
    fn what_is_written_is_read_and_is_its_owner_s_alone() {
        let directory = tempfile::tempdir().unwrap();
        let file = TokenFile::new(directory.path());
        assert_eq!(file.open().unwrap(), (Ledger::default(), None), "no file is no token");
        file.write(&ledger()).unwrap();
        file.write(&ledger()).unwrap();
        assert_eq!(file.open().unwrap(), (ledger(), None));
        assert_eq!(fs::metadata(&file.0).unwrap().permissions().mode() & 0o777, 0o600);
        fs::set_permissions(&file.0, fs::Permissions::from_mode(0o644)).unwrap();
        file.open().unwrap();
        assert_eq!(fs::metadata(&file.0).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(!fs::read_to_string(&file.0).unwrap().contains("secret-"));
    }

    #[test]
    fn a_damaged_file_lets_nobody_in_and_is_kept() {
        for damaged in ["", "{", r#"{"form":99,"tokens":[]}"#, r#"{"form":1,"tokens":[{}]}"#] {
            let directory = tempfile::tempdir().unwrap();
            let file = TokenFile::new(directory.path());
            fs::write(&file.0, damaged).unwrap();
            let (read, note) = file.open().unwrap();
            assert_eq!(read, Ledger::default());
            assert!(note.unwrap().contains("set aside"));
            let kept: Vec<_> =
                fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
            assert_eq!(kept.len(), 1);
            assert_eq!(fs::read_to_string(&kept[0]).unwrap(), damaged);
        }
    }
}
