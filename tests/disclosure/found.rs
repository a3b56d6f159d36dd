//! Where the attacker has won, as small as could be made: each stays as a test.

use std::collections::{BTreeMap, BTreeSet};

use attest::domain::aggregate::{Measure, Query, Totals};
use attest::domain::count::Count;
use attest::domain::release::content::Thresholds;
use attest::domain::release::declare::TableSpec;
use attest::domain::release::mask::{self, Input, Signed};
use attest::domain::release::people::{Incident, Person, Values};

use super::attack::attack;
use super::findings::{Finding, Report};
use super::public::publish;
use super::schema::{Schema, crossed, single};
use super::small::spec;
use super::world::{Known, Wave, World};

/// So many persons of a sex, ground and origin, each with incidents of these kinds.
type Row<'r> = (usize, &'r [&'static str], &'r [&'static str]);

struct Case {
    schema: Schema,
    dimensions: Vec<&'static str>,
    thresholds: Thresholds,
    waves: Vec<Wave>,
}

impl Case {
    /// By dimension of persons its codes; the kinds of incident.
    fn new(persons: &[(&'static str, &[&'static str])], kinds: &[&'static str], thresholds: Thresholds) -> Self {
        let mut rows = vec![Values::new()];
        for (dimension, codes) in persons {
            rows = crossed(&rows, dimension, &single(codes));
        }
        let incidents = if kinds.is_empty() { Vec::new() } else { crossed(&[Values::new()], "kind", &single(kinds)) };
        let dimensions = persons.iter().map(|(dimension, _)| *dimension).collect();
        Self { schema: Schema::new(rows, incidents), dimensions, thresholds, waves: Vec::new() }
    }

    fn spec(&self, measure: Measure, by: &[&'static str]) -> TableSpec {
        spec(&self.schema, &by.join("-"), measure, by)
    }

    fn release(mut self, rows: &[Row<'_>], tables: Vec<TableSpec>, signed: Vec<Signed>) -> Self {
        let value = |code: &str| BTreeSet::from([code.to_owned()]);
        let person = |(number, codes, kinds): &Row<'_>| {
            let values =
                self.dimensions.iter().zip(*codes).map(|(dimension, code)| (*dimension, value(code))).collect();
            let incident = |kind: &&'static str| Incident { values: Values::from([("kind", value(kind))]) };
            vec![Person { values, incidents: kinds.iter().map(incident).collect() }; *number]
        };
        let people = rows.iter().flat_map(person).collect();
        self.waves.push(Wave { people, tables, signed, known: Known::new() });
        self
    }

    fn holds(self) {
        let world = World { schema: self.schema, thresholds: self.thresholds, waves: self.waves };
        let masker = |input: &Input<'_>| {
            let masked = mask::mask(input, &mut |_, _, _| {});
            match &masked {
                Ok(masked) => {
                    masked.plan.cells.iter().for_each(|cell| println!("{} {:?} {:?}", cell.table, cell.at, cell.reason))
                }
                Err(blocks) => println!("blocked: {blocks:?}"),
            }
            masked
        };
        let public = publish(&world, &masker, &mut Report::default());
        let findings: Vec<Finding> = attack(&world, &public, &mut Report::default());
        assert!(findings.is_empty(), "{findings:#?}");
    }
}

fn signed(filters: &[(&'static str, &str)]) -> Signed {
    let filters =
        filters.iter().map(|(name, code)| (*name, BTreeSet::from([(*code).to_owned()]))).collect::<BTreeMap<_, _>>();
    let query =
        Query { measure: Measure::Persons, by: Vec::new(), filters, with: BTreeSet::new(), totals: Totals::Grand };
    Signed { id: "p:f".to_owned(), query, known: Count::ZERO }
}

const SEXES: (&str, &[&str]) = ("sex", &["_U", "_O", "F", "M"]);
const GROUNDS: (&str, &[&str]) = ("ground", &["_U", "_O", "detained_tortured", "relative_of_victim"]);
const ORIGINS: (&str, &[&str]) = ("origin", &["_U", "_O", "RU-CE", "RU-DA"]);

/// All relatives are women: that is withheld, and told by "no man is a relative".
#[test]
fn no_zero_tells_that_a_cell_is_all_of_a_group() {
    let case = Case::new(&[SEXES, GROUNDS], &[], Thresholds::LOWEST);
    let tables = vec![case.spec(Measure::Persons, &["sex", "ground"])];
    let rows: &[Row] = &[
        (2, &["F", "detained_tortured"], &[]),
        (3, &["F", "relative_of_victim"], &[]),
        (3, &["M", "detained_tortured"], &[]),
    ];
    case.release(rows, tables, Vec::new()).holds();
}

/// Two more women: the total and the men are published both times.
#[test]
fn a_small_change_is_not_told_by_what_is_left() {
    let case = Case::new(&[SEXES], &[], Thresholds::default());
    let tables = || vec![spec(&case.schema, "sex", Measure::Persons, &["sex"])];
    let (before, after) = (tables(), tables());
    case.release(&[(15, &["F"], &[]), (32, &["M"], &[])], before, Vec::new())
        .release(&[(17, &["F"], &[]), (39, &["M"], &[])], after, Vec::new())
        .holds();
}

/// Two persons are of Chechnya, says a signed figure; that both were detained is told by subtraction.
#[test]
fn what_happened_to_a_few_who_are_signed_is_not_told_by_subtraction() {
    let case = Case::new(&[ORIGINS], &["_U", "_O", "detention", "torture"], Thresholds::default());
    let tables = vec![case.spec(Measure::Persons, &["origin", "kind"])];
    let rows: &[Row] = &[
        (2, &["RU-CE"], &["detention"]),
        (8, &["RU-DA"], &["detention"]),
        (9, &["RU-DA"], &["torture"]),
        (6, &["RU-DA"], &[]),
    ];
    case.release(rows, tables, vec![signed(&[("origin", "RU-CE")])]).holds();
}

/// Five incidents are of somebody: so their persons are one to five, not none to five.
#[test]
fn incidents_happened_to_somebody() {
    let case = Case::new(
        &[("ground", &["detained_tortured", "relative_of_victim", "_U"])],
        &["detention"],
        Thresholds::default(),
    );
    let tables = vec![case.spec(Measure::Incidents, &["ground"]), case.spec(Measure::Persons, &["ground", "kind"])];
    let rows: &[Row] = &[
        (1, &["detained_tortured"], &["detention", "detention"]),
        (2, &["detained_tortured"], &["detention"]),
        (1, &["detained_tortured"], &["detention"]),
        (1, &["detained_tortured"], &[]),
        (20, &["relative_of_victim"], &["detention"]),
        (3, &["relative_of_victim"], &[]),
        (30, &["_U"], &["detention"]),
        (8, &["_U"], &[]),
    ];
    case.release(rows, tables, Vec::new()).holds();
}
