//! A client of the API.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use attest::domain::record::Noun;
use attest::http::pages::words;
use serde_json::Value;
use ureq::http::{HeaderMap, HeaderValue, Request};

use super::contract;

/// Even where much else runs.
const JOBS_END_WITHIN: Duration = Duration::from_secs(240);

/// Somebody who asks.
#[derive(Clone)]
pub struct Caller<'a> {
    agent: &'a ureq::Agent,
    address: SocketAddr,
    token: Option<String>,
    public_only: bool,
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    /// What was asked, for messages.
    pub asked: String,
    pub status: u16,
    pub headers: HeaderMap,
    pub bytes: Vec<u8>,
}

impl<'a> Caller<'a> {
    pub fn new(agent: &'a ureq::Agent, address: SocketAddr, token: Option<String>) -> Self {
        Self { agent, address, token, public_only: false }
    }

    /// Of a server that has the public addresses only.
    pub fn of_public_side(self) -> Self {
        Self { public_only: true, ..self }
    }

    /// Sends anything. The path is taken as it is. What comes back must be what the document describes.
    #[track_caller]
    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Answer {
        let mut request = Request::builder().method(method).uri(format!("http://{}{path}", self.address));
        if let Some(token) = &self.token {
            request = request.header("Authorization", format!("Bearer {token}"));
        }
        for (name, value) in headers {
            // By bytes, so that a test can send what a header should not hold.
            request = request.header(*name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        let asked = format!("{method} {path} {headers:?} {}", String::from_utf8_lossy(&body[..body.len().min(300)]));
        let sent = if body.is_empty() && !matches!(method, "POST" | "PUT" | "PATCH") {
            self.agent.run(request.body(()).unwrap())
        } else {
            self.agent.run(request.body(body).unwrap())
        };
        let mut response = sent.unwrap_or_else(|why| panic!("{asked}: {why}"));
        let bytes = response.body_mut().with_config().limit(64 * 1024 * 1024).read_to_vec().unwrap();
        let answer = Answer { asked, status: response.status().as_u16(), headers: response.headers().clone(), bytes };
        let checked = if self.public_only {
            contract::check_public_side(method, path, &answer)
        } else {
            contract::check(method, path, &answer)
        };
        if let Err(why) = checked {
            panic!("not as the document describes it: {}: {}: {why}\n{}", answer.asked, answer.status, answer.text());
        }
        answer
    }

    pub fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], Vec::new())
    }

    pub fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.send("GET", path, headers, Vec::new())
    }

    pub fn post(&self, path: &str, body: &Value) -> Answer {
        self.post_with(path, &[], body)
    }

    pub fn post_with(&self, path: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
        let headers = [&[("Content-Type", "application/json")], headers].concat();
        self.send("POST", path, &headers, body.to_string().into_bytes())
    }

    pub fn patch(&self, path: &str, etag: &str, body: &Value) -> Answer {
        let headers = [("Content-Type", "application/merge-patch+json"), ("If-Match", etag)];
        self.send("PATCH", path, &headers, body.to_string().into_bytes())
    }

    /// Sends a file to be imported. The parameters name its noun, and what else is asked for.
    #[track_caller]
    pub fn import(&self, parameters: &str, file: &str) -> Answer {
        let headers = [("Content-Type", "text/csv; charset=utf-8")];
        self.send("POST", &format!("/api/v1/staff/imports?{parameters}"), &headers, file.as_bytes().to_vec())
    }

    /// The job that was accepted at this address, once it is finished.
    #[track_caller]
    pub fn finished(&self, location: &str) -> Value {
        let began = Instant::now();
        loop {
            let job = self.get(location).expect(200).json();
            if !matches!(job["state"].as_str().unwrap(), "queued" | "running") {
                return job;
            }
            assert!(began.elapsed() < JOBS_END_WITHIN, "{job}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Enters a record that must be accepted.
    pub fn enter(&self, noun: Noun, body: &Value) -> Answer {
        self.create(noun, body).expect(201)
    }

    /// Tries to enter a record.
    pub fn create(&self, noun: Noun, body: &Value) -> Answer {
        self.post(&path_of(noun), body)
    }

    /// Corrects the record that an earlier answer shows.
    pub fn correct(&self, noun: Noun, seen: &Answer, changes: &Value) -> Answer {
        self.patch(&seen.path(noun), &seen.etag(), changes)
    }

    /// Withdraws the record that an earlier answer shows.
    pub fn withdraw(&self, noun: Noun, seen: &Answer, reason: &str) -> Answer {
        self.set_state(noun, seen, "withdrawal", &serde_json::json!({ "reason": reason }))
    }

    /// Restores the record that an earlier answer shows.
    pub fn restore(&self, noun: Noun, seen: &Answer, reason: &str) -> Answer {
        self.set_state(noun, seen, "restoration", &serde_json::json!({ "reason": reason }))
    }

    /// Withdraws (`withdrawal`) or restores (`restoration`) the record that an earlier answer shows.
    pub fn set_state(&self, noun: Noun, seen: &Answer, what: &str, body: &Value) -> Answer {
        self.post_with(&format!("{}/{what}", seen.path(noun)), &[("If-Match", &seen.etag())], body)
    }

    /// Follows a list to its end and gives every item.
    pub fn walk(&self, path: &str) -> Vec<Value> {
        let (mut items, mut next) = (Vec::new(), Some(path.to_owned()));
        while let Some(path) = next {
            let page = self.get(&path).expect(200);
            items.extend(page.items());
            next = page.next();
        }
        items
    }
}

/// The address of a noun.
pub fn path_of(noun: Noun) -> String {
    format!("/api/v1/staff/{}", noun.plural())
}

/// What was entered, without what Attest adds.
pub fn entry_of(record: &Value) -> Value {
    let mut entry = record.clone();
    for added in ["id", "version", "status", "created_at", "written_at", "written_by", "superseded_by", "warnings"] {
        entry.as_object_mut().unwrap().remove(added);
    }
    // A null in the answer is a field that was not given.
    entry.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    entry
}

impl Answer {
    /// The answer, if it has this status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}: {}", self.asked, self.text());
        self
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_else(|why| panic!("{}: {why}: {}", self.asked, self.text()))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    #[track_caller]
    pub fn etag(&self) -> String {
        self.header("etag").unwrap_or_else(|| panic!("{}: no ETag", self.asked)).to_owned()
    }

    /// The identifier of the record in the answer.
    #[track_caller]
    pub fn id(&self) -> String {
        self.json()["id"].as_str().unwrap().to_owned()
    }

    /// The address of the record in the answer.
    #[track_caller]
    pub fn path(&self, noun: Noun) -> String {
        format!("{}/{}", path_of(noun), self.id())
    }

    #[track_caller]
    pub fn items(&self) -> Vec<Value> {
        self.json()["items"].as_array().unwrap().clone()
    }

    /// Where a list goes on.
    pub fn next(&self) -> Option<String> {
        let link = self.header("link")?;
        let (target, rest) = link.strip_prefix('<').unwrap().split_once('>').unwrap();
        assert_eq!(rest, "; rel=\"next\"");
        Some(target.to_owned())
    }

    /// The answer, if it is a problem of this status and kind, told as RFC 9457 has it.
    #[track_caller]
    pub fn problem(self, status: u16, kind: &str) -> Self {
        let answer = self.expect(status);
        assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{}", answer.asked);
        let problem = answer.json();
        assert_eq!(problem["type"], format!("urn:attest:problem:{kind}"), "{}: {problem}", answer.asked);
        assert_eq!(problem["status"], status);
        assert!(problem["title"].as_str().is_some_and(|title| !title.is_empty()));
        for error in problem["errors"].as_array().into_iter().flatten() {
            let expected = error["expected"].as_str().unwrap();
            // A code is the same in every language.
            let said = !expected.contains(' ') || words::in_russian(expected).is_some();
            assert!(said, "words/errors.ru.tsv has no line for `{expected}`");
        }
        answer
    }

    /// The answer, if it is a problem that names this one field and rule.
    #[track_caller]
    pub fn refuses(self, status: u16, field: &str, rule: &str) -> Self {
        let problem = self.json();
        let errors = problem["errors"].as_array().cloned().unwrap_or_default();
        let named: Vec<_> = errors.iter().map(|error| (error["field"].as_str(), error["rule"].as_str())).collect();
        assert_eq!(named, [(Some(field), Some(rule))], "{}: {problem}", self.asked);
        let expected = errors[0]["expected"].as_str();
        assert!(expected.is_some_and(|expected| !expected.is_empty()), "{}: {problem}", self.asked);
        self.problem(status, if status == 400 { "invalid_parameter" } else { "invalid" })
    }
}
