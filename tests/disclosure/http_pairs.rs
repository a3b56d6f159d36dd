//! Two databases that publish the same cannot be told apart, whatever is asked; and what is refused is refused whatever they hold.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use attest::domain::dimension::dimension;
use attest::domain::release::content::{Content, Table, Thresholds};
use attest::domain::release::declare::TableSpec;
use attest::domain::release::mask::{self, Input};
use attest::domain::release::people::Person;
use attest::domain::vocabulary::{Term, Vocabulary};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::dice::Dice;
use super::http_office::{Entered, GROUNDS, KINDS, SEXES, correct, declaration, publication, random, release, table};
use crate::support::app::settings;
use crate::support::{Answer, App, Home, on_both};

on_both! {
    bare:
    databases_that_publish_the_same_answer_the_same_bytes,
    two_databases_of_one_schema_refuse_the_same_questions,
}

/// A ground without a cell of its own.
const POOLED: &str = "witness";

/// A clock that stands still.
fn still() -> DateTime<Utc> {
    static NOW: OnceLock<DateTime<Utc>> = OnceLock::new();
    *NOW.get_or_init(Utc::now)
}

fn serve(home: &Home) -> App<'_> {
    let store = attest::store::database::Store::open(&home.database_url(), still).unwrap();
    let keyring = attest::keys::keyring::Keyring::open(&home.keys()).unwrap();
    store.unlock(keyring).unwrap();
    App::serve(home, store, settings())
}

fn tables() -> Vec<Value> {
    let keep = json!({"ground": [GROUNDS[0], GROUNDS[2]], "kind": KINDS[..3]});
    vec![
        table("both", "persons", &["ground", "sex"], &keep),
        table("kinds", "persons", &["kind"], &keep),
        table("incidents", "incidents", &["kind"], &keep),
    ]
}

/// What the mask makes of other people, by what is public.
fn masked(content: &Content, people: &[Person]) -> Option<Vec<Table>> {
    let spec = |table: &Table| TableSpec {
        code: table.code.clone(),
        title: table.title.clone(),
        measure: table.measure,
        by: table.axes.iter().map(|axis| (dimension(&axis.dimension).unwrap(), axis.clone())).collect(),
        filters: BTreeMap::new(),
        with: BTreeSet::new(),
    };
    let specs: Vec<_> = content.tables.iter().map(spec).collect();
    let terms = content.terms.iter().flat_map(|(vocabulary, terms)| terms.iter().map(move |term| (vocabulary, term)));
    let vocabulary: Vocabulary = terms
        .map(|(vocabulary, term)| Term {
            vocabulary: vocabulary.clone(),
            code: term.code.clone(),
            broader: term.broader.clone(),
            family: term.family.clone(),
            crosswalk: None,
            texts: term.texts.clone(),
            replaced_by: None,
            retired: false,
        })
        .collect();
    let input = Input {
        tables: &specs,
        thresholds: Thresholds::default(),
        vocabulary: &vocabulary,
        people,
        known: &BTreeMap::new(),
        signed: &[],
        earlier: &[],
    };
    mask::mask(&input, &mut |_, _, _| {}).ok().map(|masked| masked.tables)
}

