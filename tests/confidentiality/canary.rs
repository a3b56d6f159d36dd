//! The canary: a person with all that concerns it is entered and sealed in one of two databases that are the same otherwise.
//! Whoever is not on the list must get the same bytes from both, whatever they ask.
//!
//! Two things tell of it by design. Counts for researchers and staff count sealed persons, so that figures stand: nothing but
//! numbers differs. And the audit names identifiers, and no code or text: an auditor may read no record.

use attest::domain::policy::Role;
use attest::domain::record::Noun;
use attest::store::accounts::host;
use serde_json::{Value, json};

use super::desk::{again, audit, correct, seal, token, unseal};
use crate::support::client::path_of;
use crate::support::operations::{Operation, all};
use crate::support::{Answer, App, Caller, Home, on_both};

on_both! {
    bare:
    nobody_who_is_not_on_the_list_can_tell_a_sealed_person_from_none,
    counts_and_the_audit_tell_of_a_sealed_person_by_numbers_and_identifiers_alone,
}

const NAME: &str = "Zarema Kanareikina";
const MISSING: &str = "01997c1e-0000-7000-8000-000000000000";
/// Operations that count.
const COUNTING: [&str; 3] = ["/research/", "/reconciliation", "/staff/answers"];

/// What both databases hold: records that resemble the canary's, and a figure that counts them.
struct Seen {
    /// Visible records, by their address.
    paths: Vec<String>,
    incident: Value,
    figure: String,
    insider: String,
}

/// What the canary can be asked by.
struct Canary {
    ids: Vec<String>,
    /// Everything that somebody may know of it.
    words: Vec<String>,
    codes: Vec<String>,
    etags: Vec<String>,
}

fn attributes(more: &Value) -> Value {
    let mut entry = json!({"ground": "threatened_by_relatives", "origin": "RU-CE", "sex": "F", "age_group": "Y18T24"});
    entry.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    entry
}

fn enter_visible(app: &App) -> Seen {
    let staff = app.caseworker();
    let day = app.clock.now().date_naive().to_string();
    let source =
        staff.enter(Noun::Source, &json!({"code": "S-1", "type": "interview", "identity": "a neighbour"})).json();
    let event = staff.enter(Noun::Event, &json!({"code": "E-1", "name": "First wave", "date": "2017"})).json();
    app.publisher().enter(
        Noun::Publication,
        &json!({"code": "own", "published_on": day, "publisher": "Us", "state": "published",
            "address": "https://example.org/own"}),
    );
    let figure = app.publisher().enter(
        Noun::Figure,
        &json!({"publication": "own", "code": "detained", "measure": "persons", "population": "detained", "value": 0,
            "region": "Chechnya", "as_of": day, "query": "measure=persons&kind=detention", "state": "published"}),
    );
    let person = staff.enter(
        Noun::Person,
        &attributes(&json!({"code": "V-1", "source_system": "intake", "external_id": "7", "name": "Zarema Vidimova"})),
    );
    staff.enter(Noun::Person, &attributes(&json!({"code": "V-2"})));
    let incident = staff.enter(
        Noun::Incident,
        &json!({"code": "VI-1", "person": "V-1", "kind": "detention", "date": "2017-04", "place": "RU-CE",
            "event": "E-1", "sources": [{"source": "S-1"}]}),
    );
    let mut paths = vec![person.path(Noun::Person), incident.path(Noun::Incident), figure.path(Noun::Figure)];
    paths.extend(
        [(&source, Noun::Source), (&event, Noun::Event)]
            .map(|(record, noun)| format!("{}/{}", path_of(noun), record["id"].as_str().unwrap())),
    );
    Seen { paths, incident: incident.json(), figure: figure.id(), insider: token(app, "insider", Role::Caseworker) }
}

