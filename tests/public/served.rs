//! Releases over HTTP, served from an export; and what a database without a release answers.

use std::collections::BTreeMap;
use std::io::Read;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use attest::exchange::folder;
use attest::http::app;
use attest::http::public::folder::snapshot as read;
use flate2::read::GzDecoder;

use crate::files::exported;
use crate::support::app::settings;
use crate::support::client::Caller;
use crate::support::{App, on_both};

on_both! {
    empty:
    without_a_release_the_lists_are_empty_and_questions_find_nothing,
    what_is_public_over_a_database_is_the_same_with_and_without_its_ending,
}

/// Runs a body against a server that has a folder and nothing else.
fn served(body: impl FnOnce(&Caller<'_>, &BTreeMap<String, Vec<u8>>)) {
    let folder = exported();
    let files = folder::verify(&folder.0, None).unwrap().files;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (told, tell) = std::sync::mpsc::channel();
    let shared = files.clone();
    let thread = std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            let (address, server) = app::serve_folder(listener, &shared, read(&shared).unwrap(), settings()).unwrap();
            told.send((address, server.handle())).unwrap();
            server.await.unwrap();
        });
    });
    let (address, server): (SocketAddr, _) = tell.recv().unwrap();
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .allow_non_standard_methods(true)
        .timeout_global(Some(Duration::from_secs(60)))
        .build()
        .into();
    body(&Caller::new(&agent, address, None).of_public_side(), &files);
    drop(server.stop(false));
    thread.join().unwrap();
}

#[test]
fn every_file_of_an_export_is_answered_with_the_same_bytes() {
    served(|anybody, files| {
        for (path, bytes) in files {
            let answer = anybody.get_with(&format!("/{path}"), &[("Accept-Encoding", "identity")]).expect(200);
            assert_eq!(answer.bytes, *bytes, "{path}");
            let head = anybody.send("HEAD", &format!("/{path}"), &[], Vec::new()).expect(200);
            assert!(head.bytes.is_empty());
            // The address without the ending says the same.
            if let Some(bare) =
                path.strip_suffix(".json").filter(|bare| !bare.contains("/tables/") && !bare.ends_with("content"))
            {
                assert_eq!(
                    anybody.get_with(&format!("/{bare}"), &[("Accept-Encoding", "identity")]).expect(200).bytes,
                    *bytes
                );
            }
        }
    });
}

#[test]
fn what_is_known_is_not_sent_again_and_gzip_has_a_tag_of_its_own() {
    served(|anybody, _| {
        for path in ["/api/v1/aggregates?by=kind", "/api/v1/releases/first/content.json", "/api/v1/releases"] {
            let plain = anybody.get_with(path, &[("Accept-Encoding", "identity")]).expect(200);
            let zipped = anybody.get_with(path, &[("Accept-Encoding", "gzip;q=0.5, br")]).expect(200);
            assert_eq!(zipped.header("content-encoding"), Some("gzip"), "{path}");
            assert_eq!(plain.header("content-encoding"), None);
            assert_ne!(plain.etag(), zipped.etag());
            let mut text = Vec::new();
            GzDecoder::new(zipped.bytes.as_slice()).read_to_end(&mut text).unwrap();
            assert_eq!(text, plain.bytes);
            for (answer, coding) in [(&plain, "identity"), (&zipped, "gzip")] {
                assert_eq!(answer.header("vary"), Some("Accept-Encoding"));
                assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
                assert_eq!(answer.header("cross-origin-resource-policy"), Some("cross-origin"));
                let headers = [("Accept-Encoding", coding), ("If-None-Match", &answer.etag())];
                assert!(anybody.get_with(path, &headers).expect(304).bytes.is_empty());
            }
            let headers = [("Accept-Encoding", "gzip;q=0"), ("If-None-Match", "\"other\"")];
            assert_eq!(anybody.get_with(path, &headers).expect(200).bytes, plain.bytes);
        }
    });
}

