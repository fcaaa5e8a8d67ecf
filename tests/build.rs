//! Makes a program of the Rust snippet that *Connect a dashboard* shows: its placeholders become what the environment says
//! when it runs, and the rest is the text that people copy.

use std::{env, error::Error, fs, path::Path};

const SNIPPET: &str = "../docs/quick-start/snippets/rust.rs";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={SNIPPET}");
    let mut program = fs::read_to_string(SNIPPET)?;
    for name in ["WS_ADDRESS", "TOKEN", "DASHBOARD_ID"] {
        let placeholder = format!("\"{name}\"");
        if !program.contains(&placeholder) {
            return Err(format!("{SNIPPET} has no {placeholder}").into());
        }
        program = program.replace(&placeholder, &format!("&std::env::var({placeholder})?"));
    }
    fs::write(Path::new(&env::var("OUT_DIR")?).join("rust_snippet.rs"), program)?;
    Ok(())
}
