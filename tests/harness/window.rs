//! The desktop program, seen through its window.

use std::{fs, path::PathBuf};

use anyhow::{Context, anyhow, bail};
use rustix::process::{Pid, Signal};
use serde_json::json;

use crate::{
    desktop::Desktop,
    process::{children, program_of, signal},
    programs::{HubAddress, binary, repository},
    wait::{wait_for, wait_until},
    webdriver::Session,
};

/// Sizes of the pictures taken of each view.
const PICTURE_SIZES: [(u32, u32); 2] = [(1280, 800), (1920, 1080)];

/// The running desktop program and its window.
#[derive(Debug)]
pub struct ConsoleWindow {
    session: Session,
    address: HubAddress,
    process: Pid,
}

impl ConsoleWindow {
    /// Starts the program with its data in `data`, and waits until the window shows its frame and the embedded hub
    /// listens.
    #[must_use]
    pub fn start(desktop: &Desktop, data: &str, listen: &str) -> Self {
        let directory = desktop.directory().join(data);
        fs::create_dir_all(&directory).unwrap();
        let life =
            (1..).find(|life| !directory.join(format!("output-{life}.txt")).exists()).expect("a free number");
        let output = directory.join(format!("output-{life}.txt"));
        let arguments = [
            "--data".to_owned(),
            directory.to_string_lossy().into_owned(),
            "--listen".to_owned(),
            listen.to_owned(),
        ];
        let mut session = Session::start(desktop, &binary("mission-control"), &arguments, &output);
        let address = HubAddress::read(session.driver(), "mission-control");
        let driver = session.driver().id();
        let process = wait_for("the driver's child", || {
            let found =
                children(driver).into_iter().find(|child| program_of(*child).starts_with("mission-control"));
            found.ok_or("it has none")
        });
        let window = Self { session, address, process };
        let _ = window.page().find("[data-testid=live-mark]");
        window
    }

    /// Where the embedded hub listens.
    #[must_use]
    pub fn address(&self) -> &HubAddress {
        &self.address
    }

    /// The program's process.
    #[must_use]
    pub fn process(&self) -> Pid {
        self.process
    }

    /// What is in the window.
    #[must_use]
    pub fn page(&self) -> &Session {
        &self.session
    }

    /// All the program has printed.
    pub fn output(&mut self) -> String {
        self.session.driver().output()
    }

    /// Goes to one of the views of the navigation rail.
    pub fn go(&self, view: &str) {
        self.page().click(&test_id(&format!("nav-{view}")));
        let _ = self.page().find(&format!("[data-testid=nav-{view}][aria-current=page]"));
    }

    /// The address of the place the window shows.
    #[must_use]
    pub fn place(&self) -> String {
        let hash = self.page().script("return location.hash", &json!([])).unwrap();
        hash.as_str().unwrap_or_default().to_owned()
    }

    /// Text of the first element with this test id now; an error when there is none.
    ///
    /// # Errors
    /// When there is none, or the window is gone.
    pub fn text(&self, id: &str) -> anyhow::Result<String> {
        self.page().texts(&test_id(id))?.into_iter().next().with_context(|| format!("there is no {id}"))
    }

    /// Value of an attribute of the first element with this test id now.
    ///
    /// # Errors
    /// When there is none.
    pub fn attribute(&self, id: &str, name: &str) -> anyhow::Result<String> {
        let found = self.page().find_all(&test_id(id))?;
        let element = found.first().with_context(|| format!("there is no {id}"))?;
        element.attribute(name)?.with_context(|| format!("{id} has no {name}"))
    }

    /// Waits until an attribute of the first element with this test id has this value.
    pub fn wait_for_attribute(&self, id: &str, name: &str, wanted: &str) {
        wait_for(&format!("{name} of {id} to be {wanted:?}"), || {
            let found = self.attribute(id, name)?;
            if found == wanted { Ok(()) } else { Err(anyhow!("it is {found:?}")) }
        });
    }

    /// Waits until the text of the first element with this test id contains `part`.
    pub fn wait_for_text(&self, id: &str, part: &str) -> String {
        wait_for(&format!("{id} to say {part:?}"), || {
            let text = self.text(id)?;
            if text.contains(part) { Ok(text) } else { Err(anyhow!("it says {text:?}")) }
        })
    }

    /// Waits until the hub named `name` is connected and nothing is left to catch up with.
    pub fn wait_for_hub(&self, name: &str, state: &str) {
        self.wait_for_attribute(&format!("hub-chip-{name}"), "data-state", state);
    }

    /// Goes to the fleet, which then shows only what passes `filter`.
    pub fn filter_fleet(&self, filter: &str) {
        self.go("fleet");
        self.page().fill(&test_id("fleet-filter"), filter);
    }

    /// Number of records a dashboard says it holds, as its card in the fleet shows it.
    ///
    /// # Errors
    /// When the card is not in sight, or shows no number.
    pub fn record_count(&self, dashboard: &str) -> anyhow::Result<u64> {
        let text = self.text(&format!("card-{dashboard}"))?;
        let count = text.lines().find_map(|line| line.trim().strip_suffix(" rec"));
        let digits: String = count.unwrap_or_default().chars().filter(char::is_ascii_digit).collect();
        digits.parse().with_context(|| format!("the card shows {text:?}"))
    }

