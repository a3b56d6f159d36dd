//! A table whose bars are its chart: one number a row, drawn beside it. What is drawn is said in words too.

use askama::Template;
use askama::filters::HtmlSafe;

use crate::domain::count::Count;
use crate::domain::release::content::Value;
use crate::exchange::formats::words;

use super::as_of::AsOf;
use super::say;

/// How a bar looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    Solid,
    /// Derived from other numbers, not published itself.
    Derived,
    /// From one number to another.
    Between,
    /// Withheld: as long as any other that is withheld.
    Withheld,
}

impl Look {
    fn class(self) -> &'static str {
        match self {
            Self::Solid => "solid",
            Self::Derived => "derived",
            Self::Between => "between",
            Self::Withheld => "hatched",
        }
    }
}

/// A row.
#[derive(Debug, Clone)]
pub struct Bar {
    pub label: String,
    pub link: Option<String>,
    /// In words.
    pub said: String,
    pub look: Look,
    /// Where it begins and ends.
    pub from: u64,
    pub to: u64,
    /// What a reader must know of it, each in a few words.
    pub marks: Vec<String>,
    /// What others say of the same day.
    pub contested: Option<String>,
    /// The earlier release that told the number.
    pub as_of: Option<AsOf>,
}

impl Bar {
    pub fn new(label: String, count: Count) -> Self {
        let (look, from, to) = match count {
            Count::Attested { value, .. } => (Look::Solid, 0, value),
            Count::NotAttested { low, high } => (Look::Between, low, high),
        };
        Self { look, from, to, ..Self::said(label, say::count(count)) }
    }

    /// What is only said, with a bar of no length.
    fn said(label: String, said: String) -> Self {
        Self {
            label,
            link: None,
            said,
            look: Look::Solid,
            from: 0,
            to: 0,
            marks: Vec::new(),
            contested: None,
            as_of: None,
        }
    }

    /// What is said of a cell of a release.
    pub fn of(label: String, value: Value) -> Self {
        match value {
            Value::Free(count) => Self { said: say::released(count), ..Self::new(label, count) },
            Value::Empty => Self::said(label, "–".to_owned()),
            Value::Withheld => {
                let said = words::say(words::WITHHELD, say::language()).to_owned();
                Self { look: Look::Withheld, ..Self::said(label, said) }
            }
        }
    }
}

/// The table.
#[derive(Debug, Clone, Template)]
#[template(path = "public/bars.html")]
pub struct Bars {
    pub caption: String,
    pub head: String,
    pub number: String,
    pub rows: Vec<Bar>,
    /// Under the bars, above all the groups of which nothing is said.
    pub notes: Vec<String>,
}

impl HtmlSafe for Bars {}

impl Bars {
    /// The longest bar fills the room; the others stand to it as their numbers do.
    fn share(&self, value: &u64) -> String {
        let most = self.rows.iter().map(|row| row.to).max().unwrap_or_default().max(1);
        format!("{:.2}", 100.0 * *value as f64 / most as f64)
    }

    /// How long a bar is; one that is there is seen.
    fn length(&self, row: &Bar) -> String {
        let most = self.rows.iter().map(|row| row.to).max().unwrap_or_default().max(1);
        format!("{:.2}", (100.0 * (row.to - row.from) as f64 / most as f64).max(0.4))
    }

    /// The same with groups of which nothing is said told in one line, after these words.
    #[must_use]
    pub fn without_nothing(mut self, words: &str) -> Self {
        let is_nothing = |row: &Bar| row.look == Look::Solid && row.to == 0;
        if self.rows.iter().all(is_nothing) {
            return self;
        }
        let (nothing, rows): (Vec<_>, Vec<_>) = self.rows.into_iter().partition(is_nothing);
        self.rows = rows;
        if !nothing.is_empty() {
            let labels: Vec<_> = nothing.into_iter().map(|row| row.label).collect();
            self.notes.push(format!("{words}: {}", labels.join(", ")));
        }
        self
    }
}
