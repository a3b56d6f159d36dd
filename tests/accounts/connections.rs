//! Who may be connected, and how slowly they may send. Loopback has many addresses: 127.0.0.2 is somebody else than 127.0.0.1.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use attest::domain::policy::Role;
use attest::http::app::Settings;
use attest::http::connections::ConnectionLimits;

use crate::support::app::settings;
use crate::support::people::{Browser, Person};
use crate::support::{App, on_both};

on_both! {
    empty:
    two_thousand_idle_and_dripping_connections_of_one_address_silence_nobody_else,
    a_body_that_comes_slowly_but_steadily_is_taken_however_long_it_takes,
    a_body_that_drips_is_answered_with_408_and_its_connection_closed,
    an_answer_before_the_body_was_read_closes_the_connection,
    who_waits_without_asking_leaves_first_when_it_becomes_full,
    where_nobody_waits_the_slowest_body_leaves_when_it_is_full,
    a_second_request_may_not_drip_either,
    the_proxy_has_no_share_and_everybody_else_has,
    long_forms_of_strangers_have_few_places_and_those_of_staff_need_none,
}

/// Everything here is over within this time, on a slow machine too.
const LIMIT: Duration = Duration::from_secs(120);

/// A connection from an address of one's own.
fn from(address: &str, to: SocketAddr) -> TcpStream {
    let source: SocketAddr = format!("{address}:0").parse().unwrap();
    let connected = actix_web::rt::System::new().block_on(async move {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind(source).unwrap();
        socket.connect(to).await.unwrap().into_std().unwrap()
    });
    connected.set_nonblocking(false).unwrap();
    connected.set_read_timeout(Some(LIMIT)).unwrap();
    connected.set_write_timeout(Some(LIMIT)).unwrap();
    connected
}

const LIVE: &[u8] = b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n";

/// Reads an answer to its end, which it says the length of. `None` where the connection was closed instead.
fn answer(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    let mut byte = [0];
    while !bytes.ends_with(b"\r\n\r\n") {
        match stream.read(&mut byte) {
            Ok(1) => bytes.push(byte[0]),
            Ok(_) => return None,
            Err(why) if why.kind() == ErrorKind::ConnectionReset => return None,
            Err(why) => panic!("{why}"),
        }
    }
    let head = String::from_utf8(bytes).unwrap().to_lowercase();
    let length =
        head.split("content-length: ").nth(1).map_or(0, |rest| rest.split("\r\n").next().unwrap().parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).unwrap();
    Some(head + &String::from_utf8_lossy(&body))
}

/// Whether the other side closes within the limit, whatever it says before.
fn closes(stream: &mut TcpStream) -> bool {
    let mut rest = Vec::new();
    match stream.read_to_end(&mut rest) {
        Ok(_) => true,
        Err(why) => why.kind() == ErrorKind::ConnectionReset,
    }
}

fn limited(limits: ConnectionLimits) -> Settings {
    Settings { connections: limits, ..settings() }
}

/// Both ends of every connection are open files of this process.
fn allow_files(files: u64) {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    if limit.current.is_some_and(|current| current < files) {
        setrlimit(Resource::Nofile, Rlimit { current: Some(files), ..limit }).unwrap();
    }
}

fn two_thousand_idle_and_dripping_connections_of_one_address_silence_nobody_else(app: &App) {
    allow_files(9_000);
    let app = &App::serve(app.home, app.home.open(), Settings::default());
    let beginnings: [&[u8]; 3] = [
        b"",
        b"GET /health/live HTTP/1.1\r\nX: ",
        b"POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 90000\r\n\r\na",
    ];
    let mut held: Vec<TcpStream> = (0..2_100)
        .map(|at| {
            let mut stream = TcpStream::connect(app.address).unwrap();
            // Whoever was turned away already cannot send any more.
            let _ = stream.write_all(beginnings[at % 3]);
            stream
        })
        .collect();
    for _ in 0..3 {
        let started = Instant::now();
        let mut other = from("127.0.0.2", app.address);
        other.write_all(LIVE).unwrap();
        assert!(answer(&mut other).unwrap().starts_with("http/1.1 200 "));
        // Who is silenced hears nothing at all: this is for a slow machine.
        assert!(started.elapsed() < Duration::from_secs(60), "{:?}", started.elapsed());
        for stream in &mut held {
            let _ = stream.write(b"a");
        }
    }
}

