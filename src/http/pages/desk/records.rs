//! Forms for a record of any noun: a new one, and its correction. The same functions keep them as for the API.

use actix_web::http::StatusCode;
use actix_web::web::Data;
use askama::Template;

use crate::domain::check::FieldError;
use crate::domain::entry::Patch;
use crate::domain::policy::Actor;
use crate::domain::record::RecordId;
use crate::domain::text::Texts;
use crate::domain::vocabulary::Vocabulary;
use crate::http::auth::Permission;
use crate::http::kept;
use crate::http::pages::filters;
use crate::http::pages::form::{Form, Posted};
use crate::http::pages::frame::below;
use crate::http::pages::here::{self, link};
use crate::http::pages::parts::{Notice, Tone};
use crate::http::pages::sign_in::on;
use crate::http::pages::turned::Turned;
use crate::http::pages::visit::Visit;
use crate::http::pages::words::t;
use crate::http::problem::{Kind, Problem};
use crate::http::reply::Reply;
use crate::http::state::Records;
use crate::store::error::StoreError;
use crate::store::records::Stored;
use crate::store::terms;

use super::forms::{self, Fields, mistakes};
use super::inputs;
use super::shown;
use super::sources;
use super::values::{self, Values};
use super::view::values_of;

#[derive(Template)]
#[template(path = "desk/form.html")]
struct FormPage<'a> {
    notice: Option<Notice>,
    lead: Vec<String>,
    action: String,
    word: &'a str,
    once: Option<String>,
    seen: Option<i64>,
    fields: Fields,
    sources: Option<Vec<(String, String)>>,
    button: &'a str,
    back: Option<String>,
}

/// A form in the making.
struct Filled<'a> {
    values: &'a Values,
    errors: &'a [FieldError],
    notice: Option<Notice>,
    /// The record that is corrected, and the version that was seen of it.
    of: Option<(RecordId, i64, String)>,
    /// What tells one sending from another.
    once: Option<String>,
}

/// What a form needs to know: the lists, and the sources that can be named.
struct Lists {
    vocabulary: Vocabulary,
    /// None for a noun whose form names none.
    sources: Option<Vec<(String, String)>>,
}

async fn lists<E: Stored, P: Permission>(visit: &Visit<P>, store: &Records) -> Result<Lists, Problem> {
    let with_sources = inputs::of(E::NOUN).iter().any(|input| input.name == "sources");
    store
        .read(visit.actor(), move |session| {
            let vocabulary = terms::vocabulary(session.conn(), None)?;
            let sources = if with_sources { Some(sources::known(session, &vocabulary)?) } else { None };
            Ok(Lists { vocabulary, sources })
        })
        .await
}

async fn form<E: Stored, P: Permission>(
    visit: &Visit<P>,
    store: &Records,
    title: &'static str,
    filled: Filled<'_>,
) -> Result<Reply, Turned> {
    let Lists { vocabulary, sources } = lists::<E, P>(visit, store).await?;
    let correcting = filled.of.is_some();
    let texts = if correcting { &[] } else { E::TEXTS };
    let fields = forms::fields(E::NOUN, filled.values, filled.errors, &vocabulary, texts, correcting);
    let plural = E::NOUN.plural();
    let (action, back) = match &filled.of {
        Some((id, _, _)) => (format!("/desk/{plural}/{id}/correction"), shown::address(E::NOUN, *id)),
        None => (format!("/desk/{plural}"), link("/desk")),
    };
    let content = FormPage {
        notice: filled.notice.or_else(|| mistakes(&fields, filled.errors)),
        lead: filled.of.iter().map(|(_, _, code)| code.clone()).collect(),
        action: link(&action),
        word: visit.word(),
        once: filled.once,
        seen: filled.of.as_ref().map(|(_, seen, _)| *seen),
        fields,
        sources,
        button: if correcting { t("Keep the correction") } else { t("Keep it") },
        back: Some(back),
    };
    Ok(below(visit.permit(), t(title), Some(("/desk", t("Desk"))), &content)?)
}

/// The form for a new record. What the address says of its fields stands in them.
///
/// # Errors
/// That the lists cannot be read.
pub async fn new<E: Stored, P: Permission>(
    visit: Visit<P>,
    store: Data<Records>,
    asked: &str,
    title: &'static str,
) -> Result<Reply, Turned> {
    let pairs: Vec<_> = url::form_urlencoded::parse(asked.as_bytes()).into_owned().collect();
    let values = values::of_form(E::NOUN, pairs.iter().map(|(name, value)| (&**name, &**value)));
    let filled =
        Filled { values: &values, errors: &[], notice: None, of: None, once: Some(RecordId::new().to_string()) };
    form::<E, P>(&visit, &store, title, filled).await
}

