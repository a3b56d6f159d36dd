//! All that a release is computed from, and the frozen content that comes of it.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};

use crate::domain::aggregate::Measure;
use crate::domain::check::{Checker, Register};
use crate::domain::dimension::{Values, dimension};
use crate::domain::record::Times;
use crate::domain::release::content::{Content, FORMAT, PublicTerm, SignedFigure};
use crate::domain::release::declare::{Before, Crossing, Declaration, DeclarationEntry};
use crate::domain::release::lists::List;
use crate::domain::release::masking::{self, Earlier, Input};
use crate::domain::release::plan::Plan;
use crate::domain::vocabulary::{SPECIAL, Vocabulary};

use super::chain::hex;
use super::error::{StoreError, corrupt};
use super::people::{self, Loaded};
use super::session::Session;
use super::{lists, released, terms};

/// All that a release is computed from. The same material gives the same content.
#[derive(Debug)]
pub(super) struct Material {
    declaration: Declaration,
    lists: Vec<List>,
    loaded: Loaded,
    earlier: Vec<Earlier>,
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
    /// What later releases must remember, as JSON.
    pub told: String,
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
        let earlier = released::told(session.conn())?;
        let before = before(session, &earlier)?;
        let declaration = entry.clone().check(Checker::new(session), now, &before)?;
        let (today, words) = (session.today(), session.vocabulary().clone());
        let conn = session.conn();
        let counted = terms::vocabulary(conn, Some(declaration.at_write))?;
        let loaded = people::load(conn, &declaration, &before.lists, today)?;
        Ok(Self { declaration, lists: before.lists, loaded, earlier, counted, words, signatures })
    }

    /// The declaration with all its times, so that it says the same at any later time.
    pub fn settled(&self, entry: &DeclarationEntry) -> DeclarationEntry {
        let Declaration { date, as_of, at_write, .. } = &self.declaration;
        let (date, as_of) = (Some(date.to_string()), Some(as_of.to_string()));
        DeclarationEntry { date, as_of, at_write: Some(*at_write), ..entry.clone() }
    }

    /// A digest of all that the content depends on: whoever has the same digest need not compute it again.
    ///
    /// # Errors
    /// That there is no JSON for it, which no material is known to cause.
    pub fn digest(&self) -> Result<String, StoreError> {
        let figures =
            self.loaded.known.signed.iter().map(|figure| (&figure.id, figure.query.canonical(), figure.known));
        let cells = self.loaded.known.cells.iter().map(|(table, cells)| (table, cells.iter().collect::<Vec<_>>()));
        let lists = self.lists.iter().map(|list| (list.dimension.code, &list.declared.codes, &list.declared.extents));
        let earlier = self.earlier.iter().map(|release| (&release.id, release.withdrawn, &release.told));
        let parts = serde_json::to_vec(&(
            (FORMAT, masking::RULE, format!("{:?}", self.declaration)),
            &self.loaded.people,
            self.loaded.without_consent,
            cells.collect::<Vec<_>>(),
            (figures.collect::<Vec<_>>(), &self.loaded.known.figures, &self.loaded.known.blocks),
            lists.collect::<Vec<_>>(),
            earlier.collect::<Vec<_>>(),
            (self.terms(), format!("{:?}", self.counted), self.signatures),
        ));
        Ok(hex(&Sha256::digest(parts.map_err(corrupt)?)))
    }

    /// Masks the tables. It needs no database.
    ///
    /// # Errors
    /// [`StoreError::Blocked`] with what stands in the way.
    pub fn freeze(&self) -> Result<Frozen, StoreError> {
        let Self { declaration, lists, loaded, earlier, counted, .. } = self;
        if !loaded.known.blocks.is_empty() {
            return Err(StoreError::Blocked(loaded.known.blocks.clone()));
        }
        let input = Input {
            declaration,
            lists,
            vocabulary: counted,
            people: &loaded.people,
            known: &loaded.known.cells,
            signed: &loaded.known.signed,
            earlier,
        };
        let masked = masking::mask(&input).map_err(StoreError::Blocked)?;
        let figures = loaded.known.figures.iter().zip(masked.computed);
        let content = Content {
            format: FORMAT.to_owned(),
            id: declaration.id.clone(),
            title: declaration.title.clone(),
            publisher: declaration.publisher.clone(),
            date: declaration.date,
            as_of: declaration.as_of,
            persons: declaration.persons,
            signatures: self.signatures,
            tables: masked.tables,
            figures: figures.map(|(figure, computed)| SignedFigure { computed, ..figure.clone() }).collect(),
            terms: self.terms(),
        };
        let bytes = content.to_json().map_err(corrupt)?;
        let hash = hex(&Sha256::digest(&bytes));
        let plan = Plan { without_consent: loaded.without_consent, ..masked.plan };
        let told = serde_json::to_string(&masked.told).map_err(corrupt)?;
        Ok(Frozen { content, bytes, hash, plan, told })
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
        for (table, spec) in self.declaration.tables.iter().enumerate() {
            for (at, dimension) in spec.by.iter().enumerate() {
                let Some(list) = list_of(dimension.code) else { continue };
                let listed =
                    self.lists.iter().filter(|own| own.dimension == *dimension).flat_map(|own| &own.declared.codes);
                if spec.basis.has_case_files() {
                    listed.for_each(|code| say(list, code));
                }
                let places = self.loaded.known.cells.get(&table).into_iter().flat_map(BTreeMap::keys);
                places.for_each(|place| say(list, &place[at]));
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

/// What a declaration stands on.
fn before(session: &mut Session<'_>, earlier: &[Earlier]) -> Result<Before, StoreError> {
    let of_cases = || earlier.iter().filter(|release| !release.told.is_empty());
    let measure = |number| if number == Measure::Persons.number() { Measure::Persons } else { Measure::Incidents };
    let mut crossings = Vec::new();
    for (number, by) in of_cases().flat_map(|release| release.told.crossings()) {
        let by = by.iter().map(|name| dimension(name).map(|dimension| dimension.code)).collect::<Option<Vec<_>>>();
        crossings.push(Crossing::new(measure(number), by.ok_or_else(|| corrupt("a crossing of no dimension"))?));
    }
    crossings.sort();
    crossings.dedup();
    let persons = of_cases().next().map(|release| u32::try_from(release.told.t).map_err(corrupt)).transpose()?;
    Ok(Before { lists: lists::in_force(session.conn())?, persons, crossings })
}
