//! *Connect a dashboard*: the hubs one can connect to, the token that is waited for, and what has arrived.

use mission_control_protocol::{AttemptReason, DashboardId, OperatorId, Timestamp, TokenId, TokenSecret};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{DashboardKey, HubKey, Status};

/// *Connect a dashboard*.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ConnectView {
    /// The hubs to choose from, the embedded one first.
    pub hubs: Vec<ConnectHub>,
    /// The token that was asked for; null when there is none, or it was revoked.
    pub token: Option<TokenRow>,
    /// The dashboard that registered with it last; null while it is waited for.
    pub arrival: Option<Arrival>,
    /// Who came to the hub since the token was made and was not let in, newest first; without a token, all that are known.
    pub attempts: Vec<AttemptRow>,
}

/// A hub one can connect a dashboard to.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ConnectHub {
    /// Which.
    pub hub: HubKey,
    /// Its name.
    pub name: String,
    /// Whether it is the one inside this program.
    pub embedded: bool,
    /// The address as dashboards take it, such as `ws://127.0.0.1:7420`. The SDKs add the path.
    pub address: String,
    /// The full address, for a plain WebSocket.
    pub dashboard_address: String,
    /// From where dashboards reach it, in a sentence.
    pub reach: String,
    /// Why no token can be made now; null when one can.
    pub disabled: Option<String>,
}

/// A token that an operator had a hub make.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct TokenRow {
    /// Its id.
    pub id: TokenId,
    /// What it is for.
    pub label: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// Who had it made.
    pub created_by: OperatorId,
    /// When a dashboard last registered with it.
    pub last_used_at: Option<Timestamp>,
    /// Which dashboard that was.
    pub last_used_by: Option<DashboardId>,
}

/// A dashboard that registered with the token.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Arrival {
    /// Which.
    pub dashboard: DashboardKey,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub use_case: String,
    /// Its version.
    pub version: String,
    /// `run-dashboard`, `backend`, or any other kind.
    #[serde(rename = "type")]
    pub kind: String,
    /// Commands it accepts.
    pub commands: u32,
    /// How it looks.
    pub status: Status,
    /// Whether it is connected now.
    pub online: bool,
    /// When it registered.
    pub registered_at: Timestamp,
    /// Where it connected from.
    pub remote_address: String,
    /// Events since then.
    #[ts(type = "number")]
    pub events: u64,
    /// When it was last heard from: a heartbeat, or anything else.
    pub heard_at: Option<Timestamp>,
}

/// Somebody who came and was not let in.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct AttemptRow {
    /// Unique within the hub's run.
    #[ts(type = "number")]
    pub number: u64,
    /// When it was, last.
    pub at: Timestamp,
    /// How often.
    #[ts(type = "number")]
    pub count: u64,
    /// Where it came from.
    pub remote_address: String,
    /// Why.
    pub reason: AttemptReason,
    /// Why, in a few words.
    pub title: String,
    /// What was wrong.
    pub message: String,
    /// What to do.
    pub remedy: String,
    /// The dashboard it claimed to be.
    pub dashboard_id: Option<DashboardId>,
}

/// `create_token`: have a hub make a token for a dashboard.
#[derive(Debug, Clone, PartialEq, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct CreateToken {
    /// Which hub.
    pub hub: HubKey,
    /// What the token is for; 1 to 80 characters.
    pub label: String,
}

/// `create_token` returns this, once; nobody can ask for it again.
#[derive(Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct CreatedToken {
    /// Its id, to wait for its first use, or to revoke it.
    pub token_id: TokenId,
    /// What the dashboard shows to be let in.
    #[ts(type = "string")]
    pub secret: TokenSecret,
    /// The id that the snippets give the dashboard, made of the label.
    pub dashboard_id: String,
    /// Code to copy, with address, token and id filled in.
    pub snippets: Vec<Snippet>,
}

impl std::fmt::Debug for CreatedToken {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("CreatedToken").field("token_id", &self.token_id).finish_non_exhaustive()
    }
}

/// Code that connects a dashboard.
#[derive(Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Snippet {
    /// `typescript`, `react`, `rust` or `websocket`.
    pub key: String,
    /// Its name.
    pub title: String,
    /// Where it runs, in a sentence.
    pub hint: String,
    /// The code. It holds the token.
    pub code: String,
}

impl std::fmt::Debug for Snippet {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Snippet").field("key", &self.key).finish_non_exhaustive()
    }
}
