//! What the tests of the keyring share.

use std::fs::{File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::cli::{Ended, Serving, attest_on, run};
use crate::support::{Home, process};

pub const LISTEN: [&str; 2] = ["--listen", "127.0.0.1:0"];

pub fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

pub fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// A file for its owner alone, outside of everything.
pub fn private_file(text: &str) -> PathBuf {
    let path = process::new_folder().join("text");
    std::fs::write(&path, text).unwrap();
    set_mode(&path, 0o600);
    path
}

/// Gives a command this to read.
pub fn typing<'c>(command: &'c mut Command, text: &str) -> &'c mut Command {
    command.stdin(File::open(private_file(text)).unwrap())
}

/// A path at which there is no file, in a folder of its own.
pub fn no_file() -> PathBuf {
    process::new_folder().join("code")
}

/// The recovery code that was written to a file.
pub fn code_in_file(path: &Path) -> String {
    assert_eq!(mode(path), 0o600, "{}", path.display());
    let text = std::fs::read_to_string(path).unwrap();
    assert_eq!(text.lines().count(), 1, "{text}");
    text.trim_end().to_owned()
}

/// Serves for the first time, and gives the recovery code, which goes to a file.
pub fn first_start(command: &mut Command) -> (Serving, String) {
    let path = no_file();
    let arguments = ["serve", "--recovery-code-file", path.to_str().unwrap()];
    let serving = Serving::start(command.args(arguments).args(LISTEN), "The recovery code of the keyring is in ");
    (serving, code_in_file(&path))
}

/// Rotates the keys of a database, whatever comes of it: what the command did, and where the new recovery code is.
pub fn rotate(home: &Home) -> (Ended, PathBuf) {
    let path = no_file();
    (run(attest_on(home).args(["key", "rotate", "--recovery-code-file", path.to_str().unwrap()])), path)
}

/// Asks a running server: status and body.
pub fn ask(address: &str, token: Option<&str>) -> (u16, String) {
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let mut request = agent.get(address);
    if let Some(token) = token {
        request = request.header("Authorization", format!("Bearer {token}"));
    }
    let mut response = request.call().unwrap();
    (response.status().as_u16(), response.body_mut().read_to_string().unwrap())
}

/// Every file below a folder.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}
