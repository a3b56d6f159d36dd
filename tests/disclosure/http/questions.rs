//! Everything that anybody may ask of what is public, and what is answered to the byte.

use super::people::{AGES, GROUNDS, KINDS, SEXES};
use crate::support::{Answer, App};

/// An address with headers.
pub type Question = (String, Vec<(&'static str, &'static str)>);

/// Status, headers and body.
pub type Shown = (u16, Vec<(String, Vec<u8>)>, Vec<u8>);

/// Pages say where they were reached; each of these servers is elsewhere.
const HOST: (&str, &str) = ("Host", "attest.example.org");

/// What is answered, but for the time of day.
pub fn ask(app: &App, (path, headers): &Question) -> Shown {
    shown(&app.anybody().get_with(path, headers))
}

fn shown(answer: &Answer) -> Shown {
    let headers = answer.headers.iter().filter(|(name, _)| *name != "date");
    let mut headers: Vec<_> = headers.map(|(name, value)| (name.to_string(), value.as_bytes().to_vec())).collect();
    headers.sort();
    (answer.status, headers, answer.bytes.clone())
}

/// Every public address without a question, every format of every table, slices, pages, and what is refused; some of them compressed.
pub fn addresses(releases: &[&str], tables: &[&str]) -> Vec<Question> {
    let mut paths: Vec<String> = [
        "releases",
        "releases.json",
        "codebook",
        "codebook.json",
        "codebook.csv",
        "publications",
        "publications.json",
        "figures",
        "figures.json",
        "figures/series",
        "figures/series.json",
        "figures/series.csv",
        "openapi.json",
    ]
    .map(|path| format!("/api/v1/{path}"))
    .into();
    for release in releases {
        paths.extend(["", ".json", "/content.json"].map(|end| format!("/api/v1/releases/{release}{end}")));
    }
    paths.extend(asked(releases, tables));
    paths.extend(pages(releases));
    let plain = paths.iter().map(|path| (path.clone(), vec![("Accept-Encoding", "identity"), HOST]));
    let zipped = paths.iter().step_by(5).map(|path| (path.clone(), vec![("Accept-Encoding", "gzip"), HOST]));
    plain.chain(zipped).collect()
}

/// Public pages, and questions to the explorer, valid and not.
fn pages(releases: &[&str]) -> Vec<String> {
    let mut all: Vec<String> = ["/", "/publications", "/releases", "/codebook", "/about"].map(str::to_owned).into();
    for release in releases {
        all.extend(["", "/changes"].map(|end| format!("/releases/{release}{end}")));
    }
    let russian: Vec<_> = all.iter().map(|path| format!("/ru{}", path.trim_end_matches('/'))).collect();
    all.extend(russian);
    all.extend(questions().into_iter().step_by(9).map(|question| format!("/explore?{question}")));
    all
}

/// Public questions, valid and not.
pub fn asked(releases: &[&str], tables: &[&str]) -> Vec<String> {
    let mut all = Vec::new();
    let files = releases.iter().flat_map(|release| {
        let tables = tables.iter().copied().chain(["nothing"]);
        tables.map(move |table| format!("/api/v1/releases/{release}/tables/{table}"))
    });
    for file in files.chain(["/api/v1/releases/nothing/tables/nothing".to_owned()]) {
        for format in ["json", "csv", "jsonstat", "vl.json", "svg", "xlsx", "exe"] {
            all.push(format!("{file}.{format}"));
        }
        for (format, options) in [
            ("json", "lang=ru"),
            ("csv", "labels=both"),
            ("csv", "shape=wide"),
            ("csv", "bom=true&lang=xx"),
            ("svg", "colour=red"),
        ] {
            all.push(format!("{file}.{format}?{options}"));
        }
    }
    for (nth, question) in questions().into_iter().enumerate() {
        all.push(format!("/api/v1/aggregates?{question}"));
        let suffix = [".csv", ".jsonstat", "", ".svg"][nth % 4];
        all.push(format!("/api/v1/releases/{}/aggregates{suffix}?{question}", releases[nth % releases.len()]));
    }
    all
}

/// In the grammar of aggregates.
fn questions() -> Vec<String> {
    let words = |codes: &[&'static str]| codes.iter().copied().chain(["_T", "_O", "_Z", "nobody"]).collect::<Vec<_>>();
    let mut questions: Vec<String> = Vec::new();
    let lists =
        [("ground", words(&GROUNDS)), ("sex", words(&SEXES)), ("kind", words(&KINDS)), ("age_group", words(&AGES))];
    for (name, codes) in lists {
        for measure in ["persons", "incidents", "ships"] {
            questions.push(format!("measure={measure}&by={name}"));
            questions.push(format!("measure={measure}&by={name}&totals=all"));
            for pair in codes.windows(2).filter(|_| measure != "ships") {
                questions.push(format!("measure={measure}&{name}={}", pair[0]));
                questions.push(format!("measure={measure}&{name}={},{}", pair[0], pair[1]));
            }
        }
    }
    let further = [
        "",
        "by=ground,sex",
        "by=ground,kind",
        "by=sex,ground&totals=all",
        "by=sex,sex",
        "by=colour",
        "by=source",
        "by=basis",
        "basis=case_file",
        "basis=reconstructed",
        "totals=some",
        "as_of=2018-04-03",
        "at_write=1",
        "with=torture",
        "with=torture,detention",
        "year=2017",
        "by=year",
        "origin=RU-CE",
        "ground=detained_tortured&sex=M",
        "ground=detained_tortured&sex=F",
        "ground=detained_tortured,outed&sex=M,F",
        "ground=outed&by=sex",
        "sex=F&by=ground&totals=none",
        "sex=F&kind=threat",
        "sex=&by=ground",
        "by=",
        "sex=F&sex=M",
        "=",
        "%00=1",
        "limit=1",
    ];
    questions.extend(further.map(str::to_owned));
    questions
}
