//! One's own account: what it is, its passphrase and second factor, and every way into it.

use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::web::Data;
use actix_web::{get, post};
use askama::Template;
use chrono::TimeDelta;

use crate::domain::policy::{Action, decide};
use crate::domain::record::RecordId;
use crate::store::sessions::{self, Line};
use crate::store::sign_in;
use crate::store::tokens::{self, TokenLine};

use super::super::auth::KeepOwnAccount;
use super::super::limits::Limits;
use super::super::problem::{Kind, Problem};
use super::super::reply::Reply;
use super::super::request::RecordPath;
use super::super::state::Records;
use super::cookies::Cookie;
use super::enrol::{Shown, new_passphrase, stretched};
use super::form::Posted;
use super::sign_in::{on, prove};
use super::turned::Turned;
use super::visit::Visit;
use super::{moment, open_page, page};

#[derive(Template)]
#[template(
    ext = "html",
    source = r#"<p>You are <strong>{{ name }}</strong>, {{ role }}. Signed in since {{ since }}.</p>
{% if was_reset %}<div class="notice" role="alert"><p>Somebody has reset your account since you last signed in. If you did not ask for it, tell
your organisation now.</p>
<form method="post" action="/account/notice"><input type="hidden" name="csrf" value="{{ word }}"><button>I have read this</button></form></div>{% endif %}
<form method="post" action="/sign-out"><input type="hidden" name="csrf" value="{{ word }}"><button>Sign out</button></form>
<h2>Sessions</h2>
<table><thead><tr><th>Since</th><th>Last used</th><th></th></tr></thead><tbody>
{% for session in sessions %}<tr><td>{{ self::moment(*session.created_at) }}</td><td>{{ self::moment(*session.seen_at) }}</td><td>{% if session.id == own %}this one{% else %}
<form method="post" action="/account/sessions/{{ session.id }}/end"><input type="hidden" name="csrf" value="{{ word }}"><button>End it</button></form>{% endif %}</td></tr>
{% endfor %}</tbody></table>
<h2>Tokens</h2>
<p>Programmes use the API with a token, in your name.</p>
<table><thead><tr><th>Made</th><th>Good until</th><th>May</th><th></th></tr></thead><tbody>
{% for token in tokens %}<tr><td>{{ self::moment(*token.created_at) }}</td><td>{{ self::moment(*token.expires_at) }}</td><td>{{ self::scopes_of(token) }}</td>
<td><form method="post" action="/account/tokens/{{ token.id }}/revocation"><input type="hidden" name="csrf" value="{{ word }}"><button>Revoke</button></form></td></tr>
{% endfor %}</tbody></table>
<form method="post" action="/account/tokens">
<input type="hidden" name="csrf" value="{{ word }}">
<label for="days">Days that a new one is good</label>
<input id="days" name="days" type="number" min="1" max="366" value="30" required>
<label for="scopes">What it may do, at most: some of {{ actions }}. All of it where you leave this empty</label>
<input id="scopes" name="scopes">
<button>Make a token</button>
</form>
<h2>Passphrase</h2>
<form method="post" action="/account/passphrase">
<input type="hidden" name="csrf" value="{{ word }}">
<label for="passphrase">Passphrase that you have</label>
<input id="passphrase" name="passphrase" type="password" autocomplete="current-password" required>
<label for="code">Code</label>
<input id="code" name="code" autocomplete="one-time-code" required maxlength="32">
<label for="new">New passphrase</label>
<input id="new" name="new" type="password" autocomplete="new-password" required>
<label for="again">New passphrase once more</label>
<input id="again" name="again" type="password" autocomplete="new-password" required>
<button>Change the passphrase</button>
</form>
<h2>Second factor</h2>
<form method="post" action="/account/second-factor">
<input type="hidden" name="csrf" value="{{ word }}">
<label for="passphrase2">Passphrase</label>
<input id="passphrase2" name="passphrase" type="password" autocomplete="current-password" required>
<label for="code2">Code, or a recovery code</label>
<input id="code2" name="code" autocomplete="one-time-code" required maxlength="32">
<button>Set a new second factor</button>
</form>
<form method="post" action="/account/recovery-codes">
<input type="hidden" name="csrf" value="{{ word }}">
<label for="passphrase3">Passphrase</label>
<input id="passphrase3" name="passphrase" type="password" autocomplete="current-password" required>
<label for="code3">Code, or a recovery code</label>
<input id="code3" name="code" autocomplete="one-time-code" required maxlength="32">
<button>Make new recovery codes</button>
</form>
<p>Any change of these ends all sessions and tokens; you sign in again.</p>
"#
)]
struct Own<'a> {
    word: &'a str,
    name: &'a str,
    role: &'a str,
    since: &'a str,
    was_reset: bool,
    own: RecordId,
    sessions: &'a [Line],
    tokens: &'a [TokenLine],
    actions: &'a str,
}

fn scopes_of(token: &TokenLine) -> String {
    let names = |scopes: &Vec<Action>| scopes.iter().map(|action| action.name()).collect::<Vec<_>>().join(", ");
    token.scopes.as_ref().map_or_else(|| "all that you may".to_owned(), names)
}

