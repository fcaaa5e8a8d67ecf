//! The desktop program and the example dashboard, `examples/run-dashboard`, open in Chromium: the operator's window on one
//! side, the page on the other.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{
    collections::BTreeSet,
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, anyhow, bail};
use mission_control_protocol::{
    CommandStage, DashboardId, Record, RecordKind, catalog, record::CommandRecord,
};
use mission_control_tests::{
    desktop::Desktop,
    log::{assert_unbroken, records},
    process::{Running, free_port},
    programs::{HubAddress, repository},
    wait::{wait_for, wait_until},
    webdriver::Session,
    window::{ConsoleWindow, test_id},
};
use serde_json::{Value, json};

/// The dashboard's id.
const ID: &str = "wind-park";
/// Rows of its source `turbines`.
const TURBINES: &str = "1,728";

#[test]
fn the_desktop_controls_a_dashboard_in_chromium_by_all_commands() {
    let desktop = Desktop::start();
    let window = ConsoleWindow::start(&desktop, "console", "127.0.0.1:0");
    let mut site = Site::serve(&desktop);
    let page = DashboardPage::open(&desktop, &mut site, window.address());
    page.wait_for_connection("connected");
    window.filter_fleet(ID);
    window.wait_for_attribute(&format!("card-{ID}"), "data-freshness", "live");
    let operator = Operator { window: &window };

    data(&operator, &page, &site);
    tabs_and_dialogs(&operator, &page);
    workflows(&operator, &page);
    agents(&operator, &page);
    system(&operator, &page);

    operator.succeeds("CLEAR_DATA", &[]);
    operator.succeeds("NAVIGATE_TAB", &[("/tabId", Entry::Choice("overview"))]);
    let _ = page.tab().find_with_text("[aria-label=Data]", "No data");

    let log = desktop.directory().join("console/hub/log.sqlite");
    let wanted: BTreeSet<String> = catalog::seed_commands().into_iter().map(|command| command.kind).collect();
    assert_eq!(wanted.len(), 17);
    assert_eq!(succeeded(&log), wanted);
    window.terminate();
    assert_unbroken(&log);
}

#[test]
fn a_dashboard_goes_on_while_the_desktop_is_killed_and_loses_nothing() {
    let desktop = Desktop::start();
    let listen = format!("127.0.0.1:{}", free_port());
    let window = ConsoleWindow::start(&desktop, "console", &listen);
    let mut site = Site::serve(&desktop);
    let page = DashboardPage::open(&desktop, &mut site, window.address());
    page.wait_for_connection("connected");
    page.ingest("turbines");
    let first_run = page.run_workflow("profile-data");

    window.kill();
    page.wait_for_connection("reconnecting");
    page.ingest("forecast");
    page.ingest("work-orders");
    let second_run = page.run_workflow("outlier-sweep");
    page.tab().click(&test_id("tab-overview"));
    page.wait_for_text("row-count", "160");

    let window = ConsoleWindow::start(&desktop, "console", &listen);
    page.wait_for_connection("connected");
    window.filter_fleet(ID);
    wait_for("the rows that were ingested meanwhile", || match window.record_count(ID)? {
        160 => Ok(()),
        other => Err(anyhow!("it shows {other}")),
    });
    let log = desktop.directory().join("console/hub/log.sqlite");
    let told = |kind: &str, member: &str| -> Vec<String> {
        let events = records(&log, Some(&DashboardId::new(ID).unwrap()), &[RecordKind::Event]);
        let bodies = events.iter().map(body).filter(|body| body["type"] == kind);
        bodies.map(|body| body["payload"][member].as_str().unwrap_or_default().to_owned()).collect()
    };
    wait_until("the last event", || told("WORKFLOW_COMPLETED", "workflowId").contains(&second_run));
    assert_eq!(told("DATA_INGESTED", "source"), ["turbines", "forecast", "work-orders"]);
    for kind in ["WORKFLOW_STARTED", "WORKFLOW_COMPLETED"] {
        assert_eq!(told(kind, "workflowId"), [first_run.clone(), second_run.clone()], "{kind}");
    }
    let operator = Operator { window: &window };
    operator.succeeds("NAVIGATE_TAB", &[("/tabId", Entry::Choice("agents"))]);
    let _ = page.tab().find(&test_id("panel-agents"));
    window.terminate();
    assert_unbroken(&log);
}

