//! Which process runs a job, and whether that process is still there, where this machine can tell.

use std::fs;

/// Who of a process, so that no other one is taken for it: a number of its own, the start of the machine, the space of process numbers,
/// the number of the process and the moment at which it began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder(String);

/// What is known of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Life {
    Alive,
    Dead,
    /// It is on another machine, or this one does not tell.
    Unknown,
}

impl Holder {
    /// Somebody new in this process.
    pub fn own() -> Self {
        let id = std::process::id();
        // Where the system does not tell, no process is taken for another one either.
        let here = here().unwrap_or_else(|| uuid::Uuid::now_v7().to_string());
        let began = began(id).map_or_else(|| "-".to_owned(), |(_, began)| began);
        Self(format!("{} {here} {id} {began}", uuid::Uuid::now_v7().simple()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What this machine knows of the process of a text.
    pub fn life(text: &str) -> Life {
        let Some((place, began_then)) = text.split_once(' ').and_then(|(_, text)| text.rsplit_once(' ')) else {
            return Life::Unknown;
        };
        let Some((there, id)) = place.rsplit_once(' ') else { return Life::Unknown };
        let Ok(id) = id.parse() else { return Life::Unknown };
        // Where the first process of all is hidden, others may be too.
        if here().as_deref() != Some(there) || began_then == "-" || began(1).is_none() {
            return Life::Unknown;
        }
        match began(id) {
            Some((state, began)) if began == began_then => of_state(state),
            _ => Life::Dead,
        }
    }
}

/// What the state of a process says. One that was stopped, or is held by a debugger, may never go on: its lease decides.
fn of_state(state: char) -> Life {
    match state {
        'Z' | 'X' => Life::Dead,
        'T' | 't' => Life::Unknown,
        _ => Life::Alive,
    }
}

/// This start of this machine, and the space in which processes are numbered.
fn here() -> Option<String> {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id");
    let (Ok(boot), Ok(space)) = (boot, fs::read_link("/proc/self/ns/pid")) else { return None };
    Some(format!("{} {}", boot.trim(), space.display()))
}

/// The state of a process and when it began, in ticks since the machine started.
fn began(id: u32) -> Option<(char, String)> {
    let Ok(text) = fs::read_to_string(format!("/proc/{id}/stat")) else { return None };
    // The name in parentheses may hold anything.
    let mut fields = text.rsplit_once(") ")?.1.split(' ');
    let state = fields.next()?.chars().next()?;
    Some((state, fields.nth(18)?.to_owned()))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_told_from_one_that_is_gone_and_from_one_elsewhere() {
        let own = Holder::own();
        assert_eq!(Holder::life(own.as_str()), Life::Alive);
        let (place, began) = own.as_str().rsplit_once(' ').unwrap_or_default();
        assert_eq!(Holder::life(&format!("{place} {began}1")), Life::Dead, "another with the same number");
        assert_eq!(Holder::life(&format!("1 elsewhere {began}")), Life::Unknown);
        assert_eq!(Holder::life(&format!("1 another start pid:[1] 1 {began}")), Life::Unknown);
    }

    #[test]
    fn of_a_process_that_was_stopped_nobody_knows_whether_it_goes_on() {
        use std::process::{Command, Stdio};
        let mut other = Command::new("sleep").arg("600").stdin(Stdio::null()).spawn().unwrap();
        let (id, own) = (other.id(), Holder::own());
        let (_, began) = began(id).unwrap();
        let place = own.as_str().rsplitn(3, ' ').nth(2).unwrap().to_owned();
        let holder = format!("{place} {id} {began}");
        let before = Holder::life(&holder);
        let stopped = Command::new("sh").args(["-c", "kill -STOP $0", &id.to_string()]).status();
        let mut life = Life::Alive;
        for _ in 0..600 {
            life = Holder::life(&holder);
            if life != Life::Alive {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        other.kill().unwrap();
        other.wait().unwrap();
        assert!(stopped.is_ok_and(|stopped| stopped.success()));
        assert_eq!((before, life, Holder::life(&holder)), (Life::Alive, Life::Unknown, Life::Dead));
    }
}
