//! Programmes that know Attest by its OpenAPI document alone: a client that is generated from it, and one that tries requests.

use std::path::{Path, PathBuf};
use std::process::Command;

use attest::domain::policy::Role;
use serde_json::Value;

use crate::support::operations::{Operation, all};
use crate::support::process::new_folder;
use crate::support::{self, App, on_both};

on_both! {
    demo:
    a_client_generated_from_the_document_lists_creates_corrects_and_counts,
}

on_both! {
    released:
    requests_of_every_role_get_what_the_document_describes,
    requests_at_random_of_every_role_for_all_that_it_may_get_what_the_document_describes,
}

/// How many requests at random an operation.
const AT_RANDOM: &str = "3";

/// How long a programme may take before it is ended, in seconds. What is tried is a fixed number of requests an operation, about three
/// thousand in all, which take about two minutes where nothing else runs.
const PATIENCE: &str = "600";

fn in_repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Runs Python in a folder, as far as it is there; says what it printed and whether it was content.
fn python(folder: &Path, arguments: &[&str], test: &str) -> Option<(bool, String)> {
    let Some(python) = support::python() else {
        support::skip("python", "Python with tests/formats/requirements.txt", test);
        return None;
    };
    let output = Command::new("timeout")
        .args(["--kill-after=10", PATIENCE])
        .arg(python)
        .arg("-I")
        .args(arguments)
        .current_dir(folder)
        .env("NO_PROXY", "127.0.0.1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    Some((output.status.success(), said))
}

fn a_client_generated_from_the_document_lists_creates_corrects_and_counts(app: &App) {
    let test = "a_client_generated_from_the_document_lists_creates_corrects_and_counts";
    let folder = new_folder();
    let (document, config) = (in_repository("openapi/openapi.json"), in_repository("tests/interface/generated.yaml"));
    let generate = ["-m", "openapi_python_client", "generate", "--meta", "none", "--output-path", "attest_client"];
    let sources = ["--path", document.to_str().unwrap(), "--config", config.to_str().unwrap(), "--fail-on-warning"];
    let Some((done, said)) = python(&folder, &[&generate[..], &sources].concat(), test) else { return };
    assert!(done, "{said}");
    let script = in_repository("tests/interface/generated.py");
    let (caseworker, researcher) = (&app.tokens[&Role::Caseworker], &app.tokens[&Role::Researcher]);
    let address = format!("http://{}", app.address);
    let arguments = [script.to_str().unwrap(), folder.to_str().unwrap(), &address, caseworker, researcher];
    let (done, said) = python(&folder, &arguments, test).unwrap();
    assert!(done, "{said}");
    assert_eq!(said.trim(), "listed, created, corrected and counted");
}

/// Every operation once, by whoever may do it; who may do several takes turns with the others.
fn shared_out() -> Vec<(Option<Role>, Vec<String>)> {
    let mut shares: Vec<_> = everybody().map(|role| (role, Vec::new())).collect();
    for operation in all() {
        let may = shares.iter_mut().filter(|(role, _)| may(*role, &operation) && is_own(*role, &operation));
        let (_, share) = may.min_by_key(|(_, share)| share.len()).unwrap();
        share.push(operation_id(&operation));
    }
    shares
}

/// The five roles, and whoever has no token.
fn everybody() -> impl Iterator<Item = Option<Role>> {
    Role::ALL.into_iter().map(Some).chain([None])
}

fn may(role: Option<Role>, operation: &Operation) -> bool {
    role.map_or(operation.action.is_none(), |role| operation.allows(role))
}

/// What anybody may do is left to whoever has no token.
fn is_own(role: Option<Role>, operation: &Operation) -> bool {
    role.is_none() == operation.action.is_none()
}

/// What may end one's own access, with an identifier that an answer gave: what is asked after that is answered with 401 alone.
fn ends_access(operation: &Operation) -> bool {
    ["/api/v1/staff/accounts/{id}", "/api/v1/staff/tokens"].iter().any(|start| operation.path.starts_with(start))
}

fn operation_id(operation: &Operation) -> String {
    operation.described["operationId"].as_str().unwrap().to_owned()
}

/// Lets somebody try these operations; gives how many requests were sent, or nothing where there is no Python.
fn tried(app: &App, role: Option<Role>, operations: &[String], how: &[&str], test: &str) -> Option<u64> {
    assert!(!operations.is_empty(), "{role:?}");
    let folder = new_folder();
    let address = format!("http://{}/api/v1/openapi.json", app.address);
    let checks = "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,\
                  response_schema_conformance";
    let mut arguments = vec!["-m", "schemathesis.cli", "run", &address, "--checks", checks];
    arguments.extend(how);
    arguments.extend(["--seed", "12", "--generation-database", "none", "--no-color"]);
    arguments.extend(["--continue-on-failure", "--no-shrink", "--suppress-health-check", "all", "--warnings", "off"]);
    arguments.extend(["--request-timeout", "240", "--report", "json", "--report-json-path", "report.json"]);
    arguments.extend(operations.iter().flat_map(|id| ["--include-operation-id", id]));
    let header = role.map(|role| format!("Authorization: Bearer {}", app.tokens[&role]));
    arguments.extend(header.iter().flat_map(|header| ["--header", header]));
    let (done, said) = python(&folder, &arguments, test)?;
    assert!(done, "{role:?}: {said}");
    let report: Value = serde_json::from_slice(&std::fs::read(folder.join("report.json")).unwrap()).unwrap();
    assert_eq!(report["operations"]["selected"], operations.len(), "{role:?}: {report}");
    report["test_cases"]["generated"].as_u64()
}

fn requests_of_every_role_get_what_the_document_describes(app: &App) {
    let test = "requests_of_every_role_get_what_the_document_describes";
    for (role, operations) in shared_out() {
        let Some(tried) = tried(app, role, &operations, &["--phases", "examples,coverage"], test) else { return };
        assert!(tried > operations.len() as u64, "{role:?}: {tried} for {}", operations.len());
    }
}

fn requests_at_random_of_every_role_for_all_that_it_may_get_what_the_document_describes(app: &App) {
    let test = "requests_at_random_of_every_role_for_all_that_it_may_get_what_the_document_describes";
    let how = ["--phases", "fuzzing", "--max-examples", AT_RANDOM];
    for role in everybody() {
        let own = |operation: &&Operation| may(role, operation) && !ends_access(operation);
        let operations: Vec<_> = all().iter().filter(own).map(operation_id).collect();
        let Some(tried) = tried(app, role, &operations, &how, test) else { return };
        assert!(tried >= operations.len() as u64, "{role:?}: {tried} for {}", operations.len());
        // Nobody has put out its own light.
        if let Some(role) = role {
            assert_ne!(app.by(role).get("/api/v1/staff/jobs").status, 401, "{role}");
        }
    }
}
