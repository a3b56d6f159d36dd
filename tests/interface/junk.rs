//! Junk to every operation: whatever is sent, the answer is documented, and never an error of ours.

use attest::domain::policy::Role;
use attest::domain::record::Noun;
use serde_json::{Value, json};

use crate::support::client::path_of;
use crate::support::operations::{Operation, all, document, resolve};
use crate::support::samples::{some_id, some_record};
use crate::support::{Answer, App, on_both};

on_both! {
    released:
    junk_is_answered_as_documented,
    values_at_the_edge_of_what_numbers_hold_are_no_error_of_ours,
}

/// How many requests an operation gets.
const ROUNDS: usize = 60;

/// Random numbers that are the same in every run (xorshift); `ATTEST_TEST_SEED` gives others.
struct Dice(u64);

impl Dice {
    fn new() -> Self {
        let seed = std::env::var("ATTEST_TEST_SEED").ok().and_then(|seed| seed.parse().ok());
        Self(seed.unwrap_or(0x9e37_79b9_7f4a_7c15))
    }

    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }

    fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    fn pick<'p, T: ?Sized>(&mut self, from: &[&'p T]) -> &'p T {
        from[self.below(from.len())]
    }
}

const TEXTS: &[&str] = &[
    "",
    " ",
    "\u{0}",
    "a\u{0}b",
    "\u{7}",
    "'",
    "' OR '1'='1",
    "\"; DROP TABLE records; --",
    "%",
    "_",
    "\\",
    "../../etc/passwd",
    "\u{202e}evil",
    "\u{feff}",
    "\u{fffd}\u{10ffff}",
    "ﷺ",
    "👩‍👩‍👧‍👦",
    "İ",
    "ß",
    "e\u{301}",
    "null",
    "true",
    "NaN",
    "-1",
    "0",
    "1e309",
    "99999999999999999999999999",
    "-9223372036854775808",
    "2017-13",
    "9999-12-31",
    "0000-01-01",
    "-9999",
    "Y170000002",
    "XXXX-XX-XX",
    "../..",
    "2017/2018/2019",
    "{}",
    "[]",
    "<script>alert(1)</script>",
    "_T",
    "_U",
    "_Z",
    "_O",
    "detention",
    "kind",
    "kind,kind,kind,kind",
    ",,,",
    "RU-CE",
    "persons",
    "lgbtnet-2018-04-03",
    "lgbtnet-2018-04-03:evacuated",
    "R-001",
    "I-0001",
    "demo",
    "published",
    "draft",
    "01997c1e-0000-7000-8000-000000000000",
    "00000000-0000-0000-0000-000000000000",
    "01997C1E00007000800000000000000",
    "-8200000000000000000.01997c1e-0000-7000-8000-000000000000",
    "2018-04-03",
    "2017..2018",
    "9999..0001",
    "measure=persons&kind=detention",
];

fn text(dice: &mut Dice) -> String {
    match dice.below(12) {
        0 => dice.pick(TEXTS).repeat(300),
        1 => format!("{}{}", dice.pick(TEXTS), dice.pick(TEXTS)),
        2 => "x".repeat(dice.below(4000)),
        _ => dice.pick(TEXTS).to_owned(),
    }
}

fn value(dice: &mut Dice, depth: usize) -> Value {
    match dice.below(if depth > 3 { 8 } else { 12 }) {
        0 => Value::Null,
        1 => json!(dice.once_in(2)),
        2 => json!(*dice.pick(&[&0, &-1, &i64::MAX, &i64::MIN, &1])),
        3 => json!(*dice.pick(&[&1e308, &-0.0, &1.5, &f64::MIN_POSITIVE])),
        4 => json!(u64::MAX),
        8 => Value::Array((0..dice.below(4)).map(|_| value(dice, depth + 1)).collect()),
        9 => {
            let link = json!({"role": text(dice), "actor": text(dice), "source": text(dice), "degree": value(dice, 4)});
            Value::Array(vec![link; dice.below(3)])
        }
        10 => json!({text(dice): value(dice, depth + 1)}),
        _ => json!(text(dice)),
    }
}

