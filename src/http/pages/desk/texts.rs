//! Personal text: said to be recorded before it is shown, shown, and corrected.

use actix_web::get;
use actix_web::http::StatusCode;
use actix_web::post;
use actix_web::web::{Data, ServiceConfig};
use askama::Template;

use crate::domain::check::FieldError;
use crate::domain::entry::{Fields, Patch};
use crate::domain::event::EventEntry;
use crate::domain::incident::IncidentEntry;
use crate::domain::person::PersonEntry;
use crate::domain::policy::Action;
use crate::domain::record::RecordId;
use crate::domain::source::SourceEntry;
use crate::http::auth::{Permission, ReadTexts, WriteCases};
use crate::http::kept;
use crate::http::pages::form::{Arrived, Form, Late, Posted};
use crate::http::pages::frame::below;
use crate::http::pages::here::link;
use crate::http::pages::parts::{Field, Notice, Tone};
use crate::http::pages::sign_in::on;
use crate::http::pages::turned::Turned;
use crate::http::pages::visit::Visit;
use crate::http::pages::words::t;
use crate::http::pages::{Page, filters, with};
use crate::http::problem::Kind;
use crate::http::reply::Reply;
use crate::http::request::RecordPath;
use crate::http::staff::actions::read_texts_action;
use crate::http::state::Records;
use crate::store::records::Stored;
use crate::store::texts;

use super::again::{late, overtaken};
use super::records::seen;
use super::states::{Confirm, RECORD, why_field, wrong};
use super::values::Values;
use super::{forms, inputs};

/// Warns that the reading will be recorded.
async fn warn<E: Stored, P: Permission>(visit: Visit<P>, store: Data<Records>, id: RecordId) -> Result<Reply, Turned> {
    let (found, _) = kept::read_one::<E>(&store, visit.actor(), id).await?;
    let names: Vec<_> = found.texts.iter().map(|name| t(inputs::text(name))).collect();
    let held = if names.is_empty() { t("Nothing is kept yet.").to_owned() } else { names.join(", ") };
    let address = format!("/desk/{}/{id}", E::NOUN.plural());
    let content = Confirm {
        notices: vec![Notice::new(Tone::Warning, t("What follows can put somebody in danger.")).line(t(
            "Make sure that nobody looks over your shoulder. That you have read it, and when, is recorded for ever.",
        ))],
        code: found.version.code.clone(),
        lines: vec![format!("{} {held}", t("It holds:"))],
        action: link(&format!("{address}/texts")),
        word: visit.word(),
        seen: None,
        fields: Vec::new(),
        grave: false,
        button: t("Show it, and record that I have read it"),
        back: link(&address),
    };
    Ok(below(visit.permit(), t("Personal text"), Some((&address, t("The record"))), &content)?)
}

#[derive(Template)]
#[template(path = "desk/texts.html")]
struct Shown<'a> {
    notices: Vec<Notice>,
    code: String,
    /// None where it is not read now.
    texts: Option<Vec<(String, String)>>,
    printed: bool,
    word: &'a str,
    address: String,
    seen: i64,
    /// None where the reader may not change it.
    fields: Option<Vec<Field>>,
}

/// A form of personal text as it is shown again.
struct Again<'a> {
    values: &'a Values,
    errors: &'a [FieldError],
    notice: Option<Notice>,
    seen: i64,
}

/// Reads the text, which is recorded.
async fn read<E: Stored, P: Permission>(visit: &Visit<P>, store: &Records, id: RecordId) -> Result<Values, Turned> {
    let actor = visit.actor();
    let (_, found) = store
        .run(move |store| store.write(&actor, read_texts_action(E::NOUN), move |tx| texts::read::<E>(tx, id, None)))
        .await?;
    Ok(found.iter().map(|(field, text)| ((*field).to_string(), text.reveal().to_owned())).collect())
}

/// Shows the text, where it was read, and the form that corrects it, as it was sent or as the text stands.
async fn show<E: Stored, P: Permission>(
    visit: &Visit<P>,
    store: &Records,
    id: RecordId,
    (kept, printed): (Option<Values>, bool),
    again: Option<Again<'_>>,
) -> Result<Reply, Turned> {
    let (record, _) = kept::read_one::<E>(store, visit.actor(), id).await?;
    let nothing = Values::new();
    let standing = kept.as_ref().unwrap_or(&nothing);
    let Again { values, errors, notice, seen } =
        again.unwrap_or(Again { values: standing, errors: &[], notice: None, seen: record.version.stamp.write });
    let fields = visit.may(Action::WriteCases).then(|| {
        let texts = E::TEXTS.iter().map(|text| forms::text_field(text, values, errors));
        let reason = values.get("reason").map_or("", String::as_str);
        texts.chain([why_field(reason, errors)]).collect::<Vec<_>>()
    });
    let address = format!("/desk/{}/{id}", E::NOUN.plural());
    let named = |(name, text): (&String, &String)| (t(inputs::text(name)).to_owned(), text.clone());
    let content = Shown {
        notices: notice.into_iter().chain(wrong(fields.as_deref().unwrap_or_default(), errors)).collect(),
        code: record.version.code.clone(),
        texts: kept.as_ref().map(|kept| kept.iter().map(named).collect()),
        printed,
        word: visit.word(),
        address: link(&address),
        seen,
        fields,
    };
    Ok(below(visit.permit(), t("Personal text"), Some((&address, t("The record"))), &content)?)
}

