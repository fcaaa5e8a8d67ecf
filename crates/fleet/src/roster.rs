//! Who is in the fleet.

use crate::model::{AgentKind, DataKind, Profile, WorkflowKind};

/// A use case and the dashboards that serve it.
struct UseCase {
    name: &'static str,
    dashboards: &'static [&'static str],
    sources: &'static [&'static str],
    workflows: &'static [WorkflowKind],
    agents: &'static [AgentKind],
    data: DataKind,
}

const fn workflow(id: &'static str, name: &'static str, seconds: f64) -> WorkflowKind {
    WorkflowKind { id, name, seconds }
}

const fn agent(id: &'static str, seconds: f64) -> AgentKind {
    AgentKind { id, seconds }
}

const USE_CASES: [UseCase; 5] = [
    UseCase {
        name: "Energy dataset",
        dashboards: &["energy-north", "energy-south", "energy-grid", "energy-lab", "energy-solar"],
        sources: &["scada", "smart-meters", "weather-feed"],
        workflows: &[
            workflow("forecast-load", "Forecast load", 9.0),
            workflow("balance-grid", "Balance grid", 14.0),
            workflow("bill-consumption", "Bill consumption", 6.0),
        ],
        agents: &[agent("anomaly", 2.5), agent("forecaster", 4.0), agent("summarizer", 1.8)],
        data: DataKind { entity: "meter", measure: "kilowattHours", low: 0.4, high: 42.0 },
    },
    UseCase {
        name: "Document intelligence",
        dashboards: &["contracts", "claims-eu", "claims-us", "archive", "invoices"],
        sources: &["mailroom", "document-store", "partner-sftp"],
        workflows: &[
            workflow("extract-clauses", "Extract clauses", 11.0),
            workflow("classify-claims", "Classify claims", 7.0),
            workflow("redact-personal-data", "Redact personal data", 8.0),
        ],
        agents: &[agent("reader", 3.0), agent("classifier", 1.5), agent("reviewer", 4.5)],
        data: DataKind { entity: "document", measure: "pages", low: 1.0, high: 80.0 },
    },
    UseCase {
        name: "Fraud watch",
        dashboards: &["cards", "wire", "merchant", "payouts", "onboarding"],
        sources: &["payment-stream", "core-banking", "watchlists"],
        workflows: &[
            workflow("score-transactions", "Score transactions", 5.0),
            workflow("screen-sanctions", "Screen sanctions", 8.0),
            workflow("retrain-model", "Retrain model", 18.0),
        ],
        agents: &[agent("risk-scorer", 1.2), agent("case-builder", 3.5), agent("link-finder", 4.0)],
        data: DataKind { entity: "transaction", measure: "amount", low: 1.0, high: 5_000.0 },
    },
    UseCase {
        name: "Supply chain",
        dashboards: &["inventory", "logistics", "suppliers", "demand", "returns"],
        sources: &["warehouse", "carrier-api", "erp"],
        workflows: &[
            workflow("plan-replenishment", "Plan replenishment", 10.0),
            workflow("route-shipments", "Route shipments", 7.0),
            workflow("rate-suppliers", "Rate suppliers", 12.0),
        ],
        agents: &[agent("demand-sensor", 2.2), agent("route-planner", 3.8), agent("negotiator", 5.0)],
        data: DataKind { entity: "shipment", measure: "units", low: 1.0, high: 1_200.0 },
    },
    UseCase {
        name: "Patient flow",
        dashboards: &["admissions", "theatre", "pharmacy", "imaging"],
        sources: &["admission-system", "bed-sensors", "lab-results"],
        workflows: &[
            workflow("assign-beds", "Assign beds", 6.0),
            workflow("schedule-theatre", "Schedule theatre", 12.0),
            workflow("check-interactions", "Check interactions", 5.0),
        ],
        agents: &[agent("triage", 1.6), agent("scheduler", 3.2), agent("summarizer", 2.0)],
        data: DataKind { entity: "episode", measure: "waitingMinutes", low: 2.0, high: 240.0 },
    },
];

const USERS: [&str; 8] =
    ["maria.keller", "j.okafor", "s.tanaka", "l.novak", "d.silva", "a.lindqvist", "r.haddad", "c.moreau"];

/// The profiles of a fleet of `count` dashboards. The first 24 have names of their own; after those, names come again
/// with a number.
#[must_use]
pub fn profiles(count: usize) -> Vec<Profile> {
    let named: Vec<(&UseCase, &str)> =
        USE_CASES.iter().flat_map(|case| case.dashboards.iter().map(move |name| (case, *name))).collect();
    let places = named.iter().cycle().take(count).enumerate();
    places
        .map(|(index, (case, name))| {
            let round = index / named.len();
            Profile {
                name: if round == 0 { (*name).to_owned() } else { format!("{name}-{}", round + 1) },
                use_case: case.name.to_owned(),
                user: USERS[index % USERS.len()].to_owned(),
                environment: if matches!(*name, "energy-lab" | "archive") { "staging" } else { "production" }
                    .to_owned(),
                sources: case.sources,
                workflows: case.workflows,
                agents: case.agents,
                data: case.data,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use mission_control_protocol::DashboardId;

    use super::*;

    #[test]
    fn every_name_is_an_id_and_unique() {
        let profiles = profiles(1_000);
        let names: HashSet<_> = profiles.iter().map(|profile| profile.name.as_str()).collect();
        assert_eq!(names.len(), 1_000);
        assert!(names.iter().all(|name| DashboardId::new(name).is_ok()));
        let use_cases: HashSet<_> = profiles[..24].iter().map(|profile| &profile.use_case).collect();
        assert_eq!(use_cases.len(), 5);
    }
}
