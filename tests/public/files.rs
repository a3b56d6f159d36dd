//! An export: whole, signed, and found out where anything in it was changed.

use std::collections::HashSet;
use std::fs;
use std::path::PathBuf;

use attest::exchange::folder::{self, FolderError};
use attest::http::public::export;
use attest::http::public::folder::{check, snapshot as read};
use attest::store::published::Published;
use ed25519_dalek::SigningKey;

use crate::sample::{key, snapshot};

/// A folder that is gone with the test.
pub struct Folder(pub PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

pub fn exported() -> Folder {
    let folder = Folder(std::env::temp_dir().join(format!("attest-public-{}", uuid::Uuid::now_v7())));
    let published = Published { publications: Vec::new(), figures: Vec::new(), built_from: HashSet::new() };
    folder::write(&folder.0, &export::files(&snapshot(), &published).unwrap(), &key()).unwrap();
    folder
}

fn wrong(folder: &Folder) -> String {
    match folder::verify(&folder.0, Some(&key().verifying_key())) {
        Err(FolderError::Broken(why)) => why.join("\n"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_export_that_nobody_touched_is_good() {
    let folder = exported();
    let verified = folder::verify(&folder.0, Some(&key().verifying_key())).unwrap();
    assert!(verified.by_known_key && verified.files.len() > 20);
    check(&read(&verified.files).unwrap()).unwrap();
    assert!(!folder::verify(&folder.0, None).unwrap().by_known_key);
    for path in
        ["releases.json", "releases/first.json", "releases/first/content.json", "releases/second/tables/by-kind.svg"]
    {
        assert!(verified.files.contains_key(&format!("api/v1/{path}")), "{path}");
    }
    assert!(!verified.files.keys().any(|path| path.starts_with("api/v1/releases/third/")), "it was withdrawn");
}

#[test]
fn a_changed_an_extra_and_a_missing_file_are_found() {
    let folder = exported();
    let path = folder.0.join("api/v1/releases/first/tables/by-kind.csv");
    let before = fs::read(&path).unwrap();
    fs::write(&path, [before.as_slice(), b" "].concat()).unwrap();
    assert!(wrong(&folder).contains("by-kind.csv: it was changed"));
    fs::remove_file(&path).unwrap();
    assert!(wrong(&folder).contains("by-kind.csv: it is missing"));
    fs::write(&path, before).unwrap();
    folder::verify(&folder.0, Some(&key().verifying_key())).unwrap();
    fs::write(folder.0.join("api/v1/more.json"), "{}").unwrap();
    assert!(wrong(&folder).contains("more.json: it is not listed"));
}

#[test]
fn checksums_made_anew_do_not_help_without_the_key() {
    let folder = exported();
    let sums = folder.0.join(folder::SUMS);
    let text = fs::read_to_string(&sums).unwrap();
    fs::write(&sums, text.lines().skip(1).map(|line| format!("{line}\n")).collect::<String>()).unwrap();
    assert!(wrong(&folder).contains("no good signature"));
    // Signed again by somebody else: good in itself, and not what was to be held against.
    let other = SigningKey::from_bytes(&[8; 32]).verifying_key();
    let folder = exported();
    assert!(folder::verify(&folder.0, Some(&other)).unwrap_err().to_string().contains("another key"));
}

#[test]
fn nothing_is_written_into_a_folder_that_holds_something() {
    let folder = exported();
    let before = fs::read(folder.0.join(folder::SUMS)).unwrap();
    let refused = folder::write(&folder.0, &[("x".to_owned(), Vec::new())], &key());
    assert!(matches!(refused, Err(FolderError::NotEmpty(_))));
    assert_eq!(fs::read(folder.0.join(folder::SUMS)).unwrap(), before);
}
