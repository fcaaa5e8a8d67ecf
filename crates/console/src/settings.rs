//! `settings.json`: what the operator chose, and the hubs that are followed, tokens included.

use std::{
    fs,
    io::{self, Write},
    net::{IpAddr, Ipv4Addr},
    path::{Path, PathBuf},
    time::Duration,
};

use mission_control_protocol::{OperatorId, Timestamp};
use mission_control_store::{ArchiveManifest, KindRetention, Retention};
use serde::{Deserialize, Serialize};

use crate::view::{
    HubKey, Preferences,
    frame::ArchiveMark,
    notification_policy::NotificationPolicySettings,
    requests::{AddHub, RequestError, RequestErrorCode},
    storage::{KindRule, RetentionChoice},
};

/// Version of the file's form.
const FORM: u32 = 1;

/// Longest name of a hub, in characters.
const NAME: usize = 80;

/// What `settings.json` holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Settings {
    /// Version of the form.
    form: u32,
    /// What the operator chose.
    pub(crate) preferences: Preferences,
    /// How the desktop is told of alerts.
    pub(crate) notification_policy: NotificationPolicySettings,
    /// The remote hubs, in the order they were added.
    pub(crate) hubs: Vec<RemoteHub>,
    /// What is kept of the log of the hub inside this program.
    pub(crate) embedded: RetentionChoice,
    /// What is kept of each remote hub's log.
    pub(crate) caches: RetentionChoice,
    /// The archives that were taken in, in the order in which they were.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) archives: Vec<ArchivedHub>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            form: FORM,
            preferences: Preferences::default(),
            notification_policy: NotificationPolicySettings::default(),
            hubs: Vec::new(),
            embedded: RetentionChoice::default(),
            caches: RetentionChoice::default(),
            archives: Vec::new(),
        }
    }
}

/// What the store is told of a choice of what is kept.
pub(crate) fn retention(choice: &RetentionChoice) -> Retention {
    let age = |days: u32| (days > 0).then(|| DAY * days);
    let rule = |rule: &KindRule| KindRetention { age: age(rule.keep_days), bytes: rule.keep_bytes };
    Retention {
        age: age(choice.keep_days),
        bytes: choice.keep_bytes,
        kinds: choice.kinds.iter().map(|(kind, own)| (*kind, rule(own))).collect(),
        series: age(choice.keep_series_days),
    }
}

/// What is kept by the hub inside this program, as the settings in `data_directory` say: for the shell, which starts that
/// hub before the console. Settings that cannot be read drop nothing.
#[must_use]
pub fn embedded_retention(data_directory: &Path) -> Retention {
    match SettingsFile::new(data_directory).read() {
        Ok(settings) => retention(&settings.embedded),
        Err(_) => Retention::forever(),
    }
}

/// What is wrong with a choice of what is kept.
pub(crate) fn check_retention(choice: &RetentionChoice) -> Result<(), RequestError> {
    let rules = choice.kinds.values();
    let days = rules.clone().map(|rule| rule.keep_days).chain([choice.keep_days, choice.keep_series_days]);
    if let Some(days) = days.into_iter().find(|days| *days > MOST_DAYS) {
        return Err(invalid(format!("Days: {days} is more than {MOST_DAYS}; 0 keeps for ever.")));
    }
    let bytes = rules.filter_map(|rule| rule.keep_bytes).chain(choice.keep_bytes);
    if let Some(bytes) = bytes.into_iter().find(|bytes| *bytes < LEAST_BYTES) {
        return Err(invalid(format!(
            "Size: {bytes} bytes is too little to keep anything; at least 10 MiB (10485760)."
        )));
    }
    Ok(())
}

/// Longest age, in days: a hundred years.
const MOST_DAYS: u32 = 36_500;

/// Least bound of a size, in bytes.
const LEAST_BYTES: u64 = 10 * 1_024 * 1_024;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A remote hub that is followed.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RemoteHub {
    pub(crate) key: HubKey,
    /// Chosen by the operator; empty for the hub's own.
    pub(crate) name: String,
    pub(crate) address: String,
    pub(crate) token: String,
}

impl std::fmt::Debug for RemoteHub {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("RemoteHub")
            .field("key", &self.key)
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

/// An archive that was taken in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ArchivedHub {
    pub(crate) key: HubKey,
    pub(crate) hub_name: String,
    pub(crate) made_by: String,
    pub(crate) made_at: Timestamp,
    pub(crate) query: String,
    pub(crate) is_partial: bool,
    pub(crate) from: Option<Timestamp>,
    pub(crate) to: Option<Timestamp>,
    /// By which one is known again.
    pub(crate) sha256: String,
}

