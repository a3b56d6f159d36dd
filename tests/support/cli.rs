//! The command line.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use super::database::Home;

/// The programme, in a folder of its own and without the settings of whoever runs the tests.
pub fn attest(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_attest"));
    let settings = std::env::vars_os().map(|(name, _)| name);
    for name in settings.filter(|name| name.to_string_lossy().starts_with("ATTEST_")) {
        command.env_remove(name);
    }
    command.env_remove("DATABASE_URL").current_dir(folder).stdin(Stdio::null());
    command
}

/// The programme on the database of a test.
pub fn attest_on(home: &Home) -> Command {
    let mut command = attest(&home.folder);
    command.env("ATTEST_DATABASE_URL", &home.url);
    command
}

/// What a command did.
#[derive(Debug)]
pub struct Ended {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

pub fn run(command: &mut Command) -> Ended {
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ended { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

impl Ended {
    /// What was printed, if the command did its work.
    #[track_caller]
    pub fn done(self) -> Self {
        assert_eq!(self.code, Some(0), "{self:?}");
        self
    }

    /// What was printed, if the command refused with one exit code, said why and printed nothing else.
    #[track_caller]
    pub fn refused(self) -> Self {
        assert!(self.code.is_some_and(|code| code == 1 || code == 2), "{self:?}");
        assert_eq!(self.out, "", "{self:?}");
        assert!(!self.err.trim().is_empty(), "{self:?}");
        assert!(!self.err.contains("panicked"), "{self:?}");
        self
    }
}

/// A server that was started by the command line; stopped when this goes.
pub struct Serving {
    child: Child,
    /// What it printed, up to and with the last line that was waited for.
    pub lines: Vec<String>,
    printed: Receiver<String>,
}

/// What every server prints last when it listens, locked or not.
pub const LISTENS: &str = "API documentation:";

/// How long a server may take to print its next line: a test that waits for ever tells nobody what it waits for.
const PATIENCE: Duration = Duration::from_secs(120);

impl Serving {
    /// Starts a server and reads what it prints until a line begins with this.
    pub fn start(command: &mut Command, last: &str) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let (sender, printed) = mpsc::channel();
        std::thread::spawn(move || out.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        let mut serving = Self { child, lines: Vec::new(), printed };
        while !serving.lines.last().is_some_and(|line| line.starts_with(last)) {
            match serving.printed.recv_timeout(PATIENCE) {
                Ok(line) => serving.lines.push(line.trim_end().to_owned()),
                Err(why) => serving.never_printed(last, why),
            }
        }
        serving
    }

    fn never_printed(&mut self, last: &str, why: mpsc::RecvTimeoutError) -> ! {
        let _ = self.child.kill();
        let mut err = String::new();
        std::io::Read::read_to_string(&mut self.child.stderr.take().unwrap(), &mut err).unwrap();
        panic!("`{last}` was not printed ({why}): {:?} {err}", self.lines);
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Asks it to end, as a service manager does, and gives its exit code and what it wrote to its log.
    pub fn stop(mut self) -> (Option<i32>, String) {
        let ended = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(ended.success());
        let mut err = String::new();
        std::io::Read::read_to_string(&mut self.child.stderr.take().unwrap(), &mut err).unwrap();
        (self.child.wait().unwrap().code(), err)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