/// `INGEST_DATA`, `REFRESH_DATA`, `EXPORT_DATA`; and the alert that bad data raises.
fn data(operator: &Operator<'_>, page: &DashboardPage, site: &Site) {
    operator.succeeds("INGEST_DATA", &[("/source", Entry::Text("turbines-dirty"))]);
    page.wait_for_text("data-source", "turbines-dirty");
    let _ = page.tab().find_with_text(&test_id("notice"), "Data Quality Below Threshold");
    let quality: f64 = page.text("quality-score").unwrap().parse().unwrap();
    assert!(quality < 80.0, "{quality}");

    let into = [("/source", Entry::Text("turbines")), ("/params/mode", Entry::Choice("replace"))];
    operator.succeeds("INGEST_DATA", &into);
    page.wait_for_text("row-count", TURBINES);
    let _ = page.tab().find_with_text(&test_id("notice"), "Resolved: Data Quality Below Threshold");

    site.append("data/turbines.csv", "2026-11-21T00:00:00.000Z,WT01,8.1,9.2,900.5,37.1,0.2,running\n");
    operator.succeeds("REFRESH_DATA", &[]);
    page.wait_for_text("row-count", "1,729");

    operator.succeeds("EXPORT_DATA", &[("/format", Entry::Choice("csv"))]);
    assert!(operator.result().contains("timestamp,turbine,wind_speed_ms"), "{}", operator.result());
    operator.succeeds("NAVIGATE_TAB", &[("/tabId", Entry::Choice("data"))]);
    let _ = page.tab().find_with_text(&test_id("export-entry"), "turbines.csv");
}

/// `NAVIGATE_TAB`, `OPEN_MODAL`, `CLOSE_ALL_MODALS`; and that the page says who did it.
fn tabs_and_dialogs(operator: &Operator<'_>, page: &DashboardPage) {
    operator.succeeds("NAVIGATE_TAB", &[("/tabId", Entry::Choice("activity"))]);
    let _ = page.tab().find(&test_id("panel-activity"));
    let entry = page.tab().find_with_text("[data-command=NAVIGATE_TAB]", "activity").text().unwrap();
    assert!(entry.contains("operator "), "{entry}");

    for dialog in ["quality", "export"] {
        operator.succeeds("OPEN_MODAL", &[("/modalId", Entry::Choice(dialog))]);
        let _ = page.tab().find(&test_id(&format!("modal-{dialog}")));
    }
    operator.succeeds("CLOSE_ALL_MODALS", &[]);
    wait_until("the dialogs to be closed", || page.tab().find_all("[role=dialog]").unwrap().is_empty());
}

/// `EXECUTE_WORKFLOW`, `START_WORKFLOW`, `PAUSE_WORKFLOW` both ways, `STOP_WORKFLOW`.
fn workflows(operator: &Operator<'_>, page: &DashboardPage) {
    operator.succeeds("NAVIGATE_TAB", &[("/tabId", Entry::Choice("workflows"))]);
    operator.succeeds("EXECUTE_WORKFLOW", &[("/workflowId", Entry::Choice("outlier-sweep"))]);
    let sweep = page.newest("execution", "completed");
    assert!(operator.result().contains(&sweep), "{}", operator.result());

    operator.succeeds("START_WORKFLOW", &[("/workflowId", Entry::Choice("confidence-study"))]);
    let study = page.newest("execution", "running");
    operator.succeeds("PAUSE_WORKFLOW", &[("/executionId", Entry::Text(&study))]);
    assert_eq!(page.newest("execution", "paused"), study);
    operator.succeeds("PAUSE_WORKFLOW", &[("/executionId", Entry::Text(&study))]);
    assert_eq!(page.newest("execution", "running"), study);
    operator.succeeds("STOP_WORKFLOW", &[("/executionId", Entry::Text(&study))]);
    assert_eq!(page.newest("execution", "stopped"), study);
    let _ = page.tab().find_with_text(&format!("[data-id={study}]"), "stopped by operator ");

    assert_eq!(operator.outcome("STOP_WORKFLOW", &[("/executionId", Entry::Text(&study))]), "FAILED");
    operator.window.wait_for_text("command-error", "is stopped already");
}

