//! The built-in vocabularies, installed at first start, and the founding data set, loaded by the demonstration. Both are
//! files of `seed-data/`, read by the importer like any other.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::domain::record::Noun;
use crate::domain::release::declare::DeclarationEntry;
use crate::domain::release::lists::ListEntry;
use crate::domain::vocabulary::LISTS;
use crate::store::accounts;
use crate::store::database::Store;
use crate::store::error::StoreError;
use crate::store::instance;
use crate::store::session::Tx;
use crate::store::terms;
use crate::store::{lists, publishing, releases};

use super::formats::Language;
use super::import::{self, File, ImportError, Progress, Report};

macro_rules! seed {
    ($noun:ident, $($path:literal),+ $(,)?) => {
        vec![$(File {
            noun: Noun::$noun,
            name: concat!("seed-data/", $path).to_owned(),
            bytes: include_bytes!(concat!("../../seed-data/", $path)).to_vec(),
        }),+]
    };
}

fn vocabularies() -> Vec<File> {
    seed!(
        Term,
        "vocabularies/special.csv",
        "vocabularies/family.csv",
        "vocabularies/kind.csv",
        "vocabularies/ground.csv",
        "vocabularies/place.csv",
        "vocabularies/actor.csv",
        "vocabularies/involvement_role.csv",
        "vocabularies/degree.csv",
        "vocabularies/sex.csv",
        "vocabularies/age_group.csv",
        "vocabularies/source_type.csv",
        "vocabularies/reliability.csv",
        "vocabularies/credence.csv",
        "vocabularies/definition.csv",
        "vocabularies/consent_manner.csv",
    )
}

/// What a definition that comes with Attest is called. The public side does not read the organisation's own lists, of which a
/// release holds what it needs.
pub fn definition(code: &str, language: Language) -> Option<&'static str> {
    static LABELS: LazyLock<HashMap<String, [String; 2]>> = LazyLock::new(|| {
        let rows =
            cells(include_bytes!("../../seed-data/vocabularies/definition.csv"), ["code", "label_en", "label_ru"]);
        rows.into_iter().map(|[code, english, russian]| (code, [english, russian])).collect()
    });
    let [english, russian] = LABELS.get(code)?;
    Some(language.pick(english, russian))
}

/// Some columns of a built-in file, by row.
fn cells<const N: usize>(file: &[u8], columns: [&str; N]) -> Vec<[String; N]> {
    let mut rows = csv::Reader::from_reader(file);
    let heads = rows.headers().cloned().unwrap_or_default();
    let columns = columns.map(|name| heads.iter().position(|head| head == name));
    let row = |row: csv::StringRecord| {
        let cells: Option<Vec<_>> = columns.iter().map(|column| Some(row.get((*column)?)?.to_owned())).collect();
        cells?.try_into().ok()
    };
    rows.records().flatten().filter_map(row).collect()
}

/// Where a built-in term stands among all of them, in the order of their files.
pub fn position(vocabulary: &str, code: &str) -> Option<usize> {
    static PLACES: LazyLock<HashMap<(String, String), usize>> = LazyLock::new(|| {
        let terms = vocabularies().into_iter().flat_map(|file| cells(&file.bytes, ["vocabulary", "code"]));
        terms.enumerate().map(|(at, term)| (term.into(), at)).collect()
    });
    PLACES.get(&(vocabulary.to_owned(), code.to_owned())).copied()
}

fn founding_data() -> Vec<File> {
    [
        seed!(Publication, "publications.csv"),
        seed!(Figure, "figures.csv"),
        seed!(Event, "events.csv"),
        seed!(Source, "sources.csv"),
        seed!(Person, "persons.csv"),
        seed!(Incident, "incidents.csv"),
    ]
    .concat()
}

fn unseen() -> Progress {
    Box::new(|_| {})
}

