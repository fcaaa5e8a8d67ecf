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

#[derive(Debug)]
struct Held {
    configuration: Configuration,
    state: ConfigurationState,
}

impl Configurations {
    /// Takes over a configuration from the log.
    pub(crate) fn restore(
        &mut self,
        id: DashboardId,
        configuration: Configuration,
        state: ConfigurationState,
    ) {
        self.0.insert(id, Held { configuration, state });
    }

    /// What `dashboard` is to have in force.
    pub(crate) fn of(&self, dashboard: &DashboardId) -> Option<Configuration> {
        self.0.get(dashboard).map(|held| held.configuration.clone())
    }

    /// A new version.
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
        let version = self.0.get(dashboard).map_or(0, |held| held.configuration.version) + 1;
        let configuration = Configuration { version, values };
        let state = ConfigurationState::Pushed;
        self.0.insert(dashboard.clone(), Held { configuration: configuration.clone(), state });
        let record = ConfigurationRecord {
            version,
            state,
            configuration: Some(configuration.clone()),
            by: Some(by),
            error: None,
        };
        Ok((configuration, record))
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
        let held =
            self.0.get_mut(dashboard).filter(|held| (1..=held.configuration.version).contains(&version));
        let Some(held) = held else {
            return Err(ProtocolError::new(
                ErrorCode::InvalidMessage,
                format!(
                    "CONFIG_RESULT: no configuration with `version` {version} was pushed to this dashboard."
                ),
            ));
        };
        let state = if success { ConfigurationState::Applied } else { ConfigurationState::Rejected };
        if version < held.configuration.version || state == held.state {
            return Ok(None);
        }
        held.state = state;
        Ok(Some(ConfigurationRecord { version, state, configuration: None, by: None, error }))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

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
        }
        assert_eq!(configurations.answered(&id, 1, true, None).unwrap(), None);
        let applied = configurations.answered(&id, 2, true, None).unwrap().unwrap();
        assert_eq!(applied.state, ConfigurationState::Applied);
        assert_eq!(configurations.answered(&id, 2, true, None).unwrap(), None);
        assert!(configurations.answered(&id, 3, true, None).is_err());
        assert!(configurations.answered(&id, 0, true, None).is_err());
    }
}
