//! The alerts a dashboard has raised and not yet taken back.

use mission_control_protocol::{
    Alert, AlertAction, Severity,
    alert::{AlertCondition, types},
};
use serde_json::{Value, json};

use super::{Model, WorkflowKind, output::Outbox};

/// Error rate at which an alert is raised, and under which it is over, in percent.
const ERROR_RATE_RAISED: f64 = 5.0;
const ERROR_RATE_OVER: f64 = 2.5;
/// How far the quality must rise over its threshold before the alert is over, in percent.
const QUALITY_MARGIN: f64 = 1.0;

#[derive(Debug, Default)]
pub(super) struct Alerts {
    quality: bool,
    error_rate: bool,
    services: bool,
    workflows: Vec<&'static str>,
}

fn action(label: &str, action: &str, payload: Option<Value>) -> AlertAction {
    AlertAction { label: label.to_owned(), action: action.to_owned(), payload }
}

fn alert(kind: &str, severity: Severity, title: &str, message: String, actions: Vec<AlertAction>) -> Alert {
    Alert {
        kind: kind.to_owned(),
        severity,
        title: title.to_owned(),
        message,
        actions,
        condition: AlertCondition::Firing,
        fingerprint: None,
    }
}

fn resolved(alert: Alert) -> Alert {
    Alert { condition: AlertCondition::Resolved, actions: Vec::new(), ..alert }
}

fn workflow_alert(kind: &WorkflowKind, message: String, actions: Vec<AlertAction>) -> Alert {
    let alert =
        alert(types::WORKFLOW_FAILURE, Severity::Error, "Workflow Execution Failed", message, actions);
    Alert { fingerprint: Some(kind.id.to_owned()), ..alert }
}

impl Alerts {
    /// How many are open.
    pub(super) fn open(&self) -> usize {
        usize::from(self.quality)
            + usize::from(self.error_rate)
            + usize::from(self.services)
            + self.workflows.len()
    }

    /// A workflow whose last execution failed.
    pub(super) fn failing_workflow(&self) -> Option<&'static str> {
        self.workflows.first().copied()
    }

    pub(super) fn workflow_failed(
        &mut self,
        kind: &WorkflowKind,
        execution: &str,
        error: &str,
        out: &mut Outbox,
    ) {
        if !self.workflows.contains(&kind.id) {
            self.workflows.push(kind.id);
        }
        let actions = vec![
            action("View Logs", "VIEW_WORKFLOW_LOGS", Some(json!({"executionId": execution}))),
            action("Retry", "RETRY_WORKFLOW", Some(json!({"workflowId": kind.id}))),
        ];
        out.alert(workflow_alert(kind, format!("Workflow \"{}\" failed: {error}", kind.name), actions));
    }

    pub(super) fn workflow_recovered(&mut self, kind: &WorkflowKind, out: &mut Outbox) {
        if let Some(index) = self.workflows.iter().position(|id| *id == kind.id) {
            self.workflows.remove(index);
            let message = format!("Workflow \"{}\" completed again.", kind.name);
            out.alert(resolved(workflow_alert(kind, message, Vec::new())));
        }
    }
}

impl Model {
    /// Raises `DATA_QUALITY` when the score falls under its threshold, and takes it back when the score is well over.
    pub(super) fn judge_quality(&mut self) {
        let (quality, threshold) = (self.data.quality(), self.settings.quality_threshold);
        let rounded = (quality * 10.0).round() / 10.0;
        let about = |message, actions| {
            alert(types::DATA_QUALITY, Severity::Warning, "Data Quality Below Threshold", message, actions)
        };
        if !self.alerts.quality && quality < threshold {
            self.alerts.quality = true;
            let source = self.ingestion.good_source();
            self.out.alert(about(
                format!("Data quality score: {rounded}%. Review data ingestion."),
                vec![
                    action("View Details", "VIEW_DATA_QUALITY", None),
                    action("Re-ingest", "REINGEST_DATA", Some(json!({"source": source}))),
                ],
            ));
        } else if self.alerts.quality && quality >= (threshold + QUALITY_MARGIN).min(100.0) {
            self.alerts.quality = false;
            self.out.alert(resolved(about(format!("Data quality score: {rounded}%."), Vec::new())));
        }
    }

    /// The same for the error rate, and for services that are down.
    pub(super) fn judge_errors(&mut self) {
        let down = self.services.are_down() && !self.services.are_restarting();
        let about_services = |message: &str, actions| {
            alert("SERVICES_DOWN", Severity::Critical, "Services Down", message.to_owned(), actions)
        };
        if down && !self.alerts.services {
            self.alerts.services = true;
            let actions = vec![
                action("Restart Services", "RESTART_SERVICES", Some(json!({}))),
                action("Collect Diagnostics", "COLLECT_DIAGNOSTICS", Some(json!({}))),
            ];
            self.out.alert(about_services("The data service does not answer: connection refused.", actions));
        } else if self.alerts.services && self.services.are_up() {
            self.alerts.services = false;
            self.out.alert(resolved(about_services("The services answer again.", Vec::new())));
        }
        let rate = self.signals.error_rate();
        let about_rate =
            |message, actions| alert("ERROR_RATE", Severity::Error, "Error Rate Above 5 %", message, actions);
        if !self.alerts.error_rate
            && self.services.are_up()
            && !self.alerts.services
            && rate > ERROR_RATE_RAISED
        {
            self.alerts.error_rate = true;
            let actions = vec![
                action("View Metrics", "VIEW_METRICS", None),
                action("Collect Diagnostics", "COLLECT_DIAGNOSTICS", Some(json!({}))),
            ];
            let message = format!(
                "{rate:.1} % of requests fail, and answers take {:.0} ms.",
                self.signals.response_time()
            );
            self.out.alert(about_rate(message, actions));
        } else if self.alerts.error_rate && rate < ERROR_RATE_OVER {
            self.alerts.error_rate = false;
            self.out.alert(resolved(about_rate(format!("{rate:.1} % of requests fail."), Vec::new())));
        }
    }
}
