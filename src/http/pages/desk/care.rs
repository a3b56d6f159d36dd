//! Sealing a person, taking the seal away, and erasing: each says before what it does.

use actix_web::http::StatusCode;
use actix_web::web::{Data, ServiceConfig};
use actix_web::{get, post};
use askama::Template;

use crate::domain::check::FieldError;
use crate::domain::person::PersonEntry;
use crate::domain::policy::Action;
use crate::domain::record::{Noun, RecordId};
use crate::http::auth::{Erase, Permission, Seal};
use crate::http::jobs::wiped;
use crate::http::kept;
use crate::http::pages::form::{Arrived, Form, Late, Posted};
use crate::http::pages::frame::{below, page};
use crate::http::pages::here::link;
use crate::http::pages::parts::{Control, Field, Notice, Tone};
use crate::http::pages::sign_in::on;
use crate::http::pages::turned::Turned;
use crate::http::pages::visit::Visit;
use crate::http::pages::words::{say, t};
use crate::http::pages::{Page, filters, with};
use crate::http::problem::{Kind, Problem};
use crate::http::reply::Reply;
use crate::http::request::RecordPath;
use crate::http::state::Records;
use crate::store::{erasure, seals};

use super::again::{late, overtaken};
use super::records::seen;
use super::states::{ALREADY_PUBLIC, Asked, Confirm, RECORD, why_field, wrong};
use super::{forms, shown};

pub const PAGES: &[Page] = &[
    with("GET", "/desk/persons/{id}/seal", Action::Seal),
    with("POST", "/desk/persons/{id}/seal", Action::Seal),
    with("POST", "/desk/persons/{id}/unsealing", Action::Seal),
    with("GET", "/desk/persons/{id}/erasure", Action::Erase),
    with("POST", "/desk/persons/{id}/erasure", Action::Erase),
];

pub const SEALING: &str = "For everybody else there will be no such person: not in lists, not in searches, not in histories. \
                       The person and its incidents get new codes that tell nothing. It is still counted. Sources and \
                       events that are shared stay visible.";
pub const UNSEALING: &str = "Everybody who sees cases will see the person again.";
const ERASING: &str = "The person goes for good, with all incidents, consents, linkages, personal text and its key. It cannot be \
                       undone. Answers given earlier that counted the person can no longer be computed again, and will say so.";
const BACKUPS: &str = "Backups made before today hold the person until they are deleted.";
const STILL_THERE: &str = "The database's files still hold traces. They are wiped when nobody reads any more what was there before; \
     what is too large for that, whoever runs the service wipes.";

#[derive(Template)]
#[template(path = "desk/seal.html")]
struct Sealing<'a> {
    notices: Vec<Notice>,
    code: String,
    sealed: bool,
    accounts: String,
    fields: Vec<Field>,
    unsealing: Vec<Field>,
    address: String,
    word: &'a str,
    seen: i64,
}

async fn sealing<P: Permission>(
    visit: &Visit<P>,
    store: &Records,
    id: RecordId,
    typed: &str,
    asked: Asked<'_>,
    unsealing: bool,
) -> Result<Reply, Turned> {
    let (found, _) = kept::read_one::<PersonEntry>(store, visit.actor(), id).await?;
    let now = store.read(visit.actor(), move |session| seals::get(session, id)).await?;
    let of_list = |error: &&FieldError| error.field.starts_with("accounts");
    let mut accounts = Field::new("accounts", t("Who besides you and the responsible may see it"), Control::line())
        .hint(t("Names of caseworkers and publishers, parted by ;"))
        .value(typed);
    accounts.errors = asked.errors.iter().filter(of_list).map(forms::told).collect();
    let (of_seal, of_unseal) = if unsealing { (&[][..], asked.errors) } else { (asked.errors, &[][..]) };
    let (reason, why) = if unsealing { ("", asked.reason) } else { (asked.reason, "") };
    let fields = vec![accounts, why_field(reason, of_seal)];
    let taking_away = vec![why_field(why, of_unseal).id("why-unsealing")];
    let content = Sealing {
        notices: asked
            .notice
            .into_iter()
            .chain(wrong(if unsealing { &taking_away } else { &fields }, asked.errors))
            .collect(),
        code: found.version.code.clone(),
        sealed: now.sealed,
        accounts: now.accounts.join("; "),
        fields,
        unsealing: taking_away,
        address: shown::address(Noun::Person, id),
        word: visit.word(),
        seen: asked.seen.unwrap_or(found.version.stamp.write),
    };
    let above = format!("/desk/persons/{id}");
    Ok(below(visit.permit(), t("Seal"), Some((&above, t("The person"))), &content)?)
}

