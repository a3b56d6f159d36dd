//! Other people's programmes read ours: pyjstat, pandas and a renderer of Vega-Lite.

use std::path::{Path, PathBuf};
use std::process::Command;

use attest::exchange::formats::{self, Options, Shape};
use serde_json::{Value as Json, json};

use crate::sample;
use crate::support;

/// Writes every table of the sample into a folder of its own, with what it means beside it.
fn written(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("formats").join(name);
    if folder.exists() {
        std::fs::remove_dir_all(&folder).unwrap();
    }
    std::fs::create_dir_all(&folder).unwrap();
    let content = sample::content();
    for table in &content.tables {
        let put = |suffix: &str, text: Vec<u8>| {
            std::fs::write(folder.join(format!("{}.{suffix}", table.code)), text).unwrap()
        };
        let shown = sample::shown(&content, table);
        for suffix in ["json", "csv", "jsonstat", "vl.json"] {
            put(suffix, formats::find(suffix).unwrap().write(&shown, &Options::default()).unwrap());
        }
        if table.axes.len() < 3 {
            put("svg", formats::find("svg").unwrap().write(&shown, &Options::default()).unwrap());
        }
        let wide = Options { shape: Shape::Wide, ..Options::default() };
        put("wide.csv", formats::find("csv").unwrap().write(&shown, &wide).unwrap());
        let row = |cell: &attest::domain::release::content::Cell| {
            let stated = cell.value.count().and_then(|count| count.stated()).map(|stated| stated.value);
            let is_empty = cell.value == sample::EMPTY;
            json!({"at": cell.at, "count": stated, "conf_status": cell.value.conf_status(), "empty": is_empty})
        };
        let by: Vec<_> = table.axes.iter().map(|axis| &axis.dimension).collect();
        let meant = json!({"by": by, "rows": table.cells.iter().map(row).collect::<Vec<_>>()});
        put("expected.json", meant.to_string().into_bytes());
    }
    folder
}

/// What the programmes say of a folder, and whether they agree with it; none where there is no Python.
fn read(folder: &Path, test: &str) -> Option<(bool, String)> {
    let Some(python) = support::python() else {
        support::skip("python", "Python with tests/formats/requirements.txt", test);
        return None;
    };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/formats/decode.py");
    let output = Command::new(python).arg("-I").arg(script).arg(folder).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    Some((output.status.success(), said))
}

#[test]
fn pyjstat_pandas_and_vega_lite_read_every_table_as_it_was_meant() {
    let folder = written("read");
    let Some((agree, said)) = read(&folder, "pyjstat_pandas_and_vega_lite_read_every_table_as_it_was_meant") else {
        return;
    };
    assert!(agree, "{said}");
    assert_eq!(said.trim(), format!("{} tables agree", sample::content().tables.len()));
}

/// Changes what a file says.
fn change(folder: &Path, file: &str, change: impl FnOnce(String) -> String) {
    let path = folder.join(file);
    let text = std::fs::read_to_string(&path).unwrap();
    let changed = change(text.clone());
    assert_ne!(changed, text, "{file} is as it was");
    std::fs::write(path, changed).unwrap();
}

#[test]
fn the_readers_refuse_files_in_which_one_cell_was_changed_or_shown_as_zero() {
    let folder = written("changed");
    change(&folder, "by-kind.csv", |text| text.replace(",114,", ",115,"));
    change(&folder, "by-kind.wide.csv", |text| text.replace("beating,C,", "beating,0,"));
    change(&folder, "by-kind.jsonstat", |text| {
        let mut dataset: Json = serde_json::from_str(&text).unwrap();
        dataset["value"][3] = json!(0);
        dataset.to_string()
    });
    change(&folder, "by-ground.jsonstat", |text| {
        let mut dataset: Json = serde_json::from_str(&text).unwrap();
        dataset["status"] = json!({});
        dataset.to_string()
    });
    change(&folder, "by-ground.json", |text| text.replace("\"count\":14,", "\"count\":13,"));
    change(&folder, "by-kind-and-origin.vl.json", |text| text.replace("'withheld'", "'nothing'"));
    change(&folder, "by-kind.svg", |text| text.replace("&lt;b&gt;", "<b>"));
    let Some((agree, said)) = read(&folder, "the_readers_refuse_files_in_which_one_cell_was_changed_or_shown_as_zero")
    else {
        return;
    };
    assert!(!agree, "{said}");
    let mut refused: Vec<_> = said.lines().filter_map(|line| line.split_once(": ")).map(|(file, _)| file).collect();
    refused.sort_unstable();
    let changed = [
        "by-ground.json",
        "by-ground.jsonstat",
        "by-kind-and-origin.vl.json",
        "by-kind.csv",
        "by-kind.jsonstat",
        "by-kind.svg",
        "by-kind.wide.csv",
    ];
    assert_eq!(refused, changed, "{said}");
}
