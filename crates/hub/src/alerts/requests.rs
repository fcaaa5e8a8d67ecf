//! What operators ask of the Alert Manager. Each request is checked whole before anything is changed, and asking for what
//! is so already changes nothing.

use mission_control_protocol::{
    AlertId, ErrorCode, OperatorId, ProtocolError, Severity, Timestamp,
    alert::{AlertState, AlertTransition},
    alerting::{AlertPolicyChange, Rule, Silence, SilenceEnd},
    limits::{ALERT_POLICIES_LIMIT, RULES_LIMIT},
    operator_wire::{OperatorReply, OperatorRequest, SavedRule},
    record::AlertRecord,
};
use mission_control_store::rules::RuleFile;

use super::manager::{Manager, Step};

/// Longest time on the shelf, in milliseconds: 30 days.
const LONGEST_SHELF: i64 = 30 * 86_400_000;

/// Characters of a remark.
const NOTE: usize = 1_000;

type Outcome = Result<(Vec<Step>, OperatorReply), ProtocolError>;

impl Manager {
    /// Does what an operator asks for, or says why not.
    ///
    /// # Errors
    /// Those of the request; nothing was changed then.
    pub(crate) fn asked(&mut self, request: OperatorRequest, by: OperatorId, now: Timestamp) -> Outcome {
        let mut steps = Vec::new();
        let mut reply = OperatorReply::Done;
        match request {
            OperatorRequest::AcknowledgeAlert { alert_id, note } => {
                self.step(&alert_id, AlertTransition::Acknowledged, note, by, now, &mut steps)?;
            }
            OperatorRequest::ResolveAlert { alert_id, note } => {
                self.step(&alert_id, AlertTransition::Resolved, note, by, now, &mut steps)?;
            }
            OperatorRequest::AssignAlert { alert_id, to, note } => {
                let note = checked_note(note)?;
                let alert = self.open_alert(&alert_id)?;
                if alert.assigned.as_ref().map(|(known, _)| known) != to.as_ref() || note.is_some() {
                    let record = AlertRecord {
                        to,
                        note,
                        by: Some(by),
                        ..AlertRecord::new(alert_id, AlertTransition::Assigned)
                    };
                    self.take(record, Severity::Info, now, &mut steps);
                }
            }
            OperatorRequest::ShelveAlert { alert_id, until, note } => {
                let note = checked_note(note)?;
                let left = until.milliseconds_since(now);
                if !(1..=LONGEST_SHELF).contains(&left) {
                    return Err(invalid(format!(
                        "`until` is {until}, and it is {now} by the hub's clock; choose a time within 30 days."
                    )));
                }
                if self.open_alert(&alert_id)?.shelved_until != Some(until) {
                    let record = AlertRecord {
                        until: Some(until),
                        note,
                        by: Some(by),
                        ..AlertRecord::new(alert_id, AlertTransition::Shelved)
                    };
                    self.take(record, Severity::Info, now, &mut steps);
                    steps.extend(self.sweep(now));
                }
            }
            OperatorRequest::UnshelveAlert { alert_id } => {
                if self.open_alert(&alert_id)?.shelved_until.is_some() {
                    self.step(&alert_id, AlertTransition::Unshelved, None, by, now, &mut steps)?;
                    steps.extend(self.sweep(now));
                }
            }
            OperatorRequest::ReopenAlert { alert_id, note } => {
                self.reopen(alert_id, checked_note(note)?, by, now, &mut steps)?;
            }
            OperatorRequest::AddAlertNote { alert_id, note_id, note } => {
                let Some(note) = checked_note(Some(note))? else {
                    return Err(invalid("`note` is empty; write what is to be remarked."));
                };
                let Some(alert) = self.alerts().get(&alert_id) else { return Err(unknown_alert()) };
                if !alert.notes.iter().any(|known| known.id == Some(note_id)) {
                    let record = AlertRecord {
                        note: Some(note),
                        note_id: Some(note_id),
                        by: Some(by),
                        ..AlertRecord::new(alert_id, AlertTransition::Noted)
                    };
                    self.take(record, Severity::Info, now, &mut steps);
                }
            }
            OperatorRequest::CreateSilence { silence } => {
                self.create_silence(*silence, by, now, &mut steps)?;
            }
            OperatorRequest::UpdateSilence { silence } => {
                self.update_silence(*silence, by, now, &mut steps)?;
            }
            OperatorRequest::ExpireSilence { silence_id } => {
                let Some(known) = self.policies().silence(&silence_id) else {
                    return Err(unknown("silence", silence_id.as_str()));
                };
                if known.over.is_none() {
                    let change = AlertPolicyChange::SilenceExpired { silence_id, reason: SilenceEnd::ByHand };
                    self.change(change, by, now, &mut steps);
                }
            }
            OperatorRequest::SaveRule { rule, expected_version } => {
                let version = self.policies().rule_version(&rule.id);
                if let Some(expected) = expected_version
                    && expected != version
                {
                    return Err(ProtocolError::new(
                        ErrorCode::AlertPolicyConflict,
                        format!(
                            "the rule {:?} has version {version} by now, not {expected}; look at it and decide anew.",
                            rule.id.as_str()
                        ),
                    ));
                }
                let saved = self.save_rules(vec![*rule], &by, now, &mut steps)?;
                reply = OperatorReply::Rules { saved, warnings: Vec::new() };
            }
            OperatorRequest::ImportRules { toml } => {
                let file = RuleFile::read(&toml).map_err(invalid)?;
                let saved = self.save_rules(file.rules, &by, now, &mut steps)?;
                for inhibition in file.inhibitions {
                    if !self.policies().inhibitions().any(|known| *known == inhibition) {
                        self.change(
                            AlertPolicyChange::InhibitionSaved { inhibition },
                            by.clone(),
                            now,
                            &mut steps,
                        );
                    }
                }
                reply = OperatorReply::Rules { saved, warnings: Vec::new() };
            }
            OperatorRequest::EnableRule { rule_id, enabled } => {
                let Some(view) = self.policies().rule(&rule_id) else {
                    return Err(unknown("rule", rule_id.as_str()));
                };
                if view.rule.enabled != enabled {
                    let version = view.version + 1;
                    let id = rule_id.clone();
                    let change = AlertPolicyChange::RuleEnabled { rule_id, enabled, version };
                    self.take_policy(change, Some(by), now, &mut steps);
                    if !enabled {
                        self.resolve_of_rule(id.as_str(), "its rule was switched off", now, &mut steps);
                    }
                }
            }
            OperatorRequest::DeleteRule { rule_id } => {
                if self.policies().rule(&rule_id).is_some() {
                    let id = rule_id.clone();
                    self.take_policy(AlertPolicyChange::RuleDeleted { rule_id }, Some(by), now, &mut steps);
                    self.resolve_of_rule(id.as_str(), "its rule was removed", now, &mut steps);
                }
            }
            OperatorRequest::SaveMaintenanceWindow { window } => {
                window.check().map_err(invalid)?;
                let known = self.policies().window(&window.id);
                if known != Some(&*window) {
                    if known.is_none() {
                        has_room("maintenance windows", self.policies().windows().count())?;
                    }
                    self.change(AlertPolicyChange::WindowSaved { window: *window }, by, now, &mut steps);
                }
            }
            OperatorRequest::DeleteMaintenanceWindow { window_id } => {
                if self.policies().window(&window_id).is_some() {
                    self.change(AlertPolicyChange::WindowDeleted { window_id }, by, now, &mut steps);
                }
            }
            OperatorRequest::SaveInhibition { inhibition } => {
                inhibition.check().map_err(invalid)?;
                if !self.policies().inhibitions().any(|known| *known == *inhibition) {
                    has_room("inhibitions", self.policies().inhibitions().count())?;
                    self.change(
                        AlertPolicyChange::InhibitionSaved { inhibition: *inhibition },
                        by,
                        now,
                        &mut steps,
                    );
                }
            }
            OperatorRequest::DeleteInhibition { inhibition_id } => {
                if self.policies().inhibitions().any(|known| known.id == inhibition_id) {
                    self.change(AlertPolicyChange::InhibitionDeleted { inhibition_id }, by, now, &mut steps);
                }
            }
            OperatorRequest::SaveAlertSettings { settings } => {
                settings.check().map_err(invalid)?;
                if *self.policies().settings() != settings {
                    self.change(AlertPolicyChange::SettingsSaved { settings }, by, now, &mut steps);
                }
            }
            _ => {
                return Err(ProtocolError::new(
                    ErrorCode::InvalidMessage,
                    "this request is not the Alert Manager's.",
                ));
            }
        }
        Ok((steps, reply))
    }