/// What came of a form about a person that was not done: why, and the version that was seen from then on.
async fn asked_again<'a, P: Permission>(
    visit: &Visit<P>,
    store: &Records,
    id: RecordId,
    form: &'a Form,
    problem: &'a Problem,
) -> Result<(Asked<'a>, StatusCode), Turned> {
    let asked = Asked { reason: form.get("reason"), errors: &problem.errors, ..Asked::default() };
    if problem.is_invalid() {
        let seen = Some(seen(form)?);
        return Ok((Asked { seen, ..asked }, StatusCode::UNPROCESSABLE_ENTITY));
    }
    let (found, _) = kept::read_one::<PersonEntry>(store, visit.actor(), id).await?;
    Ok((Asked { notice: Some(overtaken(&found)), ..asked }, StatusCode::PRECONDITION_FAILED))
}

/// A form about a person that comes from an earlier session.
fn asked_late(form: &Form) -> Result<Asked<'_>, Problem> {
    Ok(Asked { reason: form.get("reason"), notice: Some(late()), seen: Some(seen(form)?), ..Asked::default() })
}

/// Whether a form can be sent again, mended or over the newest version.
fn can_be_sent_again(problem: &Problem) -> bool {
    problem.is_invalid() || problem.status == Kind::Stale.status()
}

/// Says what a seal does.
#[get("/{id}/seal")]
pub async fn ask_seal(visit: Visit<Seal>, store: Data<Records>, path: RecordPath) -> Result<Reply, Turned> {
    let id = path.get()?;
    let now = store.read(visit.actor(), move |session| seals::get(session, id)).await?;
    let others: Vec<_> = now.accounts.into_iter().filter(|name| *name != visit.actor().name).collect();
    let others = if now.sealed { others.join("; ") } else { String::new() };
    sealing(&visit, &store, id, &others, Asked::default(), false).await
}

/// Seals a person, or changes who is on its list.
#[post("/{id}/seal")]
pub async fn seal(arrived: Arrived<Seal>, store: Data<Records>, path: RecordPath) -> Result<Reply, Turned> {
    let id = path.get()?;
    let Posted { visit, form } = match arrived {
        Arrived::Sent(posted) => posted,
        Arrived::Late(Late { visit, form }) => {
            let page = sealing(&visit, &store, id, form.get("accounts"), asked_late(&form)?, false).await?;
            return Ok(page.status(StatusCode::FORBIDDEN));
        }
    };
    let (seen, typed) = (seen(&form)?, form.get("accounts"));
    let accounts: Vec<_> =
        typed.split([';', ',']).map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect();
    let (actor, why) = (visit.actor(), form.get("reason").to_owned());
    let done = store
        .run(move |store| {
            store.write(&actor, "person.seal", move |tx| seals::seal(tx, id, seen, &accounts, Some(&why)))
        })
        .await;
    match done {
        Ok(_) => Ok(on(&format!("/desk/persons/{id}?done=sealed"))),
        Err(problem) if can_be_sent_again(&problem) => {
            let (asked, status) = asked_again(&visit, &store, id, &form, &problem).await?;
            Ok(sealing(&visit, &store, id, typed, asked, false).await?.status(status))
        }
        Err(problem) => Err(problem.into()),
    }
}

/// Takes the seal away.
#[post("/{id}/unsealing")]
pub async fn unseal(arrived: Arrived<Seal>, store: Data<Records>, path: RecordPath) -> Result<Reply, Turned> {
    let id = path.get()?;
    let Posted { visit, form } = match arrived {
        Arrived::Sent(posted) => posted,
        Arrived::Late(Late { visit, form }) => {
            let page = sealing(&visit, &store, id, "", asked_late(&form)?, true).await?;
            return Ok(page.status(StatusCode::FORBIDDEN));
        }
    };
    let (seen, why, actor) = (seen(&form)?, form.get("reason").to_owned(), visit.actor());
    let done = store
        .run(move |store| store.write(&actor, "person.unseal", move |tx| seals::unseal(tx, id, seen, Some(&why))))
        .await;
    match done {
        Ok(_) => Ok(on(&format!("/desk/persons/{id}?done=unsealed"))),
        Err(problem) if can_be_sent_again(&problem) => {
            let (asked, status) = asked_again(&visit, &store, id, &form, &problem).await?;
            Ok(sealing(&visit, &store, id, "", asked, true).await?.status(status))
        }
        Err(problem) => Err(problem.into()),
    }
}

