//! Files that cannot be imported: nothing of them is stored, and the answer names row, column, value and what was
//! expected.

use attest::domain::check::Rule;
use attest::domain::record::Noun;
use attest::exchange::import::{self, File, ImportError, Report, RowError};
use attest::store::accounts;

use crate::support::{App, on_both};

on_both! {
    empty:
    a_wrong_row_57_is_named_and_nothing_is_stored,
    a_value_that_is_no_number_is_named,
    a_file_that_is_not_utf_8_is_refused_at_its_row,
    every_wrong_row_is_told_up_to_fifty,
    a_header_that_does_not_fit_is_refused,
    a_row_with_too_few_or_too_many_cells_is_refused,
    a_row_is_counted_as_a_spreadsheet_counts_it,
    what_is_taken_within_the_file_is_refused_at_its_row,
    a_row_refers_to_earlier_rows_and_files_only,
    a_later_file_that_is_wrong_takes_the_earlier_with_it,
    a_known_on_in_the_future_is_refused_at_its_row,
    a_wrong_part_of_a_cell_names_its_column,
    a_return_without_an_evacuation_is_imported_with_a_warning,
    a_dry_run_finds_the_same_and_stores_nothing,
    an_empty_file_is_refused_and_one_without_rows_is_not,
    what_spreadsheets_write_is_read,
}

fn file(noun: Noun, text: impl Into<Vec<u8>>) -> File {
    File { noun, name: format!("{}.csv", noun.plural()), bytes: text.into() }
}

fn run(app: &App, files: Vec<File>, dry_run: bool) -> Result<Report, ImportError> {
    import::run(&app.store, &accounts::host(), files, dry_run, |_| Ok(()), Box::new(|_| {}))
}

/// What is wrong with files of which nothing may be stored.
#[track_caller]
fn wrong(app: &App, files: Vec<File>) -> Vec<RowError> {
    let refused = app.unchanged(|| run(app, files.clone(), false));
    let Err(ImportError::Rows(mistakes)) = refused else { panic!("{refused:?}") };
    let tried = app.unchanged(|| run(app, files, true));
    let Err(ImportError::Rows(same)) = tried else { panic!("{tried:?}") };
    assert_eq!(mistakes, same, "a dry run finds the same");
    mistakes.first
}

/// Row, column, rule and value of each mistake.
fn told(errors: &[RowError]) -> Vec<(u64, &str, Rule, Option<&str>)> {
    let tell = |error: &'_ RowError| (error.row, error.error.rule);
    errors
        .iter()
        .map(|error| (tell(error).0, error.error.field.as_str(), tell(error).1, error.error.value.as_deref()))
        .collect()
}

fn persons(rows: u64) -> String {
    let rows: String = (2..=rows + 1).map(|row| format!("R-{row},witness\n")).collect();
    format!("code,ground\n{rows}")
}

fn a_wrong_row_57_is_named_and_nothing_is_stored(app: &App) {
    let text = persons(80).replace("R-57,witness", "R-57,witnes");
    let errors = wrong(app, vec![file(Noun::Person, text)]);
    assert_eq!(told(&errors), [(57, "ground", Rule::UnknownCode, Some("witnes"))]);
    assert!(errors[0].error.expected.contains("witness"), "{}", errors[0].error.expected);
    let line = errors[0].to_string();
    assert!(line.starts_with("persons.csv: row 57, column ground: `witnes`: expected a code of"), "{line}");
    assert_eq!(run(app, vec![file(Noun::Person, persons(80))], false).unwrap().created[0].2, 80);
}

fn a_value_that_is_no_number_is_named(app: &App) {
    let publication = "code,published_on,publisher,address\nx,2018-04-03,The Network,https://example.org\n";
    let figures = "publication,code,measure,population,region,value,as_of\n\
        x,one,persons,all,Chechnya,114,2018-04-03\nx,two,persons,all,Chechnya,many,2018-04-03\n";
    let errors = wrong(app, vec![file(Noun::Publication, publication), file(Noun::Figure, figures)]);
    assert_eq!(told(&errors), [(3, "value", Rule::Malformed, Some("many"))]);
}