/// Enters the canary and seals it.
fn enter_canary(app: &App, seen: &Seen) -> Canary {
    let insider = app.bearing(&seen.insider);
    let person = insider.enter(
        Noun::Person,
        &attributes(&json!({"code": "CANARY-P", "source_system": "canaries", "external_id": "CANARY-X", "name": NAME,
            "aliases": "Kanarka", "narrative": "Kanareikina tells"})),
    );
    let id = person.id();
    let mut ids = vec![id.clone()];
    for (code, kind) in [("CANARY-I1", "detention"), ("CANARY-I2", "evacuation")] {
        let entry = json!({"code": code, "person": "CANARY-P", "kind": kind, "date": "2017-04", "place": "RU-CE",
            "event": "E-1", "sources": [{"source": "S-1"}], "narrative": "Kanareikina again"});
        ids.push(insider.enter(Noun::Incident, &entry).id());
    }
    seal(&insider, &id, &[]);
    correct(&insider, Noun::Person, &id, json!({"contacts": "by Kanareikina's sister"})).expect(200);
    let mut words: Vec<String> =
        ["CANARY-P", "CANARY-I1", "CANARY-I2", "CANARY-X", "canaries", "insider", NAME, "Kanarka"]
            .map(str::to_owned)
            .into();
    let (mut codes, mut etags) = (Vec::new(), Vec::new());
    for (noun, id) in [Noun::Person, Noun::Incident, Noun::Incident].into_iter().zip(&ids) {
        let now = again(&insider, noun, id);
        codes.push(now.json()["code"].as_str().unwrap().to_owned());
        etags.push(now.etag());
    }
    assert!(codes.iter().all(|code| !code.contains("CANARY")), "{codes:?}");
    words.extend(codes.iter().chain(&ids).cloned());
    words.push(ids[0].to_uppercase());
    Canary { ids, words, codes, etags }
}

/// As many writes that concern nothing.
fn catch_up(app: &App, write: i64) {
    while app.contents().write < write {
        app.store.write(&host(), "nothing", |_| Ok(())).unwrap();
    }
}

/// Status, headers and body. `numbers` leaves all numbers out, `made` what a new record is given by chance.
fn shown(answer: &Answer, numbers: bool, made: bool) -> String {
    // `Connection` says whether a body was read to its end before the answer, which is a matter of time.
    let volatile = |name: &str| {
        // A moment is shorter where its last digits are zeros.
        let length = name == "content-length" && (numbers || made);
        matches!(name, "date" | "connection") || (made && name == "location") || length
    };
    let mut headers: Vec<_> = answer.headers.iter().filter(|(name, _)| !volatile(name.as_str())).collect();
    headers.sort_by_key(|(name, _)| name.as_str());
    let mut body = answer.text();
    if made && answer.status == 201 {
        let mut record = answer.json();
        for chance in ["id", "created_at", "written_at"] {
            record[chance] = Value::Null;
        }
        // A code that was not given is made up.
        if !answer.asked.contains("\"code\"") {
            record["code"] = Value::Null;
        }
        body = record.to_string();
    }
    if numbers {
        let parts: Vec<_> = body.split(|c: char| c.is_ascii_digit()).filter(|part| !part.is_empty()).collect();
        body = parts.join("#");
    }
    format!("{} {headers:?} {body}", answer.status)
}

/// Both databases, and what differed so far.
struct Pair<'a> {
    with: &'a App<'a>,
    without: &'a App<'a>,
    differ: Vec<String>,
    asked: usize,
}

