//! What counting does to the one who enters a case at the same time.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;

use super::client::Server;
use super::measure::Series;

const LASTING: Duration = Duration::from_secs(8);
/// Between two cases, so that the writer is somebody at work and not a second load.
const PAUSE: Duration = Duration::from_millis(20);
/// What is asked meanwhile: the dearest of the cross-tabs.
pub const QUESTION: &str = "by=kind,year";

/// Writes with nobody counting, with one who counts and with two.
pub struct Load {
    pub counting: usize,
    pub writes: Series,
    pub counts: Series,
}

/// Measures writing alone, beside one who asks without end, and beside two.
pub fn measure(server: &Server) -> Vec<Load> {
    (0..=2).map(|counting| beside(server, counting)).collect()
}

fn beside(server: &Server, counting: usize) -> Load {
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let count = || {
            let client = server.client(&server.researcher);
            let mut counts = Series::default();
            while !done.load(Ordering::Relaxed) {
                counts.time(|| client.get(&format!("/api/v1/research/aggregates?{QUESTION}")));
            }
            counts
        };
        let counters: Vec<_> = (0..counting).map(|_| scope.spawn(count)).collect();
        let client = server.client(&server.caseworker);
        let mut writes = Series::default();
        let started = Instant::now();
        while started.elapsed() < LASTING {
            writes.time(|| client.post("/api/v1/staff/persons", &json!({"ground": "outed", "origin": "RU-CE"})));
            std::thread::sleep(PAUSE);
        }
        done.store(true, Ordering::Relaxed);
        let mut counts = Series::default();
        for counter in counters {
            counts.extend(counter.join().unwrap());
        }
        Load { counting, writes, counts }
    })
}
