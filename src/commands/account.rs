//! Accounts on the command line: whoever commands the machine starts them, and is asked for a second person from the second admin on.

use crate::config::{AccountCommand, AccountName};
use crate::domain::record::RecordId;
use crate::store::accounts::{self, Account, Changed, host};
use crate::store::database::Store;
use crate::store::error::StoreError;

use super::{Done, open_existing};
use std::process::ExitCode;

type Change = fn(&Store, &crate::domain::policy::Actor, RecordId) -> Result<Changed, StoreError>;

/// Does what was asked for.
///
/// # Errors
/// One line that names the option that was wrong.
pub fn keep(command: AccountCommand) -> Done {
    match command {
        AccountCommand::Add { name, role, database } => {
            let store = open_existing(&database)?;
            tell(&accounts::add(&store, &host(), &name, role).map_err(named)?);
        }
        AccountCommand::Role { name, role, database } => {
            let store = open_existing(&database)?;
            let id = find(&store, &name)?.id;
            tell(&accounts::set_role(&store, &host(), id, role).map_err(named)?);
        }
        AccountCommand::Disable(name) => change(&name, accounts::disable)?,
        AccountCommand::Enable(name) => change(&name, accounts::enable)?,
        AccountCommand::Reset(name) => change(&name, accounts::reset)?,
        AccountCommand::List { database } => {
            for account in open_existing(&database)?.look(|conn| Ok(accounts::list(conn)?))? {
                let Account { name, role, state, enrolled, created_at, .. } = account;
                let enrolled = if enrolled { "enrolled" } else { "" };
                println!("{}", format!("{name} {role} {} {} {enrolled}", state.name(), created_at.day()).trim_end());
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn change(AccountName { name, database }: &AccountName, change: Change) -> Result<(), Box<dyn std::error::Error>> {
    let store = open_existing(database)?;
    let id = find(&store, name)?.id;
    tell(&change(&store, &host(), id).map_err(named)?);
    Ok(())
}

fn find(store: &Store, name: &str) -> Result<Account, Box<dyn std::error::Error>> {
    let found = store.look(|conn| Ok(accounts::named(conn, name)?))?;
    let found = found.filter(|account| account.id != accounts::HOST);
    found.ok_or_else(|| format!("--name: there is no account `{name}`").into())
}

/// The error as the command line tells it.
fn named(why: StoreError) -> Box<dyn std::error::Error> {
    match why {
        StoreError::Invalid(invalid) => {
            let lines: Vec<_> =
                invalid.0.iter().map(|error| format!("--{}: expected {}", error.field, error.expected)).collect();
            lines.join("; ").into()
        }
        StoreError::Refused(why) => format!("--name: {why}").into(),
        why => why.into(),
    }
}

/// Prints the link, where there is one, and what is to be done with it.
fn tell(changed: &Changed) {
    let Account { name, role, state, .. } = &changed.account;
    let Some(link) = &changed.link else {
        println!("{name} {role} {}", state.name());
        return;
    };
    println!("{}", link.path());
    let until = link.expires_at.0.format("%Y-%m-%d %H:%M UTC");
    println!("good once, until {until}: hand it to {name} on a safe way");
    if link.needs_approval {
        println!("it works when a second person, an admin or publisher, has approved of it: enrolment {}", link.id);
    }
}
