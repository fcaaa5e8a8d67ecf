//! The configuration of a simulated dashboard: what an operator may push, and what is refused.

use mission_control_protocol::configuration::Configuration;
use serde::Serialize;
use serde_json::{Map, Value};

use super::Model;

/// The settings in force.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Settings {
    /// Version of the configuration that set them; 0 for the defaults.
    pub version: u64,
    /// Quality score under which `DATA_QUALITY` is raised, in percent.
    pub quality_threshold: f64,
    /// Milliseconds between reports of performance and data metrics; the other groups come half as often.
    pub report_interval: u64,
    /// Milliseconds between the dashboard's own ingestions, about.
    pub ingestion_interval: f64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { version: 0, quality_threshold: 80.0, report_interval: 5_000, ingestion_interval: 40_000.0 }
    }
}

fn number(key: &str, value: &Value, low: f64, high: f64) -> Result<f64, String> {
    match value.as_f64() {
        Some(number) if (low..=high).contains(&number) => Ok(number),
        _ => Err(format!("{key} must be a number from {low} to {high}, but is {value}")),
    }
}

impl Settings {
    /// These settings with `values` put in their places.
    fn changed(&self, values: &Map<String, Value>, version: u64) -> Result<(Self, Option<bool>), String> {
        let mut settings = Self { version, ..self.clone() };
        let mut debug = None;
        for (key, value) in values {
            match key.as_str() {
                "qualityThreshold" => settings.quality_threshold = number(key, value, 0.0, 100.0)?,
                "reportInterval" => settings.report_interval = number(key, value, 1_000.0, 600_000.0)? as u64,
                "ingestionInterval" => {
                    settings.ingestion_interval = number(key, value, 5_000.0, 3_600_000.0)?;
                }
                "debugMode" => {
                    debug = Some(
                        value
                            .as_bool()
                            .ok_or_else(|| format!("{key} must be true or false, but is {value}"))?,
                    );
                }
                _ => {
                    return Err(format!(
                        "{key} is no setting of this dashboard; there are qualityThreshold, reportInterval, \
                         ingestionInterval and debugMode"
                    ));
                }
            }
        }
        Ok((settings, debug))
    }
}

impl Model {
    /// Puts a configuration in force as a whole, or not at all.
    ///
    /// # Errors
    /// Why not, for the operator.
    pub fn configure(&mut self, configuration: &Configuration) -> Result<(), String> {
        let values = configuration.values.as_object().ok_or("the configuration must be an object")?;
        let (settings, debug) = self.settings.changed(values, configuration.version)?;
        if settings.ingestion_interval != self.settings.ingestion_interval {
            self.ingestion.postpone(settings.ingestion_interval);
        }
        self.settings = settings;
        if let Some(debug) = debug {
            self.set_debug(debug);
        }
        Ok(())
    }
}