/// Installs what a new database needs: the host's account and the built-in vocabularies. Of any other it gets the
/// vocabularies that it lacks whole, because it was made by an older version.
///
/// # Errors
/// Why it could not.
pub fn install(store: &Store) -> Result<(), ImportError> {
    let (has_host, lists) = store.look(|conn| Ok((accounts::has_host(conn)?, terms::lists(conn)?)))?;
    let mut missing = vocabularies();
    missing.retain(|file| !lists.iter().any(|list| file.name.ends_with(&format!("/{list}.csv"))));
    if has_host && missing.is_empty() {
        return Ok(());
    }
    let host = move |tx: &mut Tx<'_>| if has_host { Ok(()) } else { Ok(accounts::install_host(tx)?) };
    let installed = import::run(store, &accounts::host(), missing, false, host, unseen());
    match installed {
        Ok(_) => Ok(()),
        // Another process may have been first.
        Err(_) if store.look(|conn| Ok(terms::lists(conn)?.len() == LISTS.len()))? => Ok(()),
        Err(why) => Err(why),
    }
}

/// Loads the founding data set and marks the database as a demonstration, in one write. Does nothing where it is one.
///
/// # Errors
/// [`SeedError::NotEmpty`] where the database holds other records.
pub fn load_demo(store: &Store, progress: Progress) -> Result<Option<Report>, SeedError> {
    if store.look(|conn| Ok(instance::is_demo(conn)?))? {
        return Ok(None);
    }
    if !store.look(|conn| Ok(instance::is_empty(conn)?))? {
        return Err(SeedError::NotEmpty);
    }
    let mark = |tx: &mut Tx<'_>| Ok(instance::mark_demo(tx)?);
    match import::run(store, &accounts::host(), founding_data(), false, mark, progress) {
        Ok(report) => Ok(Some(report)),
        // Another process may have been first.
        Err(_) if store.look(|conn| Ok(instance::is_demo(conn)?))? => Ok(None),
        Err(why) => Err(why.into()),
    }
}

/// The public lists of the founding data.
const FOUNDING_LISTS: &str = include_str!("../../seed-data/lists/founding.json");
/// The public lists of invented records.
pub const INVENTED_LISTS: &str = include_str!("../../seed-data/lists/invented.json");

/// Declares the public lists of a file, and puts them in force. Does nothing of dimensions that have a list.
///
/// # Errors
/// What declaring a list gives.
pub fn declare_lists(store: &Store, file: &str) -> Result<(), SeedError> {
    let entries: Vec<ListEntry> = serde_json::from_str(file)?;
    let known = store.look(|conn| Ok(lists::declarations(conn)?))?;
    let host = accounts::host();
    for entry in entries {
        if known.iter().any(|made| Some(&made.dimension) == entry.dimension.as_ref()) {
            continue;
        }
        let made = lists::propose(store, &host, entry, 1)?;
        lists::sign(store, &host, made.id, made.version, 1)?;
    }
    Ok(())
}

/// Publishes the release of the demonstration, which is dated like the publication that it follows. Does nothing where it is there.
///
/// # Errors
/// What making a release gives.
pub fn publish_demo(store: &Store) -> Result<(), SeedError> {
    let entry: DeclarationEntry = serde_json::from_str(include_str!("../../seed-data/releases/2018-04-03.json"))?;
    let code = entry.id.clone().unwrap_or_default();
    if store.look(|conn| Ok(releases::by_code(conn, &code)?))?.is_some() {
        return Ok(());
    }
    declare_lists(store, FOUNDING_LISTS)?;
    let host = accounts::host();
    let (release, _) = publishing::prepare(store, &host, &entry, None, 1)?;
    let release = releases::sign(store, &host, release.id, release.version)?;
    publishing::publish(store, &host, release.id, release.version, 1)?;
    Ok(())
}

/// Why the founding data set was not loaded.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    #[error("the database holds records of its own; name an empty one or leave --database-url out")]
    NotEmpty,
    #[error(transparent)]
    Import(#[from] ImportError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the declaration of its release: {0}")]
    Declaration(#[from] serde_json::Error),
}
