//! How many connections the system lets us hold: each is an open file.

/// How many files are left for the database, for keys and for what is read and written.
const OTHERS: usize = 256;

/// Makes room for so many connections, as far as the system lets us, and gives for how many there is.
#[cfg(unix)]
pub fn room_for(most: usize) -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let number = |files: u64| usize::try_from(files).unwrap_or(usize::MAX);
    let wanted = most.saturating_add(OTHERS);
    let mut limit = getrlimit(Resource::Nofile);
    let enough = |limit: &Rlimit| limit.current.is_none_or(|files| number(files) >= wanted);
    if !enough(&limit) {
        let files = u64::try_from(wanted).unwrap_or(u64::MAX);
        let files = limit.maximum.map_or(files, |maximum| maximum.min(files));
        if let Err(why) = setrlimit(Resource::Nofile, Rlimit { current: Some(files), maximum: limit.maximum }) {
            tracing::warn!(error = %why, "the limit of open files was not raised");
        }
        limit = getrlimit(Resource::Nofile);
    }
    if enough(&limit) {
        return most;
    }
    let room = number(limit.current.unwrap_or(u64::MAX)).saturating_sub(OTHERS).clamp(1, most);
    tracing::warn!(room, most, "fewer connections at once than set: the system's limit of open files is too low");
    room
}

#[cfg(not(unix))]
pub fn room_for(most: usize) -> usize {
    most
}
