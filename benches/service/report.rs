//! The tables.

use super::database::Database;
use super::fill::Import;
use super::load::{Load, QUESTION};
use super::measure::Line;

/// What it runs on.
pub fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let about = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model =
        about.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or("").trim_matches([' ', '\t', ':']);
    format!("{cores} cores ({model}), {}. Times are milliseconds.", std::env::consts::OS)
}

pub fn heading(database: &Database) {
    println!("\n## {}", database.describe());
}

pub fn imports(imports: &[Import]) {
    println!("\n| import | rows | rows a second | plain SQL | ratio |\n|---|--:|--:|--:|--:|");
    for Import { noun, rows, service, plain } in imports {
        let a_second = |time: &std::time::Duration| *rows as f64 / time.as_secs_f64();
        let ratio = service.as_secs_f64() / plain.as_secs_f64();
        println!("| {} | {rows} | {:.0} | {:.0} | {ratio:.1} |", noun.plural(), a_second(service), a_second(plain));
    }
}

pub fn questions(lines: &[Line]) {
    println!(
        "\n| question | service | p95 | plain SQL | p95 | ratio | more by | runs |\n|---|--:|--:|--:|--:|--:|--:|--:|"
    );
    for line in lines {
        let Line { question, service, plain } = line;
        println!(
            "| {question} | {:.2} | {:.2} | {:.2} | {:.2} | {:.2} | {:.2} | {} |",
            service.median(),
            service.p95(),
            plain.median(),
            plain.p95(),
            line.ratio(),
            service.median() - plain.median(),
            service.runs(),
        );
    }
}

pub fn load(loads: &[Load]) {
    println!("\n| who counts `{QUESTION}` meanwhile | write | p95 | writes | count | p95 | counts |");
    println!("|--:|--:|--:|--:|--:|--:|--:|");
    for Load { counting, writes, counts } in loads {
        let counts_of = |value: f64| if counts.runs() == 0 { "-".to_owned() } else { format!("{value:.2}") };
        println!(
            "| {counting} | {:.2} | {:.2} | {} | {} | {} | {} |",
            writes.median(),
            writes.p95(),
            writes.runs(),
            counts_of(counts.median()),
            counts_of(counts.p95()),
            counts.runs(),
        );
    }
}
