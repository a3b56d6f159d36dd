//! What pages call the fields of each noun, and what one types or chooses in them. A test holds this table against the entries.

use crate::domain::record::Noun;

/// What a field takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Line,
    /// Several lines.
    Area,
    Number,
    /// A day, in whatever way it is typed.
    Day,
    /// A date that may be uncertain.
    Date,
    /// A code of a vocabulary.
    Term(&'static str),
    /// One of these: the value, and what it is called.
    Word(&'static [(&'static str, &'static str)]),
    /// The code of a record.
    Record(Noun),
    /// Several codes of records, parted by `;`.
    Records(Noun),
    /// Rows of inputs: how many empty ones a form offers.
    Rows(&'static [Input], usize),
}

/// Where a field stands in a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Main,
    /// Behind "more": what is rarely needed.
    More,
    /// Nowhere: what staff never enter by hand.
    Kept,
}

/// A field of a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Input {
    pub name: &'static str,
    pub label: &'static str,
    pub hint: &'static str,
    pub kind: Kind,
    pub required: bool,
    pub place: Place,
}

impl Input {
    /// What one of its words is called.
    pub fn called(&self, word: &str) -> Option<&'static str> {
        let Kind::Word(words) = self.kind else { return None };
        words.iter().find(|(own, _)| *own == word).map(|(_, label)| *label)
    }
}

const fn usual(name: &'static str, label: &'static str, hint: &'static str, kind: Kind) -> Input {
    Input { name, label, hint, kind, required: false, place: Place::Main }
}

const fn must(name: &'static str, label: &'static str, hint: &'static str, kind: Kind) -> Input {
    Input { required: true, ..usual(name, label, hint, kind) }
}

const fn more(name: &'static str, label: &'static str, hint: &'static str, kind: Kind) -> Input {
    Input { place: Place::More, ..usual(name, label, hint, kind) }
}

const fn kept(name: &'static str, label: &'static str, kind: Kind) -> Input {
    Input { place: Place::Kept, ..usual(name, label, "", kind) }
}

const BASIS: Kind = Kind::Word(&[("case_file", "Case file"), ("reconstructed", "Built from a published figure")]);
const STATE: Kind = Kind::Word(&[("draft", "Draft"), ("published", "Published")]);
const REVIEW: Kind = Kind::Word(&[("original", "Original"), ("draft", "Draft"), ("reviewed", "Reviewed")]);
const CODE: Input = more("code", "Code", "Made up where you leave it empty. Nothing that names anybody.", Kind::Line);
const KNOWN_ON: Input = more(
    "known_on",
    "Known since",
    "The day from which the organisation knew it; today where you leave it empty.",
    Kind::Day,
);
const REASON: Input = more(
    "reason",
    "Why it is entered or corrected",
    "No personal text: anybody who sees the record reads it.",
    Kind::Line,
);

const PERSON: &[Input] = &[
    usual("ground", "Why the person asked for help", "", Kind::Term("ground")),
    usual("origin", "Where the person comes from", "", Kind::Term("place")),
    usual("sex", "Sex", "", Kind::Term("sex")),
    usual("age_group", "Age group", "", Kind::Term("age_group")),
    usual(
        "review_on",
        "Day of review",
        "When somebody is to look whether the record is still needed; a year from now where you leave it empty.",
        Kind::Day,
    ),
    CODE,
    more(
        "owner",
        "Responsible",
        "The name of a caseworker or publisher; yourself where you leave it empty.",
        Kind::Line,
    ),
    more(
        "source_system",
        "System it came from",
        "Where the record was kept before, together with its identifier there.",
        Kind::Line,
    ),
    more("external_id", "Identifier there", "", Kind::Line),
    kept("basis", "Stands on", BASIS),
    kept("figure", "Stands for the figure", Kind::Record(Noun::Figure)),
    kept("ground_figure", "The ground stands for the figure", Kind::Record(Noun::Figure)),
    KNOWN_ON,
    REASON,
];

const INVOLVEMENT: &[Input] = &[
    usual("role", "Part", "", Kind::Term("involvement_role")),
    usual("actor", "Who", "", Kind::Term("actor")),
    usual("degree", "How", "", Kind::Term("degree")),
];

const SOURCE_LINK: &[Input] = &[
    usual("source", "Source", "Its code", Kind::Record(Noun::Source)),
    usual("credence", "How far it is believed", "", Kind::Term("credence")),
];

