//! Accounts, for admins: who has one, and what is done with them. Nobody does it to themselves, and where a link leads to cases
//! a second person approves.

use std::collections::HashMap;

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{get, post};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::check::{FieldError, Rule};
use crate::domain::disclosure;
use crate::domain::policy::{Actor, Role};
use crate::domain::record::{Instant, RecordId};
use crate::store::accounts::{self, Account, Changed};
use crate::store::database::Store;
use crate::store::enrolments::Link;
use crate::store::error::StoreError;
use crate::store::sign_in_history::{self as history, WrongFactors};

use super::records::Page;
use crate::http::auth::{Allowed, ReadAccounts, WriteAccounts};
use crate::http::problem::{Kind, Problem};
use crate::http::reply::Reply;
use crate::http::request::{Body, RecordPath};
use crate::http::state::Records;

/// An account.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({"id": "01997c1e-0000-7000-8000-000000000000", "name": "anna", "role": "caseworker",
    "state": "invited", "created_at": "2026-11-22T10:00:00Z", "enrolled": false, "wrong_second_factors": 0,
    "wrong_second_factor_at": null}))]
pub struct AccountView {
    pub id: RecordId,
    pub name: String,
    pub role: Role,
    /// `invited` until the link was used, `active`, or `disabled`
    pub state: &'static str,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Instant,
    /// Whether passphrase and second factor are set. Programmes have tokens alone.
    pub enrolled: bool,
    /// How often in the last 30 days a wrong second factor followed on the right passphrase: whoever tries knows the passphrase.
    pub wrong_second_factors: i64,
    /// When the last of these came.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub wrong_second_factor_at: Option<Instant>,
}

impl AccountView {
    fn new(account: &Account, wrong: &HashMap<RecordId, WrongFactors>) -> Self {
        let Account { id, name, role, state, created_at, enrolled, .. } = account.clone();
        let wrong = wrong.get(&id);
        Self {
            id,
            name,
            role,
            state: state.name(),
            created_at,
            enrolled,
            wrong_second_factors: wrong.map_or(0, |wrong| wrong.times),
            wrong_second_factor_at: wrong.map(|wrong| wrong.last_at),
        }
    }
}

/// A one-time link at which the person sets passphrase and second factor. It is told once: hand it over on a safe way.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LinkView {
    pub id: RecordId,
    /// Where it leads, below the address of the service.
    pub path: String,
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Instant,
    /// Whether a second admin or publisher must approve of it before it works.
    pub needs_approval: bool,
}

impl LinkView {
    fn new(link: &Link) -> Self {
        let Link { id, expires_at, needs_approval, .. } = link;
        Self { id: *id, path: link.path(), expires_at: *expires_at, needs_approval: *needs_approval }
    }
}

/// What became of an account.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({"account": {"id": "01997c1e-0000-7000-8000-000000000000", "name": "anna", "role": "caseworker",
    "state": "invited", "created_at": "2026-11-22T10:00:00Z", "enrolled": false, "wrong_second_factors": 0,
    "wrong_second_factor_at": null},
    "link": {"id": "01997c1e-0000-7000-8000-000000000001", "path": "/enrol/5f7a...", "expires_at": "2026-11-23T10:00:00Z",
        "needs_approval": true}}))]
pub struct AccountChange {
    pub account: AccountView,
    /// Where there is one.
    pub link: Option<LinkView>,
}

/// A new account.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(example = json!({"name": "anna", "role": "caseworker"}))]
pub struct AccountEntry {
    /// 1 to 64 of A-Z a-z 0-9 . _ -
    #[schema(required = true, nullable = false)]
    pub name: Option<String>,
    /// admin, caseworker, publisher, researcher or auditor
    #[schema(required = true, nullable = false)]
    pub role: Option<String>,
}

/// Another role.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(example = json!({"role": "publisher"}))]
pub struct NewRole {
    /// admin, caseworker, publisher, researcher or auditor
    #[schema(required = true, nullable = false)]
    pub role: Option<String>,
}

/// Reads a role.
///
/// # Errors
/// That it is missing or none, by field.
pub fn read_role(text: Option<&str>) -> Result<Role, Problem> {
    let names = || format!("one of {}", Role::ALL.map(Role::name).join(", "));
    let wrong = |rule| Problem::new(Kind::Invalid).errors(vec![FieldError::new("role", rule, text, names())]);
    let text = text.ok_or_else(|| wrong(Rule::Required))?;
    text.parse().map_err(|_| wrong(Rule::UnknownCode))
}

/// Changes an account and tells what came of it. The rest of what is told is read before: once the change is made, nothing may
/// keep its link from whoever made it.
async fn change(
    allowed: &Allowed<WriteAccounts>,
    store: &Records,
    change: impl FnOnce(&Store, &Actor) -> Result<Changed, StoreError> + Send + 'static,
) -> Result<Reply, Problem> {
    let actor = allowed.actor();
    let told = move |store: &Store| {
        let wrong = store.look(|conn| Ok(history::recent(conn, store.now())?))?;
        let Changed { account, link } = change(store, &actor)?;
        Ok(AccountChange { account: AccountView::new(&account, &wrong), link: link.as_ref().map(LinkView::new) })
    };
    Ok(Reply::json(&disclosure::to_permitted(allowed.permit(), store.run(told).await?)))
}

