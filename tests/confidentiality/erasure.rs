//! Erasing: what is gone, what stays, and that nothing brings anybody back.

use attest::domain::policy::Role;
use attest::domain::record::Noun;
use attest::store::erasure::reapply;
use data_encoding::HEXLOWER_PERMISSIVE;
use serde_json::{Value, json};

use super::desk::{act, again, another, audit, audit_is_intact, correct, erase, found, seal, texts, words};
use super::scan::{Spelling, everywhere, hits, spellings};
use crate::support::cli::{LISTENS, Serving, attest_on};
use crate::support::client::path_of;
use crate::support::operations::all;
use crate::support::samples::join;
use crate::support::{App, Backend, Caller, Home, on_both};

on_both! {
    empty:
    a_late_repeat_of_a_creation_does_not_enter_an_erased_person_again,
    while_somebody_reads_what_was_there_the_wiping_waits,
    an_erasure_that_was_not_kept_is_not_done_by_the_list,
    nothing_of_an_erased_person_is_left_in_the_database_and_its_files,
    what_the_database_noted_of_its_columns_forgets_an_erased_person,
    an_erased_person_answers_like_a_missing_one_to_everybody,
    others_are_untouched_and_who_was_joined_is_counted_alone,
    who_may_erase_whom,
    where_the_note_outside_of_the_database_cannot_be_made_nothing_is_erased,
}

on_both! {
    bare:
    a_backup_that_is_put_back_brings_nobody_back,
}

/// A person with everything that one can have.
struct Whole {
    id: String,
    ids: Vec<String>,
    /// What tells of it in the database: codes, identifiers elsewhere, ciphertexts and keys.
    traces: Vec<Spelling>,
}

fn bytes_of(app: &App, table: &str, column: &str, wanted: &str) -> Vec<Spelling> {
    let hex = match app.backend {
        Backend::Sqlite => format!("hex({column})"),
        Backend::Postgres => format!("encode({column}, 'hex')"),
    };
    let found = words(app, &format!("SELECT {hex} AS value FROM {table} WHERE {column} IS NOT NULL AND {wanted}"));
    let bytes = found.iter().map(|hex| HEXLOWER_PERMISSIVE.decode(hex.as_bytes()).unwrap());
    bytes.map(|bytes| (format!("the {column} of {table}"), bytes[..32].to_vec())).collect()
}

fn enter(app: &App, tag: &str) -> Whole {
    let staff = app.caseworker();
    let entry = json!({"code": format!("ERASED-{tag}"), "source_system": "intake", "external_id": format!("EXTERNAL-{tag}"),
        "origin": "RU-CE", "name": "Agafya Zabytaya", "narrative": "x".repeat(3000), "reason": format!("REASON-{tag}")});
    let key = format!("KEY-of-the-erased-{tag}");
    let headers = [("Idempotency-Key", key.as_str())];
    let id = staff.post_with(&path_of(Noun::Person), &headers, &entry).expect(201).id();
    let mut ids = vec![id.clone()];
    for kind in ["detention", "torture"] {
        let entry = json!({"code": format!("ERASED-{tag}-{kind}"), "person": id, "kind": kind, "date": "2017-04",
            "place": "RU-CE", "narrative": "Zabytaya was there", "involvements": [{"role": "perpetrator", "actor": "law_enforcement"}]});
        let incident = staff.enter(Noun::Incident, &entry).id();
        correct(&staff, Noun::Incident, &incident, json!({"narrative": "Zabytaya was there too"})).expect(200);
        ids.push(incident);
    }
    correct(&staff, Noun::Person, &id, json!({"sex": "F", "aliases": "Zabyta"})).expect(200);
    let mut traces: Vec<_> = [format!("ERASED-{tag}"), format!("EXTERNAL-{tag}"), format!("REASON-{tag}")]
        .iter()
        .flat_map(|word| spellings(word))
        .collect();
    traces.extend(spellings("KEY-of-the-erased").into_iter().take(1));
    traces.extend(bytes_of(app, "personal_texts", "ciphertext", &format!("subject_id = '{id}'")));
    traces.extend(bytes_of(app, "data_keys", "wrapped", &format!("subject_id = '{id}'")));
    assert!(traces.iter().filter(|(name, _)| name.starts_with("the ")).count() >= 8);
    Whole { id, ids, traces }
}

