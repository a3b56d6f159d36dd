//! A PostgreSQL of our own, started with the first test that needs it and gone with the test process.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::prelude::*;

use super::process::keeper;

/// The folder of `initdb` and `postgres`: on the path, or where Debian puts them.
pub fn programs() -> Option<&'static Path> {
    static PROGRAMS: OnceLock<Option<PathBuf>> = OnceLock::new();
    let find = || {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let mut folders: Vec<_> = std::env::split_paths(&path).collect();
        let mut installed: Vec<_> = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().collect();
        installed.sort_by_key(|entry| std::cmp::Reverse(entry.file_name().to_string_lossy().parse::<u32>().ok()));
        folders.extend(installed.into_iter().map(|entry| entry.path().join("bin")));
        folders.into_iter().find(|folder| folder.join("initdb").is_file() && folder.join("postgres").is_file())
    };
    PROGRAMS.get_or_init(find).as_deref()
}

/// A running server.
struct Cluster {
    socket: PathBuf,
}

/// Whom the server runs as: root may not run it.
fn servant() -> Option<&'static str> {
    let ours = run(Command::new("id").arg("-u"));
    let exists = |user: &&str| Command::new("id").arg(user).output().is_ok_and(|output| output.status.success());
    let root = String::from_utf8_lossy(&ours.stdout).trim() == "0";
    root.then(|| ["postgres", "nobody"].into_iter().find(exists).expect("an unprivileged user"))
}

fn run(command: &mut Command) -> Output {
    let output = command.stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    output
}

/// A command that is run as the servant, where there is one.
fn as_servant(servant: Option<&str>, program: &Path) -> Vec<String> {
    let program = program.to_str().unwrap().to_owned();
    match servant {
        None => vec![program],
        Some(user) => {
            let group = String::from_utf8(run(Command::new("id").args(["-gn", user])).stdout).unwrap();
            ["setpriv", "--reuid", user, "--regid", group.trim(), "--clear-groups", "--", &program]
                .map(str::to_owned)
                .to_vec()
        }
    }
}

fn start() -> Cluster {
    let programs = programs().expect("PostgreSQL");
    let servant = servant();
    // The name of a socket may have 107 bytes.
    let temporary = Some(std::env::temp_dir()).filter(|folder| folder.as_os_str().len() < 40);
    let folder = temporary.unwrap_or_else(|| "/tmp".into()).join(format!("attest-pg-{}", uuid::Uuid::now_v7()));
    std::fs::create_dir(&folder).unwrap();
    if let Some(user) = servant {
        run(Command::new("chown").arg(user).arg(&folder));
    }
    let data = folder.join("data");
    let initdb = as_servant(servant, &programs.join("initdb"));
    let mut command = Command::new(&initdb[0]);
    command.args(&initdb[1..]).current_dir(&folder).arg("-D").arg(&data);
    run(command.args(["--no-sync", "-A", "trust", "-U", "postgres", "--encoding", "UTF8", "--locale", "C"]));

    let postgres = as_servant(servant, &programs.join("postgres"));
    let settings = [
        "listen_addresses=",
        "fsync=off",
        "synchronous_commit=off",
        "full_page_writes=off",
        "max_connections=200",
        "shared_buffers=32MB",
        "autovacuum=off",
        "max_wal_senders=0",
        "wal_level=minimal",
    ];
    let mut arguments = vec![folder.to_str().unwrap().to_owned()];
    arguments.extend(postgres);
    arguments.extend(["-D".to_owned(), data.to_str().unwrap().to_owned()]);
    arguments.extend(["-k".to_owned(), folder.to_str().unwrap().to_owned()]);
    arguments.extend(settings.into_iter().flat_map(|setting| ["-c".to_owned(), setting.to_owned()]));
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    // SIGQUIT: the data are thrown away, so the server need not tidy up.
    keeper(
        "folder=$1; shift; cd \"$folder\"; \"$@\" >log 2>&1 & server=$!; \
         read _; kill -QUIT $server; wait $server; cd /; rm -rf \"$folder\"",
        &arguments,
    );
    let cluster = Cluster { socket: folder.clone() };
    // Two minutes: a machine that builds something else meanwhile is slow.
    for _ in 0..2400 {
        if PgConnection::establish(&cluster.url("postgres")).is_ok() {
            return cluster;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    let log = std::fs::read_to_string(folder.join("log")).unwrap_or_default();
    panic!("PostgreSQL did not start: {log}");
}

impl Cluster {
    fn url(&self, database: &str) -> String {
        format!("postgres:///{database}?host={}&user=postgres", self.socket.display())
    }
}

fn cluster() -> &'static Cluster {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    CLUSTER.get_or_init(start)
}

/// Makes a database, as a copy of another where one is named, and gives its URL.
pub fn create(name: &str, template: Option<&str>) -> String {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let cluster = cluster();
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let mut conn = PgConnection::establish(&cluster.url("postgres")).unwrap();
    let template = template.unwrap_or("template0");
    let make = format!("CREATE DATABASE \"{name}\" TEMPLATE \"{template}\"");
    // A connection that was closed a moment ago may still be on its way out, or that of a pool on its way in.
    let end = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{template}'");
    for _ in 0..600 {
        match conn.batch_execute(&make) {
            Ok(()) => return cluster.url(name),
            Err(why) if why.to_string().contains("being accessed") => {
                conn.batch_execute(&end).unwrap();
                std::thread::sleep(Duration::from_millis(50));
            }
            Err(why) => panic!("{make}: {why}"),
        }
    }
    panic!("{make}: somebody holds on to the template");
}

/// Gives a database to an owner who is nobody else on the server, and gives the address with which that one comes.
pub fn give_away(url: &str) -> String {
    let name = url.strip_prefix("postgres:///").unwrap().split('?').next().unwrap();
    let give = format!("CREATE ROLE owner_{name} LOGIN; ALTER DATABASE \"{name}\" OWNER TO owner_{name}");
    elsewhere().batch_execute(&give).unwrap();
    url.replace("user=postgres", &format!("user=owner_{name}"))
}

/// A connection of the server's own user to a database that was given away.
pub fn connect(url: &str) -> PgConnection {
    let (rest, _) = url.split_once("user=").unwrap();
    PgConnection::establish(&format!("{rest}user=postgres")).unwrap()
}

/// A connection of the server's own user to a database of the same server that is nobody's.
pub fn elsewhere() -> PgConnection {
    PgConnection::establish(&cluster().url("postgres")).unwrap()
}

/// Takes a table from the owner of a database that was given away, and lets that one use it.
pub fn take_table(url: &str, table: &str) {
    let (_, user) = url.split_once("user=").unwrap();
    let give = format!("ALTER TABLE {table} OWNER TO postgres; GRANT ALL ON {table} TO {user}");
    connect(url).batch_execute(&give).unwrap();
}

/// Has the server write everything into its files.
pub fn flush() {
    elsewhere().batch_execute("CHECKPOINT").unwrap();
}

/// Removes a database, whoever is in it.
pub fn remove(name: &str) {
    elsewhere().batch_execute(&format!("DROP DATABASE IF EXISTS \"{name}\" WITH (FORCE)")).unwrap();
}