/// List every account, by name.
#[utoipa::path(
    tag = "accounts",
    operation_id = "list_accounts",
    security(("bearer" = ["read_accounts"])),
    responses((status = 200, description = "All of them", body = Page<AccountView>))
)]
#[get("")]
pub async fn list(allowed: Allowed<ReadAccounts>, store: Data<Records>) -> Result<Reply, Problem> {
    let (found, wrong) =
        store.run(|store| store.look(|conn| Ok((accounts::list(conn)?, history::recent(conn, store.now())?)))).await?;
    let page = Page { items: found.iter().map(|account| AccountView::new(account, &wrong)).collect() };
    Ok(Reply::json(&disclosure::to_permitted(allowed.permit(), page)))
}

/// Add an account. The answer holds the link at which the person sets passphrase and second factor.
#[utoipa::path(
    tag = "accounts",
    operation_id = "add_account",
    request_body = AccountEntry,
    security(("bearer" = ["write_accounts"])),
    responses((status = 201, description = "Added", body = AccountChange))
)]
#[post("")]
pub async fn add(allowed: Allowed<WriteAccounts>, store: Data<Records>, body: Body) -> Result<Reply, Problem> {
    let AccountEntry { name, role } = body.read()?;
    let role = read_role(role.as_deref())?;
    let name = name.ok_or_else(|| {
        let error = FieldError::new("name", Rule::Required, None, "1 to 64 of A-Z a-z 0-9 . _ -");
        Problem::new(Kind::Invalid).errors(vec![error])
    })?;
    let added = change(&allowed, &store, move |store, actor| accounts::add(store, actor, &name, role)).await?;
    Ok(added.status(StatusCode::CREATED))
}

/// Disable an account: it can do nothing any more, from this moment on.
#[utoipa::path(
    tag = "accounts",
    operation_id = "disable_account",
    params(("id" = String, Path, format = Uuid)),
    security(("bearer" = ["write_accounts"])),
    responses((status = 200, description = "Disabled", body = AccountChange))
)]
#[post("/{id}/disablement")]
pub async fn disable(
    allowed: Allowed<WriteAccounts>,
    store: Data<Records>,
    path: RecordPath,
) -> Result<Reply, Problem> {
    let id = path.get()?;
    change(&allowed, &store, move |store, actor| accounts::disable(store, actor, id)).await
}

/// Enable an account that was disabled: the person signs in again with what they have. Tokens stay revoked.
#[utoipa::path(
    tag = "accounts",
    operation_id = "enable_account",
    params(("id" = String, Path, format = Uuid)),
    security(("bearer" = ["write_accounts"])),
    responses((status = 200, description = "Enabled", body = AccountChange))
)]
#[post("/{id}/enablement")]
pub async fn enable(allowed: Allowed<WriteAccounts>, store: Data<Records>, path: RecordPath) -> Result<Reply, Problem> {
    let id = path.get()?;
    change(&allowed, &store, move |store, actor| accounts::enable(store, actor, id)).await
}

/// Reset an account: passphrase, second factor, sessions and tokens are gone, and a link for new ones is made. The person is told
/// at the next sign-in.
#[utoipa::path(
    tag = "accounts",
    operation_id = "reset_account",
    params(("id" = String, Path, format = Uuid)),
    security(("bearer" = ["write_accounts"])),
    responses((status = 200, description = "Reset", body = AccountChange))
)]
#[post("/{id}/reset")]
pub async fn reset(allowed: Allowed<WriteAccounts>, store: Data<Records>, path: RecordPath) -> Result<Reply, Problem> {
    let id = path.get()?;
    change(&allowed, &store, move |store, actor| accounts::reset(store, actor, id)).await
}

/// Give an account another role. Who is to see cases, or to approve others, sets passphrase and second factor anew.
#[utoipa::path(
    tag = "accounts",
    operation_id = "change_role",
    params(("id" = String, Path, format = Uuid)),
    request_body = NewRole,
    security(("bearer" = ["write_accounts"])),
    responses((status = 200, description = "Changed", body = AccountChange))
)]
#[post("/{id}/role")]
pub async fn set_role(
    allowed: Allowed<WriteAccounts>,
    store: Data<Records>,
    path: RecordPath,
    body: Body,
) -> Result<Reply, Problem> {
    let id = path.get()?;
    let role = read_role(body.read::<NewRole>()?.role.as_deref())?;
    change(&allowed, &store, move |store, actor| accounts::set_role(store, actor, id, role)).await
}

/// The addresses, below that of accounts.
pub fn services(config: &mut utoipa_actix_web::service_config::ServiceConfig) {
    config.service(list).service(add).service(disable).service(enable).service(reset).service(set_role);
}
