//! Somebody at a browser: goes to pages, fills fields in by their labels, presses buttons by their words, reads.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use data_encoding::BASE64;
use serde_json::{Value, json};

use super::driver::{By, Chromium, Element, Refused, Scripts};
use crate::support::App;
use crate::support::people::{Browser, Person};

/// A browser that looks at an app.
pub struct Chrome<'a> {
    pub app: &'a App<'a>,
    chromium: Chromium,
}

/// What a browser tells a page about whom it serves.
#[derive(Debug, Clone, Copy)]
pub struct Screen {
    pub name: &'static str,
    pub width: u32,
    pub dark: bool,
}

pub const DESK: Screen = Screen { name: "light", width: 1280, dark: false };
pub const DARK: Screen = Screen { name: "dark", width: 1280, dark: true };
pub const PHONE: Screen = Screen { name: "phone", width: 320, dark: false };

/// Where the pictures of pages are written; git ignores it.
pub fn pictures() -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("screenshots");
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// How long an answer may take: a machine that builds something else meanwhile is slow.
const PATIENCE: Duration = Duration::from_secs(60);

/// A text as XPath takes it.
fn quoted(text: &str) -> String {
    if text.contains('\'') { format!("\"{text}\"") } else { format!("'{text}'") }
}

/// The group of fields with this heading.
fn within(group: &str) -> String {
    format!("//fieldset[legend[normalize-space(.)={}]]", quoted(group))
}

impl<'a> Chrome<'a> {
    /// Opens a browser that runs no script of a page, where there is one.
    pub fn open(app: &'a App<'a>) -> Option<Self> {
        Self::with(app, Scripts::Blocked)
    }

    /// Opens a browser, where there is one.
    pub fn with(app: &'a App<'a>, scripts: Scripts) -> Option<Self> {
        let chrome = Self { app, chromium: Chromium::start(scripts)? };
        chrome.chromium.go("about:blank");
        chrome.complaints();
        Some(chrome)
    }

    /// Goes to an address of the app.
    pub fn go(&self, path: &str) {
        self.chromium.go(&format!("http://{}{path}", self.app.address));
    }

    /// Goes back to the page before.
    pub fn back(&self) {
        self.chromium.back();
    }

    /// The address, without the host and what is asked there.
    pub fn path(&self) -> String {
        let url = self.chromium.url();
        let path = url.splitn(4, '/').nth(3).unwrap_or_default();
        format!("/{}", path.split(['?', '#']).next().unwrap_or_default())
    }

    /// What the page says.
    pub fn text(&self) -> String {
        self.the(By::Css("body"), "the page").text()
    }

    /// Waits until the page says this, which its scripts write.
    #[track_caller]
    pub fn comes_to_see(&self, text: &str) {
        let started = Instant::now();
        while !self.text().contains(text) && started.elapsed() < PATIENCE {
            std::thread::sleep(Duration::from_millis(100));
        }
        self.sees(text);
    }

    /// Fails unless the page says this.
    #[track_caller]
    pub fn sees(&self, text: &str) {
        let page = self.text();
        assert!(page.contains(text), "`{text}` is not at {}:\n{page}", self.path());
    }

    /// Fails if the page says this.
    #[track_caller]
    pub fn does_not_see(&self, text: &str) {
        let page = self.text();
        assert!(!page.contains(text), "`{text}` is at {}:\n{page}", self.path());
    }

    #[track_caller]
    fn must<T>(&self, found: Result<T, Refused>, what: &str) -> T {
        found.unwrap_or_else(|why| panic!("{what} at {}: {why}\n{}", self.path(), self.source()))
    }

    /// The one element that is meant; the first of several.
    #[track_caller]
    fn the(&self, by: By<'_>, what: &str) -> Element<'_> {
        self.must(self.chromium.find(by), what)
    }

    /// The page as it was sent.
    pub fn source(&self) -> String {
        self.chromium.source()
    }

    /// The field with this label.
    #[track_caller]
    fn field(&self, label: &str) -> Element<'_> {
        self.field_in("//body", label)
    }

