//! A W3C WebDriver client: as much of the protocol as the tests use.

use std::{path::Path, process::Command, time::Duration};

use anyhow::{Context, anyhow, bail};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use ureq::Agent;

use crate::{
    desktop::Desktop,
    process::{Running, free_port},
    wait::{wait_for, wait_within},
};

/// The key under which the protocol wraps an element's id.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// The longest a single step may take, starting the program included.
const STEP: Duration = Duration::from_secs(60);

/// A program under the control of its driver, which has started it: the desktop program under WebKit's, or Chromium under
/// its own.
#[derive(Debug)]
pub struct Session {
    agent: Agent,
    base: String,
    driver: Running,
}

impl Session {
    /// Starts the driver on `desktop`, and `program` through it. What both print goes into `output`.
    #[must_use]
    pub fn start(desktop: &Desktop, program: &Path, arguments: &[String], output: &Path) -> Self {
        let port = free_port();
        let mut command: Command = desktop.command("WebKitWebDriver");
        command
            .arg(format!("--port={port}"))
            // Without these the program does not listen to the driver, and the session would never begin.
            .env("TAURI_AUTOMATION", "true")
            .env("TAURI_WEBVIEW_AUTOMATION", "true");
        let browser = json!({"webkitgtk:browserOptions": {"binary": program, "args": arguments}});
        Self::begin(&command, port, browser, output)
    }

    /// Starts Chromium on `desktop`, with a profile of its own that goes with the desktop.
    #[must_use]
    pub fn start_chromium(desktop: &Desktop, output: &Path) -> Self {
        let port = free_port();
        let mut command: Command = desktop.command("chromedriver");
        command.arg(format!("--port={port}"));
        let profile = desktop.directory().join(format!("chromium-{port}"));
        let arguments = [
            "--headless=new".to_owned(),
            "--window-size=1280,800".to_owned(),
            // Tests may run as root, and a container may have little shared memory.
            "--no-sandbox".to_owned(),
            "--disable-dev-shm-usage".to_owned(),
            format!("--user-data-dir={}", profile.display()),
        ];
        let browser = json!({"browserName": "chrome", "goog:chromeOptions": {"args": arguments}});
        Self::begin(&command, port, browser, output)
    }

