//! Published figures as a step chart: what stood from one publication to the next. It shows what was published, so it names no
//! release.

use chrono::{Datelike, NaiveDate};

use crate::domain::count::{Bounded, Qualifier};
use crate::domain::series::{Point, Series};

use super::heading::Heading;
use super::picture::{Anchor, Ink, MARGIN, Picture, ROOM, SMALL, width};
use super::{Language, words};

/// How high the chart is.
const HIGH: f64 = 180.0;

/// A series, and what it is called.
#[derive(Debug, Clone)]
pub struct Steps<'a> {
    pub series: &'a Series<'a>,
    pub title: String,
    /// What exactly is counted, in words; may be empty.
    pub definition: String,
    /// The path of the answer, to be cited; may be empty.
    pub address: String,
    /// Whether what was published is listed below the chart; a page has it as a table.
    pub list: bool,
}

/// Draws a series as SVG. Who cannot see it hears the list of what was published.
pub fn svg(steps: &Steps<'_>, language: Language) -> Vec<u8> {
    let heading = heading(steps, language);
    let points = &steps.series.points;
    let mut picture = Picture::new();
    picture.head(&heading);
    if let Some(frame) = Frame::of(points, picture.y) {
        frame.grid(&mut picture, language);
        frame.line(&mut picture, points);
        frame.marks(&mut picture, steps.series);
        picture.y = frame.bottom + 26.0;
    }
    legends(&mut picture, steps.series, language);
    picture.y += 8.0;
    let list: Vec<_> = points.iter().map(|point| spoken(point, language)).collect();
    for line in list.iter().filter(|_| steps.list) {
        picture.paragraph(SMALL, Ink::Text, false, line);
    }
    picture.finish(&heading, &format!("{}. {}.", heading.description, list.join(". ")), language)
}

fn heading(steps: &Steps<'_>, language: Language) -> Heading {
    let (key, points) = (steps.series.key, &steps.series.points);
    let measure = points.first().map(|point| words::number_of(point.figure.body.measure, language));
    let parts =
        [measure.unwrap_or_default(), steps.definition.as_str(), key.population.unwrap_or_default(), key.region];
    let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    let mut publishers: Vec<_> = points.iter().map(|point| point.publication.body.publisher.as_str()).collect();
    publishers.sort_unstable();
    publishers.dedup();
    let source = format!("{}: {}", words::say(words::SOURCE, language), publishers.join("; "));
    let documented = words::caveat("documented_cases", language).to_owned();
    let address = Some(steps.address.clone()).filter(|address| !address.is_empty());
    Heading {
        title: steps.title.clone(),
        description: parts.join(" · "),
        notes: [documented, source].into_iter().chain(address).collect(),
    }
}

/// What was published once, in words.
fn spoken(point: &Point<'_>, language: Language) -> String {
    let (publication, figure) = (&point.publication.body, &point.figure.body);
    let day = words::day(publication.published_on, language);
    let of = if figure.as_of == publication.published_on {
        String::new()
    } else {
        format!(", {} {}", words::say(words::AS_OF, language), words::day(figure.as_of, language))
    };
    format!("{day}: {}{of} ({})", words::bounded(figure.value, language), publication.publisher)
}

fn is_exact(value: Bounded) -> bool {
    value.qualifier == Qualifier::Exact
}

fn legends(picture: &mut Picture, series: &Series<'_>, language: Language) {
    if series.points.iter().any(|point| !is_exact(point.figure.body.value)) {
        let open = |picture: &mut Picture, (x, y): (f64, f64), _| picture.circle((x + 11.0, y + 6.0), 4.0, true);
        picture.legend(open, words::say(words::FIGURE_NOT_EXACT, language));
    }
    if !series.conflicts.is_empty() {
        let ring = |picture: &mut Picture, (x, y): (f64, f64), _| picture.ring((x + 11.0, y + 6.0));
        picture.legend(ring, words::say(words::FIGURE_CONFLICT, language));
    }
}

/// Where days and values lie.
struct Frame {
    first: NaiveDate,
    /// Days from the first to the last.
    days: f64,
    /// The value at the upper end, and of one line to the next.
    most: u64,
    step: u64,
    /// Where the chart begins, beside its numbers.
    left: f64,
    bottom: f64,
}

