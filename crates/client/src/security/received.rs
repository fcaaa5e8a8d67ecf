//! A command as it came.

use mission_control_protocol::Command;
use serde::Deserialize;
use serde_json::Value;

/// A command with its signature, and the JSON that the signature is over.
#[derive(Debug, Clone, PartialEq)]
pub struct ReceivedCommand {
    pub(crate) command: Command,
    pub(crate) signature: Option<Signature>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Signature {
    pub(crate) text: String,
    /// The command as it came, with the fields that this version does not know; what cannot be read is signed by nobody.
    pub(crate) signed: Option<Value>,
}

impl ReceivedCommand {
    /// A command whose JSON is all that this version knows of it.
    #[must_use]
    pub fn new(command: Command, signature: Option<String>) -> Self {
        let signed = |command: &Command| serde_json::to_value(command).ok();
        let signature = signature.map(|text| Signature { text, signed: signed(&command) });
        Self { command, signature }
    }

    /// What a `COMMAND` message holds; `message` is its text, whose `command` is what was signed.
    #[must_use]
    pub fn from_message(command: Command, signature: Option<String>, message: &str) -> Self {
        #[derive(Deserialize)]
        struct Message {
            command: Value,
        }
        let signed = || serde_json::from_str::<Message>(message).ok().map(|message| message.command);
        Self { command, signature: signature.map(|text| Signature { text, signed: signed() }) }
    }

    /// The command.
    #[must_use]
    pub fn command(&self) -> &Command {
        &self.command
    }

    pub(crate) fn into_command(self) -> Command {
        self.command
    }
}