/// A correction of one ground after which the same is published, and one after which it is not.
fn corrections(content: &Content, people: &[Entered]) -> [(usize, &'static str); 2] {
    let all: Vec<_> = people.iter().map(Entered::person).collect();
    assert_eq!(masked(content, &all).as_ref(), Some(&content.tables), "the mask, asked here, says otherwise");
    let (mut same, mut other) = (None, None);
    for (at, person) in people.iter().enumerate() {
        // One that is pooled too: of whom is in `_O`, nobody is told which other ground it is.
        for ground in GROUNDS.into_iter().chain([POOLED]).filter(|ground| *ground != person.ground) {
            let mut changed = all.clone();
            changed[at] = Entered { ground, ..person.clone() }.person();
            match masked(content, &changed) {
                Some(tables) if tables == content.tables => same = same.or(Some((at, ground))),
                Some(_) => other = other.or(Some((at, ground))),
                None => {}
            }
            if let (Some(same), Some(other)) = (same, other) {
                return [same, other];
            }
        }
    }
    panic!("no such pair: {same:?} {other:?}")
}

fn databases_that_publish_the_same_answer_the_same_bytes(home: &Home) {
    let app = serve(home);
    let dice = &mut Dice::new(3);
    let mut people: Vec<Entered> = (0..35).map(|_| random(&app, dice)).collect();
    drop(app);
    let [one, two, three] = [home.twin(), home.twin(), home.twin()];
    let scout = serve(home);
    let content = release(&scout, &declaration("r", &tables(), &[])).unwrap();
    drop(scout);
    let [same, other] = corrections(&content, &people);
    let [one, two, three] = [&one, &two, &three].map(serve);
    // As many writes in each.
    let own = (same.0, people[same.0].ground);
    for (app, (at, ground)) in [(&two, same), (&three, other)] {
        correct(app, &mut people[at].clone(), ground);
    }
    one.store.write(&attest::store::accounts::host(), "nothing", |_| Ok(())).unwrap();
    people[own.0].ground = own.1;
    for app in [&one, &two, &three] {
        release(app, &declaration("r", &tables(), &[])).unwrap();
    }
    let questions = addresses(&one);
    assert!(questions.len() > 200, "{}", questions.len());
    let mut told = 0;
    for (path, headers) in &questions {
        let [a, b, c] = [&one, &two, &three].map(|app| shown(&app.anybody().get_with(path, headers)));
        assert_eq!(a, b, "{path} {headers:?}");
        told += usize::from(a != c);
    }
    assert!(told > 10, "neighbours that publish something else look alike");
}

type Question = (String, Vec<(&'static str, &'static str)>);

/// Every public address without a question, every format of every table in both languages, slices, and what is refused.
fn addresses(app: &App) -> Vec<Question> {
    let mut paths: Vec<String> = [
        "releases",
        "releases.json",
        "releases/r",
        "releases/r.json",
        "releases/r/content.json",
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
    paths.extend(asked());
    paths.extend(pages());
    let plain = paths.iter().map(|path| (path.clone(), vec![("Accept-Encoding", "identity"), HOST]));
    let zipped = paths.iter().map(|path| (path.clone(), vec![("Accept-Encoding", "gzip"), HOST]));
    assert!(paths.iter().filter(|path| app.anybody().get(path).status == 200).count() > 80);
    plain.chain(zipped).collect()
}

/// Status, headers and body.
type Shown = (u16, Vec<(String, Vec<u8>)>, Vec<u8>);

fn shown(answer: &Answer) -> Shown {
    let headers = answer.headers.iter().filter(|(name, _)| *name != "date");
    let mut headers: Vec<_> = headers.map(|(name, value)| (name.to_string(), value.as_bytes().to_vec())).collect();
    headers.sort();
    (answer.status, headers, answer.bytes.clone())
}

/// Pages say where they were reached; each of these servers is elsewhere.
const HOST: (&str, &str) = ("Host", "attest.example.org");

/// Every public page, and questions to the explorer, valid and not.
fn pages() -> Vec<String> {
    let mut all: Vec<String> =
        ["/", "/publications", "/releases", "/releases/r", "/releases/r/changes", "/codebook", "/about"]
            .iter()
            .flat_map(|path| [(*path).to_owned(), format!("/ru{}", path.trim_end_matches('/'))])
            .collect();
    let questions = asked().into_iter().filter_map(|path| path.strip_prefix("/api/v1/aggregates?").map(str::to_owned));
    all.extend(questions.map(|question| format!("/explore?{question}")));
    all
}

/// Public questions, valid and not.
fn asked() -> Vec<String> {
    let mut all = Vec::new();
    let formats = ["json", "csv", "jsonstat", "vl.json", "svg", "xlsx", "exe"];
    for release in ["r", "nothing"] {
        for table in ["both", "kinds", "incidents", "nothing"] {
            for format in formats {
                for options in ["", "?lang=ru", "?labels=both", "?shape=wide", "?bom=true&lang=xx", "?colour=red"] {
                    all.push(format!("/api/v1/releases/{release}/tables/{table}.{format}{options}"));
                }
            }
        }
    }
    let words = |codes: &[&'static str]| codes.iter().copied().chain(["_T", "_O", "_Z", "nobody"]).collect::<Vec<_>>();
    let mut questions: Vec<String> = Vec::new();
    for (name, codes) in [("ground", words(&GROUNDS)), ("sex", words(&SEXES)), ("kind", words(&KINDS))] {
        for measure in ["persons", "incidents", "ships"] {
            questions.push(format!("measure={measure}&by={name}"));
            questions.push(format!("measure={measure}&by={name}&totals=all"));
            for pair in codes.windows(2) {
                questions.push(format!("measure={measure}&{name}={}", pair[0]));
                questions.push(format!("measure={measure}&{name}={},{}", pair[0], pair[1]));
            }
        }
    }
    let further = [
        "",
        "by=ground,sex",
        "by=ground,kind",
        "by=sex,sex",
        "by=colour",
        "by=source",
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
        "ground=relative_of_victim&by=sex",
        "sex=F&by=ground&totals=none",
        "sex=&by=ground",
        "by=",
        "sex=F&sex=M",
        "=",
        "%00=1",
        "limit=1",
    ];
    questions.extend(further.map(str::to_owned));
    for question in questions {
        all.push(format!("/api/v1/aggregates?{question}"));
        all.push(format!("/api/v1/releases/r/aggregates.csv?{question}"));
    }
    all
}

fn two_databases_of_one_schema_refuse_the_same_questions(home: &Home) {
    let twin = home.twin();
    let (one, two) = (serve(home), serve(&twin));
    for (app, seed) in [(&one, 21), (&two, 22)] {
        let dice = &mut Dice::new(seed);
        for _ in 0..dice.between(15, 30) {
            random(app, dice);
        }
        let figures = publication(app, &["measure=persons", "measure=incidents&kind=detention"]);
        release(app, &declaration("r", &tables(), &figures)).unwrap();
    }
    let (mut refused, mut differ) = (BTreeMap::new(), 0);
    let questions = asked();
    assert!(questions.len() >= 200);
    for path in &questions {
        let [a, b] = [&one, &two].map(|app| app.anybody().get(path));
        assert_eq!(a.status, b.status, "{path}");
        assert!(a.status < 500, "{path}: {}", a.text());
        if a.status >= 400 {
            assert_eq!(a.text(), b.text(), "{path}");
            *refused.entry((a.status, a.json()["type"].to_string())).or_insert(0) += 1;
        } else {
            differ += usize::from(a.bytes != b.bytes);
        }
    }
    println!("{} questions, refused {refused:?}, {differ} answers differ", questions.len());
    assert!(refused.len() >= 2 && refused.values().sum::<usize>() >= 100, "{refused:?}");
    assert!(differ > 50, "the two databases hold the same");
}
