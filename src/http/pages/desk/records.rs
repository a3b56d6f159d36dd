//! Forms for a record of any noun: a new one, and its correction. The same functions keep them as for the API. Whatever stands in
//! the way, the form comes back with all that was typed.

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use askama::Template;

use crate::domain::check::FieldError;
use crate::domain::entry::Patch;
use crate::domain::policy::Actor;
use crate::domain::record::{Noun, RecordId};
use crate::domain::text::Texts;
use crate::domain::vocabulary::Vocabulary;
use crate::http::auth::Permission;
use crate::http::kept;
use crate::http::pages::filters;
use crate::http::pages::form::{Arrived, Form, Late, Posted, hashed};
use crate::http::pages::frame::below;
use crate::http::pages::here::{self, link};
use crate::http::pages::parts::{Notice, Table, Tone};
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

use super::again::{both, earlier, is_the_same, key_of, late, new_once, once_of, overtaken, used};
use super::forms::{self, Fields, mistakes};
use super::inputs;
use super::shown;
use super::sources;
use super::states::ALREADY_PUBLIC;
use super::values::{self, Values};
use super::view::values_of;

#[derive(Template)]
#[template(path = "desk/form.html")]
struct FormPage<'a> {
    notices: Vec<Notice>,
    /// What stands in the record now beside what was typed.
    both: Option<Table>,
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
    /// What stands in the record now, where it is something else than what was typed.
    now: Option<Values>,
}

impl<'a> Filled<'a> {
    fn new(values: &'a Values, once: String) -> Self {
        Self { values, errors: &[], notice: None, of: None, once: Some(once), now: None }
    }