/// Erases somebody. Whoever reads at that very moment, as a connection does that is being opened, keeps PostgreSQL from
/// wiping what that reader could still see: then the next wiping does it.
fn erase_and_wipe(app: &App, person: &str) -> Value {
    let answer = erase(&app.caseworker(), person).json();
    wait_for_the_wiping(app);
    answer
}

fn wait_for_the_wiping(app: &App) {
    let done = (0..50).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(200));
        app.store.wipe().unwrap()
    });
    assert!(done, "the wiping is never done");
}

/// Many others, so that the pages of the database are full and are divided.
fn others(staff: &Caller<'_>, from: u32) {
    for number in from..from + 40 {
        let entry = json!({"code": format!("OTHER-{number:03}"), "source_system": "intake", "external_id": number.to_string(),
            "name": format!("Somebody {number}")});
        let id = staff.enter(Noun::Person, &entry).id();
        staff.enter(Noun::Incident, &json!({"person": id, "kind": "torture", "date": "2017", "narrative": "another"}));
    }
}

/// The tables that name an identifier, but for the keys of repeated requests: a late repeat must not enter somebody again.
fn named(home: &Home, id: &str) -> Vec<String> {
    naming(home, id).into_iter().filter(|table| table != "idempotency_keys").collect()
}

/// The tables that name an identifier.
fn naming(home: &Home, id: &str) -> Vec<String> {
    let (tables, whole) = match home.backend {
        Backend::Sqlite => {
            ("SELECT name AS value FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'", false)
        }
        Backend::Postgres => {
            ("SELECT table_name::text AS value FROM information_schema.tables WHERE table_schema = 'public'", true)
        }
    };
    let mut found = Vec::new();
    for table in words(home, tables) {
        let texts = if whole {
            words(home, &format!("SELECT t::text AS value FROM {table} t"))
        } else {
            let columns = words(home, &format!("SELECT name AS value FROM pragma_table_info('{table}')"));
            let columns: Vec<_> = columns.iter().map(|column| format!("quote(\"{column}\")")).collect();
            words(home, &format!("SELECT {} AS value FROM {table}", columns.join(" || ")))
        };
        if texts.iter().any(|text| text.contains(id)) {
            found.push(table);
        }
    }
    found.sort();
    found
}

fn nothing_of_an_erased_person_is_left_in_the_database_and_its_files(app: &App) {
    let staff = app.caseworker();
    others(&staff, 0);
    let whole = enter(app, "8341");
    let other = staff.enter(Noun::Person, &json!({"code": "CANONICAL"}));
    let day = app.clock.now().date_naive().to_string();
    let decision = join(app, "ERASED-8341", "CANONICAL", &day).id();
    others(&staff, 40);
    // Negative control: it is there, and the scan finds it.
    assert!(hits("", &everywhere(app, &whole.traces).join("\n").into_bytes(), &spellings("utf-8")).len() > 1);
    assert!(everywhere(app, &whole.traces).iter().any(|hit| hit.contains("the wrapped of data_keys")));
    let answer = erase_and_wipe(app, &whole.id);
    assert!(answer["wiped"].is_boolean());
    let numbers = ["incidents", "others", "answers"].map(|name| answer[name].as_i64());
    assert_eq!((answer["id"].as_str(), numbers), (Some(whole.id.as_str()), [Some(2), Some(1), Some(0)]));
    let found = everywhere(app, &whole.traces);
    assert!(found.is_empty(), "{found:#?}");
    for id in whole.ids.iter().chain([&decision]) {
        assert_eq!(named(app, id), ["audit_entries", "erasures"]);
    }
    assert_eq!(app.number("SELECT COUNT(*) AS value FROM erasures"), 4);
    // Sealed first, its former codes are ciphertext; erased, they are gone too.
    let sealed = enter(app, "9127");
    seal(&staff, &sealed.id, &["test-publisher"]);
    let now = again(&staff, Noun::Person, &sealed.id).json()["code"].as_str().unwrap().to_owned();
    erase_and_wipe(app, &sealed.id);
    let found = everywhere(app, &[sealed.traces, spellings(&now)].concat());
    assert!(found.is_empty(), "{found:#?}");
    for id in &sealed.ids {
        assert_eq!(named(app, id), ["audit_entries", "erasures"]);
    }
    again(&staff, Noun::Person, &other.id());
    audit_is_intact(app);
    let told = Value::from(audit(app, 200)).to_string();
    assert!(
        !told.contains("ERASED") && !told.contains("EXTERNAL") && !told.contains("REASON") && told.contains(&whole.id)
    );
}

