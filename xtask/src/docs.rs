//! `cargo xtask docs`: the reference, written from the docstrings. What is exported and not documented is an error.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Context;

use crate::{
    process::{cargo, command, run},
    root, setup,
};

/// The crates that the engineer of a run dashboard uses.
const CRATES: [&str; 2] = ["mission-control-client", "mission-control-protocol"];

/// Where TypeDoc is, with a TypeScript of its own: the SDK's has no compiler API that TypeDoc could use.
const TYPEDOC: &str = "docs/reference";

/// In the page, where the list of the schemas goes.
const SCHEMAS_HERE: &str = "<!-- schemas -->";

/// Writes the whole reference into `target/docs`.
pub fn docs() -> anyhow::Result<()> {
    setup::node_modules("sdk/typescript")?;
    setup::node_modules(TYPEDOC)?;
    run(&mut rustdoc())?;
    run(&mut typedoc())?;
    let into = root().join("target/docs");
    copy(&root().join("target/doc"), &into.join("rust"))?;
    let schemas = root().join("crates/protocol/schemas");
    copy(&schemas, &into.join("schemas"))?;
    let template = root().join(TYPEDOC).join("index.html");
    let page = fs::read_to_string(&template).with_context(|| cannot_read(&template))?;
    let page = page.replace(SCHEMAS_HERE, &schema_links(&names(&schemas)?));
    fs::write(into.join("index.html"), page)?;
    println!("The reference begins at {}", into.join("index.html").display());
    Ok(())
}

/// Rustdoc, over the crates that a dashboard uses.
pub fn rustdoc() -> Command {
    let mut rustdoc = cargo();
    rustdoc.args(["doc", "--quiet", "--no-deps"]);
    for name in CRATES {
        rustdoc.args(["--package", name]);
    }
    rustdoc.env("RUSTDOCFLAGS", "--deny warnings");
    rustdoc
}

/// TypeDoc, over every entry of the TypeScript SDK.
pub fn typedoc() -> Command {
    let mut typedoc = command("npm");
    typedoc.args(["run", "--silent", "build"]).current_dir(root().join(TYPEDOC));
    typedoc
}

fn names(directory: &Path) -> anyhow::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in directory.read_dir().with_context(|| cannot_read(directory))? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

fn schema_links(names: &[String]) -> String {
    let link = |name: &String| {
        let title = name.trim_end_matches(".json");
        format!("      <li><a href=\"schemas/{name}\">{title}</a></li>")
    };
    // AsyncAPI has a line of its own in the page.
    names.iter().filter(|name| *name != "asyncapi.json").map(link).collect::<Vec<_>>().join("\n")
}

/// Makes `to` the same as `from`.
fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    if to.exists() {
        fs::remove_dir_all(to)?;
    }
    let mut rest: Vec<PathBuf> = vec![PathBuf::new()];
    while let Some(folder) = rest.pop() {
        fs::create_dir_all(to.join(&folder))?;
        let source = from.join(&folder);
        for entry in source.read_dir().with_context(|| cannot_read(&source))? {
            let entry = entry?;
            let path = folder.join(entry.file_name());
            if entry.file_type()?.is_dir() {
                rest.push(path);
            } else {
                fs::copy(entry.path(), to.join(path))?;
            }
        }
    }
    Ok(())
}

fn cannot_read(path: &Path) -> String {
    format!("{} cannot be read", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_holds_what_is_there_now_and_nothing_else() {
        let directory = tempfile::tempdir().unwrap();
        let (from, to) = (directory.path().join("from"), directory.path().join("to"));
        fs::create_dir_all(from.join("a/b")).unwrap();
        fs::write(from.join("a/b/c"), "1").unwrap();
        fs::create_dir_all(to.join("old")).unwrap();
        copy(&from, &to).unwrap();
        assert_eq!(fs::read_to_string(to.join("a/b/c")).unwrap(), "1");
        assert_eq!(names(&to).unwrap(), ["a"]);
        assert!(copy(&directory.path().join("nothing"), &to).is_err());
    }

    #[test]
    fn schemas_are_linked_by_name() {
        let names = ["Alert.json", "asyncapi.json"].map(str::to_owned);
        assert_eq!(schema_links(&names), "      <li><a href=\"schemas/Alert.json\">Alert</a></li>");
    }
}
