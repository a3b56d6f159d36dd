//! The components that pages are made of: a field of a form, a notice, a table, a pager.

use std::fmt;

use askama::Template;
use askama::filters::HtmlSafe;

use super::{filters, here};

/// What one types or chooses in. No field has a greatest length: a browser would cut what is pasted, and say nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Control {
    Line {
        kind: &'static str,
        autocomplete: Option<&'static str>,
        list: Option<&'static str>,
    },
    Area {
        rows: usize,
    },
    /// One of several: the value that is sent, and what it is called.
    Choice {
        options: Vec<(String, String)>,
    },
    /// Sends `yes`.
    Check,
    File {
        accept: &'static str,
    },
}

impl Control {
    /// A line of text.
    pub fn line() -> Self {
        Self::Line { kind: "text", autocomplete: None, list: None }
    }

    /// A line of some kind of input, which the browser may fill in.
    pub fn known(kind: &'static str, autocomplete: &'static str) -> Self {
        Self::Line { kind, autocomplete: Some(autocomplete), list: None }
    }
}

/// A field of a form with its label, its hint, and what was wrong with it.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/field.html")]
pub struct Field {
    pub name: String,
    pub label: String,
    pub hint: Option<String>,
    pub required: bool,
    pub value: String,
    pub control: Control,
    pub errors: Vec<String>,
    /// Unique on its page.
    pub id: String,
}

impl HtmlSafe for Field {}

impl Field {
    pub fn new(name: impl Into<String>, label: impl Into<String>, control: Control) -> Self {
        let name = name.into();
        let id = name.replace(['.', '[', ']'], "-");
        let (hint, errors) = (None, Vec::new());
        Self { id, name, label: label.into(), hint, required: false, value: String::new(), control, errors }
    }

    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        let hint = hint.into();
        self.hint = (!hint.is_empty()).then_some(hint);
        self
    }

    #[must_use]
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }

    #[must_use]
    pub fn value(mut self, value: impl Into<String>) -> Self {
        self.value = value.into();
        self
    }

    #[must_use]
    pub fn error(mut self, error: Option<String>) -> Self {
        self.errors.extend(error);
        self
    }

    #[must_use]
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = id.into();
        self
    }

    /// The options, which are remembered from now on as they are shown here.
    fn offered<'o>(&self, options: &'o [(String, String)]) -> &'o [(String, String)] {
        here::here().offered.remember(here::language(), &self.name, options);
        options
    }

    /// What a screen reader reads with the field.
    fn describedby(&self) -> String {
        let hint = self.hint.iter().map(|_| format!("{}-hint", self.id));
        let errors = (1..=self.errors.len()).map(|nth| format!("{}-error{nth}", self.id));
        let all: Vec<_> = hint.chain(errors).collect();
        let wrong = if self.errors.is_empty() { "" } else { " aria-invalid=\"true\"" };
        if all.is_empty() { String::new() } else { format!(" aria-describedby=\"{}\"{wrong}", all.join(" ")) }
    }
}

/// What a notice is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Something was done.
    Done,
    /// Something to know.
    Plain,
    /// Something to be careful about.
    Warning,
    /// Something that was not accepted.
    Wrong,
}

impl Tone {
    fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Plain => "plain",
            Self::Warning => "warning",
            Self::Wrong => "wrong",
        }
    }

    fn is_alert(self) -> bool {
        matches!(self, Self::Wrong | Self::Done)
    }
}

/// A notice above the rest of a page. A line may lead to the field that it is about, or to another page.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/notice.html")]
pub struct Notice {
    pub tone: Tone,
    pub title: String,
    pub lines: Vec<(Option<String>, String)>,
}

impl HtmlSafe for Notice {}

impl Notice {
    pub fn new(tone: Tone, title: impl Into<String>) -> Self {
        Self { tone, title: title.into(), lines: Vec::new() }
    }

    #[must_use]
    pub fn line(mut self, line: impl Into<String>) -> Self {
        self.lines.push((None, line.into()));
        self
    }

    #[must_use]
    pub fn leading(self, id: impl fmt::Display, line: impl Into<String>) -> Self {
        self.way(format!("#{id}"), line)
    }

    /// A line that leads to another page.
    #[must_use]
    pub fn way(mut self, address: impl Into<String>, line: impl Into<String>) -> Self {
        self.lines.push((Some(address.into()), line.into()));
        self
    }
}

/// What stands in a cell of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    Text(String),
    /// The address of a page, and what it is called.
    Link(String, String),
    /// With a mark that says what is special about it, for screen readers too.
    Marked(String, String),
    /// Words of the programme, the same in every language.
    Code(String),
}

impl HtmlSafe for Cell {}

impl Cell {
    /// What stands in it, without where it leads.
    pub fn text(&self) -> &str {
        match self {
            Self::Text(text) | Self::Link(_, text) | Self::Marked(text, _) | Self::Code(text) => text,
        }
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use askama::filters::{Html, escape};
        let escaped = |text: &str| escape(text, Html).map(|safe| safe.to_string()).map_err(|_| fmt::Error);
        match self {
            Self::Text(text) => f.write_str(&escaped(text)?),
            Self::Code(text) => write!(f, "<code>{}</code>", escaped(text)?),
            Self::Link(address, text) => write!(f, "<a href=\"{}\">{}</a>", escaped(address)?, escaped(text)?),
            Self::Marked(text, mark) => {
                write!(f, "{} <span class=\"mark\">{}</span>", escaped(text)?, escaped(mark)?)
            }
        }
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// A table. The first cell of a row is its heading.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/table.html")]
pub struct Table {
    pub caption: String,
    pub heads: Vec<String>,
    /// Which columns hold numbers.
    pub numbers: Vec<usize>,
    pub rows: Vec<Vec<Cell>>,
}

impl HtmlSafe for Table {}

/// The way to what comes next in a list.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "parts/pager.html")]
pub struct Pager {
    pub next: Option<String>,
}

impl HtmlSafe for Pager {}