#[test]
fn what_is_frozen_is_kept_for_ever_and_the_newest_names_its_own_address() {
    served(|anybody, _| {
        let newest = anybody.get("/api/v1/aggregates?by=ground").expect(200);
        let own = newest.header("content-location").unwrap().to_owned();
        assert!(own.starts_with("/api/v1/releases/second/aggregates"), "{own}");
        let frozen = anybody.get(&own).expect(200);
        assert_eq!((&frozen.bytes, frozen.etag()), (&newest.bytes, newest.etag()));
        assert!(frozen.header("cache-control").unwrap().ends_with("immutable"));
        assert!(!newest.header("cache-control").unwrap().contains("immutable"));
        assert_eq!(frozen.header("last-modified"), Some("Mon, 14 Jan 2019 00:00:00 GMT"));
        let rows = newest.json()["rows"].as_array().unwrap().clone();
        let withheld: Vec<_> = rows.iter().filter(|row| row["conf_status"] == "C").collect();
        assert!(withheld.len() == 2 && withheld.iter().all(|row| row["count"].is_null()));
        assert!(rows.iter().any(|row| row["count"] == 122));
    });
}

#[test]
fn a_withdrawn_release_stays_listed_and_is_gone() {
    served(|anybody, _| {
        let listed = anybody.get("/api/v1/releases").expect(200).json();
        assert_eq!(listed["items"][0]["id"], "third");
        assert_eq!(listed["items"][0]["withdrawn"], true);
        for path in ["content.json", "aggregates", "aggregates.csv?by=kind", "tables/by-kind.json"] {
            let gone = anybody.get(&format!("/api/v1/releases/third/{path}"));
            gone.clone().problem(410, "gone");
            assert!(gone.text().contains("A person withdrew consent."));
            anybody.get(&format!("/api/v1/releases/nobody/{path}")).problem(404, "not_found");
        }
    });
}

#[test]
fn what_is_not_public_or_not_declared_is_refused_by_name() {
    served(|anybody, _| {
        for (question, field) in [
            ("by=ground,kind", "by"),
            ("colour=red", "colour"),
            ("as_of=2018-04-03", "as_of"),
            ("lang=xx", "lang"),
            ("bom=2", "bom"),
        ] {
            let answer = anybody.get(&format!("/api/v1/aggregates.csv?{question}"));
            answer.clone().problem(400, "invalid_parameter");
            assert_eq!(answer.json()["errors"][0]["field"], field, "{question}");
        }
        for path in ["/api/v1/releases?x=1", "/api/v1/releases/first/content.json?x=1", "/api/v1/figures?publication=x"]
        {
            anybody.get(path).problem(400, "invalid_parameter");
        }
        for path in [
            "/api/v1/staff/persons",
            "/api/v1/research/aggregates",
            "/sign-in",
            "/PUBLIC_KEY",
            "/api/v1/aggregates.exe",
        ] {
            assert_eq!(anybody.get(path).status, 404, "{path}");
        }
        for path in ["/health/live", "/health/ready", "/api/v1/openapi.json"] {
            anybody.get(path).expect(200);
        }
        assert!(!anybody.get("/api/v1/openapi.json").text().contains("/staff/"));
    });
}

#[test]
fn formats_take_their_parameters() {
    served(|anybody, _| {
        let csv = anybody.get("/api/v1/aggregates.csv?by=kind&bom=true&labels=both&lang=ru").expect(200);
        assert!(csv.bytes.starts_with(&[0xEF, 0xBB, 0xBF]));
        assert!(csv.header("content-type").unwrap().starts_with("text/csv"));
        let cube = anybody.get("/api/v1/aggregates.jsonstat?by=ground").expect(200).json();
        assert_eq!(cube["value"].as_array().unwrap().len(), 5);
        anybody.get("/api/v1/aggregates.jsonstat?by=ground&totals=none").problem(400, "invalid_parameter");
        let none = anybody.get("/api/v1/aggregates?by=ground&totals=none").expect(200).json();
        assert_eq!(none["rows"].as_array().unwrap().len(), 4);
    });
}

fn without_a_release_the_lists_are_empty_and_questions_find_nothing(app: &App) {
    assert_eq!(app.anybody().get("/api/v1/releases").expect(200).text(), "{\"items\":[]}");
    for path in
        ["aggregates", "aggregates.csv", "codebook", "codebook.csv", "releases/first", "releases/first/content.json"]
    {
        app.anybody().get(&format!("/api/v1/{path}")).problem(404, "not_found");
    }
}

fn what_is_public_over_a_database_is_the_same_with_and_without_its_ending(app: &App) {
    for path in ["publications", "figures", "figures/series", "releases"] {
        let bare = app.anybody().get(&format!("/api/v1/{path}")).expect(200);
        let file = app.anybody().get(&format!("/api/v1/{path}.json")).expect(200);
        assert_eq!((bare.bytes, bare.headers.get("etag")), (file.bytes, file.headers.get("etag")), "{path}");
    }
}
