//! A command of the dashboard's own, put together.

use std::{fmt, sync::Arc, time::Duration};

use mission_control_protocol::{Command, CommandDeclaration, Hazard};
use schemars::{JsonSchema, generate::SchemaSettings};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{
    error::CommandFailure,
    handlers::{AcceptedCommand, CommandContext},
};

/// A command that a dashboard accepts, being put together; [`Self::run`] ends it.
#[derive(Debug, Clone)]
#[must_use = "a command does nothing until it is registered with the client's builder"]
pub struct CommandRegistration {
    kind: String,
    title: String,
    description: String,
    hazard: Hazard,
    time_out: Option<Duration>,
}

/// A command and what runs it, for [`ClientBuilder::register_command`](crate::ClientBuilder::register_command).
#[derive(Clone)]
#[must_use = "a command does nothing until it is registered with the client's builder"]
pub struct RegisteredCommand(pub(crate) AcceptedCommand);

impl CommandRegistration {
    /// Begins a command of type `command_type`, such as `SET_SPEED`; `title` is its name for people.
    pub fn new(command_type: impl Into<String>, title: impl Into<String>) -> Self {
        Self {
            kind: command_type.into(),
            title: title.into(),
            description: String::new(),
            hazard: Hazard::None,
            time_out: None,
        }
    }

    /// What it does, in a sentence.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = description.into();
        self
    }

    /// How careful an operator should be with it; nothing to be careful of unless said.
    pub fn hazard(mut self, hazard: Hazard) -> Self {
        self.hazard = hazard;
        self
    }

    /// How long it may take; until the command expires unless said, and never longer. After that the handler is told to stop,
    /// and is given as long again (five seconds at most) to do so before it is ended and answered for.
    pub fn time_out(mut self, limit: Duration) -> Self {
        self.time_out = Some(limit);
        self
    }

    /// Does what the command says. The payload's form and its checks come from `P`; what the handler returns is what the
    /// operator sees.
    ///
    /// Each run has a thread to itself, so a handler may also compute or block. One that fails, panics, hangs, or returns something that cannot be written as JSON has failed: the operator is
    /// told, and the client goes on.
    pub fn run<P, R, F, O>(self, handler: F) -> RegisteredCommand
    where
        P: DeserializeOwned + JsonSchema + Send + 'static,
        R: Serialize + Send + 'static,
        F: Fn(P, CommandContext) -> O + Send + Sync + 'static,
        O: Future<Output = Result<R, CommandFailure>> + Send + 'static,
    {
        let declaration = CommandDeclaration {
            kind: self.kind,
            title: self.title,
            description: self.description,
            payload_schema: payload_schema::<P>(),
            hazard: self.hazard,
        };
        accept(declaration, self.time_out, handler)
    }
}

/// A declared command with a typed handler.
pub(super) fn accept<P, R, F, O>(
    declaration: CommandDeclaration,
    time_out: Option<Duration>,
    handler: F,
) -> RegisteredCommand
where
    P: DeserializeOwned + Send + 'static,
    R: Serialize + Send + 'static,
    F: Fn(P, CommandContext) -> O + Send + Sync + 'static,
    O: Future<Output = Result<R, CommandFailure>> + Send + 'static,
{
    let handler = Arc::new(handler);
    RegisteredCommand(AcceptedCommand {
        declaration,
        time_out,
        handler: Arc::new(move |command, context| {
            let handler = handler.clone();
            Box::pin(async move {
                let value = handler(read_payload(&command)?, context).await?;
                serde_json::to_value(value).map_err(|error| {
                    CommandFailure::new(format!(
                        "the command was done, but what it returned cannot be written as JSON: {error}"
                    ))
                })
            })
        }),
    })
}

fn read_payload<P: DeserializeOwned>(command: &Command) -> Result<P, CommandFailure> {
    serde_path_to_error::deserialize(&command.payload).map_err(|error| {
        let path = error.path().to_string();
        let place = if path == "." { String::new() } else { format!("/{}", path.replace('.', "/")) };
        CommandFailure::new(format!("payload{place}: {}", error.into_inner()))
    })
}

fn payload_schema<P: JsonSchema>() -> Value {
    // Within the schema, for those that draw a form from it.
    let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    settings.into_generator().into_root_schema_for::<P>().to_value()
}

impl fmt::Debug for RegisteredCommand {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("RegisteredCommand").field(&self.0.declaration).finish()
    }
}

#[cfg(test)]
mod tests {
    use mission_control_protocol::payload;
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize, JsonSchema)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    struct SetSpeed {
        /// Id of the pump.
        pump_id: String,
        #[schemars(range(min = 0, max = 3000))]
        speed: u32,
        mode: Option<Mode>,
    }

    #[derive(Debug, PartialEq, Deserialize, JsonSchema)]
    #[serde(rename_all = "lowercase")]
    enum Mode {
        Gentle,
    }

    #[test]
    fn the_form_is_drawn_from_the_payload_s_type() {
        let command = CommandRegistration::new("SET_SPEED", "Set speed")
            .hazard(Hazard::Disruptive)
            .run(|_: SetSpeed, _| async { Ok(()) });
        let declaration = &command.0.declaration;
        assert_eq!(declaration.payload_schema["properties"]["pumpId"]["description"], "Id of the pump.");
        assert!(!declaration.payload_schema.to_string().contains("$ref"));
        let problems = |value: &Value| payload::validate(&declaration.payload_schema, value).unwrap().len();
        assert_eq!(problems(&json!({"pumpId": "p", "speed": 3000, "mode": "gentle"})), 0);
        for wrong in
            [json!({}), json!({"pumpId": "p", "speed": 3001}), json!({"pumpId": "p", "speed": 1, "x": 1})]
        {
            assert_ne!(problems(&wrong), 0, "{wrong}");
        }
    }

    #[test]
    fn a_payload_of_another_type_is_pointed_at() {
        let command = |payload: Value| {
            serde_json::from_value::<Command>(json!({
                "id": "c", "type": "SET_SPEED", "payload": payload, "dashboardId": "d", "issuedBy": "ada",
                "issuedAt": "2026-11-22T20:00:00.000Z", "expiresAt": "2026-11-22T20:05:00.000Z",
            }))
            .unwrap()
        };
        let read = |payload| read_payload::<SetSpeed>(&command(payload));
        let expected = SetSpeed { pump_id: "p".into(), speed: 7, mode: Some(Mode::Gentle) };
        assert_eq!(read(json!({"pumpId": "p", "speed": 7, "mode": "gentle"})), Ok(expected));
        let message = read(json!({"pumpId": "p", "speed": "fast"})).unwrap_err().to_string();
        assert!(message.starts_with("payload/speed: "), "{message}");
    }
}
