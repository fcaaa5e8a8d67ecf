//! What operators say about many alerts at once: silences, inhibitions, maintenance windows, rules and settings. Each is
//! saved whole under an id that its author chose, and each change is a record ([`AlertPolicyRecord`]).

mod back_test;
mod matcher;
mod rule;
mod window;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

pub use self::{
    back_test::{BACK_TEST_FIRINGS, BackTest, BackTestFiring},
    matcher::{InvalidMatcher, MATCHERS_LIMIT, MatchOperator, Matcher, all_match},
    rule::{Comparison, FleetCondition, Rule, RuleCondition, Runbook, Silent, unit_of},
    window::{MaintenanceWindow, Weekday, WindowSchedule},
};
use crate::{AlertId, InhibitionId, OperatorId, RuleId, Severity, SilenceId, Timestamp, WindowId};

/// Labels that every alert has; rules add labels of their own.
pub mod labels {
    /// The dashboard's id.
    pub const DASHBOARD: &str = "dashboard";
    /// The dashboard's `useCase`.
    pub const USE_CASE: &str = "useCase";
    /// The dashboard's `metadata.environment`; absent where it says none.
    pub const ENVIRONMENT: &str = "environment";
    /// The alert's `type`.
    pub const TYPE: &str = "type";
    /// The alert's severity when it was raised.
    pub const SEVERITY: &str = "severity";
    /// The rule that raised it; absent where a producer did.
    pub const RULE: &str = "rule";
    /// `dashboard`, `backend` or `rule`.
    pub const SOURCE: &str = "source";
}

/// Characters of a comment or a title that are kept.
pub const TEXT_LIMIT: usize = 1_000;

/// Why an alert does not notify.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema, TS)]
#[serde(tag = "kind", rename_all = "SCREAMING_SNAKE_CASE", rename_all_fields = "camelCase")]
pub enum Hold {
    /// A silence matches it.
    Silenced {
        /// Which.
        silence_id: SilenceId,
    },
    /// Another alert explains it.
    Inhibited {
        /// By which inhibition.
        inhibition_id: InhibitionId,
        /// The alert that explains it.
        by: AlertId,
    },
    /// An operator put it on the shelf.
    Shelved {
        /// Until then.
        until: Timestamp,
    },
    /// Its dashboard is being worked on.
    Maintenance {
        /// Which window.
        window_id: WindowId,
    },
    /// Its group notified a moment ago; it is told together with what else comes.
    Grouped {
        /// The alert that was notified for the group.
        with: AlertId,
        /// Until then.
        until: Timestamp,
    },
}

/// Keeps alerts that match from notifying, for a time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct Silence {
    /// Chosen by the console; making the same silence twice makes one.
    pub id: SilenceId,
    /// All must match. At least one.
    pub matchers: Vec<Matcher>,
    /// From when on; from when the hub takes it, where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub starts_at: Option<Timestamp>,
    /// Until when.
    pub ends_at: Timestamp,
    /// Why.
    #[serde(default)]
    pub comment: String,
    /// Ends early: when the last open alert that it held is resolved.
    #[serde(default)]
    pub ends_with_problem: bool,
    /// Who made it. Written by the hub.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub created_by: Option<OperatorId>,
}

/// While an alert matches `source`, alerts that match `target` with the same values of the labels `equal` do not
/// notify. No alert inhibits itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct Inhibition {
    /// Chosen by its author.
    pub id: InhibitionId,
    /// One line.
    pub title: String,
    /// What explains. At least one matcher.
    pub source: Vec<Matcher>,
    /// What is explained. At least one matcher.
    pub target: Vec<Matcher>,
    /// Labels whose values must be the same in both, and present.
    #[serde(default)]
    pub equal: Vec<String>,
}

/// How the hub groups and escalates.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct AlertSettings {
    /// Alerts with the same values of these labels are one group. At most 8; none means that each alert is its own.
    pub group_by: Vec<String>,
    /// After a group notified, further alerts of it wait so long and are told together. 0 for no wait; at most 3,600.
    /// Critical alerts never wait.
    pub group_wait_seconds: u32,
    /// When alerts that nobody takes up are escalated.
    pub escalation: Vec<EscalationAfter>,
}

/// Alerts of this severity are escalated after so long, and again after as long, three times at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct EscalationAfter {
    /// Of which severity.
    pub severity: Severity,
    /// From when it was notified, in seconds; at least 10.
    pub after_seconds: u32,
}

impl Default for AlertSettings {
    fn default() -> Self {
        Self {
            group_by: vec![labels::DASHBOARD.to_owned(), labels::TYPE.to_owned()],
            group_wait_seconds: 30,
            escalation: vec![
                EscalationAfter { severity: Severity::Error, after_seconds: 3_600 },
                EscalationAfter { severity: Severity::Critical, after_seconds: 900 },
            ],
        }
    }
}

/// Why a silence is over before its time, or with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SilenceEnd {
    /// Its time came.
    Elapsed,
    /// An operator ended it.
    ByHand,
    /// The last open alert that it held is resolved.
    ProblemOver,
}

