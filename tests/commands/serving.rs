//! `attest serve`, with the demonstration and without.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use attest::domain::policy::Role;
use attest::domain::record::Noun;
use serde_json::{Value, json};

use crate::support::app::contents;
use crate::support::cli::{Serving, attest, attest_on, run};
use crate::support::{App, Home, on_both, process};

on_both! {
    bare:
    the_demonstration_prints_its_address_tokens_and_questions,
    the_questions_of_the_demonstration_answer_as_promised,
    a_second_start_of_the_demonstration_revokes_the_tokens_of_the_first,
    the_people_of_the_demonstration_sign_in_with_what_it_prints,
    serving_stops_when_it_is_asked_to,
    the_log_has_route_templates_and_nothing_of_a_request,
}

on_both! {
    empty:
    the_demonstration_refuses_a_database_with_records_of_its_own,
}

const LISTEN: [&str; 2] = ["--listen", "127.0.0.1:0"];
/// What the last line begins with that the demonstration prints.
const LAST: &str = "curl -s 'http";

fn demo(home: &Home) -> Serving {
    Serving::start(attest_on(home).args(["serve", "--demo"]).args(LISTEN), LAST)
}

fn tokens(serving: &Serving) -> BTreeMap<String, String> {
    let pair = |line: &String| {
        let (role, token) = line.split_once(' ')?;
        (token.starts_with("attest_") && !token.contains(' ')).then(|| (role.to_owned(), token.to_owned()))
    };
    serving.lines.iter().filter_map(pair).collect()
}

/// Sends what a line of the demonstration sends when it is pasted into a shell: status and body.
fn paste(line: &str) -> (u16, String) {
    let script = format!("curl() {{ for word in \"$@\"; do printf '%s\\n' \"$word\"; done; }}\n{line}");
    let words = String::from_utf8(Command::new("sh").args(["-c", &script]).output().unwrap().stdout).unwrap();
    let mut words = words.lines().filter(|word| *word != "-s");
    let (mut headers, mut address) = (Vec::new(), String::new());
    while let Some(word) = words.next() {
        match word {
            "-H" => headers.push(words.next().unwrap().split_once(": ").unwrap()),
            word => address = word.to_owned(),
        }
    }
    ask(&address, &headers)
}

fn ask(address: &str, headers: &[(&str, &str)]) -> (u16, String) {
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let mut request = agent.get(address);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let mut response = request.call().unwrap();
    (response.status().as_u16(), response.body_mut().read_to_string().unwrap())
}

fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}

fn questions(serving: &Serving) -> Vec<Value> {
    let lines = serving.lines.iter().filter(|line| line.starts_with("curl "));
    lines
        .map(|line| {
            let (status, body) = paste(line);
            assert_eq!(status, 200, "{line}: {body}");
            serde_json::from_str(&body).unwrap()
        })
        .collect()
}

/// An address that a role may read.
fn own(role: &str) -> &'static str {
    match role {
        "researcher" => "/api/v1/research/aggregates",
        "auditor" => "/api/v1/staff/audit",
        _ => "/api/v1/staff/terms",
    }
}

fn the_demonstration_prints_its_address_tokens_and_questions(home: &Home) {
    let home = &Home::blank(home.backend);
    let serving = demo(home);
    let address = serving.lines.iter().find(|line| line.starts_with("http://127.0.0.1:")).unwrap();
    assert_eq!(ask(&format!("{address}/health/ready"), &[]).0, 200);
    let tokens = tokens(&serving);
    let mut roles: Vec<_> = Role::ALL.iter().map(|role| role.name().to_owned()).collect();
    roles.sort();
    assert_eq!(tokens.keys().cloned().collect::<Vec<_>>(), roles);
    for (role, token) in &tokens {
        let asked = ask(&format!("{address}{}", own(role)), &[("Authorization", &bearer(token))]);
        assert_eq!(asked.0, 200, "{role}");
    }
    assert_eq!(questions(&serving).len(), 3);
    let documentation = serving.lines.iter().find_map(|line| line.strip_prefix("API documentation: ")).unwrap();
    assert_eq!(ask(documentation, &[]).0, 200);
}