fn a_file_that_is_not_utf_8_is_refused_at_its_row(app: &App) {
    let latin_1 = [persons(9).into_bytes(), b"R-11,caf\xe9\n".to_vec(), b"R-12,witness\n".to_vec()].concat();
    let errors = wrong(app, vec![file(Noun::Person, latin_1)]);
    assert_eq!(told(&errors), [(11, "", Rule::Malformed, None)]);
    assert!(errors[0].error.expected.contains("UTF-8"));
    let utf_16: Vec<u8> = persons(3).encode_utf16().flat_map(u16::to_le_bytes).collect();
    for bytes in [utf_16.clone(), [b"\xff\xfe".to_vec(), utf_16].concat(), b"PK\x03\x04\x00\xff".to_vec()] {
        assert!(!wrong(app, vec![file(Noun::Person, bytes)]).is_empty());
    }
}

fn every_wrong_row_is_told_up_to_fifty(app: &App) {
    let text = persons(9).replace("R-3,witness", "R-3,witnes").replace("R-8,witness", "R 8,witnes");
    let errors = wrong(app, vec![file(Noun::Person, text)]);
    let expected = [
        (3, "ground", Rule::UnknownCode, Some("witnes")),
        (8, "code", Rule::Malformed, Some("R 8")),
        (8, "ground", Rule::UnknownCode, Some("witnes")),
    ];
    assert_eq!(told(&errors), expected);
    let errors = wrong(app, vec![file(Noun::Person, persons(500).replace("witness", "witnes"))]);
    assert_eq!((errors.len(), errors[0].row, errors[49].row), (50, 2, 51));
}

fn a_header_that_does_not_fit_is_refused(app: &App) {
    let of = |text: &str| wrong(app, vec![file(Noun::Person, text)]);
    assert_eq!(told(&of("code,colour\nR-1,red\n")), [(1, "colour", Rule::Unknown, Some("colour"))]);
    assert_eq!(told(&of("code,code\nR-1,R-2\n")), [(1, "code", Rule::Inconsistent, Some("code"))]);
    assert_eq!(told(&of("Code\nR-1\n")), [(1, "Code", Rule::Unknown, Some("Code"))]);
    assert_eq!(told(&of("code;ground\nR-1;witness\n")).len(), 1, "semicolons are no commas");
    let errors = wrong(app, vec![file(Noun::Incident, "person,date\nR-1,2017\n")]);
    assert_eq!(told(&errors), [(1, "kind", Rule::Required, None)]);
}

fn a_row_with_too_few_or_too_many_cells_is_refused(app: &App) {
    let errors = wrong(app, vec![file(Noun::Person, "code,ground\nR-2,witness\nR-3\nR-4,witness,F\n")]);
    let rows: Vec<_> = errors.iter().map(|error| (error.row, error.error.rule)).collect();
    assert_eq!(rows, [(3, Rule::Malformed), (4, Rule::Malformed)]);
}

fn a_row_is_counted_as_a_spreadsheet_counts_it(app: &App) {
    // A line break within a cell does not make a new row.
    let errors = wrong(app, vec![file(Noun::Person, "code,reason\nR-2,\"two\nlines\"\nR 3,x\n")]);
    assert_eq!(told(&errors), [(3, "code", Rule::Malformed, Some("R 3"))]);
    // A comment line, such as the template begins with, is a row, and so is an empty one.
    let errors = wrong(app, vec![file(Noun::Person, "# persons\n# code: the code\ncode\nR-4\nR 5\n")]);
    assert_eq!(told(&errors), [(5, "code", Rule::Malformed, Some("R 5"))]);
    // After the header nothing is a comment, so that no row is left out without a word.
    let errors = wrong(app, vec![file(Noun::Person, "code\nR-2\n#R-3\n")]);
    assert_eq!(told(&errors), [(3, "code", Rule::Malformed, Some("#R-3"))]);
    let errors = wrong(app, vec![file(Noun::Person, "code,ground\nR-2,witness\n\nR 4,witness\n")]);
    assert_eq!(told(&errors), [(4, "code", Rule::Malformed, Some("R 4"))]);
    let errors = wrong(app, vec![file(Noun::Person, "code\r\nR-2\r\nR 3\r\n")]);
    assert_eq!(told(&errors), [(3, "code", Rule::Malformed, Some("R 3"))]);
}

fn what_is_taken_within_the_file_is_refused_at_its_row(app: &App) {
    let errors = wrong(app, vec![file(Noun::Person, "code\nR-2\nR-3\nR-2\n")]);
    assert_eq!(told(&errors), [(4, "code", Rule::Taken, Some("R-2"))]);
    let errors = wrong(app, vec![file(Noun::Person, "source_system,external_id\nx,17\nx,18\ny,17\nx,17\n")]);
    assert_eq!(told(&errors), [(5, "external_id", Rule::Taken, Some("17"))]);
}

