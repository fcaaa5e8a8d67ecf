//! What publishing costs the page: real Chromium, the SDK with its queue in the browser's database, and the real hub. The
//! floor puts each burst of the same events into a database in one transaction, writes them to a WebSocket, and deletes
//! what is acknowledged. Measured is the CPU time of the page's main thread, so that what else runs is not counted.

use std::path::Path;

use anyhow::Result;

use crate::{
    clients::node,
    ingest::bare_pipeline,
    programs::{self, Program},
    table::Row,
};

/// Events that are measured.
const EVENTS: u64 = 10_000;

#[derive(serde::Deserialize)]
struct Costs {
    sdk: Cost,
    bare: Cost,
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Cost {
    task_ms_per_thousand: f64,
    script_ms_per_thousand: f64,
    heap_growth_bytes: f64,
}

/// Measures the SDK's page, and then the floor's.
pub async fn measure(binaries: &Path) -> Result<Vec<Row>> {
    let directory = tempfile::tempdir_in("target")?;
    let hub = Program::start(programs::hub(binaries, directory.path())).await?;
    let bare = bare_pipeline(directory.path()).await?;
    let (hub_url, bare_url) = (format!("ws://{}", hub.address), format!("ws://{}", bare.address));
    let token_file = directory.path().join("tokens/dashboard.token");
    let count = EVENTS.to_string();
    let arguments = [hub_url.as_ref(), token_file.as_os_str(), bare_url.as_ref(), count.as_ref()];
    let Costs { sdk, bare: floor } = node("page.mjs", &arguments).await?;
    hub.stop().await?;
    bare.stop().await?;
    let kilobytes = |bytes: f64| format!("{:.0} kB", bytes / 1000.0);
    Ok(vec![
        Row {
            work: "page's main thread, 1,000 events published".to_owned(),
            measured: format!(
                "{:.0} ms, {:.0} ms of it script",
                sdk.task_ms_per_thousand, sdk.script_ms_per_thousand
            ),
            beside: format!(
                "send and put {:.0} ms, {:.0} ms of it script",
                floor.task_ms_per_thousand, floor.script_ms_per_thousand
            ),
            ratio: Some(sdk.task_ms_per_thousand / floor.task_ms_per_thousand),
            budget: "-".to_owned(),
            met: None,
        },
        Row {
            work: format!("page's heap, grown by {EVENTS} events once acknowledged"),
            measured: kilobytes(sdk.heap_growth_bytes),
            beside: format!("send and put {}", kilobytes(floor.heap_growth_bytes)),
            ratio: None,
            budget: "-".to_owned(),
            met: None,
        },
    ])
}
