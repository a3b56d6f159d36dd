//! All that a release is computed from, and the frozen content that comes of it.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};

use crate::domain::check::{Checker, Register};
use crate::domain::dimension::{Values, dimension};
use crate::domain::record::Times;
use crate::domain::release::content::{Content, FORMAT, PublicTerm, SignedFigure};
use crate::domain::release::declare::{Declaration, DeclarationEntry};
use crate::domain::release::mask::{self, Input, Progress};
use crate::domain::release::plan::Plan;
use crate::domain::vocabulary::{SPECIAL, Vocabulary};

use super::chain::hex;
use super::error::{StoreError, corrupt};
use super::people::{self, Loaded};
use super::session::Session;
use super::{released, terms};

/// All that a release is computed from. The same material gives the same content.
#[derive(Debug, PartialEq)]
pub(super) struct Material {
    declaration: Declaration,
    loaded: Loaded,
    earlier: Vec<Content>,
    /// As the lists stood at the write of the release: what was counted.
    counted: Vocabulary,
    /// As they stand: what terms are called.
    words: Vocabulary,
    signatures: u8,
}

/// A release as it would be published.
#[derive(Debug, Clone)]
pub(super) struct Frozen {
    pub content: Content,
    pub bytes: String,
    pub hash: String,
    pub plan: Plan,
}

impl Material {
    /// Reads what a declaration asks for. `now` are the times where it names none.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] with every mistake of the declaration.
    pub fn gather(
        session: &mut Session<'_>,
        entry: &DeclarationEntry,
        now: Times,
        signatures: u8,
    ) -> Result<Self, StoreError> {
        let declaration = entry.clone().check(Checker::new(session), now)?;
        let (today, words) = (session.today(), session.vocabulary().clone());
        let conn = session.conn();
        let earlier: Vec<_> = released::all(conn)?.into_iter().map(|released| released.content).collect();
        let counted = terms::vocabulary(conn, Some(declaration.at_write))?;
        let loaded = people::load(conn, &declaration, &earlier, today)?;
        Ok(Self { declaration, loaded, earlier, counted, words, signatures })
    }

    /// The declaration with all its times, so that it says the same at any later time.
    pub fn settled(&self, entry: &DeclarationEntry) -> DeclarationEntry {
        let Declaration { date, as_of, at_write, .. } = &self.declaration;
        let (date, as_of) = (Some(date.to_string()), Some(as_of.to_string()));
        DeclarationEntry { date, as_of, at_write: Some(*at_write), ..entry.clone() }
    }

    /// Masks the tables. It can take minutes, and needs no database.
    ///
    /// # Errors
    /// [`StoreError::Blocked`] with what stands in the way.
    pub fn freeze(&self, progress: Progress<'_>) -> Result<Frozen, StoreError> {
        let Self { declaration, loaded, earlier, counted, .. } = self;
        if !loaded.known.blocks.is_empty() {
            return Err(StoreError::Blocked(loaded.known.blocks.clone()));
        }
        let input = Input {
            tables: &declaration.tables,
            thresholds: declaration.thresholds,
            vocabulary: counted,
            people: &loaded.people,
            known: &loaded.known.cells,
            signed: &loaded.known.signed,
            earlier,
        };
        let masked = mask::mask(&input, progress).map_err(StoreError::Blocked)?;
        let figures = loaded.known.figures.iter().zip(masked.computed);
        let content = Content {
            format: FORMAT.to_owned(),
            id: declaration.id.clone(),
            title: declaration.title.clone(),
            publisher: declaration.publisher.clone(),
            date: declaration.date,
            as_of: declaration.as_of,
            at_write: declaration.at_write,
            thresholds: declaration.thresholds,
            signatures: self.signatures,
            tables: masked.tables,
            figures: figures.map(|(figure, computed)| SignedFigure { computed, ..figure.clone() }).collect(),
            terms: self.terms(),
        };
        let bytes = content.to_json().map_err(corrupt)?;
        let hash = hex(&Sha256::digest(&bytes));
        let plan = Plan { without_consent: loaded.without_consent, ..masked.plan };
        Ok(Frozen { content, bytes, hash, plan })
    }

    /// The terms that the tables and figures speak of, with the wider ones, and those that mean the same in every list.
    fn terms(&self) -> BTreeMap<String, Vec<PublicTerm>> {
        let mut said: BTreeSet<(String, String)> = BTreeSet::new();
        let mut say = |list: &str, code: &str| {
            said.insert((list.to_owned(), code.to_owned()));
        };
        let list_of = |name: &str| match dimension(name)?.values {
            Values::Vocabulary { name, .. } => Some(name),
            _ => None,
        };
        self.words.active(SPECIAL).for_each(|term| say(SPECIAL, &term.code));
        for spec in &self.declaration.tables {
            for (_, axis) in &spec.by {
                let codes = axis.codes.iter().chain(&axis.pooled);
                let list = axis.vocabulary.as_deref();
                list.into_iter().for_each(|list| codes.clone().for_each(|code| say(list, code)));
            }
        }
        let tables = self.declaration.tables.iter().map(|spec| (&spec.filters, &spec.with));
        let figures = self.loaded.known.signed.iter().map(|figure| (&figure.query.filters, &figure.query.with));
        for (filters, with) in tables.chain(figures) {
            with.iter().for_each(|kind| say("kind", kind));
            for (list, codes) in filters.iter().filter_map(|(name, codes)| Some((list_of(name)?, codes))) {
                codes.iter().for_each(|code| say(list, code));
            }
        }
        let mut terms: BTreeMap<String, Vec<PublicTerm>> = BTreeMap::new();
        let mut left: Vec<_> = said.iter().cloned().collect();
        while let Some((list, code)) = left.pop() {
            // The codes that mean the same everywhere are terms of their own list alone.
            let Some(term) = self.words.term(&list, &code) else { continue };
            let wider = term.broader.iter().map(|wider| (list.clone(), wider.clone()));
            let family = term.family.iter().map(|family| ("family".to_owned(), family.clone()));
            left.extend(wider.chain(family).filter(|next| said.insert(next.clone())));
            let (broader, family, texts) = (term.broader.clone(), term.family.clone(), term.texts.clone());
            terms.entry(list).or_default().push(PublicTerm { code, broader, family, texts });
        }
        terms.values_mut().for_each(|list| list.sort_by(|one, other| one.code.cmp(&other.code)));
        terms
    }
}
