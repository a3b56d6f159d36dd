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

    /// Whether it reads what is recorded about persons.
    pub fn sees_cases(self) -> bool {
        allows_some(self, Action::ReadCases)
    }

    /// Whether persons may be given into its care.
    pub fn owns_persons(self) -> bool {
        self.sees_cases()
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

macro_rules! actions {
    ($($(#[doc = $doc:literal])* $name:ident = $word:literal [$($cell:literal),*];)*) => {
        /// What can be done with what is not public.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Action {
            $($(#[doc = $doc])* $name,)*
        }

        impl Action {
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            pub fn name(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }

            /// The action's row of the table: a cell for each role, in the order of [`Role::ALL`].
            fn row(self) -> [&'static str; 5] {
                match self { $(Self::$name => [$($cell),*],)* }
            }
        }
    };
}

// The table of role by action by state of the record. A cell lists the states in which the role may:
// `-` the action concerns no person; `o` one's own person, `x` another's, `l` a sealed one to whose list the account belongs.
// Nobody may anything with a person who is sealed to them, or erased: to them there is none.
actions! {
    // action                                           admin caseworker publisher researcher auditor
    /// Read persons, incidents, sources and events, and their history.
    ReadCases = "read_cases"                            ["", "-oxl", "-oxl", "", ""];
    /// Enter, correct, withdraw and restore them.
    WriteCases = "write_cases"                          ["", "-oxl", "-oxl", "", ""];
    /// Read personal text, and search it.
    ReadTexts = "read_texts"                            ["", "-oxl", "-oxl", "", ""];
    /// Seal a person, change who is on the list, and take the seal away.
    Seal = "seal"                                       ["", "o", "oxl", "", ""];
    /// With another, put somebody on the list of a seal of which nobody is left, and see that there are such.
    OpenSeals = "open_seals"                            ["", "", "-", "", ""];
    /// Erase a person, or what names a source.
    Erase = "erase"                                     ["", "o", "-oxl", "", ""];
    /// Give a person into the care of another account, or take it into one's own.
    ChangeOwner = "change_owner"                        ["", "o", "oxl", "", ""];
    /// Read publications and figures, drafts too.
    ReadFigures = "read_figures"                        ["", "-", "-", "", ""];
    /// Enter and correct drafts of publications and figures.
    WriteFigures = "write_figures"                      ["", "-", "-", "", ""];
    /// Make a publication or figure public, or change one that is.
    Publish = "publish"                                 ["", "", "-", "", ""];
    /// See releases with their plan: what they publish and withhold, and why.
    ReadReleases = "read_releases"                      ["", "-", "-", "", ""];
    /// Prepare, sign, publish, withdraw and discard releases.
    Release = "release"                                 ["", "", "-", "", ""];
    ReadTerms = "read_terms"                            ["-", "-", "-", "", ""];
    WriteTerms = "write_terms"                          ["-", "", "", "", ""];
    /// Ask for exact aggregates.
    ReadAggregates = "read_aggregates"                  ["", "-", "-", "-", ""];
    /// Hold published figures against the records.
    Reconcile = "reconcile"                             ["", "-", "-", "-", ""];
    /// Hold any figure against the records, and see which of them make a difference.
    ReconcileRecords = "reconcile_records"              ["", "-", "-", "", ""];
    ReadAudit = "read_audit"                            ["", "", "", "", "-"];
    /// See who has an account.
    ReadAccounts = "read_accounts"                      ["-", "", "", "", ""];
    /// Add, disable and reset accounts, and change their role.
    WriteAccounts = "write_accounts"                    ["-", "", "", "", ""];
    /// Approve that somebody who sees cases gets a new way to sign in.
    ApproveAccounts = "approve_accounts"                ["-", "", "-", "", ""];
    /// See and end one's own sessions and tokens.
    KeepOwnAccount = "keep_own_account"                 ["-", "-", "-", "-", "-"];
    /// See and cancel the long work that one has asked for. Every token may that may ask for some.
    OwnJobs = "own_jobs"                                ["", "-", "-", "", ""];
}

/// How a record stands to somebody, by the person whom it concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Standing {
    /// The action or the record concerns no person.
    Nobody,
    /// The account is the person's owner.
    Own,
    /// Another account is, and the person is not sealed.
    Others,
    /// Another account is, and the person is sealed with this account on the list.
    Listed,
    /// The person is sealed, and the account is not on the list.
    Sealed,
    /// There was such a person, who was erased.
    Erased,
}

impl Standing {
    pub const ALL: [Self; 6] = [Self::Nobody, Self::Own, Self::Others, Self::Listed, Self::Sealed, Self::Erased];

    fn letter(self) -> char {
        match self {
            Self::Nobody => '-',
            Self::Own => 'o',
            Self::Others => 'x',
            Self::Listed => 'l',
            Self::Sealed => 's',
            Self::Erased => 'e',
        }
    }
}

/// Whether the table lets a role do something with a record that stands so to it.
pub fn allows(role: Role, action: Action, standing: Standing) -> bool {
    let column = Role::ALL.into_iter().position(|other| other == role);
    column.is_some_and(|column| action.row()[column].contains(standing.letter()))
}

/// Whether the table lets a role do something with any record at all.
fn allows_some(role: Role, action: Action) -> bool {
    Standing::ALL.into_iter().any(|standing| allows(role, action, standing))
}

/// Somebody who is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    pub account: RecordId,
    pub name: String,
    pub role: Role,
    /// What a token is limited to; all that the role may where there is no limit.
    pub scopes: Option<Vec<Action>>,
}

impl Actor {
    /// Somebody with all the rights of the role.
    pub fn new(account: RecordId, name: impl Into<String>, role: Role) -> Self {
        Self { account, name: name.into(), role, scopes: None }
    }

    /// Whether a token's limits leave the action.
    fn within_scopes(&self, action: Action) -> bool {
        action == Action::OwnJobs || self.scopes.as_ref().is_none_or(|scopes| scopes.contains(&action))
    }
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

    /// Whether the action is allowed with a record that stands so to the actor.
    ///
    /// # Errors
    /// [`Denied`], where the table does not name the standing.
    pub fn on(&self, standing: Standing) -> Result<(), Denied> {
        let role = self.actor.role;
        if allows(role, self.action, standing) { Ok(()) } else { Err(Denied { role, action: self.action }) }
    }
}

/// The policy's no.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the role {role} may not {}", .action.name())]
pub struct Denied {
    pub role: Role,
    pub action: Action,
}

/// Decides whether an actor may do something at all; [`Permit::on`] decides it for one record.
///
/// # Errors
/// [`Denied`], where the table does not name the actor's role with the action, or the actor's token leaves it out.
pub fn decide(actor: &Actor, action: Action) -> Result<Permit, Denied> {
    if allows_some(actor.role, action) && actor.within_scopes(action) {
        Ok(Permit { actor: actor.clone(), action })
    } else {
        Err(Denied { role: actor.role, action })
    }
}
