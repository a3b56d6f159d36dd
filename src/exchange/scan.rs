//! Records of comma-separated values, read strictly: what cannot be read in one way only is refused, never guessed.
//!
//! The `csv` crate guesses: of a quotation mark that is never closed it makes a cell of all the rows that follow.

/// Where a record begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// As a spreadsheet numbers it: a cell of several lines makes no row, and an empty line is one.
    pub row: u64,
    /// As an editor numbers it.
    pub line: u64,
}

/// One record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    pub place: Place,
    pub cells: Vec<String>,
}

/// A quotation mark that leaves open what was meant. Nothing after it can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stray {
    /// Of the record; the line is that of the quotation mark.
    pub place: Place,
    pub kind: StrayKind,
}

/// What is wrong with a quotation mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StrayKind {
    /// It opens a cell and is not closed.
    Open,
    /// It opens a cell that goes on after its end.
    GoesOn,
    /// It stands in a cell that does not begin with one.
    Within,
}

impl StrayKind {
    /// What would have been right.
    pub fn expected(self) -> &'static str {
        match self {
            Self::Open => {
                "a second quotation mark: the one that opens here is never closed, and rows after it are not read"
            }
            Self::GoesOn => {
                "a comma or the end of the row after the second quotation mark: the cell that opens here goes on after it, \
                 and rows after it are not read"
            }
            Self::Within => {
                "a cell in quotation marks, with each one inside doubled: there is one inside a cell without them, and rows \
                 after it are not read"
            }
        }
    }
}

/// Reads records one after the other. Lines end in `\n`, `\r\n` or `\r`.
#[derive(Debug, Clone)]
pub struct Scanner<'t> {
    text: &'t str,
    at: usize,
    next: Place,
    stopped: bool,
}

impl<'t> Scanner<'t> {
    pub fn new(text: &'t str) -> Self {
        Self { text, at: 0, next: Place { row: 1, line: 1 }, stopped: false }
    }

    /// Where the next record begins.
    pub fn next_place(&self) -> Place {
        self.next
    }

    /// What was not read yet.
    pub fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    /// Passes over a line as it stands, without reading cells.
    pub fn skip_line(&mut self) {
        let rest = self.rest();
        self.at += rest.find(['\n', '\r']).unwrap_or(rest.len());
        self.end_line();
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Passes over the end of a line.
    fn end_line(&mut self) {
        let rest = self.rest();
        self.at += if rest.starts_with("\r\n") { 2 } else { usize::from(!rest.is_empty()) };
        self.next.row += 1;
        self.next.line += 1;
    }

    /// A cell in quotation marks, of which the first is passed.
    fn quoted(&mut self, place: Place) -> Result<String, Stray> {
        let mut cell = String::new();
        let line = self.next.line;
        let stray = |kind| Stray { place: Place { line, ..place }, kind };
        loop {
            let rest = self.rest();
            let Some(end) = rest.find('"') else { return Err(stray(StrayKind::Open)) };
            cell.push_str(&rest[..end]);
            self.next.line += breaks(&rest[..end]);
            self.at += end + 1;
            match self.byte() {
                Some(b'"') => {
                    cell.push('"');
                    self.at += 1;
                }
                None | Some(b',' | b'\n' | b'\r') => return Ok(cell),
                Some(_) => return Err(stray(StrayKind::GoesOn)),
            }
        }
    }

    fn cell(&mut self, place: Place) -> Result<String, Stray> {
        if self.byte() == Some(b'"') {
            self.at += 1;
            return self.quoted(place);
        }
        let rest = self.rest();
        let end = rest.find([',', '\n', '\r', '"']).unwrap_or(rest.len());
        self.at += end;
        match self.byte() {
            Some(b'"') => Err(Stray { place: Place { line: self.next.line, ..place }, kind: StrayKind::Within }),
            _ => Ok(rest[..end].to_owned()),
        }
    }

    fn record(&mut self) -> Result<Record, Stray> {
        let place = self.next;
        let mut cells = vec![self.cell(place)?];
        while self.byte() == Some(b',') {
            self.at += 1;
            cells.push(self.cell(place)?);
        }
        self.end_line();
        Ok(Record { place, cells })
    }
}

/// How many lines end in a text.
fn breaks(text: &str) -> u64 {
    let bytes = text.as_bytes();
    let ends = |(at, byte): (usize, &u8)| *byte == b'\n' || (*byte == b'\r' && bytes.get(at + 1) != Some(&b'\n'));
    bytes.iter().enumerate().filter(|found| ends(*found)).count() as u64
}

impl Iterator for Scanner<'_> {
    type Item = Result<Record, Stray>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.stopped || self.at >= self.text.len() {
            return None;
        }
        let record = self.record();
        self.stopped = record.is_err();
        Some(record)
    }
}

/// The place of the record in which a text ends: of the one that was begun, or of the next.
pub fn end_of(text: &str) -> Place {
    let mut scanner = Scanner::new(text);
    let mut last = scanner.next_place();
    for record in scanner.by_ref() {
        match record {
            Ok(record) => last = record.place,
            Err(stray) => return stray.place,
        }
    }
    if text.ends_with(['\n', '\r']) { scanner.next_place() } else { last }
}
