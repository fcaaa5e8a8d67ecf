//! The people at the dashboard: how many, which tab they look at, what they use.

use std::collections::BTreeMap;

use mission_control_protocol::Severity;
use serde_json::json;

use super::{output::Outbox, signal::Drift};

/// Every tab a dashboard has.
pub(super) const TABS: [&str; 8] =
    ["overview", "data", "workflows", "agents", "quality", "reports", "analytics", "settings"];
/// Every dialog a dashboard has.
pub(super) const MODALS: [&str; 6] = ["settings", "export", "ingest", "diagnostics", "help", "confirm"];
const FEATURES: [&str; 5] = ["search", "filters", "charts", "exports", "comments"];

#[derive(Debug)]
pub(super) struct Usage {
    usual_users: f64,
    wish: Drift,
    users: u32,
    active_tab: &'static str,
    open_modals: Vec<&'static str>,
    tab_views: BTreeMap<&'static str, u64>,
    features: BTreeMap<&'static str, u64>,
    until_arrival: f64,
    until_tab: f64,
    until_feature: f64,
    /// Milliseconds since the oldest session of those connected began.
    session: f64,
}

impl Usage {
    pub(super) fn new(rng: &mut fastrand::Rng) -> Self {
        let usual_users = 0.5 + 6.5 * rng.f64();
        let active_tab = TABS[rng.usize(..TABS.len())];
        Self {
            usual_users,
            wish: Drift::new(rng, 240.0),
            users: usual_users.round() as u32,
            active_tab,
            open_modals: Vec::new(),
            tab_views: BTreeMap::from([(active_tab, 1)]),
            features: BTreeMap::new(),
            until_arrival: 15_000.0 * rng.f64(),
            until_tab: 40_000.0 * rng.f64(),
            until_feature: 10_000.0 * rng.f64(),
            session: 1_000.0 * f64::from(rng.u32(30..3_000)),
        }
    }

    pub(super) fn step(&mut self, dt: f64, load: f64, rng: &mut fastrand::Rng, out: &mut Outbox) {
        let wish = (self.usual_users * load * (1.0 + 0.35 * self.wish.step(dt, rng))).max(0.0).round() as u32;
        self.until_arrival -= dt;
        if self.until_arrival <= 0.0 {
            self.until_arrival = 8_000.0 + 20_000.0 * rng.f64();
            // People come and go one at a time.
            self.users = match wish.cmp(&self.users) {
                std::cmp::Ordering::Greater => self.users + 1,
                std::cmp::Ordering::Less => self.users - 1,
                std::cmp::Ordering::Equal => self.users,
            };
        }
        if self.users == 0 {
            self.session = 0.0;
            return;
        }
        self.session += dt;
        let people = f64::from(self.users);
        self.until_tab -= dt * people.sqrt();
        if self.until_tab <= 0.0 {
            self.until_tab = 45_000.0 + 90_000.0 * rng.f64();
            // Most views are of the first few tabs.
            let place = (rng.f64().powi(2) * TABS.len() as f64) as usize;
            self.show_tab(TABS[place.min(TABS.len() - 1)]);
        }
        self.until_feature -= dt * people;
        if self.until_feature <= 0.0 {
            self.until_feature = 12_000.0 + 30_000.0 * rng.f64();
            self.use_feature(FEATURES[rng.usize(..FEATURES.len())]);
            // Now and then somebody closes a dialog that was opened for all.
            if rng.f64() < 0.2 && self.open_modals.pop().is_some() {
                out.event("MODAL_CLOSED", Severity::Info, json!({"openModals": self.open_modals}));
            }
        }
    }

    pub(super) fn users(&self) -> u32 {
        self.users
    }

    pub(super) fn active_tab(&self) -> &'static str {
        self.active_tab
    }

    pub(super) fn open_modals(&self) -> &[&'static str] {
        &self.open_modals
    }

    /// In milliseconds.
    pub(super) fn session_duration(&self) -> f64 {
        self.session
    }

    pub(super) fn tab_views(&self) -> BTreeMap<String, f64> {
        self.tab_views.iter().map(|(tab, views)| ((*tab).to_owned(), *views as f64)).collect()
    }

    pub(super) fn feature_usage(&self) -> BTreeMap<String, f64> {
        self.features.iter().map(|(feature, uses)| ((*feature).to_owned(), *uses as f64)).collect()
    }

    pub(super) fn use_feature(&mut self, feature: &'static str) {
        *self.features.entry(feature).or_default() += 1;
    }

    fn show_tab(&mut self, tab: &'static str) {
        self.active_tab = tab;
        *self.tab_views.entry(tab).or_default() += 1;
    }

    /// Brings a tab to the front; the error names the tabs there are.
    pub(super) fn navigate(&mut self, tab: &str) -> Result<(), String> {
        match TABS.iter().find(|known| **known == tab) {
            Some(known) => {
                self.show_tab(known);
                // It stays there long enough to be seen.
                self.until_tab = self.until_tab.max(60_000.0);
                Ok(())
            }
            None => Err(format!("there is no tab {tab:?}; there are {}", TABS.join(", "))),
        }
    }

    /// Opens a dialog; the error names the dialogs there are.
    pub(super) fn open_modal(&mut self, modal: &str) -> Result<(), String> {
        let Some(known) = MODALS.iter().find(|known| **known == modal) else {
            return Err(format!("there is no dialog {modal:?}; there are {}", MODALS.join(", ")));
        };
        self.use_feature("dialogs");
        if !self.open_modals.contains(known) {
            self.open_modals.push(known);
        }
        Ok(())
    }

    /// Closes every dialog; returns those that were open.
    pub(super) fn close_modals(&mut self) -> Vec<&'static str> {
        std::mem::take(&mut self.open_modals)
    }
}
