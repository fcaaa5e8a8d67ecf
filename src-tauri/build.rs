//! Hands the Tauri configuration to the build.

use std::{path::Path, process::ExitCode};

const UI: &str = "ui/dist";

fn main() -> ExitCode {
    println!("cargo:rerun-if-changed=src-tauri/capabilities");
    println!("cargo:rerun-if-changed=src-tauri/permissions");
    println!("cargo:rerun-if-changed={UI}");
    // With `custom-protocol` the built UI becomes part of the program; `tauri dev` turns it off.
    let embeds_ui = std::env::var_os("CARGO_FEATURE_CUSTOM_PROTOCOL").is_some();
    if embeds_ui && !Path::new(UI).join("index.html").is_file() {
        eprintln!(
            "The UI is not built. Run `npm install --no-save && npm run build` in ui/, or `cargo xtask run`, which does."
        );
        return ExitCode::FAILURE;
    }
    let attributes = tauri_build::Attributes::new()
        .capabilities_path_pattern("src-tauri/capabilities/**/*")
        .app_manifest(tauri_build::AppManifest::new().permissions_path_pattern("src-tauri/permissions/**/*"));
    match tauri_build::try_build(attributes) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!(
                "tauri.conf.json, src-tauri/capabilities or src-tauri/permissions is not valid: {error:#}"
            );
            ExitCode::FAILURE
        }
    }
}
