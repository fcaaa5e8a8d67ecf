//! Native notifications: what is to be shown, updated and taken away. The shell presents it.

mod content;
mod policy;
mod requests;
mod routing;
mod storm;

use mission_control_protocol::{AlertId, CommandId, Timestamp};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

pub(crate) use policy::{NotificationPolicy, Raised};
pub(crate) use routing::check as check_policy;

use crate::view::{HubKey, requests::Navigation};

/// Key of the action that a click on the notification itself means.
pub const ACTION_DEFAULT: &str = "default";
/// Key of the button that acknowledges the alert.
pub const ACTION_ACKNOWLEDGE: &str = "acknowledge";
/// Key of the button that puts the alert on the shelf for a while.
pub const ACTION_SNOOZE: &str = "snooze";
/// What the key of an alert's own action starts with; its index follows.
pub const ACTION_PREFIX: &str = "action:";

/// What the shell is to do.
#[derive(Debug, Clone, PartialEq)]
pub enum NotificationIntent {
    /// Show it, and let the desktop draw attention to it.
    Show(Notification),
    /// Put this in place of the one with the same key, without drawing attention again.
    Update(Notification),
    /// Take it away.
    Dismiss {
        /// Which.
        key: String,
    },
}

/// A native notification.
#[derive(Debug, Clone, PartialEq)]
pub struct Notification {
    /// Names it among all that are shown.
    pub key: String,
    /// What it is about.
    pub target: NotificationTarget,
    /// One line of plain text.
    pub title: String,
    /// A sentence or two; markup characters are escaped, as notification servers may read them.
    pub body: String,
    /// How urgent it is.
    pub urgency: Urgency,
    /// What is heard, as the desktop's sound theme names it, such as `dialog-warning`; nothing when empty.
    pub sound: String,
    /// Its buttons: key, and text of the button. [`ACTION_DEFAULT`] is the click on the notification itself.
    pub actions: Vec<(String, String)>,
}

/// What a notification is about.
#[derive(Debug, Clone, PartialEq)]
pub enum NotificationTarget {
    /// One alert.
    Alert {
        /// Of which hub.
        hub: HubKey,
        /// Which.
        alert_id: AlertId,
    },
    /// Many alerts.
    Alerts,
    /// Nothing: it only shows that notifications work.
    Test,
}

/// How urgent a notification is, as desktops grade it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum Urgency {
    /// Of interest.
    Low,
    /// Needs attention.
    Normal,
    /// Needs action now; stays until it is closed.
    Critical,
}

/// What came of a button pressed on a notification.
#[derive(Debug, Clone, PartialEq)]
pub enum NotificationEffect {
    /// Open this in the window.
    Open(Navigation),
    /// The alert is acknowledged.
    Acknowledged,
    /// The alert is on the shelf.
    Snoozed {
        /// Until when.
        until: Timestamp,
    },
    /// A command is on its way.
    CommandIssued {
        /// Its id.
        command_id: CommandId,
    },
}