    /// Opens a dashboard from the fleet.
    pub fn open_dashboard(&self, dashboard: &str) {
        self.filter_fleet(dashboard);
        self.page().click(&test_id(&format!("card-{dashboard}")));
        self.page().click(&test_id("open-dashboard"));
        wait_until("the dashboard's place", || self.place().contains(&format!("/{dashboard}/")));
    }

    /// Sends a command to one dashboard by its form: `fields` are JSON pointers and what is typed there. Returns when
    /// the command is at its end, with the name of its last stage.
    pub fn send_command(&self, dashboard: &str, kind: &str, fields: &[(&str, &str)]) -> String {
        self.choose_command(dashboard, kind);
        for (pointer, text) in fields {
            self.page().fill(&test_id(&format!("field-{pointer}")), text);
        }
        self.page().click(&test_id("send-command"));
        wait_for(&format!("the end of {kind}"), || {
            let stage = self.attribute("command-detail", "data-stage")?;
            match stage.as_str() {
                "QUEUED" | "SENT" | "ACCEPTED" | "RUNNING" => Err(anyhow!("it is {stage}")),
                _ => Ok(stage),
            }
        })
    }

    /// Brings up the form of a command for one dashboard.
    pub fn choose_command(&self, dashboard: &str, kind: &str) {
        self.go("commands");
        self.page().click(&test_id(&format!("target-{dashboard}")));
        self.page().click(&test_id(&format!("command-{kind}")));
        let _ = self.page().find(&test_id("command-form"));
    }

    /// Adds a remote hub in the settings.
    pub fn add_hub(&self, name: &str, hub: &HubAddress) {
        self.go("settings");
        self.page().click(&test_id("add-hub"));
        self.page().fill(&test_id("add-hub-address"), &hub.url);
        self.page().fill(&test_id("add-hub-token"), &hub.operator_token());
        self.page().fill(&test_id("add-hub-name"), name);
        self.page().click(&test_id("add-hub-confirm"));
    }

    /// Chooses `dark` or `light` in the settings.
    pub fn choose_theme(&self, theme: &str) {
        self.go("settings");
        self.page().click(&test_id(&format!("theme-{theme}")));
        wait_for(&format!("the theme {theme}"), || {
            let found =
                self.page().script("return document.documentElement.dataset.theme ?? ''", &json!([]))?;
            if found == theme { Ok(()) } else { Err(anyhow!("it is {found}")) }
        });
    }

    /// Takes pictures of what the window shows, in each size, for people to look at.
    pub fn take_pictures(&self, name: &str) {
        let directory = repository().join("target/screenshots");
        fs::create_dir_all(&directory).unwrap();
        for (width, height) in PICTURE_SIZES {
            self.page().resize(width, height);
            self.settle();
            let file = directory.join(format!("{name}-{width}x{height}.png"));
            fs::write(file, self.page().screenshot()).unwrap();
        }
        let (width, height) = PICTURE_SIZES[0];
        self.page().resize(width, height);
    }

    /// Waits until the page has drawn what it was last given, at its present size.
    fn settle(&self) {
        let body = "const done = arguments[0];
            const frame = () => new Promise(requestAnimationFrame);
            const ends = (animation) => animation.effect?.getComputedTiming().endTime < Infinity;
            (async () => {
                await document.fonts.ready;
                await frame();
                await frame();
                const animations = document.getAnimations().filter(ends);
                await Promise.allSettled(animations.map((animation) => animation.finished));
                await frame();
                done();
            })()";
        self.page().script_async(body).unwrap();
    }

    /// Sends SIGTERM and waits for the end of the program.
    pub fn terminate(self) {
        self.end(Signal::TERM);
    }

    /// `kill -9`.
    pub fn kill(self) {
        self.end(Signal::KILL);
    }

    fn end(self, how: Signal) {
        signal(self.process, how);
        wait_until("the end of the desktop program", || !is_running(self.process));
    }
}

/// Whether a process still runs; one that has ended and was not yet waited for does not.
fn is_running(process: Pid) -> bool {
    let stat = fs::read_to_string(format!("/proc/{}/stat", process.as_raw_nonzero())).unwrap_or_default();
    let state = stat.rsplit_once(") ").and_then(|(_, rest)| rest.chars().next());
    state.is_some_and(|state| state != 'Z' && state != 'X')
}

/// The one cache of a remote hub that a console keeps in its data directory.
///
/// # Errors
/// When there is none, or several.
pub fn only_cache(data: &std::path::Path) -> anyhow::Result<PathBuf> {
    let files = fs::read_dir(data.join("cache"))?.flatten().map(|entry| entry.path());
    let caches: Vec<_> =
        files.filter(|file| file.extension().is_some_and(|extension| extension == "sqlite")).collect();
    match caches.as_slice() {
        [cache] => Ok(cache.clone()),
        others => bail!("caches: {others:?}"),
    }
}

/// The selector of an element by its test id.
#[must_use]
pub fn test_id(id: &str) -> String {
    format!("[data-testid={}]", json!(id))
}
