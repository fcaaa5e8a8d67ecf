//! What the UI shows: plain data, computed here, rendered there. The TypeScript bindings in `ui/src/bindings/` are
//! generated from these types; the UI never computes a total and never parses a record.
//!
//! A view is subscribed to with a [`ViewRequest`]; the console then pushes the whole [`ViewModel`] whenever it has
//! changed, at most ten times a second.

pub mod alert_changes;
pub mod alert_detail;
pub mod alert_statistics;
pub mod alerts;
pub mod commands;
pub mod conductor;
pub mod connect;
pub mod dashboard;
pub mod fleet;
pub mod frame;
pub mod metrics;
pub mod notification_policy;
pub mod requests;
pub mod rules;
pub mod search;
pub mod settings;
pub mod silences;
pub mod storage;
pub mod transfers;

use mission_control_protocol::{AlertId, DashboardId, Timestamp, TokenId};
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use uuid::Uuid;

pub use alert_detail::AlertDetailView;
pub use alerts::{AlertFilter, AlertRow, AlertsView, DashboardSection};
pub use commands::{CommandRow, CommandTarget, CommandsView};
pub use connect::ConnectView;
pub use dashboard::{ChartRange, DashboardView};
pub use fleet::{FleetGrouping, FleetSort, FleetView};
pub use frame::FrameView;
pub use rules::RulesView;
pub use settings::{Preferences, SettingsView};
pub use silences::SilencesView;
pub use transfers::TransfersView;

/// Names one of the hubs this console follows. Made by the console when the hub is added; the embedded hub has a fixed
/// one, [`HubKey::EMBEDDED`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[ts(type = "string")]
pub struct HubKey(pub Uuid);

impl HubKey {
    /// The hub inside this program.
    pub const EMBEDDED: Self = Self(Uuid::nil());
}

/// Names a dashboard over all hubs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct DashboardKey {
    /// Its hub.
    pub hub: HubKey,
    /// Its id there.
    pub dashboard_id: DashboardId,
}

/// Status of a thing, in the six steps of the Astro design system, best last: each has a colour and a shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Not there, and not expected to be.
    Off,
    /// There, with nothing to do.
    Standby,
    /// Well.
    Normal,
    /// Look at it soon.
    Caution,
    /// Something is wrong.
    Serious,
    /// Act now.
    Critical,
}

/// How fresh what is shown is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase", tag = "kind")]
pub enum Freshness {
    /// The hub is connected and the dashboard online; last heard from at `at`.
    Live {
        /// When the dashboard was last heard from.
        at: Timestamp,
    },
    /// The hub is connected, the dashboard has missed a heartbeat or is gone; last heard from at `at`.
    Stale {
        /// When the dashboard was last heard from.
        at: Timestamp,
    },
    /// The hub is not connected; this is what was known at `at`.
    Cached {
        /// When the cache was last known to be current.
        at: Timestamp,
    },
    /// It is in an archive, which is never current; this is what was known at `at`, where the archive ends.
    Archived {
        /// When the last record in it was received.
        at: Timestamp,
    },
}

/// What the UI asks to be shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "view")]
pub enum ViewRequest {
    /// The frame around every view.
    Frame,
    /// The frame as it is now, whatever instant the views show: for the tray, and for whoever must not miss the present.
    Present,
    /// The fleet.
    Fleet {
        /// Words that must all occur in the use case, state, owner, name or id.
        filter: String,
        /// In what groups.
        grouping: FleetGrouping,
        /// In what order inside a group.
        sort: FleetSort,
    },
    /// One dashboard.
    Dashboard {
        /// Which.
        dashboard: DashboardKey,
        /// Of what span its charts are.
        range: ChartRange,
    },
    /// The alerts.
    Alerts {
        /// Which of them.
        filter: AlertFilter,
    },
    /// One alert.
    Alert {
        /// Which.
        alert_id: AlertId,
    },
    /// The rules that raise alerts.
    Rules,
    /// What keeps alerts from notifying.
    Silences,
    /// Commands, and what they can be sent to.
    Commands,
    /// Connecting a dashboard.
    Connect {
        /// To which hub.
        hub: HubKey,
        /// The token whose first use is waited for.
        token: Option<TokenId>,
    },
    /// Hubs, notifications, theme.
    Settings,
    /// Exports, archives and imports that are under way or just over.
    Transfers,
}

/// What is pushed for a [`ViewRequest`].
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase", tag = "view", content = "model")]
pub enum ViewModel {
    /// The frame.
    Frame(FrameView),
    /// The frame, live.
    Present(FrameView),
    /// The fleet.
    Fleet(FleetView),
    /// One dashboard; boxed because it is far larger than the others.
    Dashboard(Box<DashboardView>),
    /// The alerts.
    Alerts(AlertsView),
    /// One alert; boxed because it is larger than the others.
    Alert(Box<AlertDetailView>),
    /// The rules.
    Rules(RulesView),
    /// What keeps alerts from notifying.
    Silences(SilencesView),
    /// Commands.
    Commands(CommandsView),
    /// Connecting a dashboard.
    Connect(ConnectView),
    /// Settings.
    Settings(SettingsView),
    /// Exports, archives and imports.
    Transfers(TransfersView),
}

/// One line of an event feed.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct EventRow {
    /// The dashboard it is about.
    pub dashboard: DashboardKey,
    /// Name of that dashboard.
    pub dashboard_name: String,
    /// Place in the hub's log; unique within the hub, rising.
    #[ts(type = "number")]
    pub seq: u64,
    /// When the hub received it.
    pub at: Timestamp,
    /// How it looks.
    pub status: Status,
    /// Upper-case name: the event's type, or the record's kind for what is not an event.
    pub kind: String,
    /// The payload in one line, `key=value key=value`, at most 300 characters.
    pub summary: String,
    /// The whole payload, as JSON text.
    pub payload: String,
}