fn the_questions_of_the_demonstration_answer_as_promised(home: &Home) {
    let home = &Home::blank(home.backend);
    let serving = demo(home);
    let [reconciliation, aggregates, figures] = questions(&serving).try_into().unwrap();
    let mut statuses: BTreeMap<(String, String), usize> = BTreeMap::new();
    for line in reconciliation["figures"].as_array().unwrap() {
        let word = |name: &str| line[name].as_str().unwrap().to_owned();
        *statuses.entry((word("publication"), word("status"))).or_default() += 1;
    }
    let count = |publication: &str, status: &str| statuses.get(&(publication.into(), status.into())).copied();
    let network = "lgbtnet-2018-04-03";
    assert_eq!(count(network, "reproduced"), Some(11), "{statuses:?}");
    assert_eq!(count(network, "consistent"), Some(1), "{statuses:?}");
    assert_eq!(count(network, "derived"), Some(1), "{statuses:?}");
    assert!(count("rferl-2018-04-03", "differs").is_some(), "{statuses:?}");
    let rows = aggregates["rows"].as_array().unwrap();
    let row = |kind: &str| rows.iter().find(|row| row["kind"] == kind).unwrap_or_else(|| panic!("{kind}: {rows:?}"));
    assert_eq!((&row("evacuation")["count"], &row("_T")["count"]), (&json!(114), &json!(122)));
    assert_eq!((&row("death")["count"], &row("death")["bound"]), (&json!(2), &json!("at_least")));
    let values: Vec<_> = figures["items"].as_array().unwrap().iter().map(|item| item["value"].as_u64()).collect();
    assert!(values.len() == 12 && values.contains(&Some(114)) && values.contains(&Some(41)), "{values:?}");
}

fn a_second_start_of_the_demonstration_revokes_the_tokens_of_the_first(home: &Home) {
    let home = &Home::blank(home.backend);
    let first = demo(home);
    let old = tokens(&first);
    drop(first);
    let rows = |home: &Home| contents(&home.open()).rows.into_iter().filter(|(table, _)| table.ends_with("_versions"));
    let before: Vec<_> = rows(home).collect();
    let second = demo(home);
    let new = tokens(&second);
    let address = &second.lines[0];
    for role in Role::ALL {
        let [old, new] = [&old, &new].map(|tokens| {
            let bearer = bearer(&tokens[role.name()]);
            ask(&format!("{address}{}", own(role.name())), &[("Authorization", &bearer)]).0
        });
        assert_eq!((old, new), (401, 200), "{role}");
    }
    assert_eq!(rows(home).collect::<Vec<_>>(), before, "the founding data are loaded once");
}

fn the_people_of_the_demonstration_sign_in_with_what_it_prints(home: &Home) {
    let home = &Home::blank(home.backend);
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).build().into();
    let secrets = |serving: &Serving| -> Vec<[String; 3]> {
        let people = serving.lines.iter().map(|line| line.split(' ').map(str::to_owned).collect::<Vec<_>>());
        let people = people.filter(|words| words.len() == 4 && words[0].starts_with("demo-"));
        people.map(|words| [words[0].clone(), words[1].clone(), words[3].clone()]).collect()
    };
    let sign_in = |serving: &Serving, [name, passphrase, code]: &[String; 3]| {
        let fields = [("name", name.as_str()), ("passphrase", passphrase), ("code", code)];
        agent.post(format!("{}/sign-in", serving.lines[0])).send_form(fields).unwrap().status().as_u16()
    };
    let first = demo(home);
    let old = secrets(&first);
    assert_eq!(old.len(), Role::ALL.len());
    for person in &old {
        assert_eq!(sign_in(&first, person), 303, "{person:?}");
    }
    drop(first);
    let second = demo(home);
    let new = secrets(&second);
    assert_eq!((sign_in(&second, &old[0]), sign_in(&second, &new[0])), (403, 303));
}

fn the_demonstration_refuses_a_database_with_records_of_its_own(app: &App) {
    app.caseworker().enter(Noun::Person, &json!({}));
    let mut command = attest_on(app.home);
    command.args(["serve", "--demo"]).args(LISTEN);
    let told = app.unchanged(|| run(&mut command).refused().err);
    assert!(told.contains("--demo"), "{told}");
}

#[test]
fn the_demonstration_listens_on_loopback_only() {
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"] {
        let folder = process::new_folder();
        let told = run(attest(&folder).args(["serve", "--demo", "--listen", address])).refused().err;
        assert!(told.contains("--demo") && told.contains("loopback"), "{told}");
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0, "nothing was made");
    }
}

fn files(folder: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let beside = ["-wal", "-shm", "-mark"];
    let mut names: Vec<_> = names.filter(|name| !beside.iter().any(|ending| name.ends_with(ending))).collect();
    names.sort();
    names
}

