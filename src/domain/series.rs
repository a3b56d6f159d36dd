//! What was published when: figures of one name, measure, definition and region make one series. Series are never joined,
//! and figures of one series that say different things of one day are kept as conflicts.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::aggregate::Measure;
use super::figure::Figure;
use super::publication::Publication;
use super::record::{RecordId, Version};
use super::vocabulary::UNKNOWN;

/// What makes two figures comparable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key<'f> {
    pub name: &'f str,
    pub measure: &'static str,
    pub definition: &'f str,
    /// The publication's own words, where nobody said which definition they mean: equal words alone are one series then.
    pub population: Option<&'f str>,
    pub region: &'f str,
}

impl<'f> Key<'f> {
    pub fn of(figure: &'f Figure) -> Self {
        Self {
            name: &figure.name,
            measure: Measure::name(figure.measure),
            definition: &figure.definition,
            population: (figure.definition == UNKNOWN).then_some(&figure.population),
            region: &figure.region,
        }
    }
}

/// A figure with its publication.
#[derive(Debug, Clone, Copy)]
pub struct Point<'f> {
    pub publication: &'f Version<Publication>,
    pub figure: &'f Version<Figure>,
}

/// Figures that say different things of one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    pub as_of: NaiveDate,
    /// All figures of the day, in the order of the series.
    pub figures: Vec<RecordId>,
    /// Whether all of them can be true at once, as "more than 80" and "about 85".
    pub compatible: bool,
}

/// One series, in the order of publication.
#[derive(Debug, Clone)]
pub struct Series<'f> {
    pub key: Key<'f>,
    pub points: Vec<Point<'f>>,
    pub conflicts: Vec<Conflict>,
}

/// Sorts figures into series.
pub fn series<'f>(points: impl IntoIterator<Item = Point<'f>>) -> Vec<Series<'f>> {
    let mut by_key: BTreeMap<Key<'f>, Vec<Point<'f>>> = BTreeMap::new();
    for point in points {
        by_key.entry(Key::of(&point.figure.body)).or_default().push(point);
    }
    let whole = |(key, mut points): (Key<'f>, Vec<Point<'f>>)| {
        points.sort_by_key(|point| {
            let (figure, publication) = (point.figure, point.publication);
            (publication.body.published_on, figure.body.as_of, figure.code.clone())
        });
        let conflicts = conflicts(&points);
        Series { key, points, conflicts }
    };
    by_key.into_iter().map(whole).collect()
}

fn conflicts(points: &[Point<'_>]) -> Vec<Conflict> {
    let days: BTreeSet<_> = points.iter().map(|point| point.figure.body.as_of).collect();
    let conflict = |as_of: NaiveDate| {
        let of_day: Vec<_> =
            points.iter().map(|point| point.figure).filter(|figure| figure.body.as_of == as_of).collect();
        let values: Vec<_> = of_day.iter().map(|figure| figure.body.value).collect();
        let differ = values.iter().any(|value| *value != values[0]);
        let compatible = values.iter().all(|a| values.iter().all(|b| a.agrees(*b)));
        differ.then(|| Conflict { as_of, figures: of_day.iter().map(|figure| figure.id).collect(), compatible })
    };
    days.into_iter().filter_map(conflict).collect()
}