fn a_row_refers_to_earlier_rows_and_files_only(app: &App) {
    let incidents = "person,kind,date\nR-2,detention,2017\nR-9,detention,2017\n";
    let errors = wrong(app, vec![file(Noun::Person, persons(5)), file(Noun::Incident, incidents)]);
    assert_eq!(errors[0].file, "incidents.csv");
    assert_eq!(told(&errors), [(3, "person", Rule::UnknownRecord, Some("R-9"))]);
    let errors = wrong(app, vec![file(Noun::Incident, incidents), file(Noun::Person, persons(9))]);
    assert_eq!(errors.len(), 2);
    run(app, vec![file(Noun::Person, persons(9)), file(Noun::Incident, incidents)], false).unwrap();
}

fn a_later_file_that_is_wrong_takes_the_earlier_with_it(app: &App) {
    let errors = wrong(app, vec![file(Noun::Person, persons(5)), file(Noun::Event, "name,date\nFirst wave,2017-13\n")]);
    assert_eq!(errors[0].file, "events.csv");
    assert_eq!(told(&errors), [(2, "date", Rule::Malformed, Some("2017-13"))]);
}

fn a_known_on_in_the_future_is_refused_at_its_row(app: &App) {
    let errors = wrong(app, vec![file(Noun::Person, "code,known_on\nR-2,2018-04-03\nR-3,2999-01-01\n")]);
    assert_eq!(told(&errors), [(3, "known_on", Rule::InFuture, Some("2999-01-01"))]);
}

fn a_wrong_part_of_a_cell_names_its_column(app: &App) {
    let incidents = "person,kind,date,involvements,sources\n\
        R-2,detention,2017,perpetrator:relatives;perpetrator:martians,\n\
        R-2,detention,2017,butler:relatives,\nR-2,detention,2017,,nobody:probable\n";
    let errors = wrong(app, vec![file(Noun::Person, persons(1)), file(Noun::Incident, incidents)]);
    let expected = [
        (2, "involvements", Rule::UnknownCode, Some("martians")),
        (3, "involvements", Rule::UnknownCode, Some("butler")),
        (4, "sources", Rule::UnknownRecord, Some("nobody")),
    ];
    assert_eq!(told(&errors), expected);
}

fn a_return_without_an_evacuation_is_imported_with_a_warning(app: &App) {
    // The evacuation of R-2 comes later in the file than the return: the order of rows says nothing.
    let incidents = "person,kind,date\nR-2,forced_return,2018\nR-2,evacuation,2017\nR-3,voluntary_return,2018\n";
    let report = run(app, vec![file(Noun::Person, persons(2)), file(Noun::Incident, incidents)], false).unwrap();
    let warned: Vec<_> = report.warnings.iter().map(|warning| (warning.file.as_str(), warning.row)).collect();
    assert_eq!(warned, [("incidents.csv", 4)]);
    assert_eq!(report.created.iter().map(|(_, _, count)| *count).collect::<Vec<_>>(), [2, 3]);
}

fn a_dry_run_finds_the_same_and_stores_nothing(app: &App) {
    let incidents = "person,kind,date\nR-2,forced_return,2018\n";
    let files = || vec![file(Noun::Person, persons(2)), file(Noun::Incident, incidents)];
    let tried = app.unchanged(|| run(app, files(), true)).unwrap();
    assert_eq!(run(app, files(), false).unwrap(), tried);
}

fn an_empty_file_is_refused_and_one_without_rows_is_not(app: &App) {
    for text in ["", "\n\n", "# nothing\n"] {
        for noun in [Noun::Person, Noun::Incident] {
            assert!(!wrong(app, vec![file(noun, text)]).is_empty(), "{text:?}");
        }
    }
    let report = run(app, vec![file(Noun::Incident, "person,kind,date\n")], false).unwrap();
    assert_eq!(report.created, [("incidents.csv".to_owned(), Noun::Incident, 0)]);
}

fn what_spreadsheets_write_is_read(app: &App) {
    let text = "\u{feff}code,reason\r\nR-2,\"said \"\"no\"\", twice\"\r\nR-3,Грозный\r\n";
    run(app, vec![file(Noun::Person, text)], false).unwrap();
    let reasons: Vec<_> =
        app.caseworker().get("/api/v1/staff/persons").items().iter().map(|item| item["reason"].clone()).collect();
    assert_eq!(reasons, ["said \"no\", twice", "Грозный"]);
}
