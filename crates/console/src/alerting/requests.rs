//! What the UI asks about alerts: each request method has the name of its Tauri command.

use mission_control_protocol::{
    AlertId, OperatorId, Record, RecordKind, Timestamp,
    operator_wire::{OperatorReply, OperatorRequest},
};
use mission_control_store::{LogReader, ONLY_PARTITION, RecordFilter, StoreError, rules::RuleFile};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{back_test, statistics};
use crate::{
    core::CoreRequest,
    handle::ConsoleHandle,
    metrics::Turns,
    view::{
        HubKey,
        alert_changes::{AlertingChange, AlertingChanged, ChangeAlerting, EventsAround, EventsAroundRequest},
        alert_statistics::{AlertStatistics, AlertStatisticsRequest},
        requests::{RequestError, RequestErrorCode},
        rules::{BackTestRequest, BackTestView},
    },
};

/// Longest time on the shelf, in minutes: 30 days.
const SHELF_MINUTES: u32 = 30 * 24 * 60;

/// Events shown around an alert at most.
const AROUND: u32 = 200;

/// Records looked at for them at most.
const LOOK_AT: u64 = 500_000;

/// Whose turn it is, for each kind of request that reads the logs.
#[derive(Debug, Clone, Default)]
pub(crate) struct AlertingTurns {
    back_test: Turns,
    statistics: Turns,
}

impl ConsoleHandle {
    /// Takes an alert up.
    ///
    /// # Errors
    /// [`RequestErrorCode::Refused`] when its state does not allow it, and those of the connection.
    pub async fn acknowledge_alert(
        &self,
        hub: HubKey,
        alert_id: AlertId,
        note: Option<String>,
    ) -> Result<(), RequestError> {
        self.require_changeable(hub).await?;
        self.take_up(hub, alert_id, note).await
    }

    pub(crate) async fn take_up(
        &self,
        hub: HubKey,
        alert_id: AlertId,
        note: Option<String>,
    ) -> Result<(), RequestError> {
        let note = said(note);
        self.ask_hub(hub, OperatorRequest::AcknowledgeAlert { alert_id, note }).await.map(|_| ())
    }

    /// Says that an alert is over.
    ///
    /// # Errors
    /// As [`Self::acknowledge_alert`].
    pub async fn resolve_alert(
        &self,
        hub: HubKey,
        alert_id: AlertId,
        note: Option<String>,
    ) -> Result<(), RequestError> {
        self.require_changeable(hub).await?;
        let note = said(note);
        self.ask_hub(hub, OperatorRequest::ResolveAlert { alert_id, note }).await.map(|_| ())
    }

    /// Changes something about alerts: who has one, a silence, a rule, and the like.
    ///
    /// # Errors
    /// [`RequestErrorCode::InvalidInput`] naming the field, [`RequestErrorCode::InThePast`],
    /// [`RequestErrorCode::Refused`] by the hub, and those of the connection.
    pub async fn change_alerting(&self, request: ChangeAlerting) -> Result<AlertingChanged, RequestError> {
        let hub = request.hub;
        self.require_changeable(hub).await?;
        let (_, now) = self.ask_core(|reply| CoreRequest::Operator { reply }).await?;
        let asked = operator_request(request.change, now)?;
        match self.ask_hub(hub, asked).await? {
            OperatorReply::Rules { saved, warnings } => Ok(AlertingChanged {
                rules: saved.into_iter().map(|saved| saved.rule_id).collect(),
                warnings,
            }),
            _ => Ok(AlertingChanged::default()),
        }
    }

    /// The rules of a hub as TOML, as `import_rules` takes them; those that were never changed too.
    ///
    /// # Errors
    /// [`RequestErrorCode::HubUnknown`]; [`RequestErrorCode::InvalidInput`] when a rule has no TOML form.
    pub async fn export_rules(&self, hub: HubKey) -> Result<String, RequestError> {
        let rules = self.ask_core(|reply| CoreRequest::Rules { hub, reply }).await?;
        RuleFile { rules, inhibitions: Vec::new() }.write().map_err(invalid)
    }

    /// What a rule would have done, by the log that is here.
    ///
    /// # Errors
    /// [`RequestErrorCode::InvalidInput`] naming the field, [`RequestErrorCode::Superseded`] by a newer request or when
    /// it is cancelled, [`RequestErrorCode::CacheUnavailable`].
    pub async fn back_test_rule(&self, request: BackTestRequest) -> Result<BackTestView, RequestError> {
        let turn = self.alerting_turns.back_test.take();
        let rule = read("rule", request.rule)?;
        let sources = self.ask_core(|reply| CoreRequest::MetricsSources { reply }).await?;
        let source = sources.into_iter().find(|source| source.hub == request.hub).ok_or_else(|| {
            RequestError::new(
                RequestErrorCode::HubUnknown,
                "This console follows no such hub; it may have been removed.",
            )
        })?;
        let span = (request.from, request.to);
        let run = move || back_test::run(&source, &rule, span, &turn);
        tokio::task::spawn_blocking(run).await.map_err(unreadable)?
    }