impl ArchivedHub {
    pub(crate) fn new(key: HubKey, manifest: ArchiveManifest) -> Self {
        Self {
            key,
            hub_name: crate::plain_text::harmless(&manifest.hub_name, NAME),
            made_by: crate::plain_text::harmless(&manifest.made_by, NAME),
            made_at: manifest.made_at,
            query: manifest.query,
            is_partial: manifest.is_partial,
            from: manifest.first_at,
            to: manifest.last_at,
            sha256: manifest.sha256,
        }
    }

    /// Its name in the list of hubs.
    pub(crate) fn name(&self) -> String {
        format!("Archive of {}", self.hub_name)
    }

    /// As the views show it.
    pub(crate) fn mark(&self) -> ArchiveMark {
        ArchiveMark {
            hub_name: self.hub_name.clone(),
            made_at: self.made_at,
            made_by: self.made_by.clone(),
            query: self.query.clone(),
            is_partial: self.is_partial,
            from: self.from,
            to: self.to,
        }
    }
}

impl Settings {
    /// The defaults, in place of settings that are lost.
    fn careful() -> Self {
        let for_ever = RetentionChoice::for_ever();
        Self { embedded: for_ever.clone(), caches: for_ever, ..Self::default() }
    }
}

/// Why there are no settings.
enum Unreadable {
    File(io::Error),
    Text(String),
}

/// Where settings are kept.
#[derive(Debug, Clone)]
pub(crate) struct SettingsFile {
    path: PathBuf,
}

impl SettingsFile {
    pub(crate) fn new(data_directory: &Path) -> Self {
        Self { path: data_directory.join("settings.json") }
    }

    /// Reads the settings. A file that cannot be understood is set aside, and the defaults are used, with a sentence for
    /// the operator: the console starts whatever the file holds. Nothing of the past is dropped by defaults that nobody
    /// chose.
    pub(crate) fn load(&self, now: Timestamp) -> (Settings, Option<String>) {
        let reason = match self.read() {
            Ok(settings) => return (settings, None),
            Err(Unreadable::File(error)) => {
                tracing::error!(path = %self.path.display(), %error, "cannot read the settings; using the defaults");
                let note = format!(
                    "The settings ({}) cannot be read: {error}. The defaults are in force; make the file readable and start again.",
                    self.path.display()
                );
                return (Settings::careful(), Some(note));
            }
            Err(Unreadable::Text(reason)) => reason,
        };
        let kept = self.path.with_extension(format!("json.set-aside-{}", now.as_milliseconds()));
        let moved = fs::rename(&self.path, &kept);
        tracing::error!(
            path = %self.path.display(), kept = %kept.display(), moved = moved.is_ok(), reason,
            "the settings cannot be understood; they are set aside and the defaults are used"
        );
        let note = format!(
            "The settings could not be understood ({reason}). They are kept as {}, and the defaults are in force: choose \
             anew, and add remote hubs again. Everything recorded is kept until you choose otherwise under Storage.",
            kept.display()
        );
        (Settings::careful(), Some(note))
    }

    fn read(&self) -> Result<Settings, Unreadable> {
        match fs::read(&self.path) {
            Ok(text) => parse(&text).map_err(Unreadable::Text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Settings::default()),
            Err(error) => Err(Unreadable::File(error)),
        }
    }

