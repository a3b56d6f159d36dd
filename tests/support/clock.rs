//! Clocks that a test can set. The store takes a plain function, so there is a fixed number of them.

use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

const CLOCKS: usize = 16;
/// By how many microseconds each clock is ahead.
static AHEAD: [AtomicI64; CLOCKS] = [const { AtomicI64::new(0) }; CLOCKS];
static TAKEN: Mutex<[bool; CLOCKS]> = Mutex::new([false; CLOCKS]);

fn read<const N: usize>() -> DateTime<Utc> {
    Utc::now() + TimeDelta::microseconds(AHEAD[N].load(Ordering::SeqCst))
}

const READERS: [fn() -> DateTime<Utc>; CLOCKS] = [
    read::<0>, read::<1>, read::<2>, read::<3>, read::<4>, read::<5>, read::<6>, read::<7>, read::<8>, read::<9>,
    read::<10>, read::<11>, read::<12>, read::<13>, read::<14>, read::<15>,
];

/// A clock that no other test uses.
pub struct Clock(usize);

impl Clock {
    pub fn new() -> Self {
        loop {
            let mut taken = TAKEN.lock().unwrap();
            if let Some(free) = taken.iter().position(|taken| !taken) {
                taken[free] = true;
                AHEAD[free].store(0, Ordering::SeqCst);
                return Self(free);
            }
            drop(taken);
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    pub fn reader(&self) -> fn() -> DateTime<Utc> {
        READERS[self.0]
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.reader()()
    }

    /// Moves the clock, forward or back.
    pub fn advance(&self, by: TimeDelta) {
        AHEAD[self.0].fetch_add(by.num_microseconds().unwrap(), Ordering::SeqCst);
    }
}

impl Drop for Clock {
    fn drop(&mut self) {
        TAKEN.lock().unwrap()[self.0] = false;
    }
}
