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
use crate::http::pages::form::Posted;
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

use super::records::seen;
use super::states::{Confirm, why_field};
use super::values::Values;
use super::{forms, inputs};

/// Warns that the reading will be recorded.
async fn warn<E: Stored, P: Permission>(visit: Visit<P>, store: Data<Records>, id: RecordId) -> Result<Reply, Turned> {
    let (found, _) = kept::read_one::<E>(&store, visit.actor(), id).await?;
    let names: Vec<_> = found.texts.iter().map(|name| t(inputs::text(name))).collect();
    let held = if names.is_empty() { t("Nothing is kept yet.").to_owned() } else { names.join(", ") };
    let address = format!("/desk/{}/{id}", E::NOUN.plural());
    let content = Confirm {
        notice: Some(Notice::new(Tone::Warning, t("What follows can put somebody in danger.")).line(t(
            "Make sure that nobody looks over your shoulder. That you have read it, and when, is recorded for ever.",
        ))),
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
    notice: Option<Notice>,
    code: String,
    texts: Vec<(String, String)>,
    printed: bool,
    word: &'a str,
    address: String,
    seen: i64,
    /// None where the reader may not change it.
    fields: Option<Vec<Field>>,
}

/// Reads the text, which is recorded, and shows it.
async fn show<E: Stored, P: Permission>(
    visit: &Visit<P>,
    store: &Records,
    id: RecordId,
    printed: bool,
    typed: Option<(&Values, &[FieldError], Option<Notice>)>,
) -> Result<Reply, Turned> {
    let actor = visit.actor();
    let (_, found) = store
        .run(move |store| store.write(&actor, read_texts_action(E::NOUN), move |tx| texts::read::<E>(tx, id, None)))
        .await?;
    let (record, _) = kept::read_one::<E>(store, visit.actor(), id).await?;
    let kept: Values = found.iter().map(|(field, text)| (field.clone(), text.reveal().to_owned())).collect();
    let (values, errors, notice) = match typed {
        Some((values, errors, notice)) => (values, errors, notice),
        None => (&kept, &[][..], None),
    };
    let fields = visit.may(Action::WriteCases).then(|| {
        let texts = E::TEXTS.iter().map(|text| forms::text_field(text, values, errors));
        let reason = values.get("reason").map_or("", String::as_str);
        let of_reason: Vec<_> =
            errors.iter().filter(|error| E::TEXTS.iter().all(|text| text.name != error.field)).cloned().collect();
        texts.chain([why_field(reason, &of_reason)]).collect()
    });
    let address = format!("/desk/{}/{id}", E::NOUN.plural());
    let content = Shown {
        notice,
        code: record.version.code.clone(),
        texts: kept.iter().map(|(name, text)| (t(inputs::text(name)).to_owned(), text.clone())).collect(),
        printed,
        word: visit.word(),
        address: link(&address),
        seen: record.version.stamp.write,
        fields,
    };
    Ok(below(visit.permit(), t("Personal text"), Some((&address, t("The record"))), &content)?)
}

/// Keeps a correction of the text.
async fn correct<E: Stored>(posted: Posted<WriteCases>, store: Data<Records>, id: RecordId) -> Result<Reply, Turned> {
    let Posted { visit, form: sent } = posted;
    let mut fields = Fields::new();
    let mut values = Values::new();
    for text in E::TEXTS {
        let typed = sent.get(text.name);
        values.insert(text.name.to_owned(), typed.to_owned());
        let value = if typed.trim().is_empty() { serde_json::Value::Null } else { serde_json::Value::from(typed) };
        fields.insert(text.name.to_owned(), value);
    }
    values.insert("reason".to_owned(), sent.get("reason").to_owned());
    fields.insert("reason".to_owned(), serde_json::Value::from(sent.get("reason")));
    let kept = kept::keep_correction::<E>(&store, visit.actor(), id, seen(&sent)?, Patch::from(fields)).await;
    match kept {
        Ok(_) => Ok(on(&format!("/desk/{}/{id}?done=texts", E::NOUN.plural()))),
        Err(problem) if problem.is_invalid() || problem.status == Kind::Stale.status() => {
            let stale = problem.status == Kind::Stale.status();
            let told = if stale {
                t("Somebody else has changed this record since you opened the form.")
            } else {
                t("Nothing was kept. Mend these, and send it again:")
            };
            let notice = Some(Notice::new(if stale { Tone::Warning } else { Tone::Wrong }, told));
            let page = show::<E, _>(&visit, &store, id, false, Some((&values, &problem.errors, notice))).await?;
            Ok(page.status(if stale { StatusCode::CONFLICT } else { StatusCode::UNPROCESSABLE_ENTITY }))
        }
        Err(problem) => Err(problem.into()),
    }
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
                let printed = posted.form.get("print") == "yes";
                super::show::<$Entry, _>(&posted.visit, &store, path.get()?, printed, None).await
            }

            #[post("/{id}/texts/correction")]
            pub async fn correct(
                posted: Posted<WriteCases>,
                store: Data<Records>,
                path: RecordPath,
            ) -> Result<Reply, Turned> {
                super::correct::<$Entry>(posted, store, path.get()?).await
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
