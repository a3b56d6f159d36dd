//! What each format writes, letter for letter. A change of these files changes what was published: look twice.

use attest::exchange::codebook;
use attest::exchange::flavour::{Flavour, unmarked};
use attest::exchange::formats::{Labels, Language, Options, Shape};

use crate::sample::{self, russian, write};

/// JSON on many lines, so that a difference is seen.
fn pretty(text: &str) -> String {
    serde_json::to_string_pretty(&serde_json::from_str::<serde_json::Value>(text).unwrap()).unwrap()
}

#[test]
fn json_says_every_cell_with_its_status() {
    insta::assert_snapshot!(write("by-kind", "json", Options::default()));
}

#[test]
fn json_names_its_codes_where_that_is_asked_for() {
    insta::assert_snapshot!(pretty(&write("incidents-by-year", "json", Options { labels: Labels::Both, ..russian() })));
}

#[test]
fn json_says_what_stands_as_an_earlier_release_told_it_and_what_is_told_of_several_codes_together() {
    insta::assert_snapshot!(pretty(&write("by-ground", "json", Options::default())));
}

#[test]
fn both_bases_stand_side_by_side_and_codes_in_their_broader_one() {
    insta::assert_snapshot!(pretty(&write("both", "json", Options::default())));
    insta::assert_snapshot!(write("both", "csv", Options { shape: Shape::Wide, ..Options::default() }));
}

#[test]
fn long_csv_has_a_row_for_every_cell() {
    insta::assert_snapshot!(write("by-kind", "csv", Options::default()));
}

#[test]
fn labels_in_csv_cannot_run_as_formulas() {
    let for_spreadsheets = Options { labels: Labels::Both, flavour: Flavour::Spreadsheet, ..Options::default() };
    insta::assert_snapshot!(write("by-ground", "csv", for_spreadsheets));
    // For programmes they are as they are.
    let exact = write("by-ground", "csv", Options { labels: Labels::Both, ..Options::default() });
    assert!(exact.contains(",=1+1 Acquaintances detained,"), "{exact}");
}

#[test]
fn the_words_of_a_release_cannot_run_as_formulas_either() {
    let content = sample::content();
    let [exact, marked] = [Flavour::Exact, Flavour::Spreadsheet].map(|one| codebook::csv(&content, one).unwrap());
    assert!(exact.contains(",=1+1 Acquaintances detained,") && !exact.starts_with('\u{feff}'), "{exact}");
    let marked = marked.strip_prefix('\u{feff}').unwrap();
    assert!(marked.contains(",'=1+1 Acquaintances detained,"), "{marked}");
    let cells = |text: &str| -> Vec<csv::StringRecord> {
        csv::ReaderBuilder::new()
            .has_headers(false)
            .from_reader(text.as_bytes())
            .records()
            .map(Result::unwrap)
            .collect()
    };
    for (exact, marked) in cells(&exact).iter().zip(&cells(marked)) {
        assert_eq!(marked.iter().map(unmarked).collect::<Vec<_>>(), exact.iter().collect::<Vec<_>>());
    }
    assert_eq!(cells(&exact).len(), cells(marked).len());
}

#[test]
fn wide_csv_writes_withheld_as_a_letter_and_never_as_nothing() {
    let options = Options { shape: Shape::Wide, ..Options::default() };
    insta::assert_snapshot!(write("by-kind-and-origin", "csv", options));
}

#[test]
fn wide_csv_of_one_dimension_has_one_number_a_row() {
    insta::assert_snapshot!(write("by-kind", "csv", Options { shape: Shape::Wide, labels: Labels::Both, ..russian() }));
}

#[test]
fn a_byte_order_mark_stands_at_the_beginning_and_changes_nothing_else() {
    let plain = write("by-kind", "csv", Options::default());
    assert_eq!(write("by-kind", "csv", Options { bom: true, ..Options::default() }), format!("\u{feff}{plain}"));
}

#[test]
fn json_stat_has_a_status_for_what_is_not_simply_a_number() {
    insta::assert_snapshot!(pretty(&write("by-kind", "jsonstat", Options::default())));
}

#[test]
fn vega_lite_draws_withheld_cells_in_a_layer_of_their_own() {
    insta::assert_snapshot!(pretty(&write("by-kind", "vl.json", Options::default())));
}

#[test]
fn bars_stand_under_their_labels() {
    insta::assert_snapshot!(write("by-kind", "svg", Options::default()));
}

#[test]
fn a_heat_map_hatches_what_is_withheld() {
    insta::assert_snapshot!(write("incidents-by-year", "svg", russian()));
    insta::assert_snapshot!(write("by-kind-and-origin", "svg", Options::default()));
}

#[test]
fn a_single_number_that_is_withheld_is_a_word() {
    insta::assert_snapshot!(write("hidden", "svg", Options::default()));
}

#[test]
fn published_figures_are_steps_with_their_list() {
    insta::assert_snapshot!(sample::steps(Language::English));
}