/// The fields that an operation's body takes.
fn fields(document: &Value, operation: &Operation) -> Vec<String> {
    let Some(media) = &operation.media else { return Vec::new() };
    let content = &operation.described["requestBody"]["content"][media];
    let schema = resolve(document, &content["schema"]);
    // A file has columns and no fields.
    schema["properties"].as_object().map(|properties| properties.keys().cloned().collect()).unwrap_or_default()
}

fn body(dice: &mut Dice, fields: &[String]) -> Vec<u8> {
    match dice.below(12) {
        0 => Vec::new(),
        1 => text(dice).into_bytes(),
        2 => value(dice, 0).to_string().into_bytes(),
        3 => (0..dice.below(200)).map(|_| dice.below(256) as u8).collect(),
        4 => [b"{\"reason\":".to_vec(), vec![b'['; dice.below(30_000)]].concat(),
        _ => {
            let mut body = json!({});
            for field in fields {
                if dice.once_in(2) {
                    body[field] = value(dice, 0);
                }
            }
            if dice.once_in(6) {
                body[text(dice)] = value(dice, 0);
            }
            let mut bytes = body.to_string().into_bytes();
            if dice.once_in(10) {
                bytes.truncate(dice.below(bytes.len() + 1));
            }
            bytes
        }
    }
}

fn query(dice: &mut Dice, operation: &Operation) -> String {
    let parameters = operation.described["parameters"].as_array().cloned().unwrap_or_default();
    let names: Vec<_> = parameters.iter().filter(|parameter| parameter["in"] == "query").collect();
    let mut pairs = url::form_urlencoded::Serializer::new(String::new());
    for _ in 0..dice.below(4) {
        let name = match names.as_slice() {
            [] => text(dice),
            _ if dice.once_in(12) => text(dice),
            names => names[dice.below(names.len())]["name"].as_str().unwrap().to_owned(),
        };
        pairs.append_pair(&name, &text(dice));
    }
    let query = pairs.finish();
    if dice.once_in(15) { format!("{query}&%ff=%zz&&=&=") } else { query }
}

const HEADERS: &[(&str, &[&str])] = &[
    (
        "If-Match",
        &["*", "\"1\"", "W/\"1\"", "1", "", "\"", "\"99999999999999999999\"", "\"1\", \"2\"", "\"é\"", "\"-1\""],
    ),
    ("Idempotency-Key", &["", "k", "two words", "é", "k\tk", "a-very-long-key-a-very-long-key-a-very-long-key"]),
    (
        "Content-Type",
        &["", "text/plain", "application/json; charset=utf-16", "application/", "é", "application/json,x"],
    ),
    ("Accept", &["text/csv", "", "*/*;q=0", "é"]),
    ("If-None-Match", &["", "*", "\"x\"", "é", ",,,"]),
    ("Origin", &["null", "https://example.org", "é"]),
    ("Authorization", &["", "Bearer", "Bearer é", "Negotiate x"]),
    ("X-Forwarded-For", &["127.0.0.1", "é"]),
    ("Range", &["bytes=0-0", "bytes=-1", "x"]),
    ("Content-Encoding", &["gzip", "br", "x"]),
    ("Expect", &["nothing"]),
    ("Accept-Language", &["ru", "*", "é"]),
];

fn send(app: &App, dice: &mut Dice, operation: &Operation, ids: &[String], fields: &[String]) -> Answer {
    let id = match dice.below(3) {
        0 => url::form_urlencoded::byte_serialize(text(dice).as_bytes()).collect::<String>().replace('+', "%20"),
        _ => ids[dice.below(ids.len())].clone(),
    };
    let mut headers = Vec::new();
    let mut taken = false;
    for (name, values) in HEADERS {
        if dice.once_in(12) {
            headers.push((*name, dice.pick(values).to_owned()));
            taken |= *name == "Content-Type";
        }
    }
    if let Some(media) = operation.media.as_ref().filter(|_| !taken) {
        headers.push(("Content-Type", media.clone()));
    }
    let parameters = operation.described["parameters"].as_array().cloned().unwrap_or_default();
    if parameters.iter().any(|parameter| parameter["name"] == "If-Match") && dice.below(4) > 0 {
        headers.push(("If-Match", format!("\"{}\"", dice.below(12))));
    }
    let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let caller = if dice.once_in(20) { app.by(Role::ALL[dice.below(5)]) } else { app.by(operation.some_role()) };
    let query = query(dice, operation);
    let mark = if query.is_empty() { "" } else { "?" };
    let body = if operation.media.is_some() || dice.once_in(20) { body(dice, fields) } else { Vec::new() };
    caller.send(&operation.method, &format!("{}{mark}{query}", operation.address(&id)), &headers, body)
}

