//! Chromium and its driver: one driver for the test process, a browser of its own for each test.
//!
//! What is said to the driver is W3C WebDriver (<https://www.w3.org/TR/webdriver2/>). The libraries for it change how JSON
//! is ordered in everything that is built with them, so that the tests would look at another programme than the one that
//! is given out; the dozen commands that are needed here stand below.

use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::process::{folder, keeper, new_folder};
use crate::support::{chromium, skip};

/// How long the driver may take to start: a machine that builds something else meanwhile is slow.
const PATIENCE: Duration = Duration::from_secs(120);

fn chromedriver() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|folder| folder.join("chromedriver"));
    found.into_iter().find(|program| program.is_file())
}

/// The address of the driver, started with the first test that needs it and gone with the test process, however that ends.
fn driver() -> &'static str {
    static DRIVER: OnceLock<String> = OnceLock::new();
    DRIVER.get_or_init(|| {
        let log = folder().join("chromedriver.log");
        // Browsers whose test could not end them stand in the group of their keeper; it ends the group, and itself last.
        keeper(
            "trap '' TERM; (trap - TERM; exec \"$1\" --port=0 >\"$2\" 2>&1) & driver=$!; read _; kill 0; wait $driver",
            &[chromedriver().unwrap().to_str().unwrap(), log.to_str().unwrap()],
        );
        let started = std::time::Instant::now();
        loop {
            let text = std::fs::read_to_string(&log).unwrap_or_default();
            let said = text.split("started successfully on port ").nth(1);
            let port = said.and_then(|rest| rest.split_once('.')).and_then(|(port, _)| port.parse::<u16>().ok());
            if let Some(port) = port {
                return format!("http://127.0.0.1:{port}");
            }
            assert!(started.elapsed() < PATIENCE, "chromedriver did not start: {text}");
            std::thread::sleep(Duration::from_millis(20));
        }
    })
}

/// Why the driver did not do what it was asked: its error code and its words.
pub type Refused = String;

/// The name under which an element is passed on, which the standard fixes.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// Sends a command and gives its value.
fn command(agent: &ureq::Agent, path: &str, body: Option<&Value>) -> Result<Value, Refused> {
    let url = format!("{}/{path}", driver());
    let answer = match body {
        Some(body) => agent.post(url).send_json(body),
        None => agent.get(url).call(),
    };
    let mut answer = answer.map_err(|why| why.to_string())?;
    let read = answer.body_mut().with_config().limit(64 * 1024 * 1024).read_json::<Value>();
    let value = read.map_err(|why| why.to_string())?["value"].take();
    if answer.status().is_success() { Ok(value) } else { Err(format!("{}: {}", value["error"], value["message"])) }
}

/// How an element is found.
#[derive(Debug, Clone, Copy)]
pub enum By<'a> {
    Css(&'a str),
    XPath(&'a str),
}

impl By<'_> {
    fn body(self) -> Value {
        match self {
            Self::Css(value) => json!({"using": "css selector", "value": value}),
            Self::XPath(value) => json!({"using": "xpath", "value": value}),
        }
    }
}

/// Whether the scripts of pages are run, as the settings of the browser say it.
#[derive(Debug, Clone, Copy)]
pub enum Scripts {
    Run = 1,
    Blocked = 2,
}

/// A running browser. The test's own scripts, which measure, it runs in any case.
pub struct Chromium {
    agent: ureq::Agent,
    session: String,
}

