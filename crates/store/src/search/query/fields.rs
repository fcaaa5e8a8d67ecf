//! The fields of the language, and the values of those that have a fixed set.

use mission_control_protocol::{RecordKind, Severity};

use super::TextField;

/// A field that is not inside the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Kind,
    Severity,
    Text(TextField),
    After,
    Before,
}

/// What there is to know of a field.
pub(super) struct Description {
    pub(super) field: Field,
    pub(super) name: &'static str,
    /// Other names it goes by.
    also: &'static [&'static str],
    pub(super) example: &'static str,
    /// What it is, for the list of suggestions.
    pub(super) note: &'static str,
}

pub(super) const FIELDS: [Description; 10] = [
    Description {
        field: Field::Kind,
        name: "kind",
        also: &[],
        example: "kind:event",
        note: "what sort of thing happened",
    },
    Description {
        field: Field::Severity,
        name: "severity",
        also: &["level"],
        example: "severity>=warning",
        note: "how bad it is",
    },
    Description {
        field: Field::Text(TextField::Dashboard),
        name: "dashboard",
        also: &["dashboardId"],
        example: "dashboard:energy-*",
        note: "the dashboard's id",
    },
    Description {
        field: Field::Text(TextField::Type),
        name: "type",
        also: &[],
        example: "type:DATA_INGESTED",
        note: "type of the event, alert or command",
    },
    Description {
        field: Field::Text(TextField::UseCase),
        name: "useCase",
        also: &["use_case"],
        example: "useCase:energy",
        note: "what the dashboard is for",
    },
    Description {
        field: Field::Text(TextField::Operator),
        name: "operator",
        also: &["issuedBy", "by"],
        example: "operator:alice",
        note: "who did it",
    },
    Description {
        field: Field::Text(TextField::Command),
        name: "command",
        also: &["commandId"],
        example: "command:INGEST_DATA",
        note: "id or type of the command",
    },
    Description {
        field: Field::Text(TextField::Alert),
        name: "alert",
        also: &["alertId"],
        example: "alert:DATA_QUALITY",
        note: "id or type of the alert",
    },
    Description {
        field: Field::After,
        name: "after",
        also: &["since", "from"],
        example: "after:-2h",
        note: "received then or later",
    },
    Description {
        field: Field::Before,
        name: "before",
        also: &["until", "to"],
        example: "before:today",
        note: "received before then",
    },
];

/// How values inside the body are named, with an example and what it is.
pub(super) const ROOTS: [(&str, &str, &str); 2] = [
    ("payload", "payload.recordCount>1000", "a value in the payload of an event or a command"),
    ("body", "body.liveness:offline", "a value anywhere in the record"),
];

/// The field of this name.
pub(super) fn find(name: &str) -> Option<&'static Description> {
    FIELDS.iter().find(|field| {
        field.name.eq_ignore_ascii_case(name) || field.also.iter().any(|also| also.eq_ignore_ascii_case(name))
    })
}

pub(super) fn describe(wanted: Field) -> Option<&'static Description> {
    FIELDS.iter().find(|field| field.field == wanted)
}

/// Every field's name, for a message.
pub(super) fn names() -> String {
    let names = FIELDS.iter().map(|field| format!("`{}`", field.name));
    let roots = ROOTS.iter().map(|(root, ..)| format!("`{root}.…`"));
    names.chain(roots).collect::<Vec<_>>().join(", ")
}

/// Every value of a field that has a fixed set, for a message.
pub(super) fn values_of(field: &str) -> String {
    let values: Vec<_> = if field == "kind" {
        RecordKind::ALL.into_iter().map(kind_name).collect()
    } else {
        Severity::ALL.into_iter().map(severity_name).collect()
    };
    values.join(", ")
}

/// The field that was probably meant.
pub(super) fn meant(name: &str) -> Option<&'static str> {
    let also = FIELDS.iter().flat_map(|field| field.also.iter().map(|also| (*also, field.name)));
    let names = FIELDS.iter().map(|field| (field.name, field.name));
    closest(name, names.chain(also))
}

/// The value whose name is closest, when one is close.
pub(super) fn closest<T>(written: &str, names: impl Iterator<Item = (impl AsRef<str>, T)>) -> Option<T> {
    // Pasted text can be long, and nothing is close to it.
    if written.len() > 64 {
        return None;
    }
    let written = written.to_lowercase();
    let allowed = written.chars().count() / 3;
    names
        .map(|(name, value)| (strsim::damerau_levenshtein(&written, &name.as_ref().to_lowercase()), value))
        .filter(|(distance, _)| *distance <= allowed.min(3))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, value)| value)
}

/// A kind as it is written in a query.
#[must_use]
pub fn kind_name(kind: RecordKind) -> &'static str {
    match kind {
        RecordKind::Registration => "registration",
        RecordKind::Connection => "connection",
        RecordKind::Status => "status",
        RecordKind::Event => "event",
        RecordKind::Metrics => "metrics",
        RecordKind::ResourceUsage => "resourceUsage",
        RecordKind::Alert => "alert",
        RecordKind::Command => "command",
        RecordKind::Query => "query",
        RecordKind::Configuration => "configuration",
        RecordKind::WorkflowUpdate => "workflowUpdate",
        RecordKind::Refusal => "refusal",
        RecordKind::Access => "access",
        RecordKind::AlertPolicy => "alertPolicy",
    }
}

/// The kind that is written so, in any of the usual ways: `resourceUsage`, `RESOURCE_USAGE`, `resource-usage`.
pub(super) fn kind(written: &str) -> Option<RecordKind> {
    let plain: String = written.chars().filter(|character| !matches!(character, '_' | '-')).collect();
    RecordKind::ALL.into_iter().find(|kind| {
        let name = kind_name(*kind);
        name.eq_ignore_ascii_case(&plain)
            // `events` is as good as `event`.
            || plain.len() == name.len() + 1
                && plain.to_ascii_lowercase().strip_suffix('s') == Some(&name.to_ascii_lowercase())
    })
}

/// A severity as it is written in a query.
#[must_use]
pub fn severity_name(severity: Severity) -> &'static str {
    match severity {
        Severity::Debug => "debug",
        Severity::Info => "info",
        Severity::Warning => "warning",
        Severity::Error => "error",
        Severity::Critical => "critical",
    }
}

/// The severity that is written so.
pub(super) fn severity(written: &str) -> Option<Severity> {
    let written = if written.eq_ignore_ascii_case("warn") { "warning" } else { written };
    Severity::ALL.into_iter().find(|severity| severity_name(*severity).eq_ignore_ascii_case(written))
}
