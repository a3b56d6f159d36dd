//! The audit, for auditors, and whether it is as it was written.

use actix_web::get;
use actix_web::http::StatusCode;
use actix_web::web::{Data, ServiceConfig};
use askama::Template;

use crate::domain::policy::Action;
use crate::http::auth::ReadAudit;
use crate::http::pages::desk::forms::told;
use crate::http::pages::here::link;
use crate::http::pages::parts::{Cell, Control, Field, Notice, Pager, Table, Tone};
use crate::http::pages::turned::Turned;
use crate::http::pages::visit::Visit;
use crate::http::pages::words::{say, t};
use crate::http::pages::{Page, below, filters, moment, page, with};
use crate::http::reply::Reply;
use crate::http::request::Parameters;
use crate::http::staff::audit::{entries, verdict};
use crate::http::state::Records;
use crate::store::chain::{AuditEntry, Verdict};

/// The routes.
pub const PAGES: &[Page] =
    &[with("GET", "/desk/audit", Action::ReadAudit), with("GET", "/desk/audit/integrity", Action::ReadAudit)];

#[derive(Template)]
#[template(path = "office/audit.html")]
struct Audit {
    before: Field,
    limit: Field,
    table: Option<Table>,
    pager: Pager,
}

#[derive(Template)]
#[template(path = "office/integrity.html")]
struct Check {
    notice: Notice,
    facts: Vec<(String, String)>,
}

/// The details of an entry, as `name: value` one after the other.
fn details(value: &serde_json::Value) -> String {
    let plain = |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match value.as_object() {
        Some(all) => all.iter().map(|(name, value)| format!("{name}: {}", plain(value))).collect::<Vec<_>>().join("; "),
        None if value.is_null() => String::new(),
        None => plain(value),
    }
}

fn row(entry: &AuditEntry) -> Vec<Cell> {
    let hash: String = entry.hash.chars().take(12).collect();
    let kept =
        entry.key_id.as_ref().map_or_else(|| entry.algorithm.clone(), |key| format!("{} {key}", entry.algorithm));
    vec![
        Cell::Text(entry.write.to_string()),
        Cell::Text(moment(entry.written_at)),
        Cell::Text(entry.account.clone()),
        Cell::Text(entry.action.clone()),
        Cell::Code(details(&entry.details)),
        Cell::Text(format!("{hash}… ({kept})")),
    ]
}

/// Some of the audit.
#[get("/desk/audit")]
pub async fn show(visit: Visit<ReadAudit>, store: Data<Records>, parameters: Parameters) -> Result<Reply, Turned> {
    let given = |name: &str| parameters.0.iter().find(|(own, _)| own == name).map_or("", |(_, value)| value.trim());
    let (before, limit) = (given("before").to_owned(), given("limit").to_owned());
    let asked = parameters.0.iter().filter(|(_, value)| !value.trim().is_empty()).cloned().collect();
    let (found, errors) = match entries(&store, &Parameters(asked)).await {
        Ok(found) => (Some(found), Vec::new()),
        Err(problem) if !problem.errors.is_empty() => (None, problem.errors),
        Err(problem) => return Err(problem.into()),
    };
    let field = |name: &str, label: &str, hint: &str, value: &str| {
        let mut field = Field::new(name, label, Control::known("number", "off")).hint(hint).value(value);
        field.errors = errors.iter().filter(|error| error.field == name).map(told).collect();
        field
    };
    let heads = ["Write", "When", "Who", "What", "Details", "Hash"];
    let content = Audit {
        before: field("before", t("Only before this write"), t("The number of a write."), &before),
        limit: field("limit", t("How many at most"), t("1 to 200; 50 where you leave it empty."), &limit),
        pager: Pager {
            next: found.as_ref().and_then(|found| {
                let limit = found.limit;
                found.next.map(|write| link(&format!("/desk/audit?limit={limit}&before={write}")))
            }),
        },
        table: found.as_ref().map(|found| Table {
            caption: t("Entries of the audit").to_owned(),
            heads: heads.map(|head| t(head).to_owned()).to_vec(),
            // The moment on one line.
            numbers: vec![1],
            rows: found.entries.iter().map(row).collect(),
        }),
    };
    let reply = page(visit.permit(), t("Audit"), &content)?;
    Ok(if found.is_some() { reply } else { reply.status(StatusCode::UNPROCESSABLE_ENTITY) })
}

/// Computes the audit again.
#[get("/desk/audit/integrity")]
pub async fn check(visit: Visit<ReadAudit>, store: Data<Records>) -> Result<Reply, Turned> {
    let (notice, facts) = match verdict(&store, visit.actor().account).await? {
        Verdict::Intact { entries, hash, keyed } => {
            let mut facts = vec![(t("Entries").to_owned(), entries.to_string())];
            facts.push((t("Hash of the newest").to_owned(), hash));
            let notice = if keyed {
                Notice::new(Tone::Done, t("Every entry is as it was written."))
            } else {
                let why = t("No key was used: whoever can write to the database can have computed all of them anew.");
                Notice::new(Tone::Warning, t("Every entry fits the one before it.")).line(why)
            };
            (notice, facts)
        }
        Verdict::Unread { write } => {
            let why = t("It cannot be checked without the keyring.").to_owned();
            (Notice::new(Tone::Warning, say("Entry {} could not be checked.", &[&write])).line(why), Vec::new())
        }
        Verdict::Broken { write, why } => {
            let notice = Notice::new(Tone::Wrong, say("Entry {} is not as it was written.", &[&write]));
            (notice.line(t(why)), Vec::new())
        }
    };
    let above = ("/desk/audit", t("Audit"));
    let above = Some(above);
    Ok(below(visit.permit(), t("Is the audit as it was written?"), above, &Check { notice, facts })?)
}

/// The services.
pub fn services(config: &mut ServiceConfig) {
    config.service(check).service(show);
}