impl Pair<'_> {
    fn ask(&mut self, role: Role, method: &str, path: &str, headers: &[(&str, &str)], body: &Value) {
        self.asked += 1;
        let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        let [a, b] = [self.with, self.without].map(|app| app.by(role).send(method, path, headers, body.clone()));
        let numbers = COUNTING.iter().any(|counting| path.contains(counting));
        let made = method == "POST" && a.status == 201;
        let [left, right] = [&a, &b].map(|answer| shown(answer, numbers, made));
        if left != right {
            self.differ.push(format!("{role} {}\n  with:    {left}\n  without: {right}", a.asked));
        }
        assert!(a.status < 500, "{role} {}: {}", a.asked, a.text());
    }

    fn get(&mut self, role: Role, path: &str) {
        self.ask(role, "GET", path, &[], &Value::Null);
    }

    /// Follows a list to its end, page by page.
    fn walk(&mut self, role: Role, path: &str) {
        let mut next = Some(path.to_owned());
        while let Some(path) = next {
            self.get(role, &path);
            next = self.without.by(role).get(&path).next();
        }
    }

    /// One operation of the document, with everything that somebody may know of the canary.
    fn operation(&mut self, operation: &Operation, role: Role, canary: &Canary) {
        if operation.path.starts_with("/api/v1/staff/audit") {
            return;
        }
        let body = operation.media.as_ref().map_or(Value::Null, |_| json!({"reason": "requested"}));
        if operation.path.contains("{id}") {
            let ids = canary
                .ids
                .iter()
                .map(String::as_str)
                .chain(["junk", MISSING])
                .chain(canary.codes.iter().map(String::as_str).chain(["CANARY-P"]));
            for id in ids.take(if operation.allows(role) { 9 } else { 1 }) {
                for etag in [canary.etags[0].as_str(), canary.etags[1].as_str(), "*"] {
                    let media = operation.media.as_deref().unwrap_or("application/json");
                    let headers = [("Content-Type", media), ("If-Match", etag), ("If-None-Match", etag)];
                    self.ask(role, &operation.method, &operation.address(id), &headers, &body);
                }
                self.ask(role, &operation.method, &operation.address(id), &[], &Value::Null);
            }
            return;
        }
        if operation.method != "GET" {
            return;
        }
        self.get(role, &operation.path);
        let parameters = operation.described["parameters"].as_array().cloned().unwrap_or_default();
        for parameter in parameters.iter().filter(|parameter| parameter["in"] == "query") {
            let name = parameter["name"].as_str().unwrap();
            for word in canary.words.iter().take(if operation.allows(role) { 99 } else { 1 }) {
                let query: String = url::form_urlencoded::byte_serialize(word.as_bytes()).collect();
                self.get(role, &format!("{}?{name}={query}", operation.path));
                if operation.noun().is_some() {
                    self.get(role, &format!("{}?status=all&{name}={query}", operation.path));
                }
            }
        }
        if operation.noun().is_some() && operation.allows(role) {
            for limit in 1..=3 {
                self.walk(role, &format!("{}?status=all&limit={limit}", operation.path));
            }
        }
    }

    /// Whatever only reads, or is refused.
    fn read(&mut self, seen: &Seen, canary: &Canary, roles: &[Role]) {
        for operation in all() {
            for role in roles {
                self.operation(&operation, *role, canary);
            }
        }
        for role in roles.iter().copied().filter(|role| role.sees_cases()) {
            for path in &seen.paths {
                for below in ["", "/history", "/texts", "/seal", "/candidates", "/reconciliation"] {
                    self.get(role, &format!("{path}{below}"));
                }
            }
            for word in canary.words.iter().map(String::as_str).chain(["zarema", "kanar", "k"]) {
                self.search(role, &json!({ "name": word }));
                self.search(role, &json!({"name": word, "limit": 1}));
            }
        }
    }

    fn search(&mut self, role: Role, body: &Value) {
        self.ask(role, "POST", "/api/v1/staff/searches", &[("Content-Type", "application/json")], body);
    }

    /// Whatever enters or corrects something by the canary's own words.
    fn enter(&mut self, seen: &Seen, canary: &Canary) {
        let json_type = ("Content-Type", "application/json");
        let role = Role::Caseworker;
        let incident = &seen.incident;
        let etag = format!("\"{}\"", incident["version"]);
        let path = format!("{}/{}", path_of(Noun::Incident), incident["id"].as_str().unwrap());
        let headers = [("Content-Type", "application/merge-patch+json"), ("If-Match", etag.as_str())];
        for word in &canary.words {
            self.ask(role, "PATCH", &path, &headers, &json!({"person": word, "reason": "a correction"}));
        }
        let mut create = |noun: Noun, body: Value| self.ask(role, "POST", &path_of(noun), &[json_type], &body);
        let names = canary.ids[..1].iter().chain(&canary.codes[..1]).map(String::as_str).chain(["CANARY-P"]);
        for name in names {
            create(Noun::Incident, json!({"person": name, "kind": "detention", "date": "2017"}));
            create(Noun::Linkage, json!({"person": "V-1", "canonical": name, "sources": ["S-1"], "reason": "one"}));
            create(Noun::Linkage, json!({"person": name, "canonical": "V-1", "sources": ["S-1"], "reason": "one"}));
        }
        create(Noun::Incident, json!({"code": "CANARY-I1", "person": "V-1", "kind": "torture", "date": "2017"}));
        create(Noun::Person, json!({"source_system": "canaries", "external_id": "CANARY-X"}));
        create(Noun::Person, json!({"source_system": "canaries", "external_id": "CANARY-X"}));
        create(Noun::Person, json!({"code": "CANARY-P"}));
        create(Noun::Person, json!({"code": "CANARY-P"}));
        create(Noun::Person, json!({"owner": "insider", "code": "V-3"}));
        create(Noun::Linkage, json!({"person": "V-1", "canonical": "V-2", "sources": ["S-1"], "reason": "one"}));
    }
}

