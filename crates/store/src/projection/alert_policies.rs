//! What operators said about many alerts, as its records tell it.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::OnceLock,
};

use mission_control_protocol::{
    InhibitionId, OperatorId, RuleId, SilenceId, Timestamp, WindowId,
    alerting::{
        AlertPolicyChange, AlertPolicyRecord, AlertSettings, Hold, Inhibition, MaintenanceWindow, Rule,
        Silence, SilenceEnd,
    },
};
use serde::{Deserialize, Serialize};

use crate::rules::{RuleFile, builtin};

/// Silences that are over and still known; older ones are in the log only.
const OVER_KEPT: usize = 200;

/// What operators said about many alerts. The rules and inhibitions that come with the program are there until a record
/// stands for them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct AlertPoliciesProjection {
    /// Each rule that a record tells of; without a rule where a built-in one was deleted.
    rules: BTreeMap<RuleId, SavedRule>,
    silences: BTreeMap<SilenceId, SilenceProjection>,
    /// Ids of those that are over, the one that ended first in front.
    over: VecDeque<SilenceId>,
    windows: BTreeMap<WindowId, MaintenanceWindow>,
    inhibitions: BTreeMap<InhibitionId, Option<Inhibition>>,
    settings: AlertSettings,
    /// How often each rule raised an alert.
    raised: BTreeMap<String, u64>,
    /// How many alerts each maintenance window and each inhibition held, by id.
    held: BTreeMap<String, u64>,
    /// Counts the changes of rules.
    rules_revision: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct SavedRule {
    rule: Option<Rule>,
    version: u32,
    changed: (Timestamp, Option<OperatorId>),
}

/// A rule as it stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RuleView<'projection> {
    /// The rule.
    pub rule: &'projection Rule,
    /// Counts 1, 2, 3… for each id; 0 while it is as it came with the program.
    pub version: u32,
    /// When it was changed last, and by whom; never, when it is as it came with the program.
    pub changed: Option<(Timestamp, Option<&'projection OperatorId>)>,
    /// Alerts it raised.
    pub raised: u64,
}

/// A silence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SilenceProjection {
    /// The silence.
    pub silence: Silence,
    /// When it was made.
    pub created_at: Timestamp,
    /// Alerts it held.
    pub held: u64,
    /// Reports of alerts while it held them, their first ones included.
    pub reports: u64,
    /// When it was said that it ends soon.
    pub warned_at: Option<Timestamp>,
    /// When and why it ended.
    pub over: Option<(Timestamp, SilenceEnd)>,
}

impl SilenceProjection {
    /// When it begins to hold.
    #[must_use]
    pub fn starts_at(&self) -> Timestamp {
        self.silence.starts_at.unwrap_or(self.created_at)
    }

    /// Whether it holds at `now`.
    #[must_use]
    pub fn is_active(&self, now: Timestamp) -> bool {
        self.over.is_none() && self.starts_at() <= now && now < self.silence.ends_at
    }
}

fn built_in() -> &'static RuleFile {
    static BUILT_IN: OnceLock<RuleFile> = OnceLock::new();
    BUILT_IN.get_or_init(builtin)
}