    /// A step that an open alert's state must allow.
    fn step(
        &mut self,
        id: &AlertId,
        transition: AlertTransition,
        note: Option<String>,
        by: OperatorId,
        now: Timestamp,
        steps: &mut Vec<Step>,
    ) -> Result<(), ProtocolError> {
        let note = checked_note(note)?;
        if self.open_alert(id)?.state.after(transition).is_none() {
            return Err(ProtocolError::new(
                ErrorCode::AlertStateConflict,
                "the alert has been acknowledged already, by you or another operator.",
            ));
        }
        let record = AlertRecord { by: Some(by), note, ..AlertRecord::new(id.clone(), transition) };
        self.take(record, Severity::Info, now, steps);
        Ok(())
    }

    fn reopen(
        &mut self,
        id: AlertId,
        note: Option<String>,
        by: OperatorId,
        now: Timestamp,
        steps: &mut Vec<Step>,
    ) -> Result<(), ProtocolError> {
        let Some(alert) = self.alerts().get(&id) else { return Err(unknown_alert()) };
        if alert.state != AlertState::Resolved {
            return Ok(());
        }
        if let Some(newer) = self.alerts().open_with_fingerprint(&alert.alert.fingerprint()) {
            return Err(ProtocolError::new(
                ErrorCode::AlertStateConflict,
                format!("the same problem is open again as {}; look at that alert.", newer.id),
            ));
        }
        let record = AlertRecord {
            by: Some(by),
            note,
            held_by: self.holds_of_reopened(alert, now),
            ..AlertRecord::new(id, AlertTransition::Reopened)
        };
        let dashboard = alert.dashboard_id.clone();
        let severity = alert.worst;
        self.make_room(&dashboard, now, steps);
        self.take(record, severity, now, steps);
        Ok(())
    }

