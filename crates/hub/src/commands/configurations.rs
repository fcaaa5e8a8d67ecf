//! The configuration of each dashboard: versioned, held until the next one, and answered for.

use std::collections::HashMap;

use mission_control_protocol::{
    DashboardId, ErrorCode, OperatorId, ProtocolError,
    configuration::Configuration,
    record::{ConfigurationRecord, ConfigurationState},
};
use serde_json::Value;

/// What is in force, or is to be.
#[derive(Debug, Default)]
pub(crate) struct Configurations(HashMap<DashboardId, Held>);

#[derive(Debug, Default)]
struct Held {
    /// The highest version given out, durable or not.
    version: u64,
    /// The newest configuration that is durable, and what came of it.
    durable: Option<(Configuration, ConfigurationState)>,
}

impl Configurations {
    /// Takes over a configuration from the log.
    pub(crate) fn restore(
        &mut self,
        id: DashboardId,
        configuration: Configuration,
        state: ConfigurationState,
    ) {
        self.0.insert(id, Held { version: configuration.version, durable: Some((configuration, state)) });
    }

    /// What `dashboard` is to have in force.
    pub(crate) fn of(&self, dashboard: &DashboardId) -> Option<Configuration> {
        self.0.get(dashboard)?.durable.as_ref().map(|(configuration, _)| configuration.clone())
    }

    /// A new version, which is not to be sent before it is [committed](Self::committed).
    ///
    /// # Errors
    /// `INVALID_MESSAGE` when the values are not an object.
    pub(crate) fn push(
        &mut self,
        dashboard: &DashboardId,
        values: Value,
        by: OperatorId,
    ) -> Result<(Configuration, ConfigurationRecord), ProtocolError> {
        if !values.is_object() {
            return Err(ProtocolError::new(
                ErrorCode::InvalidMessage,
                "`values` must be an object whose keys are the dashboard's settings.",
            ));
        }
        let held = self.0.entry(dashboard.clone()).or_default();
        held.version = held.version.saturating_add(1);
        let version = held.version;
        let configuration = Configuration { version, values };
        let record = ConfigurationRecord {
            version,
            state: ConfigurationState::Pushed,
            configuration: Some(configuration.clone()),
            by: Some(by),
            error: None,
        };
        Ok((configuration, record))
    }

    /// The record of a new version is durable: the dashboard may have it.
    pub(crate) fn committed(&mut self, dashboard: &DashboardId, configuration: Configuration) {
        let held = self.0.entry(dashboard.clone()).or_default();
        held.durable = Some((configuration, ConfigurationState::Pushed));
    }

    /// The dashboard answers for `version`. Nothing is to be recorded when that is known already, or when a newer
    /// version is on its way.
    ///
    /// # Errors
    /// `INVALID_MESSAGE` when there never was such a version.
    pub(crate) fn answered(
        &mut self,
        dashboard: &DashboardId,
        version: u64,
        success: bool,
        error: Option<String>,
    ) -> Result<Option<ConfigurationRecord>, ProtocolError> {
        let held = self.0.get_mut(dashboard).and_then(|held| held.durable.as_mut());
        let held = held.filter(|(configuration, _)| (1..=configuration.version).contains(&version));
        let Some((configuration, known)) = held else {
            return Err(ProtocolError::new(
                ErrorCode::InvalidMessage,
                format!(
                    "CONFIG_RESULT: no configuration with `version` {version} was pushed to this dashboard."
                ),
            ));
        };
        let state = if success { ConfigurationState::Applied } else { ConfigurationState::Rejected };
        if version < configuration.version || state == *known {
            return Ok(None);
        }
        *known = state;
        Ok(Some(ConfigurationRecord { version, state, configuration: None, by: None, error }))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_not_durable_is_in_nobodys_hands() {
        let mut configurations = Configurations::default();
        let id = DashboardId::new("energy-01").unwrap();
        let by = OperatorId::new("alice").unwrap();
        let (first, _) = configurations.push(&id, json!({"a": 1}), by.clone()).unwrap();
        let (second, _) = configurations.push(&id, json!({"a": 2}), by).unwrap();
        assert_eq!((first.version, second.version), (1, 2), "each has a version of its own at once");
        assert_eq!(configurations.of(&id), None);
        assert!(configurations.answered(&id, 1, true, None).is_err(), "it was never sent");
        configurations.committed(&id, first.clone());
        assert_eq!(configurations.of(&id), Some(first));
        configurations.committed(&id, second.clone());
        assert_eq!(configurations.of(&id), Some(second));
    }

    #[test]
    fn versions_rise_and_only_the_newest_is_answered_for() {
        let mut configurations = Configurations::default();
        let id = DashboardId::new("energy-01").unwrap();
        let by = OperatorId::new("alice").unwrap();
        assert_eq!(configurations.of(&id), None);
        assert!(configurations.push(&id, json!([1]), by.clone()).is_err());
        for version in 1..=2 {
            let (configuration, _) = configurations.push(&id, json!({"a": version}), by.clone()).unwrap();
            assert_eq!(configuration.version, version);
            configurations.committed(&id, configuration);
        }
        assert_eq!(configurations.answered(&id, 1, true, None).unwrap(), None);
        let applied = configurations.answered(&id, 2, true, None).unwrap().unwrap();
        assert_eq!(applied.state, ConfigurationState::Applied);
        assert_eq!(configurations.answered(&id, 2, true, None).unwrap(), None);
        assert!(configurations.answered(&id, 3, true, None).is_err());
        assert!(configurations.answered(&id, 0, true, None).is_err());
    }
}