    #[track_caller]
    fn field_in(&self, within: &str, label: &str) -> Element<'_> {
        let what = format!("no field `{label}`");
        let words = quoted(label);
        let says = format!(
            "normalize-space(text()[1])={words} or normalize-space(.)={words} or *[normalize-space(.)={words}]"
        );
        let path = format!("{within}//label[{says}]");
        let found = self.the(By::XPath(&path), &what);
        match found.attribute("for") {
            Some(id) => self.the(By::XPath(&format!("//*[@id={}]", quoted(&id))), &what),
            None => self.must(found.find(By::Css("input, select, textarea")), &what),
        }
    }

    /// Types into the field with this label, chooses in it, or ticks it.
    #[track_caller]
    pub fn fill(&self, label: &str, value: &str) {
        fill(&self.field(label), value);
    }

    /// The same for a field in the group with this heading, where several groups have such a field.
    #[track_caller]
    pub fn fill_in(&self, group: &str, label: &str, value: &str) {
        fill(&self.field_in(&within(group), label), value);
    }

    /// What is in the field with this label.
    #[track_caller]
    pub fn value(&self, label: &str) -> String {
        self.field(label).value()
    }

    /// The same in the group with this heading.
    #[track_caller]
    pub fn value_in(&self, group: &str, label: &str) -> String {
        self.field_in(&within(group), label).value()
    }

    /// Presses the button with these words.
    #[track_caller]
    pub fn press(&self, words: &str) {
        let path = format!("//button[normalize-space(.)={}]", quoted(words));
        self.leave_by(&self.the(By::XPath(&path), &format!("no button `{words}`")));
    }

    /// Follows the link with these words.
    #[track_caller]
    pub fn follow(&self, words: &str) {
        let path = format!("//a[normalize-space(.)={}]", quoted(words));
        self.leave_by(&self.the(By::XPath(&path), &format!("no link `{words}`")));
    }

    /// Presses something and waits until another page is there: the driver does not wait for an answer that takes a while.
    #[track_caller]
    fn leave_by(&self, pressed: &Element<'_>) {
        let page = self.the(By::Css("html"), "the page");
        pressed.press();
        let started = Instant::now();
        while page.tag().is_ok() {
            assert!(started.elapsed() < PATIENCE, "nothing came of pressing at {}:\n{}", self.path(), self.text());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Opens what is folded away under these words.
    #[track_caller]
    #[allow(dead_code)]
    pub fn unfold(&self, words: &str) {
        let path = format!("//details[not(@open)]/summary[normalize-space(.)={}]", quoted(words));
        self.the(By::XPath(&path), &format!("nothing to unfold under `{words}`")).press();
    }

    /// Signs in as people do, with the next code.
    pub fn sign_in(&self, person: &Person) {
        self.go("/sign-in");
        self.fill("Name", &person.name);
        self.fill("Passphrase", &person.passphrase);
        self.fill("Code of your second factor, or a recovery code", &person.next_code(self.app));
        self.press("Sign in");
        assert_ne!(self.path(), "/sign-in", "{}", self.text());
    }

    /// Takes over a session that another client opened.
    pub fn take_over(&self, client: &Browser<'_>) {
        let url = format!("http://{}/", self.app.address);
        let cookie =
            json!({"name": "attest", "value": client.session, "url": url, "httpOnly": true, "sameSite": "Strict"});
        assert_eq!(self.chromium.tool("Network.setCookie", cookie)["success"], true);
    }

    /// Forgets every session.
    pub fn forget(&self) {
        self.chromium.tool("Network.clearBrowserCookies", json!({}));
    }

    /// Looks through another screen from now on.
    pub fn screen(&self, screen: Screen) {
        let size = json!({"width": screen.width, "height": 900, "deviceScaleFactor": 1, "mobile": false});
        self.chromium.tool("Emulation.setDeviceMetricsOverride", size);
        let scheme = if screen.dark { "dark" } else { "light" };
        let media = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.chromium.tool("Emulation.setEmulatedMedia", media);
    }

    /// Writes a picture of the whole page into [`pictures`].
    pub fn picture(&self, name: &str) {
        let whole = json!({"format": "png", "captureBeyondViewport": true});
        let picture = self.chromium.tool("Page.captureScreenshot", whole);
        let bytes = BASE64.decode(picture["data"].as_str().unwrap().as_bytes()).unwrap();
        std::fs::write(pictures().join(format!("{name}.png")), bytes).unwrap();
    }

    /// What is wrong with how the page looks on this screen.
    pub fn measured(&self) -> Vec<String> {
        let found = self.chromium.run(include_str!("measure.js"));
        found.as_array().unwrap().iter().map(|wrong| wrong.as_str().unwrap().to_owned()).collect()
    }

    /// What the browser complained of since this was asked last, and every request that went elsewhere.
    pub fn complaints(&self) -> Vec<String> {
        let said = self.chromium.log("browser").into_iter();
        let grave = said.filter(|entry| matches!(entry["level"].as_str(), Some("SEVERE" | "WARNING")));
        let mut found: Vec<_> = grave.map(|entry| entry["message"].as_str().unwrap().to_owned()).collect();
        let own = format!("http://{}/", self.app.address);
        for entry in self.chromium.log("performance") {
            let event: Value = serde_json::from_str(entry["message"].as_str().unwrap()).unwrap();
            let event = &event["message"];
            let asked = event["params"]["request"]["url"].as_str().unwrap_or_default();
            let from_a_host = !asked.starts_with("data:") && !asked.starts_with("chrome://");
            if event["method"] == "Network.requestWillBeSent" && from_a_host && !asked.starts_with(&own) {
                found.push(format!("asked {asked}"));
            }
        }
        found
    }

    /// Shows a page that is not the app's.
    pub fn show(&self, html: &str) {
        let bytes = BASE64.encode(html.as_bytes());
        self.chromium.go(&format!("data:text/html;charset=utf-8;base64,{bytes}"));
    }

    /// What stands in the tab.
    pub fn title(&self) -> String {
        self.chromium.title()
    }
}

/// Types into a field, chooses in it, or ticks it.
#[track_caller]
fn fill(field: &Element<'_>, value: &str) {
    let kind = field.attribute("type").unwrap_or_default();
    match field.tag().unwrap().as_str() {
        Some("select") => {
            let words = quoted(value);
            let path = format!(".//option[normalize-space(.)={words} or @value={words}]");
            field.find(By::XPath(&path)).unwrap().press();
        }
        _ if kind == "checkbox" || kind == "radio" => field.press(),
        _ if kind == "file" => field.type_in(value),
        _ => {
            field.clear();
            field.type_in(value);
        }
    }
}