    /// Ends a back-test that is under way; without one, nothing.
    pub fn cancel_back_test(&self) {
        let _ = self.alerting_turns.back_test.take();
    }

    /// How noisy alerts were in a span, and how fast they were dealt with.
    ///
    /// # Errors
    /// [`RequestErrorCode::InvalidInput`] for a span that cannot be, [`RequestErrorCode::Superseded`] by a newer
    /// request. A hub whose history cannot be read is named in the answer.
    pub async fn alert_statistics(
        &self,
        request: AlertStatisticsRequest,
    ) -> Result<AlertStatistics, RequestError> {
        let turn = self.alerting_turns.statistics.take();
        let sources = self.ask_core(|reply| CoreRequest::MetricsSources { reply }).await?;
        let titles = self.ask_core(|reply| CoreRequest::RuleTitles { reply }).await?;
        let run = move || statistics::count(&sources, &titles, &request, &turn);
        tokio::task::spawn_blocking(run).await.map_err(unreadable)?
    }

    /// What happened on a dashboard around an instant.
    ///
    /// # Errors
    /// [`RequestErrorCode::InvalidInput`] for a span that ends before it begins,
    /// [`RequestErrorCode::CacheUnavailable`].
    pub async fn events_around(&self, request: EventsAroundRequest) -> Result<EventsAround, RequestError> {
        if request.from >= request.to {
            return Err(invalid("Span: it ends before it begins. Choose a start before the end.".to_owned()));
        }
        let hub = request.dashboard.hub;
        let path = self.ask_core(|reply| CoreRequest::LogPath { hub, reply }).await?;
        let (records, is_partial) = tokio::task::spawn_blocking(move || around(&path, &request))
            .await
            .map_err(unreadable)?
            .map_err(unreadable)?;
        let events = self.ask_core(|reply| CoreRequest::EventRows { hub, records, reply }).await?;
        Ok(EventsAround { events, is_partial })
    }
}

/// The records of one dashboard in a span, newest first, and whether there are more.
fn around(path: &std::path::Path, request: &EventsAroundRequest) -> Result<(Vec<Record>, bool), StoreError> {
    let mut reader = LogReader::open(path)?;
    let filter = RecordFilter {
        dashboard: Some(request.dashboard.dashboard_id.clone()),
        kinds: vec![
            RecordKind::Event,
            RecordKind::Command,
            RecordKind::Connection,
            RecordKind::Registration,
            RecordKind::Configuration,
            RecordKind::WorkflowUpdate,
            RecordKind::Alert,
        ],
    };
    let first = reader.seq_at(ONLY_PARTITION, request.from)?;
    let end = reader.seq_at(ONLY_PARTITION, request.to.plus_milliseconds(1))?;
    let look_at = end.saturating_sub(first).min(LOOK_AT);
    let page = reader.newest(ONLY_PARTITION, &filter, end, request.limit.clamp(1, AROUND), look_at)?;
    let is_partial = page.next_before_seq.is_some_and(|before| before > first);
    Ok((page.records.into_iter().filter(|record| record.seq >= first).collect(), is_partial))
}

fn invalid(message: String) -> RequestError {
    RequestError::new(RequestErrorCode::InvalidInput, message)
}

fn unreadable(error: impl std::fmt::Display) -> RequestError {
    RequestError::new(RequestErrorCode::CacheUnavailable, format!("The history cannot be read: {error}."))
}

/// A remark, where something was said.
fn said(note: Option<String>) -> Option<String> {
    note.map(|note| note.trim().to_owned()).filter(|note| !note.is_empty())
}

/// Reads what is saved whole.
fn read<T: DeserializeOwned>(what: &str, value: Value) -> Result<T, RequestError> {
    serde_json::from_value(value).map_err(|error| invalid(format!("The {what} cannot be read: {error}.")))
}

/// The same; an empty id is given one.
fn read_named<T: DeserializeOwned>(what: &str, mut value: Value) -> Result<T, RequestError> {
    if value.get("id").is_none_or(|id| id == "")
        && let Some(fields) = value.as_object_mut()
    {
        fields.insert("id".to_owned(), json!(Uuid::now_v7().to_string()));
    }
    read(what, value)
}