fn a_body_that_comes_slowly_but_steadily_is_taken_however_long_it_takes(app: &App) {
    let limits = ConnectionLimits { least_rate: 4, window: Duration::from_secs(5), ..ConnectionLimits::default() };
    let app = &App::serve(app.home, app.home.open(), limited(limits));
    let token = &app.tokens[&Role::Caseworker];
    let mut slow = TcpStream::connect(app.address).unwrap();
    slow.set_read_timeout(Some(LIMIT)).unwrap();
    let entry = format!("{}{{\"code\": \"SLOW-1\"}}", " ".repeat(20 * 70));
    let head = format!(
        "POST /api/v1/staff/persons HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        entry.len()
    );
    slow.write_all(head.as_bytes()).unwrap();
    let started = Instant::now();
    for part in entry.as_bytes().chunks(20) {
        slow.write_all(part).unwrap();
        std::thread::sleep(Duration::from_millis(500));
    }
    // Longer than any request could take in all, when there was a limit to that.
    assert!(started.elapsed() > Duration::from_secs(35));
    let answer = answer(&mut slow).unwrap();
    assert!(answer.starts_with("http/1.1 201 "), "{answer}");
}

/// Sends a byte now and then until the other side has closed, and gives what it said.
fn drip(app: &App, head: &str, drop: &[u8]) -> String {
    let mut slow = TcpStream::connect(app.address).unwrap();
    slow.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
    slow.write_all(head.as_bytes()).unwrap();
    let (started, mut said) = (Instant::now(), Vec::new());
    while started.elapsed() < LIMIT {
        let sent = slow.write_all(drop);
        let mut bytes = [0; 4096];
        match slow.read(&mut bytes) {
            Ok(0) => return String::from_utf8(said).unwrap().to_lowercase(),
            Ok(length) => said.extend_from_slice(&bytes[..length]),
            Err(why) if matches!(why.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(_) => return String::from_utf8(said).unwrap().to_lowercase(),
        }
        if sent.is_err() && !said.is_empty() {
            return String::from_utf8(said).unwrap().to_lowercase();
        }
    }
    panic!("the connection was held for {:?}: {head}", started.elapsed());
}

fn a_body_that_drips_is_answered_with_408_and_its_connection_closed(app: &App) {
    let limits = ConnectionLimits { least_rate: 200, window: Duration::from_secs(1), ..ConnectionLimits::default() };
    let app = &App::serve(app.home, app.home.open(), limited(limits));
    let token = &app.tokens[&Role::Caseworker];
    let bearer = format!("Host: x\r\nAuthorization: Bearer {token}\r\n");
    let heads = [
        (format!("POST /api/v1/staff/persons HTTP/1.1\r\n{bearer}Content-Type: application/json\r\n"), "json"),
        (format!("POST /api/v1/staff/imports?noun=persons HTTP/1.1\r\n{bearer}Content-Type: text/csv\r\n"), "csv"),
        ("POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n".to_owned(), "form"),
    ];
    for (head, what) in heads {
        for (length, drop) in [("Content-Length: 20000", "x"), ("Transfer-Encoding: chunked", "1\r\nx\r\n")] {
            let said = app.unchanged(|| drip(app, &format!("{head}{length}\r\n\r\n"), drop.as_bytes()));
            assert!(said.starts_with("http/1.1 408 "), "{what} {length}: {said}");
            for header in ["x-content-type-options: nosniff", "cache-control: no-store", "content-security-policy: "] {
                assert!(said.contains(header), "{what} {length}: {said}");
            }
        }
    }
}

fn an_answer_before_the_body_was_read_closes_the_connection(app: &App) {
    for (length, drop) in [("Content-Length: 20000", "x"), ("Transfer-Encoding: chunked", "1\r\nx\r\n")] {
        for path in ["/api/v1/staff/persons", "/nothing/here"] {
            let head = format!("POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n{length}\r\n\r\n");
            let started = Instant::now();
            let said = drip(app, &head, drop.as_bytes());
            let status = if path == "/nothing/here" { "http/1.1 404 " } else { "http/1.1 401 " };
            assert!(said.starts_with(status), "{said}");
            assert!(started.elapsed() < Duration::from_secs(30), "{length}: {:?}", started.elapsed());
        }
    }
}

/// Connections that were answered once and then ask nothing.
fn idle(app: &App, address: &str, many: usize) -> Vec<TcpStream> {
    let open = |_| {
        let mut stream = from(address, app.address);
        stream.write_all(LIVE).unwrap();
        assert!(answer(&mut stream).unwrap().starts_with("http/1.1 200 "));
        stream
    };
    (0..many).map(open).collect()
}

fn who_waits_without_asking_leaves_first_when_it_becomes_full(app: &App) {
    let window = Duration::from_secs(120);
    let limits = ConnectionLimits { most: 16, per_address: 7, least_rate: 0, window };
    let app = &App::serve(app.home, app.home.open(), limited(limits));
    // The oldest of all is asking something.
    let token = &app.tokens[&Role::Caseworker];
    let entry = b"{\"code\": \"HALF-1\"}";
    let head = format!(
        "POST /api/v1/staff/persons HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        entry.len()
    );
    let mut asking = from("127.0.0.5", app.address);
    asking.write_all(head.as_bytes()).unwrap();
    asking.write_all(&entry[..9]).unwrap();
    let mut first = idle(app, "127.0.0.2", 7);
    let mut second = idle(app, "127.0.0.3", 7);
    // Newcomers come in, one after the other, more of them than there are places.
    let newcomers = idle(app, "127.0.0.4", 7);
    // Those that have waited for longest have left for them, and the last of those before have not.
    assert!(first[..5].iter_mut().all(closes));
    let last = second.last_mut().unwrap();
    last.write_all(LIVE).unwrap();
    assert!(answer(last).unwrap().starts_with("http/1.1 200 "));
    asking.write_all(&entry[9..]).unwrap();
    assert!(answer(&mut asking).unwrap().starts_with("http/1.1 201 "));
    drop(newcomers);
}

fn where_nobody_waits_the_slowest_body_leaves_when_it_is_full(app: &App) {
    let window = Duration::from_secs(120);
    let limits = ConnectionLimits { most: 10, per_address: 10, least_rate: 0, window };
    let app = &App::serve(app.home, app.home.open(), limited(limits));
    let head = b"POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 90000\r\n\r\n";
    let begin = |bytes: usize| {
        let mut stream = from("127.0.0.2", app.address);
        stream.write_all(head).unwrap();
        stream.write_all(&vec![b'a'; bytes]).unwrap();
        // Whoever has not been heard yet is idle, and would leave for the next.
        std::thread::sleep(Duration::from_millis(500));
        stream
    };
    let mut held: Vec<TcpStream> = (0..10).map(|at| begin(if at == 4 { 10 } else { 20_000 })).collect();
    // Until all of it is read, those that sent much are no quicker than the one that did not.
    std::thread::sleep(Duration::from_secs(10));
    let started = Instant::now();
    loop {
        let mut newcomer = from("127.0.0.3", app.address);
        let asked = newcomer.write_all(LIVE).map(|()| answer(&mut newcomer));
        match asked {
            Ok(Some(answer)) => {
                assert!(answer.starts_with("http/1.1 200 "));
                break;
            }
            // Nobody is told slow from one moment.
            _ if started.elapsed() < LIMIT => std::thread::sleep(Duration::from_millis(300)),
            other => panic!("{other:?}"),
        }
    }
    assert!(closes(&mut held[4]));
    held[5].set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    assert!(!closes(&mut held[5]));
}

fn a_second_request_may_not_drip_either(app: &App) {
    let head = "GET /health/live HTTP/1.1\r\nHost: x\r\n\r\nGET /health/live HTTP/1.1\r\nX-Slow: ";
    let said = drip(app, head, b"a");
    assert!(said.starts_with("http/1.1 200 "), "{said}");
}

fn the_proxy_has_no_share_and_everybody_else_has(app: &App) {
    let limits = ConnectionLimits { per_address: 3, ..ConnectionLimits::default() };
    let forwarded_by = Some("127.0.0.1".parse().unwrap());
    let app = &App::serve(app.home, app.home.open(), Settings { forwarded_by, ..limited(limits) });
    let _proxied = idle(app, "127.0.0.1", 12);
    let mut own = idle(app, "127.0.0.2", 3);
    let mut fourth = from("127.0.0.2", app.address);
    let _ = fourth.write_all(LIVE);
    assert!(answer(&mut fourth).is_none());
    // A place that is given back can be had again.
    drop(own.pop());
    let started = Instant::now();
    loop {
        let mut again = from("127.0.0.2", app.address);
        if again.write_all(LIVE).is_ok() && answer(&mut again).is_some() {
            break;
        }
        assert!(started.elapsed() < LIMIT, "the place was not given back");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn long_forms_of_strangers_have_few_places_and_those_of_staff_need_none(app: &App) {
    let limits = ConnectionLimits { least_rate: 0, window: LIMIT, ..ConnectionLimits::default() };
    let app = &App::serve(app.home, app.home.open(), limited(limits));
    let form = |path: &str, length: usize| {
        let kind = "Content-Type: application/x-www-form-urlencoded";
        format!("POST {path} HTTP/1.1\r\nHost: x\r\n{kind}\r\nContent-Length: {length}\r\n\r\nname=").into_bytes()
    };
    let mut waiting: Vec<_> = (2..18)
        .map(|last| {
            let mut stream = from(&format!("127.0.0.{last}"), app.address);
            let path = if last % 2 == 0 { "/sign-in" } else { "/desk/import" };
            stream.write_all(&form(path, 3_000_000)).unwrap();
            stream
        })
        .collect();
    // Each of them takes its place once its head is read.
    let started = Instant::now();
    let told = loop {
        let mut late = from("127.0.0.99", app.address);
        late.write_all(&form("/sign-in", 400_000)).unwrap();
        late.set_read_timeout(Some(Duration::from_secs(2))).unwrap();
        let mut first = [0; 12];
        if late.read_exact(&mut first).is_ok() && first.ends_with(b"503") {
            let mut rest = Vec::new();
            late.set_read_timeout(Some(LIMIT)).unwrap();
            let _ = late.read_to_end(&mut rest);
            break String::from_utf8_lossy(&rest).into_owned();
        }
        assert!(started.elapsed() < LIMIT, "there is room for everybody");
        // It has a place that another has left meanwhile.
        waiting.push(late);
    };
    assert!(told.contains("too many long forms of people who are not signed in"), "{told}");
    // A short one is read, and so is a long one of somebody who is signed in.
    let stranger = Browser::new(app);
    let short = stranger.post("/sign-in", &[("name", "nobody"), ("passphrase", "x"), ("code", "1")]);
    assert_ne!(short.status, 503, "{}", short.text());
    let kai = Person::new(app, "kai", Role::Caseworker).browser(app);
    let narrative = "x".repeat(400_000);
    let typed = kai.submit("/desk/persons", &[("narrative", &narrative)]);
    assert_eq!(typed.status, 422, "{}", typed.text());
    // Whoever leaves makes room.
    waiting.clear();
    let started = Instant::now();
    while stranger.post("/sign-in", &[("name", &narrative)]).status == 503 {
        assert!(started.elapsed() < LIMIT, "no place is free again");
        std::thread::sleep(Duration::from_millis(100));
    }
}
