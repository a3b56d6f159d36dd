//! What was published when, as a CSV table.

use crate::domain::series::Series;

use super::flavour::Flavour;

/// A row a figure. `conflict` is `contradictory` where figures of the series cannot all be true of that day, `compatible`
/// where they differ and can.
///
/// # Errors
/// What the writer gives; writing to memory gives none.
pub fn csv(series: &[Series<'_>], flavour: Flavour) -> Result<String, csv::Error> {
    let mut table = csv::Writer::from_writer(Vec::from(flavour.beginning()));
    table.write_record([
        "figure",
        "measure",
        "definition",
        "region",
        "published_on",
        "as_of",
        "period_start",
        "value",
        "qualifier",
        "low",
        "high",
        "conflict",
        "publication",
        "publisher",
        "population",
        "note",
    ])?;
    for series in series {
        for point in &series.points {
            let (publication, figure) = (point.publication, &point.figure.body);
            let interval = figure.value.interval();
            let number = |number: Option<u64>| number.map(|number| number.to_string()).unwrap_or_default();
            let conflict = series.conflicts.iter().find(|conflict| conflict.figures.contains(&point.figure.id));
            let conflict =
                conflict.map_or("", |conflict| if conflict.compatible { "compatible" } else { "contradictory" });
            let text = |text: &str| flavour.cell(text).into_owned();
            table.write_record([
                &text(series.key.name),
                series.key.measure,
                &text(series.key.definition),
                &text(series.key.region),
                &publication.body.published_on.to_string(),
                &figure.as_of.to_string(),
                &figure.period_start.map(|day| day.to_string()).unwrap_or_default(),
                &figure.value.value.to_string(),
                figure.value.qualifier.name(),
                &number(interval.map(|(low, _)| low)),
                &number(interval.and_then(|(_, high)| high)),
                conflict,
                &text(&publication.code),
                &text(&publication.body.publisher),
                &text(&figure.population),
                &text(figure.note.as_deref().unwrap_or_default()),
            ])?;
        }
    }
    super::table::text(table)
}