    /// Starts a driver that listens on `port`, and a session of the browser that it is told to start.
    fn begin(command: &Command, port: u16, mut browser: Value, output: &Path) -> Self {
        let driver = Running::start(command, output);
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(STEP))
            .proxy(None)
            .build()
            .new_agent();
        let mut session = Self { agent, base: format!("http://127.0.0.1:{port}"), driver };
        wait_for("the driver to be ready", || {
            let status = session.call("GET", "/status", None)?;
            if status["ready"] == true { Ok(()) } else { Err(anyhow!("it answers {status}")) }
        });
        browser["timeouts"] = json!({"script": 30_000, "implicit": 0});
        let created = session
            .call("POST", "/session", Some(json!({"capabilities": {"alwaysMatch": browser}})))
            .unwrap();
        let id = created["sessionId"].as_str().expect("a session has an id");
        session.base = format!("{}/session/{id}", session.base);
        session
    }

    /// Opens an address.
    pub fn open(&self, url: &str) {
        self.call("POST", "/url", Some(json!({"url": url}))).unwrap();
    }

    /// The driver, and through its output and children the program.
    pub fn driver(&mut self) -> &mut Running {
        &mut self.driver
    }

    fn call(&self, method: &str, path: &str, body: Option<Value>) -> anyhow::Result<Value> {
        let url = format!("{}{path}", self.base);
        let response = match (method, body) {
            ("GET", _) => self.agent.get(&url).call(),
            (_, body) => self.agent.post(&url).send_json(body.unwrap_or_else(|| json!({}))),
        };
        let mut response = response.with_context(|| format!("{method} {path}"))?;
        let status = response.status();
        let mut answer: Value = response.body_mut().with_config().limit(64 * 1024 * 1024).read_json()?;
        let value = answer["value"].take();
        if !status.is_success() {
            bail!("{method} {path}: {}: {}", value["error"], value["message"]);
        }
        Ok(value)
    }

    /// Runs a function body in the page and returns what it returns.
    ///
    /// # Errors
    /// When it throws, or the window is gone.
    pub fn script(&self, body: &str, arguments: &Value) -> anyhow::Result<Value> {
        self.call("POST", "/execute/sync", Some(json!({"script": body, "args": arguments})))
    }

    /// Runs a function body whose last argument is called when it is done.
    ///
    /// # Errors
    /// When it throws, is not done in time, or the window is gone.
    pub fn script_async(&self, body: &str) -> anyhow::Result<Value> {
        self.call("POST", "/execute/async", Some(json!({"script": body, "args": []})))
    }

    /// The elements that match a CSS selector now.
    ///
    /// # Errors
    /// When the selector is wrong, or the window is gone.
    pub fn find_all(&self, selector: &str) -> anyhow::Result<Vec<Element<'_>>> {
        let found =
            self.call("POST", "/elements", Some(json!({"using": "css selector", "value": selector})))?;
        let found = found.as_array().context("elements come in a list")?;
        Ok(found.iter().filter_map(|element| self.element(element)).collect())
    }

    fn element(&self, value: &Value) -> Option<Element<'_>> {
        Some(Element { session: self, id: value[ELEMENT].as_str()?.to_owned() })
    }

    /// Waits for the first element that matches a CSS selector.
    #[must_use]
    pub fn find(&self, selector: &str) -> Element<'_> {
        wait_for(&format!("an element {selector}"), || {
            self.find_all(selector)?.into_iter().next().context("there is none")
        })
    }

    /// Waits for the first element that matches a CSS selector and whose text contains `text`.
    #[must_use]
    pub fn find_with_text(&self, selector: &str, text: &str) -> Element<'_> {
        wait_for(&format!("an element {selector} that says {text:?}"), || {
            let body = "return [...document.querySelectorAll(arguments[0])]
                .find(element => element.innerText.includes(arguments[1])) ?? null";
            let found = self.script(body, &json!([selector, text]))?;
            self.element(&found).ok_or_else(|| match self.texts(selector) {
                Ok(texts) => anyhow!("there are {texts:?}"),
                Err(error) => error,
            })
        })
    }

    /// Text of every element that matches a CSS selector now.
    ///
    /// # Errors
    /// When the selector is wrong, or the window is gone.
    pub fn texts(&self, selector: &str) -> anyhow::Result<Vec<String>> {
        let body = "return [...document.querySelectorAll(arguments[0])].map(element => element.innerText)";
        Ok(serde_json::from_value(self.script(body, &json!([selector]))?)?)
    }

    /// Clicks the first element that matches, as a user does: the page may redraw it meanwhile, and something that
    /// lies over it is in the way.
    pub fn click(&self, selector: &str) {
        wait_for(&format!("a click on {selector}"), || {
            self.find_all(selector)?.first().context("there is none")?.try_click()
        });
    }

    /// Clicks the first element that matches and whose text contains `text`.
    pub fn click_text(&self, selector: &str, text: &str) {
        wait_for(&format!("a click on {selector} that says {text:?}"), || {
            self.find_with_text(selector, text).try_click()
        });
    }

    /// Makes a text field hold `text`.
    pub fn fill(&self, selector: &str, text: &str) {
        let field = self.find(selector);
        field.fill(text);
    }

    /// Chooses the option of a list that says `text`.
    pub fn choose(&self, selector: &str, text: &str) {
        let list = self.find(selector);
        let option = wait_for(&format!("an option {text:?} of {selector}"), || {
            let body =
                "return [...arguments[0].options].find(option => option.text === arguments[1]) ?? null";
            let found = self.script(body, &json!([{ ELEMENT: list.id }, text]))?;
            self.element(&found).context("there is none")
        });
        option.try_click().unwrap();
    }

    /// Presses a key in the element that has the focus.
    pub fn press(&self, key: &str) {
        let actions = json!({"actions": [{"type": "key", "id": "keyboard", "actions": [
            {"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}
        ]}]});
        self.call("POST", "/actions", Some(actions)).unwrap();
    }

    /// Makes the page's viewport this large; the window is as much larger as its frame.
    pub fn resize(&self, width: u32, height: u32) {
        wait_within(Duration::from_secs(20), &format!("a viewport of {width}×{height}"), || {
            let (inner_width, inner_height) = self.viewport()?;
            if (inner_width, inner_height) == (width, height) {
                return Ok(());
            }
            let outer = self.call("GET", "/window/rect", None)?;
            let size =
                |name: &str| outer[name].as_u64().and_then(|size| u32::try_from(size).ok()).unwrap_or(0);
            let outer = (
                width + size("width").saturating_sub(inner_width),
                height + size("height").saturating_sub(inner_height),
            );
            self.call("POST", "/window/rect", Some(json!({"width": outer.0, "height": outer.1})))?;
            bail!("it is {inner_width}×{inner_height}")
        });
    }

    /// Width and height of the page's viewport.
    ///
    /// # Errors
    /// When the window is gone.
    pub fn viewport(&self) -> anyhow::Result<(u32, u32)> {
        let size = self.script("return [window.innerWidth, window.innerHeight]", &json!([]))?;
        Ok(serde_json::from_value(size)?)
    }

    /// A picture of the viewport, as PNG.
    #[must_use]
    pub fn screenshot(&self) -> Vec<u8> {
        let picture = self.call("GET", "/screenshot", None).unwrap();
        BASE64_STANDARD.decode(picture.as_str().expect("a picture is base64")).unwrap()
    }
}

