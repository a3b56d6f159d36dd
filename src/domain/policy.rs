//! Who may do what: one table, asked by every address. Whoever commands the machine itself is not asked.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;
use utoipa::ToSchema;

use super::record::RecordId;

/// What an account is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Keeps accounts, keys and vocabularies; sees no case.
    Admin,
    /// Enters and reads cases.
    Caseworker,
    /// A caseworker who may publish.
    Publisher,
    /// Asks for aggregates; sees no record.
    Researcher,
    /// Reads the audit and checks its integrity; sees no content.
    Auditor,
}

impl Role {
    pub const ALL: [Self; 5] = [Self::Admin, Self::Caseworker, Self::Publisher, Self::Researcher, Self::Auditor];

    pub fn name(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Caseworker => "caseworker",
            Self::Publisher => "publisher",
            Self::Researcher => "researcher",
            Self::Auditor => "auditor",
        }
    }

    /// Whether persons may be given into its care.
    pub fn owns_persons(self) -> bool {
        allows(self, Action::WriteCases)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Role {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|role| role.name() == text);
        found.ok_or_else(|| format!("`{text}` is no role; expected one of {}", Self::ALL.map(Self::name).join(", ")))
    }
}

/// What can be done with what is not public.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// Read persons, incidents, sources and events, and their history.
    ReadCases,
    WriteCases,
    /// Read publications and figures, drafts too.
    ReadFigures,
    /// Enter and correct drafts of publications and figures.
    WriteFigures,
    /// Make a publication or figure public, or change one that is.
    Publish,
    ReadTerms,
    WriteTerms,
    /// Ask for exact aggregates.
    ReadAggregates,
    /// Hold published figures against the records.
    Reconcile,
    /// Hold any figure against the records, and see which of them make a difference.
    ReconcileRecords,
    ReadAudit,
}

impl Action {
    pub const ALL: [Self; 11] = [
        Self::ReadCases,
        Self::WriteCases,
        Self::ReadFigures,
        Self::WriteFigures,
        Self::Publish,
        Self::ReadTerms,
        Self::WriteTerms,
        Self::ReadAggregates,
        Self::Reconcile,
        Self::ReconcileRecords,
        Self::ReadAudit,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::ReadCases => "read_cases",
            Self::WriteCases => "write_cases",
            Self::ReadFigures => "read_figures",
            Self::WriteFigures => "write_figures",
            Self::Publish => "publish",
            Self::ReadTerms => "read_terms",
            Self::WriteTerms => "write_terms",
            Self::ReadAggregates => "read_aggregates",
            Self::Reconcile => "reconcile",
            Self::ReconcileRecords => "reconcile_records",
            Self::ReadAudit => "read_audit",
        }
    }
}

/// The table. A role that is not named with an action may not do it.
fn roles(action: Action) -> &'static [Role] {
    use Role::{Admin, Auditor, Caseworker, Publisher, Researcher};
    match action {
        Action::ReadCases | Action::WriteCases | Action::ReconcileRecords => &[Caseworker, Publisher],
        Action::ReadFigures | Action::WriteFigures => &[Caseworker, Publisher],
        Action::Publish => &[Publisher],
        Action::ReadTerms => &[Admin, Caseworker, Publisher],
        Action::WriteTerms => &[Admin],
        Action::ReadAggregates | Action::Reconcile => &[Caseworker, Publisher, Researcher],
        Action::ReadAudit => &[Auditor],
    }
}

fn allows(role: Role, action: Action) -> bool {
    roles(action).contains(&role)
}

/// Somebody who is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    pub account: RecordId,
    pub name: String,
    pub role: Role,
}

/// Proof that the policy allowed an action to an actor; only [`decide`] makes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permit {
    actor: Actor,
    action: Action,
}

impl Permit {
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    pub fn action(&self) -> Action {
        self.action
    }
}

/// The policy's no.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a {role} may not {}", .action.name())]
pub struct Denied {
    pub role: Role,
    pub action: Action,
}

/// Decides whether an actor may do something.
///
/// # Errors
/// [`Denied`], where the table does not name the actor's role with the action.
pub fn decide(actor: &Actor, action: Action) -> Result<Permit, Denied> {
    if allows(actor.role, action) {
        Ok(Permit { actor: actor.clone(), action })
    } else {
        Err(Denied { role: actor.role, action })
    }
}
