//! The published schemas: fresh, usable, and true to the golden files.

use std::{collections::BTreeMap, fs};

use mission_control_protocol::schemas;
use serde_json::Value;

use crate::{generated, golden};

const HOW: &str = "run UPDATE_GENERATED=1 cargo test -p mission-control-protocol";

#[test]
fn the_schema_files_are_fresh() {
    let directory = generated::in_workspace("crates/protocol/schemas");
    let mut files: BTreeMap<String, Value> =
        schemas::all().into_iter().map(|(name, schema)| (format!("{name}.json"), schema)).collect();
    files.insert("asyncapi.json".into(), schemas::asyncapi());
    for (name, schema) in &files {
        // Keys in alphabetical order, whatever map the JSON library was built with.
        let mut schema = schema.clone();
        schema.sort_all_objects();
        let text = serde_json::to_string_pretty(&schema).unwrap() + "\n";
        generated::check_file(&directory.join(name), &text, generated::updating(), HOW);
    }
    for entry in fs::read_dir(directory).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(files.contains_key(&name), "{name} is left over; remove it");
    }
}

#[test]
fn every_golden_file_satisfies_its_schema() {
    let validators: BTreeMap<_, _> = schemas::all()
        .into_iter()
        .map(|(name, schema)| (name, jsonschema::draft202012::new(&schema).unwrap()))
        .collect();
    for golden in golden::all() {
        let value: Value = serde_json::from_str(&golden.text).unwrap();
        let problems: Vec<_> = validators[golden.schema]
            .iter_errors(&value)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(problems.is_empty(), "{}: {problems:?}", golden.name);
    }
}

#[test]
fn every_schema_has_golden_files_and_refuses_nonsense() {
    let goldens = golden::all();
    for (name, schema) in schemas::all() {
        assert!(goldens.iter().any(|golden| golden.schema == name), "{name} has no golden file");
        let validator = jsonschema::draft202012::new(&schema).unwrap();
        assert!(!validator.is_valid(&Value::from(17)), "{name}");
        // Every field of `DashboardMetrics` is optional.
        assert_eq!(validator.is_valid(&serde_json::json!({})), name == "DashboardMetrics", "{name}");
    }
}

#[test]
fn the_schemas_state_the_ranges_that_the_hub_enforces() {
    let (_, schema) = schemas::all().into_iter().find(|(name, _)| *name == "DashboardMessage").unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let golden = |name: &str| -> Value {
        let golden = golden::all().into_iter().find(|golden| golden.name == name).unwrap();
        serde_json::from_str(&golden.text).unwrap()
    };
    for (name, pointer, out_of_range) in [
        ("dashboard-message.event", "/seq", 0.0),
        ("dashboard-message.command-result", "/seq", 0.0),
        ("dashboard-message.command-progress", "/progress", 1.5),
        ("dashboard-message.workflow-update", "/update/progress", -0.5),
    ] {
        let mut message = golden(name);
        assert!(validator.is_valid(&message), "{name}");
        *message.pointer_mut(pointer).unwrap() = Value::from(out_of_range);
        assert!(!validator.is_valid(&message), "{name} {pointer}");
    }
}

#[test]
fn the_asyncapi_document_refers_to_what_is_there() {
    let document = schemas::asyncapi();
    let files: BTreeMap<_, _> = schemas::all().into_iter().collect();
    let mut payloads = 0;
    each_reference(&document, &mut |reference| match reference.split_once('#') {
        Some(("", pointer)) => assert!(document.pointer(pointer).is_some(), "{reference}"),
        Some((file, pointer)) => {
            let name = file.strip_prefix("./").and_then(|file| file.strip_suffix(".json")).unwrap();
            assert!(files[name].pointer(pointer).is_some(), "{reference}");
            payloads += 1;
        }
        None => panic!("{reference} points nowhere"),
    });
    let variants: usize = ["DashboardMessage", "HubMessage", "OperatorMessage", "ConsoleMessage"]
        .iter()
        .map(|name| files[name]["oneOf"].as_array().unwrap().len())
        .sum();
    assert_eq!(payloads, variants);
}

fn each_reference(value: &Value, visit: &mut impl FnMut(&str)) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                match field.as_str() {
                    Some(reference) if name == "$ref" => visit(reference),
                    _ => each_reference(field, visit),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| each_reference(item, visit)),
        _ => {}
    }
}