/// What is wrong with an answer, if something is.
fn fault(operation: &Operation, answer: &Answer) -> Option<String> {
    let status = answer.status;
    let known = operation.statuses.contains(&status)
        // An identifier with a slash in it is another address.
        || (status == 404 && operation.path.contains('{'));
    if status >= 500 || !known {
        return Some("the status".to_owned());
    }
    if status < 400 {
        return None;
    }
    if answer.header("content-type") != Some("application/problem+json") {
        return Some("the content type".to_owned());
    }
    let problem: Value = match serde_json::from_slice(&answer.bytes) {
        Ok(problem) => problem,
        Err(why) => return Some(format!("the body: {why}")),
    };
    let whole = problem["status"] == status
        && problem["type"].as_str().is_some_and(|kind| kind.starts_with("urn:attest:problem:"))
        && problem["title"].is_string();
    if !whole {
        return Some("the problem".to_owned());
    }
    let secure = answer.header("x-content-type-options") == Some("nosniff")
        && answer.header("content-security-policy").is_some()
        && answer.header("cache-control") == Some("no-store");
    (!secure).then(|| "the headers".to_owned())
}

fn junk_is_answered_as_documented(app: &App) {
    let document = document();
    let mut dice = Dice::new();
    let mut faults = Vec::new();
    let mut accepted = 0;
    for operation in all() {
        let ids: Vec<String> = match operation.noun() {
            Some(noun) => {
                some_record(app, noun);
                let listed = app.by(operation.some_role()).get(&format!("{}?limit=5", path_of(noun)));
                let reader = if noun == Noun::Term { app.admin() } else { app.caseworker() };
                let items = if listed.status == 200 { listed } else { reader.get(&path_of(noun)) }.items();
                items.iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
            }
            None => vec![some_id(app, &operation)],
        };
        let fields = fields(&document, &operation);
        for _ in 0..ROUNDS {
            let answer = send(app, &mut dice, &operation, &ids, &fields);
            accepted += usize::from(answer.status < 400);
            if let Some(what) = fault(&operation, &answer) {
                let asked: String = answer.asked.chars().take(400).collect();
                faults.push(format!("{what}: {} to {asked}: {}", answer.status, answer.text()));
            }
        }
    }
    assert!(accepted > 50, "only {accepted} requests were accepted: the junk is too bad to get far");
    assert!(faults.is_empty(), "{} faults, such as:\n{}", faults.len(), faults[..faults.len().min(15)].join("\n"));
    // Whatever was stored meanwhile can be read.
    for operation in all().into_iter().filter(|operation| operation.method == "GET" && !operation.path.contains('{')) {
        app.by(operation.some_role()).get(&operation.path).expect(200);
    }
}

fn values_at_the_edge_of_what_numbers_hold_are_no_error_of_ours(app: &App) {
    let figure = |code: &str, parent: Value| {
        let relation = if parent.is_null() { Value::Null } else { json!("subset_stated") };
        let breakdown = if parent.is_null() { Value::Null } else { json!("age") };
        json!({"publication": "lgbtnet-2018-04-03", "code": code, "measure": "persons", "population": "all",
            "region": "Chechnya", "value": i64::MAX, "as_of": "2018-04-03", "parent": parent, "relation": relation,
            "breakdown": breakdown, "query": "measure=persons", "state": "published"})
    };
    let whole = app.publisher().create(Noun::Figure, &figure("whole", Value::Null));
    if whole.status != 201 {
        // Such a number may well be refused.
        whole.refuses(422, "value", "out_of_range");
        return;
    }
    for code in ["one", "two", "three"] {
        app.publisher().enter(Noun::Figure, &figure(code, json!("whole")));
    }
    app.researcher().get("/api/v1/research/reconciliation?publication=lgbtnet-2018-04-03").expect(200);
    app.anybody().get("/api/v1/figures?publication=lgbtnet-2018-04-03").expect(200);
}
