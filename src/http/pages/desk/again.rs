//! Forms that come back: with the key that tells one from another, and with what came between them and their records.

use actix_web::HttpRequest;

use crate::domain::policy::Actor;
use crate::domain::record::{Noun, RecordId};
use crate::domain::vocabulary::Vocabulary;
use crate::http::kept;
use crate::http::pages::form::Form;
use crate::http::pages::moment;
use crate::http::pages::parts::{Cell, Notice, Table, Tone};
use crate::http::pages::words::{say, t};
use crate::http::problem::{Kind, Problem};
use crate::http::state::Records;
use crate::store::idempotency;
use crate::store::records::{Found, Stored};

use super::values::Values;
use super::{inputs, shown};

/// The parameter of an address that tells one form from another.
const KEY: &str = "form";

/// What tells a form from others. It stands in the address, so that a browser that comes back to the form, which it may not keep,
/// is given the same one again: whatever it saved is then known to be saved.
///
/// # Errors
/// The address of a new form, where a browser asks for one without.
pub fn key_of(request: &HttpRequest) -> Result<String, String> {
    let asked = request.query_string();
    let given = url::form_urlencoded::parse(asked.as_bytes()).find(|(name, _)| name == KEY).map(|(_, key)| key);
    match given.and_then(|key| uuid::Uuid::parse_str(&key).ok()) {
        Some(key) => Ok(key.to_string()),
        None if request.headers().get("Sec-Fetch-Dest").is_some_and(|to| to.as_bytes() == b"document") => {
            let mut query = url::form_urlencoded::Serializer::new(String::new());
            query.extend_pairs(url::form_urlencoded::parse(asked.as_bytes()).filter(|(name, _)| name != KEY));
            query.append_pair(KEY, &new_once());
            Err(format!("{}?{}", request.path(), query.finish()))
        }
        None => Ok(new_once()),
    }
}

/// What tells one form from another that is opened anew.
pub fn new_once() -> String {
    RecordId::new().to_string()
}

/// What tells the form that was sent from others; a new one where it does not say.
pub fn once_of(sent: &Form) -> String {
    Some(sent.get("once").to_owned()).filter(|once| !once.is_empty()).unwrap_or_else(new_once)
}

/// What is said above a form that comes from an earlier session.
pub fn late() -> Notice {
    let title = t("Nothing is saved yet: you have signed in anew since this form was opened.");
    Notice::new(Tone::Warning, title).line(t("Everything that you typed is in it. Look at it, and send it again."))
}

/// What is said where the key of a form has saved something else before, with the way to that.
pub fn used(earlier: Option<(String, String)>) -> Notice {
    let title = t("With this form something was saved before, and you have changed it since.");
    let notice = Notice::new(Tone::Warning, title);
    let notice = match earlier {
        Some((address, code)) => notice.way(address, say("This was saved: {}", &[&code])),
        None => notice,
    };
    notice.line(t("To change that, correct it there. Send this form again only to save another one beside it."))
}

/// What a key has saved: the address and the code, where the reader may see it.
pub async fn earlier<E: Stored>(
    actor: &Actor,
    store: &Records,
    key: String,
) -> Result<Option<(String, String)>, Problem> {
    let id = store.read(actor.clone(), move |session| idempotency::saved(session, &key)).await?;
    let Some(id) = id else { return Ok(None) };
    match kept::read_one::<E>(store, actor.clone(), id).await {
        Ok((found, _)) => Ok(Some((shown::address(E::NOUN, id), found.version.code))),
        Err(problem) if problem.status == Kind::NotFound.status() => Ok(None),
        Err(problem) => Err(problem),
    }
}

/// What stands now and what was typed, where they differ.
pub fn both(noun: Noun, now: &Values, typed: &Values, vocabulary: &Vocabulary) -> Option<Table> {
    let ids = Vec::new();
    let shown = |input: &inputs::Input, values: &Values| {
        let lines = shown::lines(input, values, vocabulary, &ids);
        lines.iter().map(Cell::text).collect::<Vec<_>>().join("; ")
    };
    let row = |input: &inputs::Input| {
        let (now, typed) = (shown(input, now), shown(input, typed));
        (now != typed).then(|| vec![t(input.label).into(), now.into(), typed.into()])
    };
    let own = ["reason", "known_on", "code"];
    let asked =
        inputs::of(noun).iter().filter(|input| input.place != inputs::Place::Kept && !own.contains(&input.name));
    let rows: Vec<Vec<Cell>> = asked.filter_map(row).collect();
    (!rows.is_empty()).then(|| Table {
        caption: t("Where the two differ").to_owned(),
        heads: ["Field", "What stands in the record now", "What you typed"].map(|head| t(head).to_owned()).to_vec(),
        numbers: Vec::new(),
        rows,
    })
}

/// Whether a version says what was typed, the reason included.
pub fn is_the_same(noun: Noun, now: &Values, typed: &Values) -> bool {
    let said = |values: &Values, name: &str| {
        let value = values.get(name).map_or("", |value| value.trim());
        if value == "_U" { String::new() } else { value.replace("\r\n", "\n") }
    };
    let of_noun = |name: &str| {
        let list = name.split('[').next().unwrap_or_default();
        let input = inputs::of(noun).iter().find(|input| input.name == list);
        input.is_some_and(|input| input.place != inputs::Place::Kept && !["code", "known_on"].contains(&input.name))
    };
    let mut names = now.keys().chain(typed.keys()).filter(|name| of_noun(name));
    names.all(|name| said(now, name) == said(typed, name))
}

/// What is said where somebody has written a newer version meanwhile.
pub fn overtaken<B>(found: &Found<B>) -> Notice {
    let title = t("Somebody else has changed this record since you opened the form.");
    let by = say("It was {}, at {}.", &[&found.by.account, &moment(found.by.written_at)]);
    let then = t(
        "Nothing of yours is saved yet. Look at both: if you send the form again, what stands in it takes the place of what they wrote.",
    );
    Notice::new(Tone::Warning, title).line(by).line(then)
}
