//! A person with a browser and an app for codes.

use attest::domain::policy::Role;
use attest::domain::record::RecordId;
use attest::store::accounts::{self, host};
use chrono::TimeDelta;
use data_encoding::BASE32_NOPAD;
use totp_rs::{Builder, Secret};

use super::{Answer, App};

/// What everybody here signs in with.
pub const PASSPHRASE: &str = "neun Kraniche über dem Moor";

/// Somebody with an account who has used the link.
#[derive(Clone)]
pub struct Person {
    pub id: RecordId,
    pub name: String,
    pub passphrase: String,
    pub secret: String,
    pub recovery: Vec<String>,
}

/// What a browser keeps.
#[derive(Clone)]
pub struct Browser<'a> {
    pub app: &'a App<'a>,
    pub session: Option<String>,
    pub device: Option<String>,
    /// Sent with every request.
    pub headers: Vec<(String, String)>,
}

/// The texts between the first and the second word, wherever they are.
pub fn between<'t>(text: &'t str, first: &str, second: &str) -> Vec<&'t str> {
    text.split(first).skip(1).map(|rest| rest.split(second).next().unwrap()).collect()
}

fn form(fields: &[(&str, &str)]) -> Vec<u8> {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish().into_bytes()
}

impl<'a> Browser<'a> {
    pub fn new(app: &'a App<'a>) -> Self {
        Self { app, session: None, device: None, headers: Vec::new() }
    }

    /// The same, from another address behind our proxy.
    pub fn at(app: &'a App<'a>, address: &str) -> Self {
        let headers = vec![("X-Forwarded-For".to_owned(), format!("203.0.113.9, {address}"))];
        Self { headers, ..Self::new(app) }
    }

    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Answer {
        let cookies = [("attest", &self.session), ("attest-device", &self.device)];
        let cookies: Vec<_> =
            cookies.iter().filter_map(|(name, value)| Some(format!("{name}={}", value.as_ref()?))).collect();
        let cookies = cookies.join("; ");
        let mut all: Vec<(&str, &str)> =
            self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        if !cookies.is_empty() {
            all.push(("Cookie", &cookies));
        }
        all.extend(headers);
        self.app.anybody().send(method, path, &all, body)
    }

    pub fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], Vec::new())
    }

    /// Sends a form as it stands.
    pub fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.post_with(path, &[], fields)
    }

    pub fn post_with(&self, path: &str, headers: &[(&str, &str)], fields: &[(&str, &str)]) -> Answer {
        let headers = [&[("Content-Type", "application/x-www-form-urlencoded")], headers].concat();
        self.send("POST", path, &headers, form(fields))
    }

    /// The word that forms of this session carry.
    pub fn word(&self) -> String {
        let page = self.get("/account").expect(200).text();
        between(&page, "name=\"csrf\" value=\"", "\"")[0].to_owned()
    }

    /// Sends a form of one's own pages.
    pub fn submit(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let word = self.word();
        self.post(path, &[&[("csrf", word.as_str())], fields].concat())
    }

    /// Tries to sign in.
    pub fn attempt(&mut self, name: &str, passphrase: &str, code: &str) -> Answer {
        let answer = self.post("/sign-in", &[("name", name), ("passphrase", passphrase), ("code", code)]);
        for cookie in answer.headers.get_all("set-cookie") {
            let (name, value) = cookie.to_str().unwrap().split(';').next().unwrap().split_once('=').unwrap();
            let kept = (!value.is_empty()).then(|| value.to_owned());
            if name == "attest" { self.session = kept } else { self.device = kept }
        }
        answer
    }

    /// Signs in with the next code.
    pub fn sign_in(&mut self, person: &Person) -> Answer {
        let code = person.next_code(self.app);
        self.attempt(&person.name, &person.passphrase, &code).expect(303)
    }

    /// Whether the session is one.
    pub fn is_in(&self) -> bool {
        match self.get("/account").status {
            200 => true,
            303 => false,
            other => panic!("{other}"),
        }
    }
}

/// The code of a secret at the clock's time.
pub fn code_of(app: &App, secret: &str) -> String {
    let bytes: [u8; 20] = BASE32_NOPAD.decode(secret.as_bytes()).unwrap().try_into().unwrap();
    let totp = Builder::new().with_secret(Secret::new_stack(bytes)).build_noncompliant();
    totp.generate(u64::try_from(app.clock.now().timestamp()).unwrap()).to_string()
}

/// The secret that a page shows.
pub fn secret_in(page: &str) -> String {
    let found = between(page, "<code>", "</code>").into_iter().find(|text| text.len() == 32);
    found.unwrap_or_else(|| panic!("{page}")).to_owned()
}

/// The recovery codes that a page shows.
pub fn codes_in(page: &str) -> Vec<String> {
    between(page, "<li><code>", "</code>").into_iter().map(str::to_owned).collect()
}

impl Person {
    /// Somebody new who has used the link.
    pub fn new(app: &App, name: &str, role: Role) -> Self {
        let made = accounts::add(&app.store, &host(), name, role).unwrap();
        let link = made.link.unwrap();
        assert!(!link.needs_approval);
        Self::enrol(app, name, made.account.id, &link.path(), PASSPHRASE)
    }

    /// Uses a link.
    pub fn enrol(app: &App, name: &str, id: RecordId, path: &str, passphrase: &str) -> Self {
        let browser = Browser::new(app);
        let secret = secret_in(&browser.get(path).expect(200).text());
        let code = code_of(app, &secret);
        let fields = [("passphrase", passphrase), ("again", passphrase), ("code", code.as_str())];
        let recovery = codes_in(&browser.post(path, &fields).expect(200).text());
        Self { id, name: name.to_owned(), passphrase: passphrase.to_owned(), secret, recovery }
    }

    /// The code that is good now.
    pub fn code(&self, app: &App) -> String {
        code_of(app, &self.secret)
    }

    /// Waits for a code that was not used yet.
    pub fn next_code(&self, app: &App) -> String {
        app.clock.advance(TimeDelta::seconds(30));
        self.code(app)
    }

    /// A browser in which the person is signed in.
    pub fn browser<'a>(&self, app: &'a App<'a>) -> Browser<'a> {
        let mut browser = Browser::new(app);
        browser.sign_in(self);
        browser
    }
}
