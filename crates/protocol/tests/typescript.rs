//! Keeps `sdk/typescript/src/protocol/` true to the Rust types. `UPDATE_GENERATED=1` (or `cargo xtask generate`) writes
//! it anew.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    collections::BTreeMap,
    fmt::Write,
    fs,
    path::{Path, PathBuf},
};

use mission_control_protocol::{
    Alert, CommandResult, CommandStage, DASHBOARD_PATH, DEFAULT_FRAME_LIMIT, DashboardEvent,
    DashboardMetrics, PROTOCOL, ResourceUsage, catalog,
    dashboard_wire::{DashboardMessage, HubMessage},
    ids, limits,
};
use ts_rs::{Config, TS};

const NOTICE: &str = "// Written by `cargo xtask generate` from the protocol crate. Do not edit.\n\n";

#[test]
fn the_sdk_s_protocol_is_fresh() {
    let generated = generated();
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sdk/typescript/src/protocol");
    if std::env::var_os("UPDATE_GENERATED").is_some() {
        let _ = fs::remove_dir_all(&committed);
        for (name, text) in &generated {
            let path = committed.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
    }
    let present = files(&committed, &committed);
    let stale: Vec<_> = generated
        .iter()
        .filter(|(name, text)| present.get(*name) != Some(text))
        .map(|(name, _)| name)
        .chain(present.keys().filter(|name| !generated.contains_key(*name)))
        .collect();
    assert!(stale.is_empty(), "run `cargo xtask generate`: these files of the SDK are stale: {stale:?}");
}

fn generated() -> BTreeMap<String, String> {
    let scratch = scratch_directory();
    let config = Config::new()
        .with_large_int("number")
        .with_import_extension(Some("js"))
        .with_out_dir(scratch.as_path());
    macro_rules! export {
        ($($type:ty),* $(,)?) => {$( <$type>::export_all(&config).unwrap(); )*};
    }
    export!(
        DashboardMessage,
        HubMessage,
        // Parts of messages that are written into them, and stand in the SDK's own interfaces.
        Alert,
        CommandResult,
        CommandStage,
        DashboardEvent,
        DashboardMetrics,
        ResourceUsage,
    );
    let mut generated = files(&scratch, &scratch);
    fs::remove_dir_all(&scratch).unwrap();
    let index = index(&generated);
    generated.insert("index.ts".to_owned(), index);
    generated.insert("catalog.ts".to_owned(), catalog());
    generated.insert("constants.ts".to_owned(), constants());
    generated
}

/// Re-exports every type.
fn index(types: &BTreeMap<String, String>) -> String {
    let mut text = NOTICE.to_owned();
    for name in types.keys().filter_map(|file| file.strip_suffix(".ts")) {
        let exported = name.rsplit('/').next().unwrap_or(name);
        writeln!(text, "export type {{ {exported} }} from \"./{name}.js\";").unwrap();
    }
    text
}

/// One constant for each command, so that a bundler leaves out what is not used.
fn catalog() -> String {
    let mut text =
        format!("{NOTICE}import type {{ CommandDeclaration }} from \"./CommandDeclaration.js\";\n");
    let commands = catalog::seed_commands();
    for command in &commands {
        let json = serde_json::to_string_pretty(command).unwrap();
        write!(
            text,
            "\n/** {}: {} */\nexport const {}: CommandDeclaration = {json};\n",
            command.title, command.description, command.kind
        )
        .unwrap();
    }
    text.push_str("\n/** All commands of the plan, in its order. */\nexport const COMMANDS = {\n");
    for command in &commands {
        writeln!(text, "  {},", command.kind).unwrap();
    }
    text.push_str("};\n");
    text
}

fn constants() -> String {
    let mut text = NOTICE.to_owned();
    let mut constant = |about: &str, name: &str, value: serde_json::Value| {
        writeln!(text, "/** {about} */\nexport const {name} = {value};\n").unwrap();
    };
    constant("The protocol's name, offered as the WebSocket subprotocol.", "PROTOCOL", PROTOCOL.into());
    constant("Path on which a hub accepts dashboards.", "DASHBOARD_PATH", DASHBOARD_PATH.into());
    constant(
        "Largest frame a hub accepts until it says otherwise, in bytes.",
        "DEFAULT_FRAME_LIMIT",
        DEFAULT_FRAME_LIMIT.into(),
    );
    constant("Longest id, in characters.", "ID_MAX_LENGTH", ids::ID_MAX_LENGTH.into());
    constant(
        "Heartbeat intervals without a word after which the other side is gone.",
        "OFFLINE_AFTER_INTERVALS",
        limits::OFFLINE_AFTER_INTERVALS.into(),
    );
    constant(
        "Time for a registration, in milliseconds.",
        "REGISTRATION_TIMEOUT_MS",
        limits::REGISTRATION_TIMEOUT_MS.into(),
    );
    constant("Time to answer a query, in milliseconds.", "QUERY_TIMEOUT_MS", limits::QUERY_TIMEOUT_MS.into());
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

fn scratch_directory() -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("sdk-{}", std::process::id()));
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).unwrap();
    path
}

fn files(root: &Path, directory: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let Ok(entries) = fs::read_dir(directory) else { return found };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(root, &path));
        } else {
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            found.insert(name, fs::read_to_string(&path).unwrap());
        }
    }
    found
}
