//! What every test binary shares: databases that are thrown away, a running server, a client, and a way to run one body on
//! both databases.
#![allow(dead_code, unused_imports, unused_macros)]

pub mod app;
pub mod cli;
pub mod client;
pub mod clock;
pub mod contract;
pub mod database;
pub mod forward;
pub mod operations;
pub mod people;
pub mod postgres;
pub mod process;
pub mod samples;

pub use app::App;
pub use client::{Answer, Caller};
pub use database::{Backend, Data, Home};

use std::io::Write;
use std::path::PathBuf;

/// Lists the tests of a file that run on both databases, by what the database holds at first.
///
/// - `empty: ...`, `demo: ...` and `released: ...` take functions of `&App`: a server on a database without records, with the
///   founding data set, or with its release too;
/// - `bare: ...` takes functions of `&Home`: a database that is migrated and installed, and no server.
macro_rules! on_both {
    (empty: $($test:ident),+ $(,)?) => {
        $crate::support::on_both!(@tests on_sqlite, Sqlite, run_app, Empty, [$($test),+]);
        $crate::support::on_both!(@tests on_postgres, Postgres, run_app, Empty, [$($test),+]);
    };
    (demo: $($test:ident),+ $(,)?) => {
        $crate::support::on_both!(@tests with_demo_on_sqlite, Sqlite, run_app, Demo, [$($test),+]);
        $crate::support::on_both!(@tests with_demo_on_postgres, Postgres, run_app, Demo, [$($test),+]);
    };
    (released: $($test:ident),+ $(,)?) => {
        $crate::support::on_both!(@tests with_release_on_sqlite, Sqlite, run_app, Released, [$($test),+]);
        $crate::support::on_both!(@tests with_release_on_postgres, Postgres, run_app, Released, [$($test),+]);
    };
    (bare: $($test:ident),+ $(,)?) => {
        $crate::support::on_both!(@tests bare_on_sqlite, Sqlite, run_home, Empty, [$($test),+]);
        $crate::support::on_both!(@tests bare_on_postgres, Postgres, run_home, Empty, [$($test),+]);
    };
    (@tests $module:ident, $backend:ident, $run:ident, $data:ident, [$($test:ident),+]) => {
        mod $module {
            use $crate::support::{$run, Backend, Data};
            $(
                #[test]
                fn $test() {
                    let name = concat!(module_path!(), "::", stringify!($test));
                    $run(Backend::$backend, Data::$data, name, super::$test);
                }
            )+
        }
    };
}
pub(crate) use on_both;

/// Runs a test body against a server of its own.
pub fn run_app(backend: Backend, data: Data, name: &str, body: fn(&App)) {
    run_home(backend, data, name, |home| body(&App::start(home)));
}

/// Runs a test body with a database of its own.
pub fn run_home(backend: Backend, data: Data, name: &str, body: impl FnOnce(&Home)) {
    if backend == Backend::Postgres && postgres::programs().is_none() {
        return skip("postgres", "PostgreSQL", name);
    }
    body(&Home::new(backend, data));
}

/// The browser, where there is one; [`skip`] with `chromium` where there is none.
pub fn chromium() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let names = ["chromium", "chromium-browser", "google-chrome", "chrome"];
    let found = std::env::split_paths(&path).flat_map(|folder| names.map(|name| folder.join(name)));
    found.into_iter().find(|program| program.is_file())
}

/// The Python that `.ci/run` makes, with the packages of `tests/formats/requirements.txt`; [`skip`] with `python` where there is
/// none.
pub fn python() -> Option<PathBuf> {
    let target = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).parent().map(PathBuf::from)?;
    Some(target.join("python/bin/python3")).filter(|program| program.is_file())
}

/// Says aloud that a test was not run; fails it where `ATTEST_TEST_REQUIRE` names what is missing.
pub fn skip(requirement: &str, missing: &str, test: &str) {
    let required = std::env::var("ATTEST_TEST_REQUIRE").unwrap_or_default();
    assert!(
        !required.split([',', ' ']).any(|required| required == requirement),
        "no {missing}, which ATTEST_TEST_REQUIRE demands: {test}"
    );
    // Written to the stream itself: what goes through `eprintln!` is shown for failing tests only.
    let _ = writeln!(std::io::stderr().lock(), "SKIPPED (no {missing}): {test}");
}