    /// Writes the settings: wholly or not at all, readable by their owner only.
    pub(crate) fn save(&self, settings: &Settings) -> io::Result<()> {
        let mut text = serde_json::to_vec_pretty(settings)?;
        text.push(b'\n');
        let scratch = self.path.with_extension("json.new");
        let mut options = fs::OpenOptions::new();
        options.create(true).write(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        // One left behind by a crash may have any mode.
        let _ = fs::remove_file(&scratch);
        let mut file = options.open(&scratch)?;
        file.write_all(&text)?;
        file.sync_all()?;
        fs::rename(&scratch, &self.path)?;
        // The directory too: else a power cut may bring the old file back.
        if let Some(directory) = self.path.parent()
            && let Ok(directory) = fs::File::open(directory)
        {
            let _ = directory.sync_all();
        }
        Ok(())
    }
}

fn parse(text: &[u8]) -> Result<Settings, String> {
    let mut settings: Settings = serde_json::from_slice(text).map_err(|error| error.to_string())?;
    if settings.form > FORM {
        return Err(format!("it has form {}, and this version knows forms up to {FORM}", settings.form));
    }
    if let Err(error) = check_preferences(&settings.preferences) {
        tracing::warn!(%error, "a preference in the settings is not valid; using its default");
        let default = Preferences::default();
        if OperatorId::new(&settings.preferences.operator).is_err() {
            settings.preferences.operator = default.operator;
        }
        if settings.preferences.notifications_per_minute == 0 {
            settings.preferences.notifications_per_minute = default.notifications_per_minute;
        }
    }
    if let Err(problem) = crate::notifications::check_policy(&settings.notification_policy) {
        tracing::warn!(
            problem,
            "the notification policy in the settings is not valid; using the default one"
        );
        settings.notification_policy = NotificationPolicySettings::default();
    }
    let mut known = Vec::new();
    settings.hubs.retain(|hub| {
        let usable =
            hub.key != HubKey::EMBEDDED && !known.contains(&hub.key) && check_address(&hub.address).is_ok();
        if !usable {
            tracing::warn!(address = hub.address, "a hub in the settings is not valid and is left out");
        }
        known.push(hub.key);
        usable
    });
    Ok(settings)
}

fn invalid(message: String) -> RequestError {
    RequestError::new(RequestErrorCode::InvalidInput, message)
}

/// The operator's id, when the preferences are valid.
pub(crate) fn check_preferences(preferences: &Preferences) -> Result<OperatorId, RequestError> {
    if preferences.notifications_per_minute == 0 {
        return Err(invalid(
            "Notifications per minute: at least 1; to have none, switch notifications off.".to_owned(),
        ));
    }
    OperatorId::new(&preferences.operator).map_err(|error| invalid(format!("Operator: {error}.")))
}

/// A hub to follow from what the operator typed.
pub(crate) fn check_hub(
    request: &AddHub,
    known: &[RemoteHub],
    key: HubKey,
) -> Result<RemoteHub, RequestError> {
    let address = check_address(&request.address)?;
    if let Some(other) = known.iter().find(|hub| hub.address.eq_ignore_ascii_case(&address)) {
        let name = if other.name.is_empty() { &other.address } else { &other.name };
        return Err(invalid(format!("Address: {address} is followed already, as {name}.")));
    }
    let token = request.token.trim();
    if token.is_empty() {
        return Err(invalid(
            "Token: paste the hub's operator token; the hub prints the file it is in when it starts."
                .to_owned(),
        ));
    }
    if token.len() > 1_024 || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(invalid(
            "Token: a token is one word of letters, digits and signs; check what was pasted.".to_owned(),
        ));
    }
    let name = crate::plain_text::harmless(&request.name, NAME);
    Ok(RemoteHub { key, name, address, token: token.to_owned() })
}

