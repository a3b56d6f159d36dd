//! Things that must be gone when the test process is, however it ends.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, OnceLock};

/// The keepers, with the pipes to them. These close when this process ends, and that is what the keepers wait for.
static KEEPERS: Mutex<Vec<Child>> = Mutex::new(Vec::new());

/// Starts a shell that runs `script` with `arguments`; its standard input ends when this process does. It stands in a
/// process group of its own, so that an interrupt from the keyboard does not end it first.
pub fn keeper(script: &str, arguments: &[&str]) {
    let child = Command::new("sh")
        .args(["-c", script, "keeper"])
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .unwrap();
    KEEPERS.lock().unwrap().push(child);
}

/// The folder of this test process, removed when it ends.
pub fn folder() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let folder = std::env::temp_dir().join(format!("attest-test-{}", uuid::Uuid::now_v7()));
        std::fs::create_dir_all(&folder).unwrap();
        keeper("read _; rm -rf \"$1\"", &[folder.to_str().unwrap()]);
        folder
    })
}

/// A new empty folder in it.
pub fn new_folder() -> PathBuf {
    let folder = folder().join(uuid::Uuid::now_v7().to_string());
    std::fs::create_dir(&folder).unwrap();
    folder
}