/// Keeps a new record and shows it.
///
/// # Errors
/// What is not about what was typed; that is told beside the fields.
pub async fn create<E: Stored, P: Permission>(
    posted: Posted<P>,
    store: Data<Records>,
    title: &'static str,
) -> Result<Reply, Turned> {
    let Posted { visit, form: sent } = posted;
    let values = values::of_form(E::NOUN, sent.pairs());
    let today = here::today(store.store().now());
    let (fields, wrong) = values::read(E::NOUN, &values, E::TEXTS, today, false);
    let mut given = Patch::from(fields);
    let read = (|| {
        let texts = given.take_texts(E::TEXTS).map_err(StoreError::from)?;
        let entry: E = given.clone().entry().map_err(StoreError::from)?;
        Ok::<_, StoreError>((entry, texts))
    })();
    let kept = match read {
        Ok((entry, texts)) => keep::<E>(&visit.actor(), &store, &sent, !wrong.is_empty(), entry, texts).await,
        Err(why) => Err(why.into()),
    };
    match kept {
        Ok(id) => Ok(on(&format!("/desk/{}/{id}?done=entered", E::NOUN.plural()))),
        Err(problem) if problem.is_invalid() => {
            let errors = values::merged(wrong, problem.errors);
            let filled = Filled {
                values: &values,
                errors: &errors,
                notice: None,
                of: None,
                once: Some(sent.get("once").to_owned()),
            };
            Ok(form::<E, P>(&visit, &store, title, filled).await?.status(StatusCode::UNPROCESSABLE_ENTITY))
        }
        Err(problem) => Err(problem.into()),
    }
}

/// Keeps a new record, once for each form that was opened. What was no date stays as it was typed, so that the entry refuses it.
async fn keep<E: Stored>(
    actor: &Actor,
    store: &Records,
    sent: &Form,
    refused: bool,
    entry: E,
    texts: Texts,
) -> Result<RecordId, Problem> {
    let key = Some(sent.get("once").to_owned()).filter(|key| !key.is_empty() && !refused);
    let hash = sent.hash(E::NOUN.name());
    let ((found, _), _) = kept::keep_new(store, actor.clone(), key, hash, move |_| Ok((entry, texts))).await?;
    Ok(found.version.id)
}

/// The form that corrects a record.
///
/// # Errors
/// That there is none that the reader may see.
pub async fn correction<E: Stored, P: Permission>(
    visit: Visit<P>,
    store: Data<Records>,
    id: RecordId,
    title: &'static str,
) -> Result<Reply, Turned> {
    let (found, _) = kept::read_one::<E>(&store, visit.actor(), id).await?;
    let mut values = values_of::<E>(&found)?;
    // The correction has its own.
    values.remove("reason");
    values.remove("known_on");
    let of = Some((id, found.version.stamp.write, found.version.code.clone()));
    let filled = Filled { values: &values, errors: &[], notice: None, of, once: None };
    form::<E, P>(&visit, &store, title, filled).await
}

/// Keeps a correction.
///
/// # Errors
/// What is not about what was typed; that is told beside the fields.
pub async fn correct<E: Stored, P: Permission>(
    posted: Posted<P>,
    store: Data<Records>,
    id: RecordId,
    title: &'static str,
) -> Result<Reply, Turned> {
    let Posted { visit, form: sent } = posted;
    let values = values::of_form(E::NOUN, sent.pairs());
    let (fields, wrong) = values::read(E::NOUN, &values, &[], here::today(store.store().now()), true);
    let seen = seen(&sent)?;
    let kept = kept::keep_correction::<E>(&store, visit.actor(), id, seen, Patch::from(fields)).await;
    let problem = match kept {
        Ok(_) => return Ok(on(&format!("/desk/{}/{id}?done=corrected", E::NOUN.plural()))),
        Err(problem) => problem,
    };
    let stale = problem.status == Kind::Stale.status();
    if !stale && !problem.is_invalid() {
        return Err(problem.into());
    }
    // What was typed is not lost. Whoever sends it again has been told, and does so over the newest version.
    let (found, _) = kept::read_one::<E>(&store, visit.actor(), id).await?;
    let told = stale.then(|| {
        let notice = Notice::new(Tone::Warning, t("Somebody else has changed this record since you opened the form."));
        notice.line(t("Look at its history first. If you send the form again, what stands in it takes the place of what they wrote."))
    });
    let errors = values::merged(wrong, problem.errors);
    let of = Some((id, found.version.stamp.write, found.version.code.clone()));
    let filled = Filled { values: &values, errors: &errors, notice: told, of, once: None };
    let status = if stale { StatusCode::CONFLICT } else { StatusCode::UNPROCESSABLE_ENTITY };
    Ok(form::<E, P>(&visit, &store, title, filled).await?.status(status))
}

/// The version that a form was made from.
///
/// # Errors
/// That the form does not say.
pub fn seen(sent: &Form) -> Result<i64, Problem> {
    sent.get("seen").parse().map_err(|_| Problem::new(Kind::PreconditionRequired))
}