/// What is asked of the hub. `now` is this computer's clock.
fn operator_request(change: AlertingChange, now: Timestamp) -> Result<OperatorRequest, RequestError> {
    Ok(match change {
        AlertingChange::Assign { alert_id, to, note } => {
            let to = to.map(|to| to.trim().to_owned()).filter(|to| !to.is_empty());
            let to = to.as_deref().map(OperatorId::new).transpose();
            let to = to.map_err(|error| invalid(format!("Name: {error}.")))?;
            OperatorRequest::AssignAlert { alert_id, to, note: said(note) }
        }
        AlertingChange::Shelve { alert_id, minutes, note } => {
            if !(1..=SHELF_MINUTES).contains(&minutes) {
                return Err(invalid("Time on the shelf: choose between a minute and 30 days.".to_owned()));
            }
            let until = now.plus_milliseconds(i64::from(minutes) * 60_000);
            OperatorRequest::ShelveAlert { alert_id, until, note: said(note) }
        }
        AlertingChange::Unshelve { alert_id } => OperatorRequest::UnshelveAlert { alert_id },
        AlertingChange::Reopen { alert_id, note } => {
            OperatorRequest::ReopenAlert { alert_id, note: said(note) }
        }
        AlertingChange::Note { alert_id, note } => {
            let Some(note) = said(Some(note)) else {
                return Err(invalid("Note: it is empty; write something.".to_owned()));
            };
            OperatorRequest::AddAlertNote { alert_id, note_id: Uuid::now_v7(), note }
        }
        AlertingChange::SaveSilence { silence } => {
            let is_new = silence.get("id").is_none_or(|id| id == "");
            let silence = Box::new(read_named("silence", silence)?);
            if is_new {
                OperatorRequest::CreateSilence { silence }
            } else {
                OperatorRequest::UpdateSilence { silence }
            }
        }
        AlertingChange::EndSilence { silence_id } => OperatorRequest::ExpireSilence { silence_id },
        AlertingChange::SaveRule { rule, expected_version } => OperatorRequest::SaveRule {
            rule: Box::new(read("rule", rule)?),
            expected_version: Some(expected_version),
        },
        AlertingChange::ImportRules { toml } => OperatorRequest::ImportRules { toml },
        AlertingChange::EnableRule { rule_id, enabled } => OperatorRequest::EnableRule { rule_id, enabled },
        AlertingChange::DeleteRule { rule_id } => OperatorRequest::DeleteRule { rule_id },
        AlertingChange::SaveWindow { window } => {
            OperatorRequest::SaveMaintenanceWindow { window: Box::new(read_named("window", window)?) }
        }
        AlertingChange::DeleteWindow { window_id } => OperatorRequest::DeleteMaintenanceWindow { window_id },
        AlertingChange::SaveInhibition { inhibition } => {
            OperatorRequest::SaveInhibition { inhibition: Box::new(read_named("inhibition", inhibition)?) }
        }
        AlertingChange::DeleteInhibition { inhibition_id } => {
            OperatorRequest::DeleteInhibition { inhibition_id }
        }
        AlertingChange::SaveSettings { settings } => {
            OperatorRequest::SaveAlertSettings { settings: read("settings", settings)? }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn what_is_saved_whole_names_its_mistake() {
        let silence = json!({"id": "", "matchers": ["useCase"], "endsAt": "2026-11-22T10:00:00Z"});
        let error =
            operator_request(AlertingChange::SaveSilence { silence }, Timestamp::default()).unwrap_err();
        assert_eq!(error.code, RequestErrorCode::InvalidInput);
        assert!(error.message.contains("has no operator"), "{}", error.message);
    }

    #[test]
    fn a_silence_without_an_id_is_a_new_one() {
        let silence = json!({"id": "", "matchers": ["useCase=energy"], "endsAt": "2026-11-22T10:00:00Z"});
        let asked =
            operator_request(AlertingChange::SaveSilence { silence: silence.clone() }, Timestamp::default());
        let Ok(OperatorRequest::CreateSilence { silence: made }) = asked else { panic!("{asked:?}") };
        assert_eq!(made.id.as_str().len(), 36);
        let mut known = silence;
        known["id"] = json!("s-1");
        let asked = operator_request(AlertingChange::SaveSilence { silence: known }, Timestamp::default());
        assert!(matches!(asked, Ok(OperatorRequest::UpdateSilence { .. })), "{asked:?}");
    }

    #[test]
    fn the_shelf_has_its_bounds() {
        let shelve = |minutes| {
            let change = AlertingChange::Shelve { alert_id: AlertId::new("a").unwrap(), minutes, note: None };
            operator_request(change, at("2026-11-22T10:00:00Z"))
        };
        assert!(shelve(0).is_err() && shelve(SHELF_MINUTES + 1).is_err());
        let Ok(OperatorRequest::ShelveAlert { until, .. }) = shelve(60) else { panic!("no request") };
        assert_eq!(until, at("2026-11-22T11:00:00Z"));
    }
}