/// `address` in its plain form, without a trailing slash.
fn check_address(address: &str) -> Result<String, RequestError> {
    let address = address.trim().trim_end_matches('/');
    let example = "write it like wss://hub.example.org:7420";
    let (secure, rest) = match address.split_once("://") {
        Some(("ws", rest)) => (false, rest),
        Some(("wss", rest)) => (true, rest),
        _ => return Err(invalid(format!("Address: it starts with ws:// or wss://; {example}."))),
    };
    if rest.contains(['/', '?', '#', '@']) || rest.contains(char::is_whitespace) {
        return Err(invalid(format!("Address: only a host and a port come after ://; {example}.")));
    }
    let (host, port) = match rest.rsplit_once(':') {
        Some((host, port)) if !host.ends_with(':') && (!host.contains(':') || host.ends_with(']')) => {
            (host, Some(port))
        }
        _ => (rest, None),
    };
    if host.is_empty() {
        return Err(invalid(format!("Address: the host is missing; {example}.")));
    }
    let plain = host.trim_start_matches('[').trim_end_matches(']');
    let ip = plain.parse::<IpAddr>();
    let valid_name =
        host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'));
    if ip.is_err() && !valid_name {
        return Err(invalid(format!("Address: {host} is not a host name or IP address; {example}.")));
    }
    if let Some(port) = port
        && !port.parse::<u16>().is_ok_and(|port| port > 0)
    {
        return Err(invalid(format!("Address: {port} is not a port (1 to 65535); {example}.")));
    }
    let loopback = host.eq_ignore_ascii_case("localhost")
        || ip.is_ok_and(|ip| ip.is_loopback() || ip == IpAddr::V4(Ipv4Addr::LOCALHOST));
    if !secure && !loopback {
        return Err(invalid(format!(
            "Address: ws:// is not encrypted and is for this computer only; use wss://{rest}."
        )));
    }
    Ok(address.to_owned())
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn an_address_is_refused_with_what_is_wrong() {
        for (address, expected) in [
            ("hub.example.org", "starts with ws:// or wss://"),
            ("http://hub.example.org", "starts with ws:// or wss://"),
            ("ws://hub.example.org:7420", "use wss://hub.example.org:7420"),
            ("wss://hub.example.org/v1/operator", "only a host and a port"),
            ("wss://user@hub.example.org", "only a host and a port"),
            ("wss://:7420", "host is missing"),
            ("wss://hub.example.org:99999", "is not a port"),
            ("wss://hub.example.org:0", "is not a port"),
            ("wss://hüb", "is not a host name"),
        ] {
            let error = check_address(address).unwrap_err();
            assert_eq!(error.code, RequestErrorCode::InvalidInput);
            assert!(error.message.contains(expected), "{address}: {}", error.message);
        }
        for address in
            ["ws://127.0.0.1:7420", "ws://localhost:1/", "ws://[::1]:7420", "wss://hub.example.org"]
        {
            check_address(address).unwrap();
        }
    }

    #[test]
    fn a_hub_needs_a_token_and_is_followed_once() {
        let request = |token: &str| AddHub {
            name: " North ".to_owned(),
            address: "ws://127.0.0.1:7420/".to_owned(),
            token: token.to_owned(),
        };
        let key = HubKey(Uuid::from_u128(7));
        assert!(check_hub(&request(" "), &[], key).unwrap_err().message.starts_with("Token:"));
        assert!(check_hub(&request("two words"), &[], key).unwrap_err().message.starts_with("Token:"));
        let hub = check_hub(&request("secret\n"), &[], key).unwrap();
        assert_eq!(
            (hub.name.as_str(), hub.address.as_str(), hub.token.as_str()),
            ("North", "ws://127.0.0.1:7420", "secret")
        );
        assert!(!format!("{hub:?}").contains("secret"));
        assert!(
            check_hub(&request("secret"), &[hub], key).unwrap_err().message.contains("already, as North")
        );
    }

    #[test]
    fn settings_survive_and_are_private() {
        let directory = tempfile::tempdir().unwrap();
        let file = SettingsFile::new(directory.path());
        assert_eq!(file.load(Timestamp::default()), (Settings::default(), None));
        let mut settings = Settings::default();
        settings.preferences.operator = "ada".to_owned();
        settings.hubs.push(RemoteHub {
            key: HubKey(Uuid::from_u128(7)),
            name: String::new(),
            address: "wss://hub.example.org".to_owned(),
            token: "secret".to_owned(),
        });
        file.save(&settings).unwrap();
        file.save(&settings).unwrap();
        assert_eq!(file.load(Timestamp::default()), (settings, None));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(&file.path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn a_file_that_is_no_settings_is_kept_and_the_defaults_used() {
        for text in ["{ not json", r#"{"form": 99}"#, r#"{"hubs": 3}"#] {
            let directory = tempfile::tempdir().unwrap();
            let file = SettingsFile::new(directory.path());
            fs::write(&file.path, text).unwrap();
            assert_eq!(embedded_retention(directory.path()), Retention::forever());
            let (settings, note) = file.load(Timestamp::from_milliseconds(5));
            assert_eq!(settings, Settings::careful());
            assert!(note.unwrap().contains("set-aside-5"));
            let kept = directory.path().join("settings.json.set-aside-5");
            assert_eq!(fs::read_to_string(kept).unwrap(), text);
        }
    }

    #[test]
    fn an_invalid_operator_or_hub_does_not_lose_the_rest() {
        let text = r#"{"preferences": {"operator": "not an id", "theme": "light"},
            "hubs": [{"key": "00000000-0000-0000-0000-000000000000", "name": "", "address": "wss://a", "token": "t"}]}"#;
        let settings = parse(text.as_bytes()).unwrap();
        assert_eq!(settings.preferences.operator, "operator");
        assert_eq!(settings.preferences.theme, crate::view::settings::Theme::Light);
        assert!(settings.hubs.is_empty());
    }

    #[test]
    fn what_is_kept_is_read_from_settings_of_before_and_checked() {
        let settings = parse(br#"{"caches": {"keepDays": 30, "keepBytes": 50000000}}"#).unwrap();
        let kept = retention(&settings.caches);
        assert_eq!(
            (kept.age, kept.bytes, kept.series),
            (Some(DAY * 30), Some(50_000_000), Some(DAY * 1_095))
        );
        check_retention(&settings.caches).unwrap();
        let days = RetentionChoice { keep_days: 99_999, ..RetentionChoice::default() };
        assert!(check_retention(&days).unwrap_err().message.starts_with("Days:"));
        let size = RetentionChoice { keep_bytes: Some(5), ..RetentionChoice::default() };
        assert!(check_retention(&size).unwrap_err().message.starts_with("Size:"));
    }
}