/// What was typed into the form.
fn typed_of<E: Stored>(sent: &Form) -> Values {
    let names = E::TEXTS.iter().map(|text| text.name).chain(["reason"]);
    names.map(|name| (name.to_owned(), sent.get(name).to_owned())).collect()
}

/// Keeps a correction of the text.
async fn correct<E: Stored>(arrived: Arrived<WriteCases>, store: Data<Records>, id: RecordId) -> Result<Reply, Turned> {
    let Posted { visit, form: sent } = match arrived {
        Arrived::Sent(posted) => posted,
        Arrived::Late(Late { visit, form: sent }) => {
            // What stands is not read for it: that would be recorded, and nothing is until the form is sent.
            let values = typed_of::<E>(&sent);
            let again = Again { values: &values, errors: &[], notice: Some(late()), seen: seen(&sent)? };
            let page = show::<E, _>(&visit, &store, id, (None, false), Some(again)).await?;
            return Ok(page.status(StatusCode::FORBIDDEN));
        }
    };
    let values = typed_of::<E>(&sent);
    let mut fields = Fields::new();
    for text in E::TEXTS {
        let typed = sent.get(text.name);
        let value = if typed.trim().is_empty() { serde_json::Value::Null } else { serde_json::Value::from(typed) };
        fields.insert(text.name.to_owned(), value);
    }
    fields.insert("reason".to_owned(), serde_json::Value::from(sent.get("reason")));
    let before = seen(&sent)?;
    let kept = kept::keep_correction::<E>(&store, visit.actor(), id, before, Patch::from(fields)).await;
    let problem = match kept {
        Ok(_) => return Ok(on(&format!("/desk/{}/{id}?done=texts", E::NOUN.plural()))),
        Err(problem) => problem,
    };
    let stale = problem.status == Kind::Stale.status();
    if !stale && !problem.is_invalid() {
        return Err(problem.into());
    }
    let standing = read::<E, _>(&visit, &store, id).await?;
    let (found, _) = kept::read_one::<E>(&store, visit.actor(), id).await?;
    let said = |values: &Values, name: &str| values.get(name).map_or("", |text| text.trim()).replace("\r\n", "\n");
    let same = E::TEXTS.iter().all(|text| said(&standing, text.name) == said(&values, text.name));
    if stale && same && found.by.account == visit.actor().name {
        // The answer was lost on its way, and the form was sent again.
        return Ok(on(&format!("/desk/{}/{id}?done=already", E::NOUN.plural())));
    }
    let again = Again {
        values: &values,
        errors: &problem.errors,
        notice: stale.then(|| overtaken(&found)),
        seen: if stale { found.version.stamp.write } else { before },
    };
    let page = show::<E, _>(&visit, &store, id, (Some(standing), false), Some(again)).await?;
    Ok(page.status(if stale { StatusCode::CONFLICT } else { StatusCode::UNPROCESSABLE_ENTITY }))
}

macro_rules! texts {
    ($module:ident, $Entry:ty, $many:literal) => {
        pub mod $module {
            use super::*;

            pub const PAGES: &[Page] = &[
                with("GET", concat!("/desk/", $many, "/{id}/texts"), Action::ReadTexts),
                with("POST", concat!("/desk/", $many, "/{id}/texts"), Action::ReadTexts),
                with("POST", concat!("/desk/", $many, "/{id}/texts/correction"), Action::WriteCases),
            ];

            #[get("/{id}/texts")]
            pub async fn warn(
                visit: Visit<ReadTexts>,
                store: Data<Records>,
                path: RecordPath,
            ) -> Result<Reply, Turned> {
                super::warn::<$Entry, _>(visit, store, path.get()?).await
            }

            #[post("/{id}/texts")]
            pub async fn show(
                posted: Posted<ReadTexts>,
                store: Data<Records>,
                path: RecordPath,
            ) -> Result<Reply, Turned> {
                let (visit, id, printed) = (&posted.visit, path.get()?, posted.form.get("print") == "yes");
                let kept = super::read::<$Entry, _>(visit, &store, id).await?;
                super::show::<$Entry, _>(visit, &store, id, (Some(kept), printed), None).await
            }

            #[post("/{id}/texts/correction")]
            pub async fn correct(
                arrived: Arrived<WriteCases>,
                store: Data<Records>,
                path: RecordPath,
            ) -> Result<Reply, Turned> {
                super::correct::<$Entry>(arrived, store, path.get()?).await
            }

            pub fn services(config: &mut ServiceConfig) {
                config.service(warn).service(show).service(correct);
            }
        }
    };
}

texts!(of_person, PersonEntry, "persons");
texts!(of_incident, IncidentEntry, "incidents");
texts!(of_source, SourceEntry, "sources");
texts!(of_event, EventEntry, "events");