impl Frame {
    fn of(points: &[Point<'_>], top: f64) -> Option<Self> {
        let days = || points.iter().map(|point| point.publication.body.published_on);
        let (first, last) = (days().min()?, days().max()?);
        let greatest = points.iter().map(|point| point.figure.body.value.value).max()?.max(1);
        let step = round_step(greatest);
        let top = top + 16.0;
        let days = (last - first).num_days() as f64;
        let most = greatest.div_ceil(step) * step;
        let left = MARGIN + width(&words::number(most), SMALL) + 8.0;
        Some(Self { first, days, most, step, left, bottom: top + HIGH })
    }

    fn x(&self, day: NaiveDate) -> f64 {
        // Room for half a number on the right.
        let (left, room) = (self.left, MARGIN + ROOM - self.left - 14.0);
        if self.days == 0.0 {
            left + room / 2.0
        } else {
            left + 8.0 + (room - 8.0) * (day - self.first).num_days() as f64 / self.days
        }
    }

    fn y(&self, value: u64) -> f64 {
        self.bottom - HIGH * value as f64 / self.most as f64
    }

    fn grid(&self, picture: &mut Picture, language: Language) {
        for value in (0..=self.most).step_by(usize::try_from(self.step).unwrap_or(usize::MAX)) {
            let y = self.y(value);
            picture.rectangle((self.left, y - 0.5), (MARGIN + ROOM - self.left, 1.0), Ink::Line, 1.0);
            let number = words::number(value);
            let x = self.left - 6.0 - width(&number, SMALL);
            picture.text((x, y + 4.0), SMALL, Ink::Quiet, Anchor::Start, &number);
        }
        let mut free = 0.0;
        for (day, label) in self.days_named(language) {
            let half = width(&label, SMALL) / 2.0;
            let x = self.x(day).clamp(MARGIN + half, MARGIN + ROOM - half);
            if x - half > free {
                picture.text((x, self.bottom + 17.0), SMALL, Ink::Quiet, Anchor::Middle, &label);
                free = x + half + 6.0;
            }
        }
    }

    /// The beginnings of years, or where there are not two of them the first day and the last.
    fn days_named(&self, language: Language) -> Vec<(NaiveDate, String)> {
        let last = self.first + chrono::Duration::days(self.days as i64);
        let years = (self.first.year() + 1..=last.year()).filter_map(|year| NaiveDate::from_ymd_opt(year, 1, 1));
        let years: Vec<_> = years.map(|day| (day, day.year().to_string())).collect();
        if years.len() > 1 {
            return years;
        }
        let mut ends = vec![(self.first, words::day(self.first, language)), (last, words::day(last, language))];
        ends.dedup();
        ends
    }

    /// Each value stands until the next is published.
    fn line(&self, picture: &mut Picture, points: &[Point<'_>]) {
        let mut path = String::new();
        for point in points {
            let (x, y) = (self.x(point.publication.body.published_on), self.y(point.figure.body.value.value));
            path += &if path.is_empty() { format!("M{x:.1} {y:.1}") } else { format!("H{x:.1}V{y:.1}") };
        }
        picture
            .add(format_args!("<path d=\"{path}\" class=\"w\" fill=\"none\" stroke=\"#0b5c8a\" stroke-width=\"2\"/>"));
    }

    /// The figures on the line, with their values where there is room for them: above, else below. The list has all.
    fn marks(&self, picture: &mut Picture, series: &Series<'_>) {
        let place =
            |point: &Point<'_>| (self.x(point.publication.body.published_on), self.y(point.figure.body.value.value));
        let box_of = |(x, y): (f64, f64)| Area { left: x - 6.0, right: x + 6.0, top: y - 6.0, bottom: y + 6.0 };
        let mut taken: Vec<_> = series.points.iter().map(|point| box_of(place(point))).collect();
        for point in &series.points {
            let (value, (x, y)) = (point.figure.body.value, place(point));
            if series.conflicts.iter().any(|conflict| conflict.figures.contains(&point.figure.id)) {
                picture.ring((x, y));
            }
            picture.circle((x, y), 4.0, !is_exact(value));
            let label = words::short_bounded(value);
            let half = width(&label, SMALL) / 2.0;
            let area = |at: f64| Area { left: x - half, right: x + half, top: at - 9.0, bottom: at + 1.0 };
            let clear = |at: &f64| *at < self.bottom - 2.0 && taken.iter().all(|other| !other.meets(&area(*at)));
            let Some(at) = [y - 10.0, y + 20.0].into_iter().find(clear) else { continue };
            taken.push(area(at));
            picture.haloed((x, at), &label);
        }
    }
}

/// A part of the picture that is drawn on.
struct Area {
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
}

impl Area {
    fn meets(&self, other: &Self) -> bool {
        self.left < other.right && other.left < self.right && self.top < other.bottom && other.top < self.bottom
    }
}

/// A round step, of which at most five reach the greatest value.
fn round_step(greatest: u64) -> u64 {
    let mut unit = 1;
    loop {
        for step in [unit, unit * 2, unit * 5] {
            if step * 5 >= greatest {
                return step;
            }
        }
        unit *= 10;
    }
}
