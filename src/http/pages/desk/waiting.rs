//! What waits for a publisher: releases to sign or to publish, public lists to sign, and figures that another one has confirmed.

use crate::domain::record::Noun;
use crate::exchange::formats::words;
use crate::http::pages::here::{self, link};
use crate::http::pages::parts::{Cell, Table};
use crate::http::pages::words::{say, t};
use crate::store::error::StoreError;
use crate::store::lists;
use crate::store::publicity;
use crate::store::releases::{self, State};
use crate::store::session::Session;

use super::shown;

/// Reads what waits for the reader, who publishes.
///
/// # Errors
/// The database's own.
pub fn read(session: &mut Session<'_>) -> Result<Vec<Vec<Cell>>, StoreError> {
    let own = session.reader().account;
    let mut rows = Vec::new();
    for release in releases::list(session.conn())?.iter().filter(|release| release.state == State::Prepared) {
        let missing = releases::missing(session.conn(), release)?;
        let signed = release.signatures.iter().any(|by| by.id == own);
        let what = match (missing, signed) {
            (0, _) => t("It is signed: it can be published, after a last question.").to_owned(),
            (_, false) => say("It waits for your signature. Signatures that are missing: {}.", &[&missing]),
            // Others are to sign it; whoever has signed can do nothing more.
            (_, true) => continue,
        };
        let address = link(&format!("/desk/releases/{}", release.id));
        let name = Cell::Link(address, release.content.id.clone());
        rows.push(vec![name, t("Release").into(), what.into()]);
    }
    for made in lists::declarations(session.conn())? {
        let signed = made.signatures.iter().any(|by| by.id == own);
        if made.state != lists::State::Proposed || signed {
            continue;
        }
        let missing = lists::missing(session.conn(), &made)?;
        let what = say("It waits for your signature. Signatures that are missing: {}.", &[&missing]);
        let name = words::heading(&made.dimension, here::language()).to_owned();
        rows.push(vec![Cell::Link(link("/desk/lists"), name), t("Public list").into(), what.into()]);
    }
    for waiting in publicity::waiting(session)? {
        let by = waiting.confirmations.into_iter().map(|one| one.account).collect::<Vec<_>>().join(", ");
        let what = say("{} has confirmed what it says. Look at it: with you it can become public.", &[&by]);
        let name = Cell::Link(shown::address(Noun::Figure, waiting.figure), waiting.code);
        rows.push(vec![name, t("Figure").into(), what.into()]);
    }
    Ok(rows)
}

/// The same as a table; none where nothing waits.
pub fn table(rows: Vec<Vec<Cell>>) -> Option<Table> {
    let heads = ["Code", "What", "What it waits for"].map(|head| t(head).to_owned()).to_vec();
    (!rows.is_empty()).then(|| Table { caption: t("What waits for you").to_owned(), heads, numbers: Vec::new(), rows })
}