fn what_the_database_noted_of_its_columns_forgets_an_erased_person(app: &App) {
    if app.backend == Backend::Sqlite {
        // SQLite notes nothing unless it is told to, and Attest never does.
        assert!(words(app, "SELECT name AS value FROM sqlite_schema WHERE name LIKE 'sqlite_stat%'").is_empty());
        return;
    }
    let whole = enter(app, "5566");
    others(&app.caseworker(), 0);
    // As the server does on its own, and as an import does.
    app.sql("ANALYZE");
    assert!(everywhere(app, &whole.traces).iter().any(|hit| hit.starts_with("pg_statistic")));
    erase_and_wipe(app, &whole.id);
    let found = everywhere(app, &whole.traces);
    assert!(found.is_empty(), "{found:#?}");
}

fn an_erased_person_answers_like_a_missing_one_to_everybody(app: &App) {
    let staff = app.caseworker();
    let whole = enter(app, "1");
    let etag = again(&staff, Noun::Person, &whole.id).etag();
    erase(&staff, &whole.id);
    let missing = "01997c1e-0000-7000-8000-000000000000";
    for operation in all().into_iter().filter(|operation| operation.path.contains("{id}")) {
        let body =
            operation.media.as_ref().map_or(Vec::new(), |_| json!({"reason": "requested"}).to_string().into_bytes());
        let media = operation.media.as_deref().unwrap_or("application/json");
        for (role, id) in Role::ALL.into_iter().flat_map(|role| whole.ids.iter().map(move |id| (role, id))) {
            let headers = [("Content-Type", media), ("If-Match", etag.as_str())];
            let ask = |id: &str| app.by(role).send(&operation.method, &operation.address(id), &headers, body.clone());
            let [gone, never] = [ask(id), ask(missing)];
            assert_eq!((gone.status, gone.text()), (never.status, never.text()), "{role}: {}", operation.name());
        }
    }
    for path in ["/persons?code=ERASED-1&status=all", "/persons?external_id=EXTERNAL-1", "/incidents?status=all"] {
        assert_eq!(staff.get(&format!("/api/v1/staff{path}")).expect(200).items(), Vec::<Value>::new());
    }
    let [gone, never] =
        ["ERASED-1", "NEVER-01"].map(|code| staff.get(&format!("/api/v1/staff/incidents?person={code}")));
    assert_eq!(gone.text().replace("ERASED-1", "NEVER-01"), never.text());
    assert_eq!(found(&staff, "zabyt"), Vec::<String>::new());
    // Everything that was its own can be given again.
    enter_again(&staff);
}

fn enter_again(staff: &Caller<'_>) {
    let entry = json!({"code": "ERASED-1", "source_system": "intake", "external_id": "EXTERNAL-1"});
    staff.enter(Noun::Person, &entry);
    staff.enter(
        Noun::Incident,
        &json!({"code": "ERASED-1-torture", "person": "ERASED-1", "kind": "torture", "date": "2017"}),
    );
}

