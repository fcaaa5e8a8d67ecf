//! What each of the plan's seventeen commands does.

use mission_control_protocol::{Command, Severity};
use serde_json::{Value, json};

use super::{
    Model,
    ingestion::{Job, Mode},
    output::Applied,
};

fn text<'a>(payload: &'a Value, key: &str) -> Result<&'a str, String> {
    payload.get(key).and_then(Value::as_str).ok_or_else(|| format!("the payload lacks {key}"))
}

impl Model {
    /// Executes `command`. The payload has been checked against the declared schema; what the schema cannot say is
    /// checked here.
    pub fn apply(&mut self, command: &Command) -> Applied {
        match self.try_apply(command) {
            Ok(applied) => applied,
            Err(error) => Applied::Done(Err(error)),
        }
    }

    fn try_apply(&mut self, command: &Command) -> Result<Applied, String> {
        let payload = &command.payload;
        if !self.services.are_up() && needs_services(&command.kind) {
            let why = if self.services.are_restarting() {
                "restarting; try again in a moment"
            } else {
                "down; restart them first"
            };
            return Err(format!("the services are {why}"));
        }
        let done = |value: Value| Ok(Applied::Done(Ok(value)));
        match command.kind.as_str() {
            "INGEST_DATA" => {
                let job = self.ingestion_job(command)?;
                self.ingestion.enqueue(job)?;
                Ok(Applied::Pending)
            }
            "REFRESH_DATA" => {
                let job = Job {
                    source: self.ingestion.source().to_owned(),
                    records: 0,
                    mode: Mode::Refresh,
                    duration: 900.0 + 900.0 * self.rng.f64(),
                    command: Some(command.id.clone()),
                };
                self.ingestion.enqueue(job)?;
                Ok(Applied::Pending)
            }
            "CLEAR_DATA" => {
                let removed = self.data.clear();
                // Nothing comes back by itself before the operator has seen it gone.
                self.ingestion.postpone(self.settings.ingestion_interval.max(45_000.0));
                self.out.event("DATA_CLEARED", Severity::Warning, json!({"recordCount": removed}));
                done(json!({"success": true, "removed": removed}))
            }
            "EXPORT_DATA" => self.export(text(payload, "format")?).map(|value| Applied::Done(Ok(value))),
            "NAVIGATE_TAB" => {
                let tab = text(payload, "tabId")?;
                self.usage.navigate(tab)?;
                self.out.event("TAB_CHANGED", Severity::Info, json!({"tab": tab}));
                done(json!({"success": true, "tab": tab}))
            }
            "OPEN_MODAL" => {
                let modal = text(payload, "modalId")?;
                self.usage.open_modal(modal)?;
                self.out.event("MODAL_OPENED", Severity::Info, json!({"modal": modal}));
                done(json!({"success": true, "openModals": self.usage.open_modals()}))
            }
            "CLOSE_ALL_MODALS" => {
                let closed = self.usage.close_modals();
                self.out.event("MODALS_CLOSED", Severity::Info, json!({"closed": closed}));
                done(json!({"success": true, "closed": closed}))
            }
            "EXECUTE_WORKFLOW" => {
                self.start_workflow(text(payload, "workflowId")?, Some(command.id.clone()))?;
                Ok(Applied::Pending)
            }
            "START_WORKFLOW" => {
                let execution = self.start_workflow(text(payload, "workflowId")?, None)?;
                done(json!({"success": true, "executionId": execution}))
            }
            "STOP_WORKFLOW" => done(self.stop_workflow(text(payload, "executionId")?)?),
            "PAUSE_WORKFLOW" => done(self.pause_workflow(text(payload, "executionId")?)?),
            "EXECUTE_AGENT" => {
                self.execute_agent(text(payload, "agentId")?, Some(command.id.clone()))?;
                Ok(Applied::Pending)
            }
            "CANCEL_AGENT" => done(self.cancel_agent(text(payload, "executionId")?)?),
            "ENABLE_DEBUG_MODE" => done(self.set_debug(true)),
            "DISABLE_DEBUG_MODE" => done(self.set_debug(false)),
            "COLLECT_DIAGNOSTICS" => done(self.diagnostics()),
            "RESTART_SERVICES" => {
                self.restart_services(command.id.clone())?;
                Ok(Applied::Pending)
            }
            other => Err(format!("this dashboard does not know {other}")),
        }
    }

    fn ingestion_job(&mut self, command: &Command) -> Result<Job, String> {
        let source = text(&command.payload, "source")?.to_owned();
        let params = command.payload.get("params");
        let limit = params.and_then(|params| params.get("limit")).and_then(Value::as_u64);
        let mode = match params.and_then(|params| params.get("mode")).and_then(Value::as_str) {
            None | Some("append") => Mode::Append,
            Some("replace") => Mode::Replace,
            Some(other) => return Err(format!("{other} is not a mode; choose append or replace")),
        };
        let available = 2_000 + self.rng.u64(..8_000);
        Ok(Job {
            source,
            records: limit.map_or(available, |limit| limit.min(available)).max(1),
            mode,
            duration: 1_000.0 + 2_000.0 * self.rng.f64(),
            command: Some(command.id.clone()),
        })
    }

    fn export(&mut self, format: &str) -> Result<Value, String> {
        let data = self.data.export(format)?;
        self.usage.use_feature("exports");
        let exported = self.data.exported();
        self.out.event("DATA_EXPORTED", Severity::Info, json!({"format": format, "recordCount": exported}));
        Ok(json!({
            "success": true, "format": format, "data": data, "exportedRecords": exported,
            "totalRecords": self.data.count(),
        }))
    }

    pub(super) fn set_debug(&mut self, enabled: bool) -> Value {
        let changed = self.debug != enabled;
        self.debug = enabled;
        self.until_debug_trace = 0.0;
        if changed {
            self.out.event("DEBUG_MODE_CHANGED", Severity::Info, json!({"enabled": enabled}));
        }
        json!({"success": true, "debugMode": enabled, "changed": changed})
    }
}

/// Whether a command is carried out by the services, and not by the page alone.
fn needs_services(kind: &str) -> bool {
    matches!(
        kind,
        "INGEST_DATA"
            | "REFRESH_DATA"
            | "CLEAR_DATA"
            | "EXPORT_DATA"
            | "EXECUTE_WORKFLOW"
            | "START_WORKFLOW"
            | "STOP_WORKFLOW"
            | "PAUSE_WORKFLOW"
            | "EXECUTE_AGENT"
            | "CANCEL_AGENT"
    )
}