fn pair<'a>(with: &'a App<'a>, without: &'a App<'a>) -> Pair<'a> {
    Pair { with, without, differ: Vec::new(), asked: 0 }
}

fn nobody_who_is_not_on_the_list_can_tell_a_sealed_person_from_none(home: &Home) {
    let app = App::start(home);
    let seen = enter_visible(&app);
    drop(app);
    let twin = home.twin();
    let (with, without) = (App::start(home), App::start(&twin));
    let canary = enter_canary(&with, &seen);
    catch_up(&without, with.contents().write);

    // Whoever is on the list sees it.
    let insider = with.bearing(&seen.insider);
    assert_eq!(insider.walk(&path_of(Noun::Person)).len(), 3);
    assert_eq!(super::desk::found(&insider, "kanar"), canary.ids[..1]);
    again(&insider, Noun::Incident, &canary.ids[1]);

    let mut asked = pair(&with, &without);
    asked.read(&seen, &canary, &Role::ALL);
    assert!(asked.asked > 2_000, "{}", asked.asked);
    assert!(
        asked.differ.is_empty(),
        "{} differ: {:#?}",
        asked.differ.len(),
        &asked.differ[..asked.differ.len().min(5)]
    );

    // Negative control: without the seal, the same comparison fails in every way in which it can.
    unseal(&insider, &canary.ids[0]);
    catch_up(&without, with.contents().write);
    let mut open = pair(&with, &without);
    open.read(&seen, &canary, &[Role::Caseworker]);
    for told in [
        "/persons?status=all&code=",
        "/incidents?person=",
        "external_id=CANARY-X",
        "limit=1",
        "/texts",
        "/history",
        "/seal",
        "/candidates",
        "/searches",
        "/withdrawal",
    ] {
        let by = |differ: &&String| differ.lines().next().unwrap().contains(told);
        assert!(open.differ.iter().any(|differ| by(&differ)), "{told} tells nothing of a person who is not sealed");
    }

    seal(&insider, &canary.ids[0], &[]);
    catch_up(&without, with.contents().write);
    let mut entered = pair(&with, &without);
    entered.enter(&seen, &canary);
    assert!(entered.differ.is_empty(), "{:#?}", entered.differ);
}

fn counts_and_the_audit_tell_of_a_sealed_person_by_numbers_and_identifiers_alone(home: &Home) {
    let app = App::start(home);
    let seen = enter_visible(&app);
    drop(app);
    let twin = home.twin();
    let (with, without) = (App::start(home), App::start(&twin));
    let canary = enter_canary(&with, &seen);
    catch_up(&without, with.contents().write);
    let count = |caller: Caller<'_>| {
        let answer = caller.get("/api/v1/research/aggregates?measure=persons&kind=detention").expect(200).json();
        answer["rows"][0]["count"].as_u64()
    };
    assert_eq!((count(with.researcher()), count(without.researcher())), (Some(2), Some(1)));
    // What came and went is named without the canary, byte for byte.
    let path = format!("/api/v1/staff/figures/{}/reconciliation", seen.figure);
    let [a, b] = [&with, &without].map(|app| app.caseworker().get(&path).expect(200).json());
    assert_eq!((&a["changes"], &a["changes_in_all"]), (&b["changes"], &b["changes_in_all"]));
    assert!(a["changes"].as_array().is_some_and(|changes| !changes.is_empty()), "{a}");
    assert_ne!(a, b, "the counts of the figure count the canary");
    assert!(!a.to_string().contains(&canary.ids[0]) && !a.to_string().contains(&canary.codes[0]));
    let insider = with.bearing(&seen.insider).get(&path).expect(200).text();
    assert!(insider.contains(&canary.codes[0]), "{insider}");

    let told = Value::from(audit(&with, 200)).to_string();
    assert!(told.contains(&canary.ids[0]));
    for word in ["CANARY", "anar", "canaries"].into_iter().chain(canary.codes.iter().map(String::as_str)) {
        assert!(!told.contains(word), "{word}: {told}");
    }
}