fn others_are_untouched_and_who_was_joined_is_counted_alone(app: &App) {
    let staff = app.caseworker();
    let whole = enter(app, "1");
    let other = staff.enter(Noun::Person, &json!({"code": "B", "name": "Somebody else", "origin": "RU-CE"})).id();
    let of = staff
        .enter(Noun::Incident, &json!({"person": "B", "kind": "torture", "date": "2017", "narrative": "another"}))
        .id();
    let day = app.clock.now().date_naive().to_string();
    // Another's incident that once was of the erased person, and the other way round.
    let lent = staff
        .enter(Noun::Incident, &json!({"person": "ERASED-1", "kind": "threat", "date": "2017", "narrative": "lent"}))
        .id();
    correct(&staff, Noun::Incident, &lent, json!({"person": "B"})).expect(200);
    let given = staff
        .enter(Noun::Incident, &json!({"person": "B", "kind": "threat", "date": "2017", "narrative": "given"}))
        .id();
    correct(&staff, Noun::Incident, &given, json!({"person": "ERASED-1"})).expect(200);
    let count = |kind: &str| {
        let path = format!("/api/v1/research/aggregates?measure=persons&kind={kind}");
        app.researcher().get(&path).expect(200).json()["rows"][0]["count"].as_u64().unwrap()
    };
    let decision = join(app, "B", "ERASED-1", &day);
    assert_eq!((count("torture"), count("detention")), (1, 1));
    let before = [again(&staff, Noun::Person, &other).bytes, again(&staff, Noun::Incident, &of).bytes];
    erase(&staff, &whole.id);
    assert_eq!((count("torture"), count("detention"), count("threat")), (1, 0, 1));
    assert_eq!([again(&staff, Noun::Person, &other).bytes, again(&staff, Noun::Incident, &of).bytes], before);
    assert_eq!(texts(&staff, Noun::Person, &other), json!({"name": "Somebody else"}));
    assert_eq!(texts(&staff, Noun::Incident, &lent), json!({"narrative": "lent"}));
    let history = staff.get(&format!("{}/{lent}/history", path_of(Noun::Incident))).expect(200);
    assert!(!history.text().contains("ERASED") && !history.text().contains(&whole.id), "{}", history.text());
    for (noun, id) in [(Noun::Incident, &given), (Noun::Linkage, &decision.id())] {
        staff.get(&format!("{}/{id}", path_of(noun))).problem(404, "not_found");
    }
    // It can be joined again, sealed and erased.
    staff.enter(Noun::Person, &json!({"code": "C"}));
    let again = join(app, "B", "C", &day);
    staff.withdraw(Noun::Linkage, &again, "two persons").expect(200);
    seal(&staff, &other, &[]);
    erase(&staff, &other);
    audit_is_intact(app);
}

fn who_may_erase_whom(app: &App) {
    let (staff, other) = (app.caseworker(), another(app, "other"));
    let requested = json!({"reason": "requested"});
    let [own, others] = [&staff, &other].map(|by| by.enter(Noun::Person, &json!({"name": "N"})).id());
    app.unchanged(|| act(&staff, Noun::Person, &others, "erasure", &requested)).problem(403, "forbidden");
    let path = format!("{}/{own}/erasure", path_of(Noun::Person));
    for role in [Role::Admin, Role::Researcher, Role::Auditor] {
        app.unchanged(|| app.by(role).post_with(&path, &[("If-Match", "\"1\"")], &requested)).problem(403, "forbidden");
    }
    app.unchanged(|| staff.post(&path, &requested)).problem(428, "precondition_required");
    app.unchanged(|| staff.post_with(&path, &[("If-Match", "\"1\"")], &requested)).problem(412, "stale");
    for (reason, rule) in [(json!({}), "required"), (json!({"reason": "she asked"}), "unknown_code")] {
        app.unchanged(|| act(&staff, Noun::Person, &own, "erasure", &reason)).refuses(422, "reason", rule);
    }
    assert!(!app.keys().erasures().exists(), "a refused erasure was noted");
    let etag = again(&staff, Noun::Person, &own).etag();
    erase(&staff, &own);
    app.unchanged(|| staff.post_with(&path, &[("If-Match", &etag)], &requested)).problem(404, "not_found");
    erase(&app.publisher(), &others);
    let noted = std::fs::read_to_string(app.keys().erasures()).unwrap();
    let done: Vec<_> = noted.lines().filter(|line| !line.starts_with("intended ")).collect();
    assert_eq!(done, [own, others]);
}

fn where_the_note_outside_of_the_database_cannot_be_made_nothing_is_erased(app: &App) {
    let whole = enter(app, "1");
    let before = texts(&app.caseworker(), Noun::Person, &whole.id);
    std::fs::create_dir(app.keys().erasures()).unwrap();
    let refused =
        app.unchanged(|| act(&app.caseworker(), Noun::Person, &whole.id, "erasure", &json!({"reason": "requested"})));
    refused.problem(503, "unavailable");
    assert_eq!(texts(&app.caseworker(), Noun::Person, &whole.id), before);
    std::fs::remove_dir(app.keys().erasures()).unwrap();
    erase(&app.caseworker(), &whole.id);
}