/// Body of `ALERT_POLICY` records. Recorded under the hub's own name, `hub`: it is about no single dashboard.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct AlertPolicyRecord {
    /// What changed.
    pub change: AlertPolicyChange,
    /// The operator who did it; absent when the hub did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub by: Option<OperatorId>,
}

/// What changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(tag = "kind", rename_all = "SCREAMING_SNAKE_CASE", rename_all_fields = "camelCase")]
pub enum AlertPolicyChange {
    /// A silence was made.
    SilenceCreated {
        /// All of it.
        silence: Silence,
    },
    /// A silence was changed.
    SilenceUpdated {
        /// All of it, as it is now.
        silence: Silence,
    },
    /// A notice: a silence ends soon.
    SilenceEnding {
        /// Which.
        silence_id: SilenceId,
        /// When.
        ends_at: Timestamp,
        /// Open alerts that it holds now, and that will notify then.
        holding: u32,
    },
    /// A silence is over.
    SilenceExpired {
        /// Which.
        silence_id: SilenceId,
        /// Why.
        reason: SilenceEnd,
    },
    /// A rule was made or changed.
    RuleSaved {
        /// All of it, as it is now.
        rule: Box<Rule>,
        /// Counts 1, 2, 3… for each rule id.
        version: u32,
    },
    /// A rule was switched on or off.
    RuleEnabled {
        /// Which.
        rule_id: RuleId,
        /// On, or off.
        enabled: bool,
        /// The version that this makes.
        version: u32,
    },
    /// A rule is gone.
    RuleDeleted {
        /// Which.
        rule_id: RuleId,
    },
    /// A maintenance window was made or changed.
    WindowSaved {
        /// All of it, as it is now.
        window: MaintenanceWindow,
    },
    /// A maintenance window is gone.
    WindowDeleted {
        /// Which.
        window_id: WindowId,
    },
    /// An inhibition was made or changed.
    InhibitionSaved {
        /// All of it, as it is now.
        inhibition: Inhibition,
    },
    /// An inhibition is gone.
    InhibitionDeleted {
        /// Which.
        inhibition_id: InhibitionId,
    },
    /// The settings were changed.
    SettingsSaved {
        /// All of them.
        settings: AlertSettings,
    },
}

/// Checks a list of matchers that must hold something.
fn check_matchers(field: &str, matchers: &[Matcher]) -> Result<(), String> {
    match matchers.len() {
        0 => Err(format!("`{field}` is empty, and would match every alert; give at least one matcher.")),
        1..=MATCHERS_LIMIT => Ok(()),
        more => Err(format!("`{field}` has {more} matchers; at most {MATCHERS_LIMIT} are allowed.")),
    }
}

fn check_text(field: &str, text: &str) -> Result<(), String> {
    let length = text.chars().count();
    if length > TEXT_LIMIT {
        return Err(format!("`{field}` has {length} characters; at most {TEXT_LIMIT} are allowed."));
    }
    Ok(())
}

impl Silence {
    /// Checks everything that can be said without knowing other silences.
    ///
    /// # Errors
    /// A sentence that names the field and the fix.
    pub fn check(&self, now: Timestamp) -> Result<(), String> {
        check_matchers("matchers", &self.matchers)?;
        check_text("comment", &self.comment)?;
        if self.starts_at.is_some_and(|starts_at| starts_at >= self.ends_at) {
            return Err("`endsAt` is not after `startsAt`; choose a later end.".to_owned());
        }
        if self.ends_at <= now {
            return Err(format!(
                "`endsAt` is {}, and it is {now} by the hub's clock; choose a later end.",
                self.ends_at
            ));
        }
        Ok(())
    }
}

impl Inhibition {
    /// Checks it.
    ///
    /// # Errors
    /// A sentence that names the field and the fix.
    pub fn check(&self) -> Result<(), String> {
        check_text("title", &self.title)?;
        check_matchers("source", &self.source)?;
        check_matchers("target", &self.target)?;
        if self.equal.len() > 8 {
            return Err("`equal` has more than 8 labels; name fewer.".to_owned());
        }
        Ok(())
    }
}

impl AlertSettings {
    /// Checks them.
    ///
    /// # Errors
    /// A sentence that names the field and the fix.
    pub fn check(&self) -> Result<(), String> {
        if self.group_by.len() > 8 {
            return Err("`groupBy` has more than 8 labels; name fewer.".to_owned());
        }
        if self.group_wait_seconds > 3_600 {
            return Err("`groupWaitSeconds` is more than 3,600; choose an hour at most.".to_owned());
        }
        if self.escalation.len() > Severity::ALL.len() {
            return Err("`escalation` names a severity twice; give each once.".to_owned());
        }
        for (index, after) in self.escalation.iter().enumerate() {
            if after.after_seconds < 10 {
                return Err("`afterSeconds` is less than 10; give people time to act.".to_owned());
            }
            if self.escalation[..index].iter().any(|other| other.severity == after.severity) {
                return Err("`escalation` names a severity twice; give each once.".to_owned());
            }
        }
        Ok(())
    }
}