    fn correcting(values: &'a Values, of: (RecordId, i64, String)) -> Self {
        Self { values, errors: &[], notice: None, of: Some(of), once: None, now: None }
    }
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

/// What it does that a person no longer agrees, on the forms where that is kept.
fn no_longer_agrees(noun: Noun) -> Option<Notice> {
    let lines = [
        "To being kept: somebody is asked to look at the record. It goes only when it is erased.",
        "To being counted: it is in no count for researchers from that day, and in nothing that is made public. Answers as of earlier days stay as they were.",
        "To being made public:",
    ];
    let notice = Notice::new(Tone::Plain, t("What it does when the person no longer agrees"));
    let all = lines.into_iter().chain(ALREADY_PUBLIC);
    (noun == Noun::Consent).then(|| all.fold(notice, |notice, line| notice.line(t(line))))
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
    let today = here::today(store.store().now());
    let typed = values::of_entry(&values::read(E::NOUN, filled.values, &[], today, false).0);
    let plural = E::NOUN.plural();
    let (action, back) = match &filled.of {
        Some((id, _, _)) => (format!("/desk/{plural}/{id}/correction"), shown::address(E::NOUN, *id)),
        None => (format!("/desk/{plural}"), link("/desk")),
    };
    let content = FormPage {
        notices: (filled.notice.into_iter().chain(mistakes(&fields, filled.errors)))
            .chain(no_longer_agrees(E::NOUN))
            .collect(),
        both: filled.now.as_ref().and_then(|now| both(E::NOUN, now, &typed, &vocabulary)),
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

/// The form for a new record. What the address says of its fields stands in it.
///
/// # Errors
/// That the lists cannot be read.
pub async fn new<E: Stored, P: Permission>(
    visit: Visit<P>,
    store: Data<Records>,
    request: &HttpRequest,
    title: &'static str,
) -> Result<Reply, Turned> {
    let once = match key_of(request) {
        Ok(once) => once,
        Err(address) => return Ok(on(&address)),
    };
    let pairs: Vec<_> = url::form_urlencoded::parse(request.query_string().as_bytes()).into_owned().collect();
    let values = values::of_form(E::NOUN, pairs.iter().map(|(name, value)| (&**name, &**value)));
    form::<E, P>(&visit, &store, title, Filled::new(&values, once)).await
}

/// Keeps a new record and shows it.
///
/// # Errors
/// What cannot be met by sending the form again.
pub async fn create<E: Stored, P: Permission>(
    arrived: Arrived<P>,
    store: Data<Records>,
    title: &'static str,
) -> Result<Reply, Turned> {
    let Posted { visit, form: sent } = match arrived {
        Arrived::Sent(posted) => posted,
        Arrived::Late(Late { visit, form: sent }) => {
            let values = values::of_form(E::NOUN, sent.pairs());
            let filled = Filled { notice: Some(late()), ..Filled::new(&values, once_of(&sent)) };
            return Ok(form::<E, P>(&visit, &store, title, filled).await?.status(StatusCode::FORBIDDEN));
        }
    };
    let values = values::of_form(E::NOUN, sent.pairs());
    let today = here::today(store.store().now());
    let (fields, wrong) = values::read(E::NOUN, &values, E::TEXTS, today, false);
    let mut given = Patch::from(fields);
    let read = (|| {
        let texts = given.take_texts(E::TEXTS).map_err(StoreError::from)?;
        let entry: E = given.clone().entry().map_err(StoreError::from)?;
        Ok::<_, StoreError>((entry, texts))
    })();
    let key = Some(sent.get("once").to_owned()).filter(|key| !key.is_empty());
    let kept = match read {
        Ok((entry, texts)) => {
            // What was no date stays as it was typed, so that the entry refuses it; that uses no key up.
            let key = key.clone().filter(|_| wrong.is_empty());
            let hash = hashed(E::NOUN.name(), values.iter().map(|(name, value)| (&**name, &**value)));
            keep::<E>(&visit.actor(), &store, (key, hash), entry, texts).await
        }
        Err(why) => Err(why.into()),
    };
    let problem = match kept {
        Ok((id, first)) => {
            let done = if first { "entered" } else { "already" };
            return Ok(on(&format!("/desk/{}/{id}?done={done}", E::NOUN.plural())));
        }
        Err(problem) => problem,
    };
    if problem.kind == Kind::KeyReused.name() {
        let earlier = earlier::<E>(&visit.actor(), &store, key.unwrap_or_default()).await?;
        let filled = Filled { notice: Some(used(earlier)), ..Filled::new(&values, new_once()) };
        return Ok(form::<E, P>(&visit, &store, title, filled).await?.status(StatusCode::CONFLICT));
    }
    if !problem.is_invalid() {
        return Err(problem.into());
    }
    let errors = values::merged(wrong, problem.errors);
    let filled = Filled { errors: &errors, ..Filled::new(&values, once_of(&sent)) };
    Ok(form::<E, P>(&visit, &store, title, filled).await?.status(StatusCode::UNPROCESSABLE_ENTITY))
}

/// Keeps a new record, once for each form that was opened; gives which it is, and whether this was the first time.
async fn keep<E: Stored>(
    actor: &Actor,
    store: &Records,
    (key, hash): (Option<String>, String),
    entry: E,
    texts: Texts,
) -> Result<(RecordId, bool), Problem> {
    let ((found, _), again) = kept::keep_new(store, actor.clone(), key, hash, move |_| Ok((entry, texts))).await?;
    Ok((found.version.id, !again))
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
    let of = (id, found.version.stamp.write, found.version.code.clone());
    form::<E, P>(&visit, &store, title, Filled::correcting(&values, of)).await
}

/// Keeps a correction.
///
/// # Errors
/// What cannot be met by sending the form again.
pub async fn correct<E: Stored, P: Permission>(
    arrived: Arrived<P>,
    store: Data<Records>,
    id: RecordId,
    title: &'static str,
) -> Result<Reply, Turned> {
    let Posted { visit, form: sent } = match arrived {
        Arrived::Sent(posted) => posted,
        Arrived::Late(Late { visit, form: sent }) => {
            let (found, _) = kept::read_one::<E>(&store, visit.actor(), id).await?;
            let values = values::of_form(E::NOUN, sent.pairs());
            // The version that was seen stays the one that was seen: what was written since is told on sending.
            let of = (id, seen(&sent)?, found.version.code.clone());
            let filled = Filled { notice: Some(late()), ..Filled::correcting(&values, of) };
            return Ok(form::<E, P>(&visit, &store, title, filled).await?.status(StatusCode::FORBIDDEN));
        }
    };
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
    let (found, _) = kept::read_one::<E>(&store, visit.actor(), id).await?;
    let now = if stale { Some(values_of::<E>(&found)?) } else { None };
    if let Some(now) = &now
        && found.by.account == visit.actor().name
        && is_the_same(E::NOUN, now, &values)
    {
        // The answer was lost on its way, and the form was sent again.
        return Ok(on(&format!("/desk/{}/{id}?done=already", E::NOUN.plural())));
    }
    let errors = values::merged(wrong, problem.errors);
    // What was typed is not lost. Whoever sends it again has been told, and does so over the newest version.
    let of = (id, if stale { found.version.stamp.write } else { seen }, found.version.code.clone());
    let notice = stale.then(|| overtaken(&found));
    let filled = Filled { errors: &errors, notice, now, ..Filled::correcting(&values, of) };
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