fn a_backup_that_is_put_back_brings_nobody_back(home: &Home) {
    let (whole, source);
    {
        let app = App::start(home);
        whole = enter(&app, "1");
        others(&app.caseworker(), 0);
        source =
            app.caseworker().enter(Noun::Source, &json!({"type": "interview", "identity": "Zabytaya's aunt"})).id();
    }
    let backup = home.twin();
    {
        let app = App::start(home);
        erase(&app.caseworker(), &whole.id);
        act(&app.publisher(), Noun::Source, &source, "texts/erasure", &json!({"reason": "requested"})).expect(200);
    }
    // Negative control: without the list outside of it, the backup holds the person.
    {
        let store = backup.open();
        assert_eq!(reapply(&store).unwrap(), 0);
    }
    assert!(naming(&backup, &whole.id).len() > 3);
    std::fs::copy(home.keys().erasures(), backup.keys().erasures()).unwrap();
    let serving = Serving::start(attest_on(&backup).args(["serve", "--listen", "127.0.0.1:0"]), LISTENS);
    let address = serving.lines[0].strip_prefix("http://").unwrap().parse().unwrap();
    Caller::new(&ureq::agent(), address, None).get("/health/ready").expect(200);
    let (code, log) = serving.stop();
    assert_eq!(code, Some(0));
    assert!(log.contains("erased once more") && !log.contains(&whole.id) && !log.contains("ERASED"), "{log}");
    for id in &whole.ids {
        assert_eq!(named(&backup, id), ["audit_entries", "erasures"]);
    }
    let left = everywhere(&backup, &whole.traces);
    assert!(left.is_empty(), "{left:#?}");
    let app = App::start(&backup);
    app.caseworker().get(&format!("{}/{}", path_of(Noun::Person), whole.id)).problem(404, "not_found");
    assert_eq!(texts(&app.caseworker(), Noun::Source, &source), json!({}));
    assert_eq!(found(&app.caseworker(), "somebody").len(), 40);
    assert_eq!(reapply(&app.store).unwrap(), 0);
    audit_is_intact(&app);
}

fn a_late_repeat_of_a_creation_does_not_enter_an_erased_person_again(app: &App) {
    let (staff, entry) = (app.caseworker(), json!({"code": "REPEATED", "name": "Somebody"}));
    let path = path_of(Noun::Person);
    let create = || staff.post_with(&path, &[("Idempotency-Key", "once")], &entry);
    let id = create().expect(201).id();
    assert_eq!(create().expect(201).id(), id);
    erase(&staff, &id);
    app.unchanged(|| create().problem(404, "not_found"));
    assert!(!everywhere(app, &spellings("REPEATED")).iter().any(|hit| hit.contains("records")));
}

fn while_somebody_reads_what_was_there_the_wiping_waits(app: &App) {
    let whole = enter(app, "77");
    let mut reader = app.connect();
    let begin = if app.backend == Backend::Sqlite { "BEGIN" } else { "BEGIN ISOLATION LEVEL REPEATABLE READ" };
    diesel::connection::SimpleConnection::batch_execute(
        &mut reader,
        &format!("{begin}; SELECT COUNT(*) FROM person_versions"),
    )
    .unwrap();
    let answer = act(&app.caseworker(), Noun::Person, &whole.id, "erasure", &json!({"reason": "requested"}));
    assert_eq!(answer.expect(200).json()["wiped"], false);
    app.caseworker().get(&format!("{}/{}", path_of(Noun::Person), whole.id)).problem(404, "not_found");
    drop(reader);
    wait_for_the_wiping(app);
    let found = everywhere(app, &whole.traces);
    assert!(found.is_empty(), "{found:#?}");
}

fn an_erasure_that_was_not_kept_is_not_done_by_the_list(app: &App) {
    let (kept, whole) = (enter(app, "1"), enter(app, "2"));
    erase(&app.caseworker(), &kept.id);
    let list = app.keys().erasures();
    let noted = std::fs::read_to_string(&list).unwrap();
    // As if the one had been interrupted before it was noted as done, and the other before it was kept.
    let noted = noted.lines().filter(|line| line.starts_with("intended ")).collect::<Vec<_>>().join("\n");
    std::fs::write(&list, format!("{noted}\nintended {}\n", whole.id)).unwrap();
    assert_eq!(reapply(&app.store).unwrap(), 0);
    app.caseworker().get(&format!("{}/{}", path_of(Noun::Person), whole.id)).expect(200);
    let noted = std::fs::read_to_string(&list).unwrap();
    assert!(noted.lines().any(|line| line == kept.id) && !noted.lines().any(|line| line == whole.id), "{noted}");
}