const INCIDENT: &[Input] = &[
    must("person", "To whom it happened", "The code of the person.", Kind::Record(Noun::Person)),
    must("kind", "What happened", "", Kind::Term("kind")),
    must(
        "date",
        "When",
        "As you would write it: 3 April 2018, April 2017, about 2017, from February 2017 to 3 April 2018, unknown.",
        Kind::Date,
    ),
    usual("place", "Where", "Of a movement, where it began.", Kind::Term("place")),
    usual("destination", "Where it led", "Only of movements.", Kind::Term("place")),
    usual("involvements", "Who took part", "", Kind::Rows(INVOLVEMENT, 3)),
    usual("sources", "Where it is known from", "", Kind::Rows(SOURCE_LINK, 2)),
    more("event", "Part of the event", "The code of the event.", Kind::Record(Noun::Event)),
    CODE,
    kept("basis", "Stands on", BASIS),
    kept("figure", "Stands for the figure", Kind::Record(Noun::Figure)),
    KNOWN_ON,
    REASON,
];

const SOURCE: &[Input] = &[
    must("type", "What the source is", "", Kind::Term("source_type")),
    usual(
        "reliability",
        "How reliable it is",
        "In general; how far it is believed about one incident stands with the incident.",
        Kind::Term("reliability"),
    ),
    usual("publication", "The publication", "Its code, where the source is one.", Kind::Record(Noun::Publication)),
    CODE,
    KNOWN_ON,
    REASON,
];

const EVENT: &[Input] = &[
    must("name", "What it is called", "No personal text.", Kind::Line),
    must("date", "When", "As you would write it: spring is \"from March 2017 to May 2017\".", Kind::Date),
    CODE,
    KNOWN_ON,
    REASON,
];

const CONSENT: &[Input] = &[
    must("person", "Whose consent", "The code of the person.", Kind::Record(Noun::Person)),
    must(
        "purpose",
        "To what",
        "",
        Kind::Word(&[
            ("keep", "That the record is kept at all"),
            ("count", "That the person is counted for researchers"),
            ("publish", "That the person is counted in what is made public"),
            ("share", "That personal text is handed to others"),
        ]),
    ),
    must(
        "decision",
        "What was decided",
        "A change of mind is a correction of the same record.",
        Kind::Word(&[("given", "Given"), ("refused", "Refused"), ("withdrawn", "Given first, then withdrawn")]),
    ),
    usual("manner", "How it was said", "", Kind::Term("consent_manner")),
    must("decided_on", "Day of the decision", "", Kind::Day),
    usual("ends_on", "Holds until", "The last day; for good where you leave it empty.", Kind::Day),
    KNOWN_ON,
    REASON,
];

const LINKAGE: &[Input] = &[
    must(
        "person",
        "This record",
        "The code of the record that is no longer counted on its own.",
        Kind::Record(Noun::Person),
    ),
    must(
        "canonical",
        "is of the same person as",
        "The code of the record that it is counted as.",
        Kind::Record(Noun::Person),
    ),
    must("sources", "Known from", "Codes of sources, parted by ;", Kind::Records(Noun::Source)),
    must("reason", "Why they are one person", "No personal text.", Kind::Line),
    KNOWN_ON,
];

const PUBLICATION: &[Input] = &[
    must("code", "Code", "It is part of the publication's address.", Kind::Line),
    must("published_on", "Day of publication", "", Kind::Day),
    must("publisher", "Who published it", "", Kind::Line),
    must("address", "Where it was read", "An address that begins with https://", Kind::Line),
    usual("state", "State", "Publishing needs the role of a publisher.", STATE),
    usual("note", "What a reader must know of it", "", Kind::Area),
    KNOWN_ON,
    REASON,
];