async fn erasing<P: Permission>(
    visit: &Visit<P>,
    store: &Records,
    id: RecordId,
    asked: Asked<'_>,
) -> Result<Reply, Turned> {
    let (found, _) = kept::read_one::<PersonEntry>(store, visit.actor(), id).await?;
    let labels = [
        ("", "Choose"),
        ("requested", "The person asked for it"),
        ("consent_withdrawn", "The person no longer agrees to being kept"),
        ("no_longer_needed", "It is no longer needed"),
        ("entered_in_error", "It was entered by mistake"),
    ];
    let options = labels.map(|(value, label)| (value.to_owned(), t(label).to_owned())).to_vec();
    let mut reason = Field::new("reason", t("Why"), Control::Choice { options }).required().value(asked.reason);
    reason.errors = asked.errors.iter().filter(|error| error.field == "reason").map(forms::told).collect();
    let fields = vec![reason];
    let warning = Notice::new(Tone::Warning, t(ERASING)).line(t(BACKUPS));
    let warning = ALREADY_PUBLIC.into_iter().fold(warning, |warning, line| warning.line(t(line)));
    let content = Confirm {
        notices: asked.notice.into_iter().chain(wrong(&fields, asked.errors)).chain([warning]).collect(),
        code: found.version.code.clone(),
        lines: Vec::new(),
        action: link(&format!("/desk/persons/{id}/erasure")),
        word: visit.word(),
        seen: Some(asked.seen.unwrap_or(found.version.stamp.write)),
        fields,
        grave: true,
        button: t("Erase the person for good"),
        back: shown::address(Noun::Person, id),
    };
    let above = format!("/desk/persons/{id}");
    Ok(below(visit.permit(), t("Erase a person"), Some((&above, t("The person"))), &content)?)
}

/// Says what an erasure does.
#[get("/{id}/erasure")]
pub async fn ask_erasure(visit: Visit<Erase>, store: Data<Records>, path: RecordPath) -> Result<Reply, Turned> {
    erasing(&visit, &store, path.get()?, Asked::default()).await
}

#[derive(Template)]
#[template(source = "{{ notice }}", ext = "html")]
struct Erased {
    notice: Notice,
}

/// Erases a person.
#[post("/{id}/erasure")]
pub async fn erase(arrived: Arrived<Erase>, store: Data<Records>, path: RecordPath) -> Result<Reply, Turned> {
    let id = path.get()?;
    let Posted { visit, form } = match arrived {
        Arrived::Sent(posted) => posted,
        Arrived::Late(Late { visit, form }) => {
            return Ok(erasing(&visit, &store, id, asked_late(&form)?).await?.status(StatusCode::FORBIDDEN));
        }
    };
    let (seen, actor) = (seen(&form)?, visit.actor());
    let reason = Some(form.get("reason").to_owned()).filter(|reason| !reason.is_empty());
    match store.run(move |store| erasure::erase(store, &actor, id, seen, reason)).await {
        Ok((erased, wiping)) => {
            let wiped = wiped(&store, wiping).await;
            let mut notice = Notice::new(Tone::Done, t("The person is erased."))
                .line(say("Incidents that went along: {}. Other records: {}.", &[&erased.incidents, &erased.others]))
                .line(say("Answers that counted the person and cannot be computed again: {}.", &[&erased.answers]))
                .line(t(BACKUPS));
            if !wiped {
                notice = notice.line(t(STILL_THERE));
            }
            Ok(page(visit.permit(), t("Erased"), &Erased { notice })?)
        }
        Err(problem) if can_be_sent_again(&problem) => {
            let (asked, status) = asked_again(&visit, &store, id, &form, &problem).await?;
            Ok(erasing(&visit, &store, id, asked).await?.status(status))
        }
        Err(problem) => Err(problem.into()),
    }
}

/// The pages, below the address of persons.
pub fn services(config: &mut ServiceConfig) {
    config.service(ask_seal).service(seal).service(unseal).service(ask_erasure).service(erase);
}
