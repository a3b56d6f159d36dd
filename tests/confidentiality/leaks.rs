//! The leak scan: words that nobody else uses go into every field of personal text, through everything that can be done with
//! it. Afterwards they are nowhere but in the answers of `/texts`.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, ChildStdout, Command, Stdio};

use attest::domain::policy::Role;
use attest::domain::record::Noun;
use serde_json::{Value, json};

use super::scan::{Spelling, everywhere, hits, spellings};
use crate::support::cli::{attest_on, run};
use crate::support::client::path_of;
use crate::support::{Answer, Caller, Home, on_both};

on_both! {
    bare:
    no_word_of_a_personal_text_is_anywhere_but_where_it_may_be_read,
    the_scan_finds_a_word_that_is_stored_in_clear_and_every_spelling,
}

const LATIN: &str = "Quazintharbolwex";
const CYRILLIC: &str = "Щукхоравинъефь";

fn canaries() -> Vec<Spelling> {
    [LATIN, CYRILLIC].into_iter().flat_map(spellings).collect()
}

/// A server in a process of its own, with all that it logs in a file.
struct Server {
    child: Child,
    address: SocketAddr,
    /// Kept open: it prints more.
    _out: BufReader<ChildStdout>,
}

impl Server {
    fn start(home: &Home) -> Self {
        let mut command = attest_on(home);
        command.args(["serve", "--listen", "127.0.0.1:0", "--log", "trace", "--log-format", "json"]);
        command.env("RUST_BACKTRACE", "full").stdout(Stdio::piped());
        let mut child = command.stderr(File::create(home.folder.join("server.log")).unwrap()).spawn().unwrap();
        let mut line = String::new();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        out.read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("http://").unwrap_or_else(|| panic!("{line}")).parse().unwrap();
        Self { child, address, _out: out }
    }