/// The page.
#[get("/account")]
pub async fn show(visit: Visit<KeepOwnAccount>, records: Data<Records>) -> Result<Reply, Turned> {
    let account = visit.found.account.clone();
    let (sessions, tokens) = records
        .run(move |store| {
            let now = store.now();
            store.look(|conn| Ok((sessions::list(conn, account.id, now)?, tokens::list_own(conn, account.id, now)?)))
        })
        .await?;
    let actor = visit.actor();
    let may: Vec<_> = Action::ALL.iter().filter(|action| decide(&actor, **action).is_ok()).map(|a| a.name()).collect();
    let content = Own {
        word: visit.word(),
        name: &actor.name,
        role: actor.role.name(),
        since: &moment(visit.found.created_at),
        was_reset: visit.found.account.was_reset,
        own: visit.found.id,
        sessions: &sessions,
        tokens: &tokens,
        actions: &may.join(", "),
    };
    Ok(page(visit.permit(), "Your account", &content)?)
}

/// What is answered where passphrase or code were wrong, whichever it was.
pub fn not_proved() -> Result<Reply, Turned> {
    let told = "Passphrase or code were not right. A code works once: wait for the next one.";
    Err(Problem::new(Kind::Forbidden).detail(told).into())
}

/// Notes that the person has read that the account was reset.
#[post("/account/notice")]
pub async fn read_notice(posted: Posted<KeepOwnAccount>, records: Data<Records>) -> Result<Reply, Turned> {
    let actor = posted.visit.actor();
    records.run(move |store| sessions::clear_notice(store, &actor)).await?;
    Ok(on("/account"))
}

/// Changes the passphrase. One signs in again with it.
#[post("/account/passphrase")]
pub async fn change_passphrase(
    posted: Posted<KeepOwnAccount>,
    records: Data<Records>,
    limits: Data<Limits>,
) -> Result<Reply, Turned> {
    let Posted { visit, form } = posted;
    let wrong = |why: String| Turned::from(Problem::new(Kind::Invalid).detail(why));
    let new = new_passphrase(form.get("new"), form.get("again"), &visit.found.account.name).map_err(wrong)?;
    let proof = prove(&records, &limits, visit.who(), form.get("passphrase"), form.get("code")).await?;
    let stretched = stretched(&limits, new).await?;
    let actor = visit.actor();
    let done = records.run(move |store| sign_in::change_passphrase(store, &actor, proof, stretched)).await?;
    if done.is_none() {
        return not_proved();
    }
    Ok(on("/sign-in").header(header::SET_COOKIE, visit.jar.remove(Cookie::Session)))
}

/// Makes new recovery codes and shows them once.
#[post("/account/recovery-codes")]
pub async fn new_recovery_codes(
    posted: Posted<KeepOwnAccount>,
    records: Data<Records>,
    limits: Data<Limits>,
) -> Result<Reply, Turned> {
    let Posted { visit, form } = posted;
    let proof = prove(&records, &limits, visit.who(), form.get("passphrase"), form.get("code")).await?;
    let actor = visit.actor();
    let codes = records.run(move |store| sign_in::new_recovery_codes(store, &actor, proof)).await?;
    let Some(codes) = codes else { return not_proved() };
    let reply = open_page("New recovery codes", &Shown { codes: &codes })?;
    Ok(reply.header(header::SET_COOKIE, visit.jar.remove(Cookie::Session)))
}

#[derive(Template)]
#[template(
    ext = "html",
    source = r#"<p>This is the token. It is not shown again.</p>
<p><code>{{ token }}</code></p>
<p><a href="/account">Your account</a></p>
"#
)]
struct NewToken<'a> {
    token: &'a str,
}

/// Makes a token and shows it once.
#[post("/account/tokens")]
pub async fn make_token(posted: Posted<KeepOwnAccount>, records: Data<Records>) -> Result<Reply, Turned> {
    let Posted { visit, form } = posted;
    let wrong = |why: &str| Turned::from(Problem::new(Kind::Invalid).detail(why));
    let days = form.get("days").trim().parse().ok().and_then(TimeDelta::try_days);
    let lasting = days.filter(|lasting| tokens::is_duration(*lasting)).ok_or_else(|| wrong("Days: 1 to 366."))?;
    let scopes = tokens::read_scopes(form.all("scopes")).map_err(|why| wrong(&format!("Scopes: {why}.")))?;
    let (actor, session) = (visit.actor(), visit.found.id);
    let token = records.run(move |store| tokens::create_own(store, &actor, session, lasting, scopes)).await?;
    let reply = page(visit.permit(), "New token", &NewToken { token: &token })?;
    Ok(reply.status(StatusCode::CREATED))
}

/// Revokes a token.
#[post("/account/tokens/{id}/revocation")]
pub async fn revoke_token(
    posted: Posted<KeepOwnAccount>,
    records: Data<Records>,
    path: RecordPath,
) -> Result<Reply, Turned> {
    let (actor, id) = (posted.visit.actor(), path.get()?);
    records.run(move |store| tokens::revoke_own(store, &actor, id)).await?;
    Ok(on("/account"))
}

/// Ends a session.
#[post("/account/sessions/{id}/end")]
pub async fn end_session(
    posted: Posted<KeepOwnAccount>,
    records: Data<Records>,
    path: RecordPath,
) -> Result<Reply, Turned> {
    let (actor, id) = (posted.visit.actor(), path.get()?);
    records.run(move |store| sessions::end(store, &actor, id)).await?;
    Ok(on("/account"))
}
