//! What the notification service received, and pressing its buttons. The service is dunst.

use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf};

use crate::{desktop::Desktop, process::Running, wait::wait_for};

/// Asked for the choice in dunst's menu of actions, this prints the first line that contains the text in the file.
const CHOOSER: &str = "#!/bin/sh\nexec grep --fixed-strings --max-count=1 --file=@WANTED@\n";

/// Notifications stay until they are closed, all of them shown: a button can be pressed only on one that is shown.
const CONFIGURATION: &str = "[global]
    dmenu = @CHOOSER@
    markup = full
    notification_limit = 0
    history_length = 500
    stack_duplicates = false
    sticky_history = true
    idle_threshold = 0
[urgency_low]
    timeout = 0
[urgency_normal]
    timeout = 0
[urgency_critical]
    timeout = 0
";

/// A notification, as it arrived on the bus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    /// The program that sent it.
    pub application: String,
    /// Its title.
    pub summary: String,
    /// Its text, as markup: this service reads it as such.
    pub body: String,
    /// `LOW`, `NORMAL` or `CRITICAL`.
    pub urgency: String,
    /// Key and label of each action.
    pub actions: Vec<(String, String)>,
    /// Number that the service gave it; one that was replaced in place has that of the one before.
    pub id: u32,
}

impl Notification {
    /// The labels of its buttons. The default action is not a button.
    #[must_use]
    pub fn buttons(&self) -> Vec<&str> {
        self.actions.iter().filter(|(key, _)| key != "default").map(|(_, label)| label.as_str()).collect()
    }
}

/// The notification service of a [`Desktop`].
#[derive(Debug)]
pub struct Notifications {
    dunst: Running,
    wanted: PathBuf,
}

impl Notifications {
    pub(crate) fn start(desktop: &Desktop) -> Self {
        let directory = desktop.directory();
        let wanted = directory.join("wanted-action");
        let chooser = directory.join("choose-action");
        fs::write(&wanted, "").unwrap();
        fs::write(&chooser, CHOOSER.replace("@WANTED@", &wanted.to_string_lossy())).unwrap();
        fs::set_permissions(&chooser, fs::Permissions::from_mode(0o755)).unwrap();
        let configuration = directory.join("dunstrc");
        fs::write(&configuration, CONFIGURATION.replace("@CHOOSER@", &chooser.to_string_lossy())).unwrap();
        let mut dunst = desktop.command("dunst");
        dunst.arg("-conf").arg(&configuration).args(["-print", "-verbosity", "info"]);
        let dunst = Running::start(&dunst, &desktop.log("dunst.log"));
        desktop.wait_for_bus_name("org.freedesktop.Notifications");
        Self { dunst, wanted }
    }

    /// Every notification so far, oldest first.
    #[must_use]
    pub fn received(&self) -> Vec<Notification> {
        parse(&self.dunst.output())
    }

    /// Waits for one whose title contains `part`; the newest of them.
    pub fn wait_for(&self, part: &str) -> Notification {
        wait_for(&format!("a notification whose title contains {part:?}"), || {
            let received = self.received();
            let found =
                received.iter().rev().find(|notification| notification.summary.contains(part)).cloned();
            found.ok_or_else(|| {
                let titles: Vec<_> =
                    received.iter().map(|notification| notification.summary.as_str()).collect();
                format!("received were {titles:?}")
            })
        })
    }

    /// How many are on the screen.
    #[must_use]
    pub fn on_screen(&self, desktop: &Desktop) -> Option<u32> {
        desktop.run("dunstctl", &["count", "displayed"]).ok()?.trim().parse().ok()
    }

    /// Presses the button labelled `label` of the notification whose title is `summary`. What comes of it is for the
    /// test to wait for.
    pub fn press(&self, desktop: &Desktop, label: &str, summary: &str) {
        // Lines of the menu read `#Acknowledge (title) [id,key]`.
        fs::write(&self.wanted, format!("#{label} ({summary})")).unwrap();
        desktop.run("dunstctl", &["context"]).unwrap();
    }
}

/// Reads what `dunst -print` prints: a block in braces for each notification, one field to a line that begins with a
/// tab, the text of a field running over several lines where it has several.
fn parse(output: &str) -> Vec<Notification> {
    let mut found = Vec::new();
    let mut rest = output;
    while let Some((_, after)) = rest.split_once("{\n\tappname: ") {
        let Some((block, after)) = after.split_once("\n}\n") else { break };
        found.push(notification(block));
        rest = after;
    }
    found
}

fn notification(block: &str) -> Notification {
    let field = |name: &str, next: &str| {
        let after = block.split_once(&format!("\n\t{name}: ")).map_or("", |(_, after)| after);
        let value = after.split_once(&format!("\n\t{next}: ")).map_or("", |(value, _)| value);
        unquoted(value.trim()).to_owned()
    };
    let actions = block.split_once("\n\tactions: {\n").map_or("", |(_, after)| after);
    let actions = actions.split_once("\n\t}").map_or("", |(actions, _)| actions);
    Notification {
        application: unquoted(block.lines().next().unwrap_or_default()).to_owned(),
        summary: field("summary", "body"),
        body: field("body", "icon"),
        urgency: field("urgency", "transient"),
        actions: actions.lines().filter_map(action).collect(),
        id: field("id", "actions").parse().unwrap_or_default(),
    }
}

fn action(line: &str) -> Option<(String, String)> {
    let (key, label) = line.trim().strip_prefix('"')?.strip_suffix('"')?.split_once("\": \"")?;
    Some((key.to_owned(), label.to_owned()))
}

fn unquoted(text: &str) -> &str {
    text.strip_prefix('\'').and_then(|text| text.strip_suffix('\'')).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_dunst_prints() {
        let output = "INFO: Using X11 output\n{\n\tappname: 'Mission Control'\n\tsummary: 'Data Quality: Below'\n\t\
            body: 'first\nsecond: 'quoted''\n\ticon: 'dialog-warning'\n\traw_icon set: false\n\t\
            urgency: CRITICAL\n\ttransient: 0\n\tformatted: '<b>x</b>'\n\tid: 2\n\tactions: {\n\t\t\
            \"act:0\": \"Re-ingest\"\n\t\t\"default\": \"Open\"\n\t}\n\tscript_count: 0\n}\nINFO: more\n";
        let [notification] = parse(output).try_into().unwrap();
        assert_eq!(notification.application, "Mission Control");
        assert_eq!(notification.summary, "Data Quality: Below");
        assert_eq!(notification.body, "first\nsecond: 'quoted'");
        assert_eq!(notification.urgency, "CRITICAL");
        assert_eq!(notification.buttons(), ["Re-ingest"]);
        assert_eq!(notification.id, 2);
    }
}