    fn stop(mut self) {
        assert!(Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap().success());
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What everybody but the reader of `/texts` was answered.
#[derive(Default)]
struct Heard(Vec<u8>);

impl Heard {
    fn hear(&mut self, answer: Answer) -> Answer {
        self.0.extend(format!("{} {:?} ", answer.status, answer.headers).into_bytes());
        self.0.extend(&answer.bytes);
        self.0.push(b'\n');
        answer
    }
}

/// Text for every field of a noun.
fn text(noun: Noun, word: &str) -> Value {
    let fields: &[&str] = match noun {
        Noun::Person => &["name", "aliases", "contacts", "safe_contact", "documents", "exact_place", "narrative"],
        Noun::Incident => &["exact_place", "documents", "narrative"],
        Noun::Source => &["identity", "contacts"],
        Noun::Event => &["narrative"],
        _ => &[],
    };
    Value::Object(
        fields.iter().map(|field| ((*field).to_owned(), json!(format!("{word} {field} {LATIN} {CYRILLIC}")))).collect(),
    )
}

fn with(mut entry: Value, more: Value) -> Value {
    entry.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    entry
}

/// Enters, corrects, reads, is refused, searches and erases.
fn go_through(staff: &Caller<'_>, publisher: &Caller<'_>, others: &[Caller<'_>], heard: &mut Heard) {
    staff.enter(Noun::Person, &json!({"code": "P"}));
    for (noun, entry) in [
        (Noun::Person, json!({})),
        (Noun::Incident, json!({"person": "P", "kind": "torture", "date": "2017"})),
        (Noun::Source, json!({"type": "interview"})),
        (Noun::Event, json!({"name": "First wave", "date": "2017"})),
    ] {
        let path = path_of(noun);
        let whole = with(entry.clone(), text(noun, "made"));
        for key in ["one", "one"] {
            let key = format!("{key}-{}", noun.name());
            heard.hear(staff.post_with(&path, &[("Idempotency-Key", &key)], &whole)).expect(201);
        }
        let changed = with(whole.clone(), text(noun, "other"));
        heard
            .hear(staff.post_with(&path, &[("Idempotency-Key", &format!("one-{}", noun.name()))], &changed))
            .expect(422);
        let seen = heard.hear(staff.create(noun, &whole)).expect(201);
        let seen = heard
            .hear(staff.correct(noun, &seen, &with(json!({"reason": "told"}), text(noun, "corrected"))))
            .expect(200);
        let long = |times: usize| json!(format!("{LATIN} {}", CYRILLIC.repeat(times)));
        for wrong in [
            json!({"code": 7}),
            json!({"code": "no code"}),
            json!({"colour": "red"}),
            json!({"known_on": "2999-01-01"}),
            json!({"narrative": [LATIN], "name": [CYRILLIC], "identity": [LATIN], "contacts": {LATIN: CYRILLIC}}),
            json!({"narrative": long(800), "name": long(40), "identity": long(40)}),
            json!({"narrative": format!("{LATIN}\u{1}"), "name": format!("{CYRILLIC}\u{1}"), "identity": format!("{LATIN}\t")}),
        ] {
            let answer = heard.hear(staff.create(noun, &with(whole.clone(), wrong.clone())));
            assert_eq!(answer.status, 422, "{}", answer.asked);
            let answer = heard.hear(staff.correct(noun, &seen, &with(text(noun, "never"), wrong)));
            assert_eq!(answer.status, 422, "{}", answer.asked);
        }
        let stale = [("If-Match", "\"1\""), ("Content-Type", "application/merge-patch+json")];
        heard.hear(staff.send("PATCH", &seen.path(noun), &stale, whole.to_string().into_bytes())).expect(412);
        let cut = whole.to_string().into_bytes();
        heard
            .hear(staff.send("POST", &path, &[("Content-Type", "application/json")], cut[..cut.len() - 2].to_vec()))
            .expect(400);
        heard.hear(staff.send("POST", &path, &[("Content-Type", "text/plain")], cut)).expect(415);
        heard.hear(staff.send("POST", &path, &[("Content-Type", "application/json")], vec![b'x'; 70_000])).expect(413);
        for other in others {
            heard.hear(other.create(noun, &whole));
        }
        assert!(staff.get(&format!("{}/texts", seen.path(noun))).expect(200).text().contains(CYRILLIC));
        for below in ["", "/history", "/seal", "/candidates"] {
            heard.hear(staff.get(&format!("{}{below}", seen.path(noun))));
        }
        heard.hear(staff.get(&path)).expect(200);
        // A word in an address is a mistake that must not reach a log either.
        for address in [
            format!("{path}?code={LATIN}"),
            format!("{path}/{LATIN}"),
            format!("/{LATIN}"),
            format!("{path}?{LATIN}=1"),
        ] {
            staff.get(&address);
        }
        let etag = staff.get(&seen.path(noun)).etag();
        let below = if matches!(noun, Noun::Source | Noun::Event) { "texts/erasure" } else { "erasure" };
        if noun != Noun::Incident {
            let path = format!("{}/{below}", seen.path(noun));
            for reason in [CYRILLIC, "requested"] {
                let answer = publisher.post_with(&path, &[("If-Match", &etag)], &json!({ "reason": reason }));
                assert_eq!(answer.status, if reason == CYRILLIC { 422 } else { 200 }, "{}", answer.text());
                if answer.status == 200 {
                    heard.hear(answer);
                }
            }
        }
    }
    for name in [LATIN, CYRILLIC, &LATIN.to_lowercase()] {
        let answer = heard.hear(staff.post("/api/v1/staff/searches", &json!({ "name": name })).expect(200));
        assert!(!answer.items().is_empty());
        heard.hear(staff.post("/api/v1/staff/searches", &json!({"name": name, "colour": "red"})).expect(422));
        heard.hear(staff.post("/api/v1/staff/searches", &json!({"name": name, "limit": 0})));
    }
}

fn no_word_of_a_personal_text_is_anywhere_but_where_it_may_be_read(home: &Home) {
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let mut heard = Heard::default();
    let server = Server::start(home);
    let by = |role: Role| Caller::new(&agent, server.address, Some(home.tokens[&role].clone()));
    let others = [by(Role::Researcher), by(Role::Admin), by(Role::Auditor), Caller::new(&agent, server.address, None)];
    go_through(&by(Role::Caseworker), &by(Role::Publisher), &others, &mut heard);
    heard.hear(by(Role::Auditor).get("/api/v1/staff/audit?limit=200")).expect(200);
    for public in ["/api/v1/figures", "/api/v1/publications", "/api/v1/openapi.json", "/api/v1/figures/series"] {
        heard.hear(Caller::new(&agent, server.address, None).get(public));
    }
    // Import, whole and with mistakes in other columns.
    let file = home.folder.join("persons.csv");
    for (rows, good) in [
        (format!("X,,{LATIN},{CYRILLIC}\n"), true),
        (format!("X,nobody,{LATIN},{CYRILLIC}\nno code,,{CYRILLIC},{LATIN}\n"), false),
        (format!("Y,,{LATIN}\n,,{CYRILLIC},a,b,c\n"), false),
        (format!("Z,,{},x\n", LATIN.repeat(50)), false),
        (format!("Z,,\"{LATIN}\u{7}\",x\n"), false),
    ] {
        std::fs::write(&file, format!("code,sex,name,narrative\n{rows}")).unwrap();
        for arguments in [&["--dry-run"][..], &[]] {
            let ended = run(attest_on(home).args(["import", "persons"]).arg(&file).args(arguments));
            assert_eq!(ended.code == Some(0), good, "{ended:?}");
            heard.0.extend(format!("{ended:?}\n").into_bytes());
        }
    }
    std::fs::remove_file(&file).unwrap();

    let canaries = canaries();
    let found = hits("an answer", &heard.0, &canaries);
    assert!(found.is_empty(), "{found:#?}");
    let found = everywhere(home, &canaries);
    assert!(found.is_empty(), "while it runs: {found:#?}");
    server.stop();
    let found = everywhere(home, &canaries);
    assert!(found.is_empty(), "{found:#?}");
    let log = std::fs::read_to_string(home.folder.join("server.log")).unwrap();
    assert!(log.contains("/api/v1/staff/persons/{id}/texts") && log.lines().count() > 100, "{log}");
}

fn the_scan_finds_a_word_that_is_stored_in_clear_and_every_spelling(home: &Home) {
    let canaries = canaries();
    {
        let app = crate::support::App::start(home);
        app.caseworker().enter(Noun::Person, &json!({"code": "P", "name": LATIN}));
    }
    assert_eq!(everywhere(home, &canaries), Vec::<String>::new());
    home.sql(&format!("UPDATE person_versions SET reason = '{CYRILLIC}'"));
    let found = everywhere(home, &canaries);
    assert!(found.iter().any(|hit| hit.contains("as utf-8")), "{found:#?}");
    let planted = home.folder.join("planted");
    for (name, bytes) in &canaries {
        std::fs::write(&planted, [b"before ", bytes.as_slice(), b" after"].concat()).unwrap();
        let found = hits("planted", &std::fs::read(&planted).unwrap(), &canaries);
        assert!(found.contains(&format!("planted: {name}")), "{name}");
    }
    // Encoded with whatever stands before it.
    for before in ["", "a", "ab", "abc"] {
        let text = format!("{before}{CYRILLIC} and more");
        for encoded in [data_encoding::BASE64.encode(text.as_bytes()), data_encoding::BASE64URL.encode(text.as_bytes())]
        {
            assert!(!hits("", encoded.as_bytes(), &canaries).is_empty(), "{encoded}");
        }
    }
}