#[test]
fn the_demonstration_has_a_database_of_its_own() {
    let folder = process::new_folder();
    drop(Serving::start(attest(&folder).args(["serve", "--demo"]).args(LISTEN), LAST));
    assert_eq!(files(&folder.join("attest-data")), ["demo.db"]);
    let serving = Serving::start(attest(&folder).arg("serve").args(LISTEN), "http://");
    assert_eq!(files(&folder.join("attest-data")), ["attest.db", "demo.db"]);
    let (_, publications) = ask(&format!("{}/api/v1/publications", serving.lines[0]), &[]);
    assert_eq!(publications, r#"{"items":[]}"#);
}

/// Serves until the address is printed: the command that makes a database.
fn serve_once(command: &mut std::process::Command) {
    drop(Serving::start(command.args(LISTEN), "http://"));
}

#[test]
fn a_command_that_only_uses_a_database_makes_none() {
    let folder = process::new_folder();
    for command in
        [&["token", "create", "--role", "admin", "--name", "anna"][..], &["token", "list"], &["audit", "verify"]]
    {
        let told = run(attest(&folder).args(command)).refused().err;
        assert!(told.contains("there is no database"), "{told}");
    }
    assert!(files(&folder).is_empty());
}

#[test]
fn the_database_is_where_the_settings_say() {
    for (name, value, made) in [
        ("ATTEST_DATA_DIR", "kept/here", "kept/here/attest.db"),
        ("ATTEST_DATABASE_URL", "sqlite:one.db", "one.db"),
        ("DATABASE_URL", "sqlite:two.db", "two.db"),
    ] {
        let folder = process::new_folder();
        serve_once(attest(&folder).env(name, value).arg("serve"));
        assert!(folder.join(made).is_file(), "{name}={value}");
        // The option is before the variable.
        let option = ["--database-url", "sqlite:three.db"];
        serve_once(attest(&folder).env(name, value).arg("serve").args(option));
        assert!(folder.join("three.db").is_file(), "{name}={value}");
    }
    let folder = process::new_folder();
    let mut both = attest(&folder);
    both.env("ATTEST_DATABASE_URL", "sqlite:one.db").env("DATABASE_URL", "mysql://localhost/two");
    serve_once(both.arg("serve"));
    assert!(folder.join("one.db").is_file());
}

#[test]
fn the_data_folder_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = process::new_folder();
    serve_once(attest(&folder).arg("serve"));
    let mode = |path: &str| std::fs::metadata(folder.join(path)).unwrap().permissions().mode() & 0o077;
    assert_eq!(mode("attest-data"), 0);
    assert_eq!(mode("attest-data/attest.db"), 0);
    // A folder that was there before may be open to others; the database in it is not.
    let shared = process::new_folder();
    std::fs::set_permissions(&shared, std::fs::Permissions::from_mode(0o755)).unwrap();
    serve_once(attest(&shared).args(["serve", "--database-url", "sqlite:cases.db"]));
    assert_eq!(std::fs::metadata(shared.join("cases.db")).unwrap().permissions().mode() & 0o077, 0);
}

#[test]
fn an_address_that_is_taken_or_no_address_is_refused() {
    let folder = process::new_folder();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for listen in [address.as_str(), "here", "127.0.0.1", "127.0.0.1:99999"] {
        let told = run(attest(&folder).args(["serve", "--listen", listen])).refused().err;
        assert!(told.contains(listen), "{told}");
    }
}

fn serving_stops_when_it_is_asked_to(home: &Home) {
    let serving = Serving::start(attest_on(home).arg("serve").args(LISTEN), "http://");
    let address = serving.lines[0].clone();
    assert_eq!(ask(&format!("{address}/health/live"), &[]).0, 200);
    let (code, log) = serving.stop();
    assert_eq!(code, Some(0), "{log}");
    assert!(std::net::TcpStream::connect(address.trim_start_matches("http://")).is_err());
}

fn the_log_has_route_templates_and_nothing_of_a_request(home: &Home) {
    let mut command = attest_on(home);
    command.args(["serve", "--log-format", "json", "--log", "trace"]).args(LISTEN);
    let serving = Serving::start(&mut command, "http://");
    let address = serving.lines[0].clone();
    let id = "01997c1e-0000-7000-8000-00000000cafe";
    let bearer = bearer(&home.tokens[&Role::Caseworker]);
    let headers = [("Authorization", bearer.as_str()), ("Idempotency-Key", "key-of-somebody"), ("User-Agent", "me/1")];
    for path in
        [format!("/api/v1/staff/persons/{id}?name=Anzor"), "/Anzor".to_owned(), "/api/v1/figures?x=Anzor".into()]
    {
        ask(&format!("{address}{path}"), &headers);
    }
    let (_, log) = serving.stop();
    let lines: Vec<Value> =
        log.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"))).collect();
    let requests: Vec<_> = lines.iter().filter(|line| line["fields"]["message"] == "request").collect();
    let told: Vec<_> = requests.iter().map(|line| (&line["fields"]["route"], &line["fields"]["status"])).collect();
    let expected = [("/api/v1/staff/persons/{id}", 400), ("-", 404), ("/api/v1/figures", 400)]
        .map(|(route, status)| (json!(route), json!(status)));
    assert_eq!(told, expected.each_ref().map(|(route, status)| (route, status)), "{log}");
    let secret = home.tokens[&Role::Caseworker].trim_start_matches("attest_");
    for private in [id, "Anzor", "key-of-somebody", "me/1", secret] {
        assert!(!log.contains(private), "{private}: {log}");
    }
}
