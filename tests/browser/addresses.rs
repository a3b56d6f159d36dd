//! Every page that somebody can open: its address, and who may see it.

use attest::domain::policy::{Actor, Role, decide};
use attest::domain::record::RecordId;
use attest::http::pages::routes;
use attest::store::accounts::{self, host};

use crate::client::{Browser, Person};
use crate::support::App;

/// Addresses that answer no page: what pages are made of, and the way out.
const NO_PAGES: &[&str] = &["/assets/{name}", "/leave"];

/// An address that a route with parts answers, with whatever it shows entered first; none where nobody has said how.
fn example(app: &App, path: &str) -> Option<String> {
    match path {
        "/enrol/{token}" => {
            let name = format!("new-{}", uuid::Uuid::now_v7().simple());
            Some(accounts::add(&app.store, &host(), &name, Role::Researcher).unwrap().link.unwrap().path())
        }
        _ => None,
    }
}

/// A page to look at.
#[derive(Debug, Clone)]
pub struct Seen {
    /// As the list of routes has it.
    pub route: &'static str,
    pub address: String,
    /// Who may see it; nobody where one need not be signed in.
    pub roles: Vec<Role>,
}

/// Every page, with an address that answers. Fails where a route has parts and no example.
pub fn pages(app: &App) -> Vec<Seen> {
    let (mut pages, mut missing) = (Vec::new(), Vec::new());
    for page in routes().filter(|page| page.method == "GET" && !NO_PAGES.contains(&page.path)) {
        let address = if page.path.contains('{') { example(app, page.path) } else { Some(page.path.to_owned()) };
        let Some(address) = address else {
            missing.push(page.path);
            continue;
        };
        let may = |role: &Role| page.action.is_some_and(|action| decide(&somebody(*role), action).is_ok());
        pages.push(Seen { route: page.path, address, roles: Role::ALL.into_iter().filter(may).collect() });
    }
    assert!(missing.is_empty(), "tests/browser/addresses.rs has no example of {missing:#?}");
    assert!(pages.len() >= 3);
    pages
}

fn somebody(role: Role) -> Actor {
    Actor::new(RecordId::new(), "somebody", role)
}

/// Somebody of each role, signed in.
pub fn everybody<'a>(app: &'a App<'a>) -> Vec<(Role, Browser<'a>)> {
    let signed_in = |role: Role| (role, Person::new(app, &format!("some-{role}"), role).browser(app));
    let mut roles = Role::ALL;
    // From the second admin on, links have to be approved.
    roles.sort_by_key(|role| *role == Role::Admin);
    roles.into_iter().map(signed_in).collect()
}

/// The address in a language.
pub fn in_language(code: &str, address: &str) -> String {
    if address == "/" { format!("/{code}") } else { format!("/{code}{address}") }
}