const FIGURE: &[Input] = &[
    must("publication", "Publication", "Its code.", Kind::Record(Noun::Publication)),
    must(
        "code",
        "What the figure is called",
        "The same name in another publication belongs to the same series.",
        Kind::Line,
    ),
    must("measure", "Counts", "", Kind::Word(&[("persons", "Persons"), ("incidents", "Incidents")])),
    must("population", "Whom or what it counts", "In words.", Kind::Line),
    must("value", "Number", "", Kind::Number),
    usual(
        "qualifier",
        "Stated as",
        "",
        Kind::Word(&[
            ("exact", "Exactly so many"),
            ("about", "About so many"),
            ("at_least", "At least so many"),
            ("more_than", "More than so many"),
        ]),
    ),
    must("as_of", "As of", "The day that the figure speaks of.", Kind::Day),
    must("region", "Region", "In the publication's words.", Kind::Line),
    usual("definition", "What exactly is counted", "", Kind::Term("definition")),
    usual("period_start", "Counted since", "The first day that the figure counts.", Kind::Day),
    usual(
        "query",
        "How it can be computed",
        "In the grammar of aggregates, such as measure=persons&kind=evacuation",
        Kind::Line,
    ),
    usual("state", "State", "Publishing needs the role of a publisher.", STATE),
    usual("note", "What a reader must know of it", "", Kind::Area),
    usual(
        "address",
        "Address where the number was read",
        "With http:// or https://; a figure that nothing can be computed for is published only with it.",
        Kind::Line,
    ),
    more(
        "relation",
        "How it stands to its parent",
        "",
        Kind::Word(&[
            ("subset_stated", "Part of it, as the source says"),
            ("subset_implied", "Part of it, as the context implies"),
            ("outside", "Beside it"),
            ("other_population", "Counts somebody else"),
        ]),
    ),
    more(
        "parent",
        "Parent",
        "The figure that it is set against: a code of the same publication, or publication:figure.",
        Kind::Line,
    ),
    more("breakdown", "Divides its parent by", "", Kind::Line),
    more("at_write", "Computed after the write", "", Kind::Number),
    KNOWN_ON,
    REASON,
];

const TERM: &[Input] = &[
    must("vocabulary", "List", "Such as kind, ground or place.", Kind::Line),
    must("code", "Code", "What records carry.", Kind::Line),
    must("label_en", "Label in English", "", Kind::Line),
    must("definition_en", "Definition in English", "One sentence.", Kind::Area),
    usual("review_en", "The English is", "", REVIEW),
    usual("label_ru", "Label in Russian", "", Kind::Line),
    usual("definition_ru", "Definition in Russian", "One sentence.", Kind::Area),
    usual("review_ru", "The Russian is", "", REVIEW),
    usual(
        "family",
        "Family",
        "Of kinds of incident.",
        Kind::Word(&[
            ("violation", "Violation"),
            ("movement", "Movement"),
            ("death", "Death"),
            ("help_request", "Request for help"),
        ]),
    ),
    more("broader", "Lies in", "The code of the wider term of the same list.", Kind::Line),
    more(
        "replaced_by",
        "Replaced by",
        "The code that takes its place: this one is retired, and records that carry it are counted there, for every day.",
        Kind::Line,
    ),
    more("crosswalk", "In other schemes", "scheme:code, parted by ;", Kind::Line),
    KNOWN_ON,
    REASON,
];

/// Names of personal text.
const TEXTS: &[(&str, &str)] = &[
    ("name", "Name"),
    ("aliases", "Other names and spellings"),
    ("contacts", "How to reach them"),
    ("safe_contact", "When and how it is safe to reach the person"),
    ("documents", "Numbers of documents"),
    ("exact_place", "Exact place"),
    ("narrative", "What happened, in words"),
    ("identity", "Who the source is"),
    ("former_code", "Code before it was sealed"),
];

/// The fields of a noun, in the order of its form.
pub fn of(noun: Noun) -> &'static [Input] {
    match noun {
        Noun::Person => PERSON,
        Noun::Incident => INCIDENT,
        Noun::Source => SOURCE,
        Noun::Event => EVENT,
        Noun::Consent => CONSENT,
        Noun::Linkage => LINKAGE,
        Noun::Publication => PUBLICATION,
        Noun::Figure => FIGURE,
        Noun::Term => TERM,
    }
}

/// What a filter of lists is called that is no field.
pub fn filter(name: &str) -> &str {
    match name {
        "year" => "Year",
        "code" => "Code",
        "name" => "Name",
        other => other,
    }
}

/// What a field of personal text is called.
pub fn text(name: &str) -> &str {
    TEXTS.iter().find(|(own, _)| *own == name).map_or(name, |(_, label)| label)
}

/// Every phrase of this table.
pub fn phrases() -> impl Iterator<Item = &'static str> {
    fn of_input(input: &'static Input) -> Vec<&'static str> {
        let mut found = vec![input.label, input.hint];
        match input.kind {
            Kind::Word(words) => found.extend(words.iter().map(|(_, label)| *label)),
            Kind::Rows(inner, _) => found.extend(inner.iter().flat_map(of_input)),
            _ => {}
        }
        found
    }
    let inputs = Noun::ALL.into_iter().flat_map(of).flat_map(of_input);
    inputs.chain(TEXTS.iter().map(|(_, label)| *label)).filter(|phrase| !phrase.is_empty())
}
