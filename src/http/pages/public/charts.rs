//! What was published when, and where publications disagree: with the address of each chart, and what is drawn there in words.

use crate::domain::series::{Conflict, Point, Series};
use crate::http::pages::here::link;
use crate::http::pages::words as phrases;
use crate::http::public::series as charts;

use super::beside::contested;
use super::say;

/// A day of which publications say different things.
pub struct Disagreement {
    pub name: String,
    pub day: String,
    /// In words, who said it, and where.
    pub said: Vec<(String, String, String)>,
    pub compatible: bool,
    /// The chart of the series, where they are marked.
    pub picture: String,
}

/// The chart of a series.
pub struct Chart {
    pub address: String,
    /// The same without its list, which stands beside it on a page.
    pub picture: String,
    pub name: String,
    pub definition: String,
    pub points: Vec<Told>,
}

/// What was published once.
pub struct Told {
    pub day: String,
    pub said: String,
    pub publisher: String,
    pub href: String,
    /// What others say of the same day, in words.
    pub contested: Option<String>,
}

/// The chart of a series, with what is drawn.
pub fn chart(series: &Series<'_>) -> Chart {
    let point = |point: &Point<'_>| {
        let (publication, figure) = (point.publication, &point.figure.body);
        let href = link(&format!("/publications/{}", publication.code));
        let said = say::bounded(figure.value);
        let said = if figure.as_of == publication.body.published_on {
            said
        } else {
            phrases::say("{}, as of {}", &[&said, &say::day(figure.as_of)])
        };
        let contested = contested(std::slice::from_ref(series), point.figure.id);
        Told {
            day: say::day(publication.body.published_on),
            said,
            publisher: publication.body.publisher.clone(),
            href,
            contested: contested.map(|contested| contested.short()),
        }
    };
    let definition = series.key.population.map_or_else(|| say::definition(series.key.definition), str::to_owned);
    Chart {
        picture: format!("{}&list=false", charts::address(series, say::language())),
        address: charts::address(series, say::language()),
        name: say::figure(series.key.name),
        definition: format!("{definition} · {}", series.key.region),
        points: series.points.iter().map(point).collect(),
    }
}

/// The days of which publications say different things.
pub fn disagreements(all: &[Series<'_>]) -> Vec<Disagreement> {
    let of = |series: &Series<'_>| {
        let told = |conflict: &Conflict| {
            let points = series.points.iter().filter(|point| conflict.figures.contains(&point.figure.id));
            let said = points.map(|point| {
                let publication = point.publication;
                let href = link(&format!("/publications/{}", publication.code));
                (say::bounded(point.figure.body.value), publication.body.publisher.clone(), href)
            });
            Disagreement {
                name: say::figure(series.key.name),
                day: say::day(conflict.as_of),
                said: said.collect(),
                compatible: conflict.compatible,
                picture: format!("{}&list=false", charts::address(series, say::language())),
            }
        };
        series.conflicts.iter().map(told).collect::<Vec<_>>()
    };
    all.iter().flat_map(of).collect()
}