    fn create_silence(
        &mut self,
        silence: Silence,
        by: OperatorId,
        now: Timestamp,
        steps: &mut Vec<Step>,
    ) -> Result<(), ProtocolError> {
        let silence = Silence {
            starts_at: Some(silence.starts_at.unwrap_or(now)),
            created_by: Some(by.clone()),
            ..silence
        };
        if let Some(known) = self.policies().silence(&silence.id) {
            // The second time it is asked for, the time that was left out is another one.
            let same = Silence {
                starts_at: known.silence.starts_at,
                created_by: known.silence.created_by.clone(),
                ..silence
            };
            return if same == known.silence {
                Ok(())
            } else {
                Err(ProtocolError::new(
                    ErrorCode::AlertPolicyConflict,
                    "another silence has this id; choose another id, or change that silence.",
                ))
            };
        }
        silence.check(now).map_err(invalid)?;
        has_room("silences", self.policies().silences().filter(|silence| silence.over.is_none()).count())?;
        self.change(AlertPolicyChange::SilenceCreated { silence }, by, now, steps);
        Ok(())
    }

    fn update_silence(
        &mut self,
        silence: Silence,
        by: OperatorId,
        now: Timestamp,
        steps: &mut Vec<Step>,
    ) -> Result<(), ProtocolError> {
        let Some(known) = self.policies().silence(&silence.id) else {
            return Err(unknown("silence", silence.id.as_str()));
        };
        if known.over.is_some() {
            return Err(ProtocolError::new(
                ErrorCode::AlertPolicyConflict,
                "this silence is over; make a new one.",
            ));
        }
        let silence = Silence {
            starts_at: silence.starts_at.or(known.silence.starts_at),
            created_by: known.silence.created_by.clone(),
            ..silence
        };
        if silence == known.silence {
            return Ok(());
        }
        silence.check(now).map_err(invalid)?;
        self.change(AlertPolicyChange::SilenceUpdated { silence }, by, now, steps);
        Ok(())
    }

    /// Saves all of the rules, or none.
    fn save_rules(
        &mut self,
        rules: Vec<Rule>,
        by: &OperatorId,
        now: Timestamp,
        steps: &mut Vec<Step>,
    ) -> Result<Vec<SavedRule>, ProtocolError> {
        for rule in &rules {
            rule.check().map_err(invalid)?;
        }
        let new = rules.iter().filter(|rule| self.policies().rule(&rule.id).is_none()).count();
        if self.policies().rule_count() + new > RULES_LIMIT {
            return Err(invalid(format!("a hub keeps at most {RULES_LIMIT} rules; remove some first.")));
        }
        let mut saved = Vec::with_capacity(rules.len());
        for rule in rules {
            let rule_id = rule.id.clone();
            let known = self.policies().rule(&rule_id).map(|view| (*view.rule == rule, view.version));
            if let Some((true, version)) = known {
                saved.push(SavedRule { rule_id, version });
                continue;
            }
            let version = self.policies().rule_version(&rule_id) + 1;
            let is_off = !rule.enabled;
            let change = AlertPolicyChange::RuleSaved { rule: Box::new(rule), version };
            self.take_policy(change, Some(by.clone()), now, steps);
            if is_off {
                self.resolve_of_rule(rule_id.as_str(), "its rule was switched off", now, steps);
            }
            saved.push(SavedRule { rule_id, version });
        }
        Ok(saved)
    }

    /// Makes a change, and looks at once at what it changes for the open alerts.
    fn change(&mut self, change: AlertPolicyChange, by: OperatorId, now: Timestamp, steps: &mut Vec<Step>) {
        self.take_policy(change, Some(by), now, steps);
        steps.extend(self.sweep(now));
    }
}

fn checked_note(note: Option<String>) -> Result<Option<String>, ProtocolError> {
    match note {
        Some(note) if note.chars().count() > NOTE => {
            Err(invalid(format!("`note` is longer than {NOTE} characters; shorten it.")))
        }
        note => Ok(note.filter(|note| !note.trim().is_empty())),
    }
}

fn has_room(what: &str, count: usize) -> Result<(), ProtocolError> {
    if count < ALERT_POLICIES_LIMIT {
        return Ok(());
    }
    Err(invalid(format!("a hub keeps at most {ALERT_POLICIES_LIMIT} {what}; remove some first.")))
}

fn invalid(problem: impl Into<String>) -> ProtocolError {
    ProtocolError::new(ErrorCode::AlertPolicyInvalid, problem)
}

fn unknown_alert() -> ProtocolError {
    ProtocolError::new(ErrorCode::AlertUnknown, "the hub knows no alert with this id.")
}

fn unknown(what: &str, id: &str) -> ProtocolError {
    ProtocolError::new(ErrorCode::AlertPolicyUnknown, format!("the hub knows no {what} with the id {id:?}."))
}
