//! What the tests of the keyring share.

use std::fs::{File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::cli::Serving;
use crate::support::process;

pub const LISTEN: [&str; 2] = ["--listen", "127.0.0.1:0"];
const CODE: &str = "recovery code: ";

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

/// The recovery code among the lines that were printed.
pub fn code_in<'l>(lines: impl IntoIterator<Item = &'l str>) -> Option<String> {
    let mut codes = lines.into_iter().filter_map(|line| line.strip_prefix(CODE));
    let code = codes.next().map(str::to_owned);
    assert_eq!(codes.next(), None, "one code at most");
    code
}

/// Serves for the first time, which prints a recovery code.
pub fn first_start(command: &mut Command) -> (Serving, String) {
    let serving = Serving::start(command.arg("serve").args(LISTEN), CODE);
    let code = code_in(serving.lines.iter().map(String::as_str)).unwrap();
    (serving, code)
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
