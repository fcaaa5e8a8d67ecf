//! The operator's core: connections to hubs, the cache, notification policy and view models. Knows no Tauri.
//!
//! ```no_run
//! # use mission_control_console::{Console, ConsoleConfig, view::ViewRequest};
//! # async fn example() -> Result<(), mission_control_console::ConsoleError> {
//! let mut console = Console::start(ConsoleConfig::new("data".into())).await?;
//! let handle = console.handle();
//! let mut fleet = handle.subscribe(ViewRequest::Frame);
//! while let Some(model) = fleet.next().await {
//!     println!("{model:?}");
//! }
//! console.shutdown().await;
//! # Ok(())
//! # }
//! ```
//!
//! | module | holds |
//! |---|---|
//! | [`view`] | what the UI shows and asks for: the contract with it |
//! | `core` | the one task that owns what is known; pushes view models, answers requests |
//! | `hub_link` | the link to one hub: connection, session, the thread that writes the cache |
//! | `hub_state`, `activity`, `feed` | what is known of a hub, of its last hour, and of a dashboard looked at |
//! | `models`, `charts`, `alert_actions` | pure functions from what is known to what is shown |
//! | `alerting` | changes to rules, silences and the like; back-tests on the log at hand; statistics of alerts |
//! | `metrics` | the metrics explorer: series of all hubs, charted, ranked and compared |
//! | `replay` | the time conductor: which instant is shown, and what the logs say of it |
//! | [`notifications`] | which alerts become native notifications, and when |
//! | `search` | searching the logs: pages, tails, counts, completions |
//! | `settings` | `settings.json` |
//! | `transfers` | exports, archives and imports: what leaves and enters as files |
//! | `storage` | how logs fare on disk, what is kept, checks, backups and restores |
//!
//! Invariants: the core never touches the disk and never waits for the network; what is shown of a hub that is not
//! connected is marked as cached and never looks well; the cursor of a cache is committed with the records it covers;
//! the log of the hub inside the program is read and never written; an instant of the past is folded by the code that
//! folds the present, and nothing can be changed while one is shown.

mod activity;
mod alert_actions;
mod alerting;
mod charts;
mod config;
mod core;
mod feed;
mod handle;
mod hub_link;
mod hub_state;
mod metrics;
mod models;
pub mod notifications;
mod pace;
mod plain_text;
mod replay;
mod search;
mod settings;
mod snippets;
mod storage;
mod transfers;
pub mod view;

pub use config::{Clock, ConsoleConfig, ConsoleError, EmbeddedHub, OperatorPair, system_clock};
pub use handle::{Console, ConsoleHandle, ViewSubscription};
pub use mission_control_store::Retention;
pub use settings::embedded_retention;