impl AlertPoliciesProjection {
    /// Every rule, those that came with the program first.
    pub fn rules(&self) -> impl Iterator<Item = RuleView<'_>> {
        let untouched = built_in().rules.iter().filter(|rule| !self.rules.contains_key(&rule.id));
        let untouched = untouched.map(|rule| RuleView {
            rule,
            version: 0,
            changed: None,
            raised: self.raised.get(rule.id.as_str()).copied().unwrap_or(0),
        });
        untouched.chain(self.rules.values().filter_map(|saved| self.view(saved)))
    }

    /// A rule by its id.
    #[must_use]
    pub fn rule(&self, id: &RuleId) -> Option<RuleView<'_>> {
        match self.rules.get(id) {
            Some(saved) => self.view(saved),
            None => self.rules().find(|view| view.rule.id == *id),
        }
    }

    fn view<'projection>(&'projection self, saved: &'projection SavedRule) -> Option<RuleView<'projection>> {
        let rule = saved.rule.as_ref()?;
        Some(RuleView {
            rule,
            version: saved.version,
            changed: Some((saved.changed.0, saved.changed.1.as_ref())),
            raised: self.raised.get(rule.id.as_str()).copied().unwrap_or(0),
        })
    }

    /// The version of a rule: the next is one more.
    #[must_use]
    pub fn rule_version(&self, id: &RuleId) -> u32 {
        self.rules.get(id).map_or(0, |saved| saved.version)
    }

    /// Changes whenever a rule does.
    #[must_use]
    pub fn rules_revision(&self) -> u64 {
        self.rules_revision
    }

    /// How many rules there are.
    #[must_use]
    pub fn rule_count(&self) -> usize {
        self.rules().count()
    }

    /// The silences that are not over, and the last 200 that are.
    pub fn silences(&self) -> impl Iterator<Item = &SilenceProjection> {
        self.silences.values()
    }

    /// A silence by its id.
    #[must_use]
    pub fn silence(&self, id: &SilenceId) -> Option<&SilenceProjection> {
        self.silences.get(id)
    }

    /// The maintenance windows.
    pub fn windows(&self) -> impl Iterator<Item = &MaintenanceWindow> {
        self.windows.values()
    }

    /// A maintenance window by its id.
    #[must_use]
    pub fn window(&self, id: &WindowId) -> Option<&MaintenanceWindow> {
        self.windows.get(id)
    }

    /// The inhibitions, those that came with the program first.
    pub fn inhibitions(&self) -> impl Iterator<Item = &Inhibition> {
        let untouched = built_in().inhibitions.iter().filter(|it| !self.inhibitions.contains_key(&it.id));
        untouched.chain(self.inhibitions.values().flatten())
    }

    /// How alerts are grouped and escalated.
    #[must_use]
    pub fn settings(&self) -> &AlertSettings {
        &self.settings
    }

    /// How many alerts a maintenance window or an inhibition held.
    #[must_use]
    pub fn held_by(&self, id: &str) -> u64 {
        self.held.get(id).copied().unwrap_or(0)
    }

    /// Folds a change, recorded `at`.
    pub fn apply(&mut self, at: Timestamp, record: AlertPolicyRecord) {
        let by = record.by;
        match record.change {
            AlertPolicyChange::SilenceCreated { silence } => {
                let fresh = SilenceProjection {
                    created_at: at,
                    held: 0,
                    reports: 0,
                    warned_at: None,
                    over: None,
                    silence,
                };
                self.silences.insert(fresh.silence.id.clone(), fresh);
            }
            AlertPolicyChange::SilenceUpdated { silence } => {
                if let Some(known) = self.silences.get_mut(&silence.id) {
                    known.silence = silence;
                    known.warned_at = None;
                }
            }
            AlertPolicyChange::SilenceEnding { silence_id, .. } => {
                if let Some(known) = self.silences.get_mut(&silence_id) {
                    known.warned_at = Some(at);
                }
            }
            AlertPolicyChange::SilenceExpired { silence_id, reason } => self.end(at, &silence_id, reason),
            AlertPolicyChange::RuleSaved { rule, version } => {
                self.rules_revision += 1;
                let saved = SavedRule { version, changed: (at, by), rule: Some(*rule) };
                if let Some(rule) = &saved.rule {
                    self.rules.insert(rule.id.clone(), saved);
                }
            }
            AlertPolicyChange::RuleEnabled { rule_id, enabled, version } => {
                let Some(view) = self.rule(&rule_id) else { return };
                let rule = Some(Rule { enabled, ..view.rule.clone() });
                self.rules_revision += 1;
                self.rules.insert(rule_id, SavedRule { rule, version, changed: (at, by) });
            }
            AlertPolicyChange::RuleDeleted { rule_id } => {
                self.rules_revision += 1;
                let version = self.rule_version(&rule_id);
                self.raised.remove(rule_id.as_str());
                if built_in().rules.iter().any(|rule| rule.id == rule_id) {
                    self.rules.insert(rule_id, SavedRule { rule: None, version, changed: (at, by) });
                } else {
                    self.rules.remove(&rule_id);
                }
            }
            AlertPolicyChange::WindowSaved { window } => {
                self.windows.insert(window.id.clone(), window);
            }
            AlertPolicyChange::WindowDeleted { window_id } => {
                self.windows.remove(&window_id);
                self.held.remove(window_id.as_str());
            }
            AlertPolicyChange::InhibitionSaved { inhibition } => {
                self.inhibitions.insert(inhibition.id.clone(), Some(inhibition));
            }
            AlertPolicyChange::InhibitionDeleted { inhibition_id } => {
                self.held.remove(inhibition_id.as_str());
                if built_in().inhibitions.iter().any(|it| it.id == inhibition_id) {
                    self.inhibitions.insert(inhibition_id, None);
                } else {
                    self.inhibitions.remove(&inhibition_id);
                }
            }
            AlertPolicyChange::SettingsSaved { settings } => self.settings = settings,
        }
    }

    fn end(&mut self, at: Timestamp, id: &SilenceId, reason: SilenceEnd) {
        let Some(known) = self.silences.get_mut(id) else { return };
        if known.over.is_none() {
            self.over.push_back(id.clone());
        }
        known.over = Some((at, reason));
        if self.over.len() > OVER_KEPT
            && let Some(oldest) = self.over.pop_front()
        {
            self.silences.remove(&oldest);
        }
    }

    /// Counts an alert that a rule raised.
    pub(super) fn count_raised(&mut self, rule: &str) {
        *self.raised.entry(rule.to_owned()).or_default() += 1;
    }

    /// Counts an alert that is held, by what it was not held by `before`; and a report of it.
    pub(super) fn count_held(&mut self, before: &[Hold], now: &[Hold], is_report: bool) {
        for hold in now {
            let is_new = !before.iter().any(|other| same_holder(other, hold));
            match hold {
                Hold::Silenced { silence_id } => {
                    if let Some(known) = self.silences.get_mut(silence_id) {
                        known.held += u64::from(is_new);
                        known.reports += u64::from(is_report);
                    }
                }
                Hold::Maintenance { window_id } if is_new => {
                    *self.held.entry(window_id.as_str().to_owned()).or_default() += 1;
                }
                Hold::Inhibited { inhibition_id, .. } if is_new => {
                    *self.held.entry(inhibition_id.as_str().to_owned()).or_default() += 1;
                }
                _ => {}
            }
        }
    }
}

fn same_holder(one: &Hold, other: &Hold) -> bool {
    match (one, other) {
        (Hold::Inhibited { inhibition_id: one, .. }, Hold::Inhibited { inhibition_id: other, .. }) => {
            one == other
        }
        _ => one == other,
    }
}
