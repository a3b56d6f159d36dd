//! The command line.

use std::process::ExitCode;

use attest::commands;
use attest::config::Cli;
use clap::Parser;

fn main() -> ExitCode {
    match commands::run(Cli::parse().command) {
        Ok(code) => code,
        Err(why) => {
            eprintln!("attest: {why}");
            ExitCode::FAILURE
        }
    }
}