/// `EXECUTE_AGENT`, once to its end and once until `CANCEL_AGENT`.
fn agents(operator: &Operator<'_>, page: &DashboardPage) {
    operator.succeeds("NAVIGATE_TAB", &[("/tabId", Entry::Choice("agents"))]);
    operator.succeeds("EXECUTE_AGENT", &[("/agentId", Entry::Choice("outlier-hunter"))]);
    let hunt = page.newest("agent-run", "succeeded");
    assert!(operator.result().contains(&hunt) && operator.result().contains("insights"), "{hunt}");

    let endless = Entry::Text(r#"{"permutations": 10000000}"#);
    operator.send("EXECUTE_AGENT", &[("/agentId", Entry::Choice("correlation-analyst")), ("/data", endless)]);
    let analysis = page.newest("agent-run", "running");
    operator.succeeds("CANCEL_AGENT", &[("/executionId", Entry::Text(&analysis))]);
    assert_eq!(page.newest("agent-run", "cancelled"), analysis);
    let _ = page.tab().find_with_text(&format!("[data-id={analysis}]"), "cancelled by operator ");
}

/// `ENABLE_DEBUG_MODE`, `DISABLE_DEBUG_MODE`, `COLLECT_DIAGNOSTICS`, `RESTART_SERVICES`.
fn system(operator: &Operator<'_>, page: &DashboardPage) {
    operator.succeeds("ENABLE_DEBUG_MODE", &[]);
    let _ = page.tab().find_with_text(&test_id("debug-log"), "debug mode is on");
    operator.succeeds("DISABLE_DEBUG_MODE", &[]);
    wait_until("the debug log to go", || page.tab().find_all(&test_id("debug-log")).unwrap().is_empty());

    operator.succeeds("COLLECT_DIAGNOSTICS", &[]);
    assert!(operator.result().contains("collectedFor"), "{}", operator.result());
    operator.succeeds("NAVIGATE_TAB", &[("/tabId", Entry::Choice("settings"))]);
    page.wait_for_text("diagnostics-collected", "for operator ");

    operator.succeeds("START_WORKFLOW", &[("/workflowId", Entry::Choice("confidence-study"))]);
    operator.succeeds("RESTART_SERVICES", &[]);
    assert!(operator.result().contains("\"workflowsStopped\": 1"), "{}", operator.result());
    page.wait_for_text("services-restarts", "1");
}

/// What is entered into a field of a command's form.
#[derive(Clone, Copy)]
enum Entry<'a> {
    /// Typed.
    Text(&'a str),
    /// Chosen from a list.
    Choice(&'a str),
}

/// The operator at the desktop program's window.
struct Operator<'a> {
    window: &'a ConsoleWindow,
}

impl Operator<'_> {
    /// Fills in the form of a command and sends it.
    fn send(&self, kind: &str, fields: &[(&str, Entry<'_>)]) {
        let page = self.window.page();
        self.window.choose_command(ID, kind);
        for (pointer, entry) in fields {
            let field = test_id(&format!("field-{pointer}"));
            match entry {
                Entry::Text(text) => page.fill(&field, text),
                Entry::Choice(text) => page.choose(&field, text),
            }
        }
        let confirmation = test_id("confirm-destructive");
        if !page.find_all(&confirmation).unwrap().is_empty() {
            page.fill(&confirmation, kind);
        }
        page.click(&test_id("send-command"));
    }

    /// Sends a command and waits for its end; returns the name of its last stage.
    fn outcome(&self, kind: &str, fields: &[(&str, Entry<'_>)]) -> String {
        let before = self.first_stage().unwrap();
        self.send(kind, fields);
        wait_for(&format!("the end of {kind}"), || {
            if self.first_stage()? == before {
                bail!("the one before is shown");
            }
            let stage = self.window.attribute("command-detail", "data-stage")?;
            match stage.as_str() {
                "QUEUED" | "SENT" | "ACCEPTED" | "RUNNING" => Err(anyhow!("it is {stage}")),
                _ => Ok(stage),
            }
        })
    }

    /// The same; it must succeed.
    fn succeeds(&self, kind: &str, fields: &[(&str, Entry<'_>)]) {
        let stage = self.outcome(kind, fields);
        let error = self.window.text("command-error").unwrap_or_default();
        assert_eq!(stage, "SUCCEEDED", "{kind}: {error}");
    }

    /// When the command that the window shows began; empty while it shows none.
    fn first_stage(&self) -> anyhow::Result<String> {
        let body = "return document.querySelector('[data-testid=command-stages] time')?.dateTime ?? ''";
        let found = self.window.page().script(body, &json!([]))?;
        Ok(found.as_str().context("a time is a text")?.to_owned())
    }

    /// The result of the command that the window shows.
    fn result(&self) -> String {
        self.window.text("command-result").unwrap()
    }
}

/// The built example on a plain server of static files.
struct Site {
    directory: PathBuf,
    server: Running,
}

impl Site {
    /// Serves a copy of it, which a test may change.
    fn serve(desktop: &Desktop) -> Self {
        let built = repository().join("examples/run-dashboard/dist");
        assert!(
            built.join("index.html").is_file(),
            "{} is not built: `cargo xtask test web-build` builds it",
            built.display()
        );
        let directory = desktop.directory().join("site");
        copy(&built, &directory);
        let mut server = Command::new("python3");
        server.args(["-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "--directory"]).arg(&directory);
        Self { server: Running::start(&server, &desktop.log("site.txt")), directory }
    }

    /// Its address.
    fn address(&mut self) -> String {
        let line = self.server.line_after("Serving HTTP on 127.0.0.1 port ");
        let port = line.split_whitespace().next().unwrap_or_default();
        format!("http://127.0.0.1:{port}/")
    }

    /// Adds to one of its files.
    fn append(&self, file: &str, text: &str) {
        let mut file = fs::File::options().append(true).open(self.directory.join(file)).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten() {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// The dashboard's page in Chromium.
struct DashboardPage {
    session: Session,
}

impl DashboardPage {
    /// Opens it, told where the hub is as the desktop's own snippet does.
    fn open(desktop: &Desktop, site: &mut Site, hub: &HubAddress) -> Self {
        let session = Session::start_chromium(desktop, &desktop.log("chromium.txt"));
        let url = format!("{}#hub={}&token={}&id={ID}", site.address(), hub.url, hub.dashboard_token());
        session.open(&url);
        Self { session }
    }

    fn tab(&self) -> &Session {
        &self.session
    }

    /// Waits until the SDK's component says so.
    fn wait_for_connection(&self, status: &str) {
        let _ = self.tab().find(&format!(".mission-control-status[data-status={status}]"));
    }

    /// Text of the first element with this test id.
    fn text(&self, id: &str) -> anyhow::Result<String> {
        let body = "return document.querySelector(arguments[0])?.textContent ?? null";
        let found = self.tab().script(body, &json!([test_id(id)]))?;
        found.as_str().map(str::to_owned).with_context(|| format!("there is no {id}"))
    }

    /// Waits until that contains `part`.
    fn wait_for_text(&self, id: &str, part: &str) {
        wait_for(&format!("{id} to say {part:?}"), || {
            let text = self.text(id)?;
            if text.contains(part) { Ok(()) } else { Err(anyhow!("it says {text:?}")) }
        });
    }

    /// Waits until the newest execution, or run, is in this state; returns its id.
    fn newest(&self, what: &str, state: &str) -> String {
        wait_for(&format!("the newest {what} to be {state}"), || {
            let found = self.tab().find_all(&test_id(what))?;
            let newest = found.first().context("there is none")?;
            let now = newest.attribute("data-state")?.unwrap_or_default();
            if now != state {
                bail!("it is {now}");
            }
            newest.attribute("data-id")?.context("it has no id")
        })
    }

    /// Ingests a source as the page's own user does.
    fn ingest(&self, source: &str) {
        self.tab().click_text("button.primary", "Ingest data");
        self.tab().click(&test_id(&format!("source-{source}")));
        wait_until("the dialog to close", || self.tab().find_all("[role=dialog]").unwrap().is_empty());
    }

    /// Runs a workflow as the page's own user does; returns its execution's id.
    fn run_workflow(&self, workflow: &str) -> String {
        self.tab().click(&test_id("tab-workflows"));
        self.tab().click(&test_id(&format!("start-{workflow}")));
        let _ = self.tab().find(&format!("[data-workflow={workflow}]"));
        self.newest("execution", "completed")
    }
}

fn body(record: &Record) -> Value {
    serde_json::from_str(record.body.get()).unwrap()
}

/// The types of the commands that have succeeded.
fn succeeded(log: &Path) -> BTreeSet<String> {
    let stages = records(log, Some(&DashboardId::new(ID).unwrap()), &[RecordKind::Command]);
    let stages: Vec<CommandRecord> =
        stages.iter().map(|record| serde_json::from_str(record.body.get()).unwrap()).collect();
    let ended = stages.iter().filter(|stage| stage.stage == CommandStage::Succeeded);
    ended
        .map(|end| {
            let first =
                stages.iter().find(|stage| stage.command_id == end.command_id && stage.command.is_some());
            first.and_then(|stage| stage.command.as_ref()).expect("a command begins with itself").kind.clone()
        })
        .collect()
}
