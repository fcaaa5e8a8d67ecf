//! The code that *Connect a dashboard* shows: the snippets of the quick starts, filled in.

use mission_control_protocol::{TokenSecret, ids::ID_MAX_LENGTH};

use crate::view::connect::Snippet;

/// One snippet as it is kept: key, title, where it runs, code.
const TEMPLATES: [(&str, &str, &str, &str); 4] = [
    (
        "typescript",
        "TypeScript",
        "In a web page, or in Node from version 22 on.",
        include_str!("../../../docs/quick-start/snippets/typescript.ts"),
    ),
    (
        "react",
        "React",
        "A module of a web page, with a mark that shows the connection.",
        include_str!("../../../docs/quick-start/snippets/react.tsx"),
    ),
    ("rust", "Rust", "A service, on Tokio.", include_str!("../../../docs/quick-start/snippets/rust.rs")),
    (
        "websocket",
        "Plain WebSocket",
        "Without any package: in a web page, or in Node from version 22 on.",
        include_str!("../../../docs/quick-start/snippets/websocket.js"),
    ),
];

/// The id of a dashboard whose label has nothing an id could be made of.
const NAMELESS: &str = "my-dashboard";

/// All snippets for a hub, a token and a dashboard.
pub(crate) fn filled_in(address: &str, secret: &TokenSecret, dashboard_id: &str) -> Vec<Snippet> {
    let snippet = |(key, title, hint, code): (&str, &str, &str, &str)| Snippet {
        key: key.to_owned(),
        title: title.to_owned(),
        hint: hint.to_owned(),
        code: code
            .replace("WS_ADDRESS", address)
            .replace("\"TOKEN\"", &format!("\"{}\"", secret.0))
            .replace("DASHBOARD_ID", dashboard_id),
    };
    TEMPLATES.into_iter().map(snippet).collect()
}

/// An id made of a label: `Energy, hall 3` becomes `energy-hall-3`.
pub(crate) fn dashboard_id(label: &str) -> String {
    let mut id = String::new();
    for character in label.to_lowercase().chars() {
        if id.len() == ID_MAX_LENGTH / 2 {
            break;
        }
        if character.is_ascii_alphanumeric() || matches!(character, '.' | '_') {
            id.push(character);
        } else if !id.is_empty() && !id.ends_with('-') {
            id.push('-');
        }
    }
    let id = id.trim_end_matches('-');
    if id.is_empty() { NAMELESS.to_owned() } else { id.to_owned() }
}

#[cfg(test)]
mod tests {
    use mission_control_protocol::DashboardId;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_snippet_is_filled_in_whole() {
        let secret = TokenSecret("mcd_s3cret".to_owned());
        let snippets = filled_in("wss://hub.example.org:7420", &secret, "hall-3");
        assert_eq!(snippets.len(), 4);
        for Snippet { key, code, .. } in &snippets {
            for part in ["\"wss://hub.example.org:7420", "\"mcd_s3cret\"", "\"hall-3\""] {
                assert!(code.contains(part), "{key} has no {part}");
            }
            for placeholder in ["WS_ADDRESS", "\"TOKEN\"", "DASHBOARD_ID"] {
                assert!(!code.contains(placeholder), "{key} still has {placeholder}");
            }
        }
        assert!(!format!("{snippets:?}").contains("s3cret"));
    }

    #[test]
    fn a_label_becomes_an_id() {
        for (label, id) in [
            ("Energy, hall 3", "energy-hall-3"),
            ("  Ünder ground  ", "nder-ground"),
            ("电力", NAMELESS),
            ("v1.2_beta!", "v1.2_beta"),
        ] {
            assert_eq!(dashboard_id(label), id);
        }
    }

    proptest! {
        #[test]
        fn whatever_the_label_the_id_is_one(label in any::<String>()) {
            prop_assert!(DashboardId::new(&dashboard_id(&label)).is_ok());
        }
    }
}