/// An element of the page. It may be gone when it is used.
#[derive(Debug)]
pub struct Element<'session> {
    session: &'session Session,
    id: String,
}

impl Element<'_> {
    fn call(&self, method: &str, what: &str, body: Option<Value>) -> anyhow::Result<Value> {
        self.session.call(method, &format!("/element/{}/{what}", self.id), body)
    }

    /// Clicks it, once it is enabled.
    ///
    /// # Errors
    /// When it is gone, disabled, hidden or covered.
    pub fn try_click(&self) -> anyhow::Result<()> {
        if self.call("GET", "enabled", None)? == false {
            bail!("it is disabled");
        }
        self.call("POST", "click", None).map(drop)
    }

    /// Whether it can be used.
    ///
    /// # Errors
    /// When it is gone.
    pub fn is_enabled(&self) -> anyhow::Result<bool> {
        Ok(self.call("GET", "enabled", None)? == true)
    }

    /// Its visible text.
    ///
    /// # Errors
    /// When it is gone.
    pub fn text(&self) -> anyhow::Result<String> {
        Ok(self.call("GET", "text", None)?.as_str().unwrap_or_default().to_owned())
    }

    /// An attribute, if it has it.
    ///
    /// # Errors
    /// When it is gone.
    pub fn attribute(&self, name: &str) -> anyhow::Result<Option<String>> {
        Ok(self.call("GET", &format!("attribute/{name}"), None)?.as_str().map(str::to_owned))
    }

    /// Makes a text field hold `text`, typed key by key in place of what it holds.
    pub fn fill(&self, text: &str) {
        let element = json!({ ELEMENT: self.id });
        self.session.script("arguments[0].focus(); arguments[0].select()", &json!([element])).unwrap();
        // Typing replaces what is selected; Backspace removes it.
        let keys = if text.is_empty() { "\u{e003}" } else { text };
        self.call("POST", "value", Some(json!({"text": keys}))).unwrap();
        wait_for(&format!("a field to hold {text:?}"), || {
            let value = self.call("GET", "property/value", None)?;
            if value == text { Ok(()) } else { Err(anyhow!("it holds {value}")) }
        });
    }
}
