//! What the public side costs: a public aggregate of the demonstration beside the same bytes as a file of nginx.
//!
//! `cargo bench --bench public` starts both on loopback and asks each in turns with `wrk` over 64 connections that are kept,
//! then says how many answers a second each gave (the median of the turns), and how long the front page takes to its first
//! byte. It needs `wrk` and `nginx`, says which is missing, and ends both servers.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "../tests/support/process.rs"]
#[allow(dead_code, clippy::zombie_processes)]
mod process;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const QUESTION: &str = "/api/v1/aggregates?measure=persons&by=kind";
const TURNS: usize = 5;
const SECONDS: u32 = 4;
const CONNECTIONS: u32 = 64;

fn main() {
    let missing: Vec<_> = ["wrk", "nginx"].into_iter().filter(|program| !is_there(program)).collect();
    if !missing.is_empty() {
        println!("SKIPPED: {} is not installed", missing.join(" and "));
        return;
    }
    let (attest, nginx) = (Attest::start(), Nginx::start());
    let body = get(&attest.address, QUESTION);
    std::fs::write(nginx.folder.join("answer.json"), &body).unwrap();
    assert_eq!(get(&nginx.address, "/answer.json"), body, "both give the same");

    println!("{} bytes, {CONNECTIONS} connections, {TURNS} turns of {SECONDS} s\n", body.len());
    println!("| turn | Attest, answers a second | nginx | ratio |\n|---|--:|--:|--:|");
    let (mut ours, mut theirs, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for turn in 1..=TURNS {
        let own = asked(&attest.address, QUESTION);
        let other = asked(&nginx.address, "/answer.json");
        println!("| {turn} | {own:.0} | {other:.0} | {:.2} |", own / other);
        ours.push(own);
        theirs.push(other);
        ratios.push(own / other);
    }
    println!("| median | {:.0} | {:.0} | {:.2} |", median(ours), median(theirs), median(ratios));

    let waits = (0..200).map(|_| first_byte(&attest.address, "/")).map(|wait| wait.as_secs_f64() * 1000.0);
    println!("\nFirst byte of the front page, warm: {:.1} ms (median of 200)", median(waits.collect()));
}

fn is_there(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// A process that ends with this one.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself; nothing is left to do then.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

struct Attest {
    address: String,
    _running: Running,
}

impl Attest {
    fn start() -> Self {
        let folder = process::new_folder();
        let mut child = Command::new(env!("CARGO_BIN_EXE_attest"))
            .args(["serve", "--demo", "--listen", "127.0.0.1:0", "--log", "error", "--data-dir"])
            .arg(folder.join("data"))
            .arg("--keyring")
            .arg(folder.join("keys"))
            .current_dir(&folder)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let address = said.find_map(|line| {
            let (_, rest) = line.split_once("http://")?;
            Some(rest.chars().take_while(|c| c.is_ascii_digit() || matches!(c, '.' | ':')).collect::<String>())
        });
        // What is not read would fill the pipe.
        std::thread::spawn(move || said.for_each(drop));
        Self { address: address.expect("the address it listens on"), _running: Running(child) }
    }
}

struct Nginx {
    address: String,
    folder: std::path::PathBuf,
}

impl Nginx {
    fn start() -> Self {
        let folder = process::new_folder();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let settings = folder.join("nginx.conf");
        std::fs::write(&settings, nginx_settings(&folder, port)).unwrap();
        // To end it, its first process is asked to: killed, it would leave the others behind.
        let script = "nginx -e stderr -g 'daemon off;' -c \"$1\" & server=$!; read _; kill $server; wait $server";
        process::keeper(script, &[settings.to_str().unwrap()]);
        let address = format!("127.0.0.1:{port}");
        let started = Instant::now();
        while TcpStream::connect(&address).is_err() {
            assert!(started.elapsed() < Duration::from_secs(10), "nginx did not start");
            std::thread::sleep(Duration::from_millis(20));
        }
        Self { address, folder }
    }
}

/// Two workers, as Attest has by itself, and what makes a file quick.
fn nginx_settings(folder: &Path, port: u16) -> String {
    let folder = folder.display();
    let user = if owned_by_root() { "user root;\n" } else { "" };
    format!(
        "{user}worker_processes 2;\npid {folder}/nginx.pid;\nevents {{}}\nhttp {{\n\
         access_log off;\nsendfile on;\ntcp_nopush on;\nopen_file_cache max=10;\nkeepalive_requests 100000000;\n\
         client_body_temp_path {folder}/a;\nproxy_temp_path {folder}/b;\nfastcgi_temp_path {folder}/c;\n\
         uwsgi_temp_path {folder}/d;\nscgi_temp_path {folder}/e;\ntypes {{ application/json json; }}\n\
         server {{ listen 127.0.0.1:{port}; root {folder}; }}\n}}\n"
    )
}

/// Whether the folder of this process is root's, whose files nginx's own user may not read.
fn owned_by_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata(process::folder()).unwrap().uid() == 0
}

/// The body of an answer, on a connection of its own.
fn get(address: &str, path: &str) -> Vec<u8> {
    ureq::get(format!("http://{address}{path}")).call().unwrap().body_mut().read_to_vec().unwrap()
}

/// How many answers a second come, as `wrk` counts them. It says where some were no success.
fn asked(address: &str, path: &str) -> f64 {
    let (connections, seconds) = (format!("-c{CONNECTIONS}"), format!("-d{SECONDS}s"));
    let out = Command::new("wrk")
        .args(["-t1", &connections, &seconds])
        .arg(format!("http://{address}{path}"))
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&out.stdout);
    assert!(!text.contains("Non-2xx") && !text.contains("Socket errors"), "{text}");
    let line = text.lines().find_map(|line| line.strip_prefix("Requests/sec:")).expect("what wrk counted");
    line.trim().parse().unwrap()
}

/// How long a page takes to its first byte, with the connection.
fn first_byte(address: &str, path: &str) -> Duration {
    let started = Instant::now();
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
    let mut first = [0];
    stream.read_exact(&mut first).unwrap();
    started.elapsed()
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}
