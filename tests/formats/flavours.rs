//! CSV as it is read and written: strictly in, and in two flavours out, of which both give every text back.

use attest::exchange::flavour::{self, Flavour, marked, unmarked};
use attest::exchange::scan::{Place, Scanner, StrayKind};
use csv::{QuoteStyle, Terminator, WriterBuilder};
use proptest::prelude::*;

/// Texts that begin with what spreadsheets run, drop or round, and any others.
fn text() -> impl Strategy<Value = String> {
    let start = prop::sample::select(vec![
        "",
        "'",
        "''",
        "=",
        "'=",
        "+",
        "-",
        "@",
        "\t",
        "\r",
        "\n",
        " ",
        "＝",
        "＋",
        "－",
        "＠",
        "\u{a0}=",
        "\u{200b}@",
        "\u{feff}",
        "007",
        "-1",
        "+7 900 123-45-67",
        "12345678901234567890",
        "2018-04-03",
        "=HYPERLINK(\"http://example.org\")",
        "true",
        "12345678901234567890123456789012345678901234567890",
        "Али;=1+1;Алик",
        "x\t=1+1",
        "x\n=1+1",
        "x;'=1",
    ]);
    let rest = prop_oneof![
        Just(String::new()),
        "[a-zа-яё0-9 ,;\"'\t\r\n=+-]{0,12}",
        // Nothing but what matters here.
        "[;\t\r\n'\" =@a\u{200b}]{0,16}",
        any::<String>()
    ];
    (start, rest).prop_map(|(start, rest)| format!("{start}{rest}"))
}

fn scanned(text: &str) -> Vec<Vec<String>> {
    Scanner::new(text).map(|record| record.unwrap().cells).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_text_comes_back_out_of_its_marked_cell_and_no_cell_runs(text in text()) {
        let cell = marked(&text).into_owned();
        prop_assert_eq!(&*unmarked(&cell), &*text);
        // Whichever of its signs a spreadsheet takes for the end of a cell or a row.
        for segment in std::iter::once(&*cell).chain(cell.split([';', '\t', '\n', '\r'])) {
            let seen = segment.trim_start_matches(|c| c == '"' || flavour::unseen(c));
            prop_assert!(!seen.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']), "{:?}", cell);
        }
        prop_assert!(!cell.starts_with(['\t', '\r', '\n']), "{:?}", cell);
        let exact = Flavour::Exact.cell(&text).into_owned();
        prop_assert_eq!(exact, text);
    }

    #[test]
    fn no_two_texts_have_the_same_marked_cell(one in text(), other in text()) {
        prop_assert_eq!(marked(&one) == marked(&other), one == other);
    }

    #[test]
    fn what_the_csv_crate_writes_is_read_as_it_was_with_its_rows_and_lines(
        rows in prop::collection::vec(prop::collection::vec(text(), 2), 0..12),
        ending in prop::sample::select(vec!["\n", "\r\n", "\r"]),
        always in any::<bool>(),
    ) {
        let terminator = match ending {
            "\r\n" => Terminator::CRLF,
            ending => Terminator::Any(ending.as_bytes()[0]),
        };
        let style = if always { QuoteStyle::Always } else { QuoteStyle::Necessary };
        let mut writer = WriterBuilder::new().terminator(terminator).quote_style(style).from_writer(Vec::new());
        let mut places = Vec::new();
        let mut line = 1;
        for (at, row) in rows.iter().enumerate() {
            places.push(Place { row: at as u64 + 1, line });
            writer.write_record(row).unwrap();
            let breaks: usize = row.iter().map(|cell| cell.replace("\r\n", "\n").matches(['\n', '\r']).count()).sum();
            line += 1 + breaks as u64;
        }
        let text = String::from_utf8(writer.into_inner().unwrap()).unwrap();
        let read: Vec<_> = Scanner::new(&text).map(Result::unwrap).collect();
        prop_assert_eq!(read.iter().map(|record| record.cells.clone()).collect::<Vec<_>>(), rows);
        prop_assert_eq!(read.iter().map(|record| record.place).collect::<Vec<_>>(), places);
    }

    #[test]
    fn what_is_read_strictly_the_csv_crate_reads_alike(text in "[ab,\"\r\n ]{0,24}") {
        let Ok(own) = Scanner::new(&text).collect::<Result<Vec<_>, _>>() else { return Ok(()) };
        let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
        let theirs: Vec<Vec<String>> =
            reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect();
        // The crate passes over empty lines; here they are rows with one empty cell.
        let empty = [String::new()];
        let own: Vec<_> = own.into_iter().map(|record| record.cells).filter(|cells| cells[..] != empty).collect();
        let theirs: Vec<_> = theirs.into_iter().filter(|cells| cells[..] != empty).collect();
        prop_assert_eq!(own, theirs);
    }
}

#[test]
fn a_quotation_mark_that_leaves_open_what_was_meant_is_refused_where_it_opened() {
    for (text, kind, row, line) in [
        ("a,b\nX-1,\"a\nX-2,b\n", StrayKind::Open, 2, 2),
        ("a,b\n\"x\ny\",1\nX-1,\"a\nX-2,\"b\"\n", StrayKind::GoesOn, 3, 4),
        ("a,b\nX-1,\"a\"b\n", StrayKind::GoesOn, 2, 2),
        ("a,b\nX-1,\"a\" \n", StrayKind::GoesOn, 2, 2),
        ("a,b\rX-1,a\"b\rX-2,c", StrayKind::Within, 2, 2),
        ("a,b\r\n\r\nX-1, \"a\"\r\n", StrayKind::Within, 3, 3),
        ("\"", StrayKind::Open, 1, 1),
    ] {
        let stray = Scanner::new(text).find_map(Result::err).unwrap();
        assert_eq!((stray.kind, stray.place), (kind, Place { row, line }), "{text:?}");
    }
    assert_eq!(scanned("a,\"b\"\"c\",\n\"\",x"), [vec!["a", "b\"c", ""], vec!["", "x"]]);
    assert_eq!(scanned(""), Vec::<Vec<String>>::new());
}
