//! Alerts within bounds: what is too long is cut, and said. An alert that says too much says all the same that something
//! is wrong.

use mission_control_protocol::{
    EnrichedAlert, ErrorCode, ProtocolError,
    limits::{ALERT_ACTIONS_LIMIT, ALERT_CONTEXT_LIMIT, ALERT_MESSAGE_LIMIT, ALERT_TITLE_LIMIT},
};
use serde_json::Value;

/// Characters kept of a type, a source or a fingerprint.
const NAME: usize = 200;

/// Cuts what is too long in place, and says what.
pub(super) fn cut(alert: &mut EnrichedAlert) -> Option<ProtocolError> {
    let mut said = Vec::new();
    let mut text = |field: &str, text: &mut String, limit: usize| {
        if let Some(length) = cut_text(text, limit) {
            said.push(format!("`{field}` has {length} characters, and {limit} are kept"));
        }
    };
    text("title", &mut alert.alert.title, ALERT_TITLE_LIMIT);
    text("message", &mut alert.alert.message, ALERT_MESSAGE_LIMIT);
    text("type", &mut alert.alert.kind, NAME);
    text("source", &mut alert.source, NAME);
    for action in alert.alert.actions.iter_mut().take(ALERT_ACTIONS_LIMIT) {
        text("actions.label", &mut action.label, NAME);
        text("actions.action", &mut action.action, NAME);
    }
    if let Some(fingerprint) = &mut alert.alert.fingerprint
        && fingerprint.chars().count() > NAME
    {
        // Two that begin alike must stay two problems.
        let whole = fnv(fingerprint);
        cut_text(fingerprint, NAME - 17);
        *fingerprint = format!("{fingerprint}#{whole:016x}");
        said.push(format!(
            "`fingerprint` is longer than {NAME} characters, and its beginning and a hash are kept"
        ));
    }
    let actions = alert.alert.actions.len();
    if actions > ALERT_ACTIONS_LIMIT {
        alert.alert.actions.truncate(ALERT_ACTIONS_LIMIT);
        said.push(format!("there are {actions} `actions`, and {ALERT_ACTIONS_LIMIT} are kept"));
    }
    for action in &mut alert.alert.actions {
        if action.payload.as_ref().is_some_and(is_large) {
            action.payload = None;
            said.push(format!(
                "the `payload` of an action takes more than {ALERT_CONTEXT_LIMIT} bytes, and is left out"
            ));
        }
    }
    if is_large(&alert.context) {
        alert.context = Value::Null;
        said.push(format!("`context` takes more than {ALERT_CONTEXT_LIMIT} bytes, and is left out"));
    }
    let said = said.join("; ");
    (!said.is_empty())
        .then(|| ProtocolError::new(ErrorCode::AlertCut, format!("the alert was kept, but cut: {said}.")))
}

/// Cuts a text to `limit` characters, the last an ellipsis, and returns how many it had when it was longer.
fn cut_text(text: &mut String, limit: usize) -> Option<usize> {
    // No text of so few bytes has more characters.
    if text.len() <= limit {
        return None;
    }
    let length = text.chars().count();
    if length <= limit {
        return None;
    }
    if let Some((end, _)) = text.char_indices().nth(limit.saturating_sub(1)) {
        text.truncate(end);
        text.push('…');
    }
    Some(length)
}

fn is_large(value: &Value) -> bool {
    /// Counts what is written and stops when it is too much.
    struct Counted(usize);
    impl std::io::Write for Counted {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 += bytes.len();
            if self.0 > ALERT_CONTEXT_LIMIT {
                return Err(std::io::ErrorKind::FileTooLarge.into());
            }
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    !value.is_null() && serde_json::to_writer(Counted(0), value).is_err()
}

/// FNV-1a: the same everywhere and for ever, unlike the standard library's hasher.
fn fnv(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use mission_control_protocol::AlertAction;
    use serde_json::json;

    use super::*;
    use crate::alerts::tests::alert;

    #[test]
    fn a_million_characters_and_five_hundred_actions_are_cut_and_said() {
        let mut large = alert("energy-01", "low");
        large.alert.message = "ß\u{202e}<b>".repeat(250_000);
        large.alert.actions = (0..500)
            .map(|number| AlertAction {
                label: format!("Action {number}"),
                action: "REINGEST_DATA".to_owned(),
                payload: Some(json!({"text": "x".repeat(number * 1_000)})),
            })
            .collect();
        large.context = json!({"text": "x".repeat(20_000)});
        let notice = cut(&mut large).unwrap();
        assert_eq!(notice.code, ErrorCode::AlertCut);
        for part in ["1250000 characters", "500 `actions`", "`context`"] {
            assert!(notice.message.contains(part), "{}", notice.message);
        }
        assert_eq!(large.alert.message.chars().count(), ALERT_MESSAGE_LIMIT);
        assert_eq!(large.alert.actions.len(), ALERT_ACTIONS_LIMIT);
        assert_eq!(large.context, Value::Null);
        let before = large.clone();
        assert_eq!(cut(&mut large), None);
        assert_eq!(large, before);
    }

    #[test]
    fn long_fingerprints_stay_apart() {
        let mut one = alert("energy-01", "low");
        let mut other = one.clone();
        one.alert.fingerprint = Some("x".repeat(300) + "1");
        other.alert.fingerprint = Some("x".repeat(300) + "2");
        assert!(cut(&mut one).is_some() && cut(&mut other).is_some());
        assert_ne!(one.fingerprint(), other.fingerprint());
        assert!(one.alert.fingerprint.unwrap().chars().count() <= NAME);
    }
}