impl Chromium {
    /// Starts one; says aloud that the test is not run where there is none.
    pub fn start(scripts: Scripts) -> Option<Self> {
        let (Some(program), Some(_)) = (chromium(), chromedriver()) else {
            skip("chromium", "chromium and chromedriver", std::thread::current().name().unwrap_or_default());
            return None;
        };
        let wanted = json!({
            "browserName": "chrome",
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
            "goog:chromeOptions": {
                "binary": program,
                "args": [
                    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
                    "--window-size=1280,1600", "--force-color-profile=srgb", "--accept-lang=en",
                    format!("--user-data-dir={}", new_folder().display()),
                ],
                "prefs": {"profile.managed_default_content_settings.javascript": scripts as u8},
            },
        });
        let config = ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(PATIENCE));
        let agent = config.build().into();
        let begun = command(&agent, "session", Some(&json!({"capabilities": {"alwaysMatch": wanted}}))).unwrap();
        let session = begun["sessionId"].as_str().unwrap().to_owned();
        Some(Self { agent, session })
    }

    fn ask(&self, path: &str) -> Result<Value, Refused> {
        command(&self.agent, &format!("session/{}/{path}", self.session), None)
    }

    fn tell(&self, path: &str, body: &Value) -> Result<Value, Refused> {
        command(&self.agent, &format!("session/{}/{path}", self.session), Some(body))
    }

    /// Goes to an address, and waits until the page is there.
    pub fn go(&self, url: &str) {
        self.tell("url", &json!({"url": url})).unwrap();
    }

    /// Goes back to the page before.
    pub fn back(&self) {
        self.tell("back", &json!({})).unwrap();
    }

    /// The address where it stands.
    pub fn url(&self) -> String {
        text(self.ask("url"))
    }

    /// The page as it was sent.
    pub fn source(&self) -> String {
        text(self.ask("source"))
    }

    /// What stands in the tab.
    pub fn title(&self) -> String {
        text(self.ask("title"))
    }

    /// The first element that is meant.
    pub fn find(&self, by: By<'_>) -> Result<Element<'_>, Refused> {
        Ok(self.element(&self.tell("element", &by.body())?))
    }

    fn element(&self, told: &Value) -> Element<'_> {
        Element { chromium: self, id: told[ELEMENT].as_str().unwrap().to_owned() }
    }

    /// A command of the developer tools.
    pub fn tool(&self, command: &str, parameters: Value) -> Value {
        self.tell("goog/cdp/execute", &json!({"cmd": command, "params": parameters})).unwrap()
    }

    /// What was logged since this was asked last.
    pub fn log(&self, kind: &str) -> Vec<Value> {
        let Value::Array(entries) = self.tell("se/log", &json!({"type": kind})).unwrap() else { unreachable!() };
        entries
    }

    /// Runs a script of the test and gives what it returns.
    pub fn run(&self, script: &str) -> Value {
        self.tell("execute/sync", &json!({"script": script, "args": []})).unwrap()
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        // One that does not end now ends with the driver.
        let _ = self.agent.delete(format!("{}/session/{}", driver(), self.session)).call();
    }
}

/// Something on a page.
pub struct Element<'a> {
    chromium: &'a Chromium,
    id: String,
}

impl<'a> Element<'a> {
    fn ask(&self, what: &str) -> Result<Value, Refused> {
        self.chromium.ask(&format!("element/{}/{what}", self.id))
    }

    fn tell(&self, what: &str, body: &Value) -> Result<Value, Refused> {
        self.chromium.tell(&format!("element/{}/{what}", self.id), body)
    }

    /// The first element within this one that is meant.
    pub fn find(&self, by: By<'_>) -> Result<Element<'a>, Refused> {
        Ok(self.chromium.element(&self.tell("element", &by.body())?))
    }

    /// What it says to somebody who looks at it.
    pub fn text(&self) -> String {
        text(self.ask("text"))
    }

    /// The name of its tag; fails when its page is gone.
    pub fn tag(&self) -> Result<Value, Refused> {
        self.ask("name")
    }

    /// What is filled in.
    pub fn value(&self) -> String {
        self.ask("property/value").unwrap().as_str().unwrap_or_default().to_owned()
    }

    pub fn attribute(&self, name: &str) -> Option<String> {
        self.ask(&format!("attribute/{name}")).unwrap().as_str().map(str::to_owned)
    }

    #[track_caller]
    pub fn press(&self) {
        self.tell("click", &json!({})).unwrap();
    }

    #[track_caller]
    pub fn clear(&self) {
        self.tell("clear", &json!({})).unwrap();
    }

    #[track_caller]
    pub fn type_in(&self, keys: &str) {
        self.tell("value", &json!({"text": keys})).unwrap();
    }
}

#[track_caller]
fn text(answer: Result<Value, Refused>) -> String {
    answer.unwrap().as_str().unwrap().to_owned()
}
