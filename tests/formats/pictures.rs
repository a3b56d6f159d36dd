//! Pictures: safe, readable on a phone, and honest about what they leave out.

use attest::domain::dimension::DIMENSIONS;
use attest::domain::release::content::Content;
use attest::exchange::formats::{self, FORMATS, FormatError, Language, Options, words};

use crate::sample;

fn pictures() -> Vec<String> {
    let content = sample::content();
    let svg = formats::find("svg").unwrap();
    let tables = content.tables.iter().filter(|table| table.axes.len() < 3);
    let drawn = tables.map(|table| svg.write(&sample::shown(&content, table), &Options::default()).unwrap());
    let drawn = drawn.map(|bytes| String::from_utf8(bytes).unwrap());
    drawn.chain([sample::steps(Language::English), sample::steps(Language::Russian)]).collect()
}

#[test]
fn a_picture_holds_no_script_and_no_address_to_load_from() {
    for picture in pictures() {
        let own = picture.replace("http://www.w3.org/2000/svg", "");
        for forbidden in
            ["script", "href", "http:", "https:", "@import", "<image", "<use", "foreignObject", " on", "data:"]
        {
            // Words of a text may hold them; markup may not.
            let markup = own.split('>').filter_map(|part| part.split_once('<')).any(|(_, tag)| tag.contains(forbidden));
            assert!(!markup, "{forbidden} in {picture}");
        }
        assert!(own.split("url(").skip(1).all(|rest| rest.starts_with("#withheld)")), "{picture}");
    }
}

#[test]
fn no_text_in_a_picture_is_smaller_than_twelve_pixels_on_a_phone() {
    for picture in pictures() {
        assert!(picture.contains("viewBox=\"0 0 360 "), "{picture}");
        let sizes: Vec<f64> = picture
            .split("font-size=\"")
            .skip(1)
            .map(|rest| rest.split_once('"').unwrap().0.parse().unwrap())
            .collect();
        assert!(!sizes.is_empty() && sizes.iter().all(|size| *size >= 12.0), "{sizes:?}");
    }
}

#[test]
fn a_picture_says_to_those_who_cannot_see_it_what_it_shows() {
    let picture = sample::write("by-kind", "svg", Options::default());
    assert!(
        picture.contains("role=\"img\"")
            && picture.contains("<title>What was done to persons from Chechnya &amp; elsewhere</title>")
    );
    let description = picture.split_once("<desc>").unwrap().1.split_once("</desc>").unwrap().0;
    for said in ["Evacuation: 114", "Beating: withheld", "Detention: 19 to 41", "Death: at least 2", "Total: 122"] {
        assert!(description.contains(said), "{said}: {description}");
    }
}

#[test]
fn what_people_wrote_cannot_become_markup() {
    for picture in pictures() {
        assert!(!picture.contains("<b>") && !picture.contains("<Gazeta>"), "{picture}");
    }
    assert!(sample::write("by-kind", "svg", Options::default()).contains("Forced outing &lt;b&gt;"));
}

/// What else must be said of a table.
fn words_of(table: &str) -> &'static str {
    if table == "by-ground" { "Некоторые числа" } else { "Группы пересекаются" }
}

#[test]
fn what_xml_forbids_is_left_out_of_a_picture() {
    let mut content = sample::content();
    content.publisher = "A\u{0}B\u{b}C\u{ffff}D\nE ]]> <!-- \u{1b}[31m".to_owned();
    let bytes = formats::find("svg").unwrap().write(&sample::shown(&content, &content.tables[0]), &Options::default());
    let picture = String::from_utf8(bytes.unwrap()).unwrap();
    assert!(picture.contains("Source: ABCD E ]]&gt; &lt;!-- [31m"), "{picture}");
    assert!(!picture.chars().any(|c| (c.is_control() && c != '\n') || c == '\u{ffff}'));
}

#[test]
fn source_release_and_withheld_are_said_inside_of_the_picture() {
    for (table, suffix) in [("by-ground", "svg"), ("by-kind-and-origin", "svg"), ("by-ground", "vl.json")] {
        let picture = sample::write(table, suffix, sample::russian());
        for said in ["Источник: Russian LGBT Network", "Выпуск 2018-04-03", "крыто", words_of(table)]
        {
            assert!(picture.contains(said), "{said}: {picture}");
        }
    }
}

/// The sample with the grand total of a table withheld.
fn without_total(code: &str) -> Content {
    let mut content = sample::content();
    let table = content.tables.iter_mut().find(|table| table.code == code).unwrap();
    table.cells.last_mut().unwrap().value = sample::WITHHELD;
    content
}

#[test]
fn the_total_is_stated_where_it_is_published_and_is_never_a_bar() {
    for suffix in ["svg", "vl.json"] {
        assert!(sample::write("by-kind", suffix, Options::default()).contains("Total: 122"));
        let content = without_total("by-kind");
        let shown = sample::shown(&content, content.table("by-kind").unwrap());
        let bytes = formats::find(suffix).unwrap().write(&shown, &Options::default()).unwrap();
        let picture = String::from_utf8(bytes).unwrap();
        assert!(!picture.contains("Total") && !picture.contains("122") && !picture.contains("_T"), "{picture}");
    }
}

#[test]
fn a_picture_of_three_dimensions_is_refused_whatever_the_numbers_are() {
    let svg = formats::find("svg").unwrap();
    for content in [sample::content(), without_total("by-year-kind-and-origin")] {
        let shown = sample::shown(&content, content.table("by-year-kind-and-origin").unwrap());
        let refused = svg.write(&shown, &Options::default());
        assert_eq!(refused, Err(FormatError::TooManyDimensions { format: "svg", most: 2, asked: 3 }));
    }
}

#[test]
fn every_format_is_found_by_its_suffix_and_by_no_other() {
    for format in FORMATS {
        assert_eq!(formats::find(format.suffix()).map(|found| found.description()), Some(format.description()));
        assert!(format.media_type().contains('/') && format.description().ends_with('.'));
    }
    assert!(formats::find("").is_none() && formats::find("JSON").is_none() && formats::find(".csv").is_none());
}

#[test]
fn every_dimension_has_a_heading_in_every_language() {
    for dimension in DIMENSIONS {
        let headings = [Language::English, Language::Russian].map(|language| words::heading(dimension.code, language));
        assert!(headings[0] != dimension.code && headings[0] != headings[1], "{headings:?}");
    }
}
