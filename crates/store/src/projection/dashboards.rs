//! One dashboard, as its records tell it.

use std::collections::VecDeque;

use mission_control_protocol::{
    CommandDeclaration, CommandId, DashboardConfig, DashboardMetrics, DashboardStatus, EnrichedMetrics,
    EnrichedResourceUsage, OperatorId, ResourceUsage, SessionEpoch, Severity, Timestamp,
    configuration::Configuration,
    record::{ConfigurationRecord, ConfigurationState, ConnectionRecord, Liveness, RegistrationRecord},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Response times kept for the small chart of a dashboard's card.
const RESPONSE_TIMES: usize = 48;

/// A clock this far off the hub's, in milliseconds, is worth telling.
const CLOCK_SKEW_THRESHOLD: i64 = 5 * 60 * 1000;

/// A value and when the hub received it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stamped<T> {
    /// When the hub received it.
    pub at: Timestamp,
    /// The value.
    pub value: T,
}

/// One dashboard.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct DashboardProjection {
    /// Its last registration.
    pub registration: Option<RegistrationProjection>,
    /// Whether it is there.
    pub liveness: Option<LivenessProjection>,
    /// When it came online, while it has not gone offline or left since.
    pub online_since: Option<Timestamp>,
    /// Its last status.
    pub status: Option<Stamped<DashboardStatus>>,
    /// The last response times of its status, oldest first.
    pub response_times: VecDeque<(Timestamp, f64)>,
    /// The newest of each group of its metrics.
    pub metrics: DashboardMetrics,
    /// When metrics last came.
    pub metrics_at: Option<Timestamp>,
    /// Its last resource report.
    pub resources: Option<Stamped<ResourceUsage>>,
    /// Events since it registered last.
    pub event_count: u64,
    /// Of those, the ones of severity error or worse.
    pub error_count: u64,
    /// The last command sent to it: id, type, when.
    pub last_command: Option<(CommandId, String, Timestamp)>,
    /// The configuration last pushed to it.
    pub configuration: Option<ConfigurationProjection>,
    /// How far its clock is ahead of the hub's in milliseconds, when by more than five minutes either way.
    pub clock_skew_milliseconds: Option<i64>,
    /// When anything last came from it or was said of it.
    pub last_at: Option<Timestamp>,
}

/// A registration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RegistrationProjection {
    /// When it was.
    pub at: Timestamp,
    /// What the dashboard said of itself.
    pub config: DashboardConfig,
    /// The commands it accepts.
    pub commands: Vec<CommandDeclaration>,
    /// The numbering session.
    pub epoch: SessionEpoch,
    /// Where it connected from.
    pub remote_address: String,
}

/// Whether a dashboard is there, since when and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LivenessProjection {
    /// Since when.
    pub since: Timestamp,
    /// What it is.
    pub liveness: Liveness,
    /// Why.
    pub reason: String,
}

/// A configuration that was pushed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConfigurationProjection {
    /// Its version.
    pub version: u64,
    /// Where it stands.
    pub state: ConfigurationState,
    /// The settings.
    pub values: Value,
    /// When the last step was taken.
    pub at: Timestamp,
    /// Who pushed it.
    pub by: Option<OperatorId>,
    /// Why the dashboard rejected it.
    pub error: Option<String>,
}

impl ConfigurationProjection {
    /// As it is sent to the dashboard.
    #[must_use]
    pub fn configuration(&self) -> Configuration {
        Configuration { version: self.version, values: self.values.clone() }
    }
}

impl DashboardProjection {
    pub(super) fn register(&mut self, at: Timestamp, record: RegistrationRecord) {
        let same_session =
            self.registration.as_ref().is_some_and(|registration| registration.epoch == record.epoch);
        if !same_session {
            self.event_count = 0;
            self.error_count = 0;
            self.clock_skew_milliseconds = None;
        }
        self.registration = Some(RegistrationProjection {
            at,
            config: record.config,
            commands: record.commands,
            epoch: record.epoch,
            remote_address: record.remote_address,
        });
        self.last_at = Some(at);
    }

    pub(super) fn connect(&mut self, at: Timestamp, record: ConnectionRecord) {
        self.online_since = match record.liveness {
            Liveness::Online | Liveness::Stale => self.online_since.or(Some(at)),
            Liveness::Offline | Liveness::Left => None,
        };
        self.liveness =
            Some(LivenessProjection { since: at, liveness: record.liveness, reason: record.reason });
    }

    pub(super) fn status(&mut self, at: Timestamp, status: DashboardStatus) {
        if self.response_times.len() == RESPONSE_TIMES {
            self.response_times.pop_front();
        }
        self.response_times.push_back((at, status.performance.response_time));
        self.status = Some(Stamped { at, value: status });
        self.last_at = Some(at);
    }

    pub(super) fn event(&mut self, at: Timestamp, severity: Severity) {
        self.event_count += 1;
        if severity >= Severity::Error {
            self.error_count += 1;
        }
        self.last_at = Some(at);
    }

    pub(super) fn metrics(&mut self, at: Timestamp, report: EnrichedMetrics) {
        let newest = &mut self.metrics;
        newest.performance = report.metrics.performance.or(newest.performance);
        newest.usage = report.metrics.usage.or(newest.usage.take());
        newest.data = report.metrics.data.or(newest.data);
        newest.agents = report.metrics.agents.or(newest.agents);
        newest.workflows = report.metrics.workflows.or(newest.workflows);
        self.metrics_at = Some(at);
        self.last_at = Some(at);
        self.judge_clock(at, report.timestamp);
    }

    pub(super) fn resources(&mut self, at: Timestamp, report: EnrichedResourceUsage) {
        self.resources = Some(Stamped { at, value: report.usage });
        self.last_at = Some(at);
        self.judge_clock(at, report.timestamp);
    }

    pub(super) fn configuration(&mut self, at: Timestamp, record: ConfigurationRecord) {
        match record.configuration {
            Some(configuration) => {
                self.configuration = Some(ConfigurationProjection {
                    version: record.version,
                    state: record.state,
                    values: configuration.values,
                    at,
                    by: record.by,
                    error: record.error,
                });
            }
            None => {
                // An answer to an older version than the one in force says nothing of that one.
                if let Some(known) = &mut self.configuration
                    && known.version == record.version
                {
                    known.state = record.state;
                    known.error = record.error;
                    known.at = at;
                }
            }
        }
    }

    fn judge_clock(&mut self, at: Timestamp, producer: Timestamp) {
        let ahead = producer.milliseconds_since(at);
        // Data that waited in a queue while the dashboard was offline is late, and its clock may be right: only a
        // clock that is ahead, or behind while the dashboard was online all that time, is off.
        let waited = self.online_since.is_none_or(|since| producer < since);
        self.clock_skew_milliseconds =
            (ahead > CLOCK_SKEW_THRESHOLD || (ahead < -CLOCK_SKEW_THRESHOLD && !waited)).then_some(ahead);
    }
}
