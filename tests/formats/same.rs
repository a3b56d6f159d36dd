//! Whatever the numbers are, all data formats say the same.

use attest::domain::count::{Bound, Count};
use attest::domain::release::content::{Table, Value};
use attest::exchange::formats::{self, Labels, Language, Options, Shown};
use proptest::prelude::*;

use crate::decoded::{self, Cells};
use crate::sample;

fn value() -> impl Strategy<Value = Value> {
    let bound = prop_oneof![Just(Bound::Exact), Just(Bound::AtLeast), Just(Bound::About)];
    prop_oneof![
        2 => Just(Value::Withheld),
        3 => (0u64..2000, bound).prop_map(|(value, bound)| Value::Free(Count::Attested { value, bound })),
        1 => (0u64..50, 0u64..50).prop_map(|(low, more)| Value::Free(Count::NotAttested { low, high: low + more })),
        1 => Just(Value::Empty),
    ]
}

fn table() -> impl Strategy<Value = Table> {
    let kinds = sample::kinds(false);
    let places = sample::axis("origin", Some("place"), &["RU-CE", "RU-DA", "_O"], true);
    let months = sample::axis("month", None, &["2017-02", "2017-03", "_U"], true);
    let all = prop::sample::subsequence(vec![kinds, places, months], 0..=3).prop_shuffle();
    all.prop_flat_map(|axes| {
        let cells = Table::positions(&axes).len();
        let values = prop::collection::vec(value(), cells);
        values.prop_map(move |values| sample::table("t", sample::texts("A table", "Таблица"), axes.clone(), &values))
    })
}

fn options() -> impl Strategy<Value = Options> {
    let language = prop_oneof![Just(Language::English), Just(Language::Russian)];
    let labels = prop_oneof![Just(Labels::Codes), Just(Labels::Both)];
    (language, labels, any::<bool>()).prop_map(|(language, labels, bom)| Options {
        language,
        bom,
        labels,
        ..Options::default()
    })
}

fn written(shown: &Shown<'_>, suffix: &str, options: &Options) -> String {
    let bytes = formats::find(suffix).unwrap().write(shown, options).unwrap();
    assert_eq!(
        bytes,
        formats::find(suffix).unwrap().write(shown, options).unwrap(),
        "the same input gives other bytes"
    );
    String::from_utf8(bytes).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn json_csv_and_json_stat_decode_to_the_table_that_was_written(table in table(), options in options()) {
        let content = sample::content();
        let shown = sample::shown(&content, &table);
        let meant: Cells = table.cells.iter().map(|cell| (cell.at.clone(), cell.value)).collect();
        // What is empty has no row, and a place where every place has one.
        let rows: Cells = meant.iter().filter(|(_, value)| *value != Value::Empty).cloned().collect();
        let dimensions: Vec<_> = table.axes.iter().map(|axis| axis.dimension.as_str()).collect();
        prop_assert_eq!(&decoded::json(&written(&shown, "json", &options)), &rows);
        prop_assert_eq!(&decoded::csv(&written(&shown, "csv", &options), &dimensions), &rows);
        prop_assert_eq!(&decoded::jsonstat(&written(&shown, "jsonstat", &options)), &meant);
    }

    #[test]
    fn pictures_of_any_numbers_can_be_drawn_and_mark_every_cell_that_is_withheld(table in table(), options in options()) {
        let content = sample::content();
        let shown = sample::shown(&content, &table);
        let chart = written(&shown, "vl.json", &options);
        let inner = |at: &[String]| at.iter().all(|code| code != "_T");
        let withheld = table.cells.iter().filter(|cell| cell.value == Value::Withheld && inner(&cell.at)).count();
        prop_assert_eq!(chart.matches("\"conf_status\":\"C\"").count(), withheld);
        if table.axes.len() < 3 {
            let picture = written(&shown, "svg", &options);
            // One more in the legend.
            prop_assert_eq!(picture.matches("url(#withheld)").count(), withheld + usize::from(withheld > 0));
        }
    }
}
