//! The journal that SQLite writes beside its file (`-wal`), and how Attest knows that it belongs to this very file.
//!
//! SQLite takes whatever journal lies beside a file. One that is left from another file, because a backup was put in its place,
//! makes a mixture of the two that no check is sure to find. So every journal begins with a new mark: a number in the header
//! of the database (`user_version`). The file `-mark` beside it says which marks the file itself may have while that journal is
//! there: the one from before the journal, and the one in it. A file with any other mark, such as a backup, is not the
//! journal's. So that no backup has the mark from before the journal, that one is made anew as well, just before the journal begins.
//! A clean stop puts everything into the one file, and removes what is beside it.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types;
use diesel::sqlite::SqliteConnection;

use super::{Conn, DatabaseUrl, OneText, OpenError};

/// From which size on a journal is emptied into the file, in bytes: the thousand pages that SQLite itself takes.
const LARGE: u64 = 4 * 1024 * 1024;
/// How long somebody who reads is waited for then, in milliseconds: all who write wait too.
const GENTLE: u32 = 100;
const LOCKED: Duration = Duration::from_secs(15);

/// What lay beside a file when it was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// No journal: the last stop was clean.
    Nothing,
    /// The file's own: somebody has it open, or the last stop was not clean.
    Own,
    /// One from before Attest marked them: only a thorough check can tell.
    Unmarked,
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

fn length(path: &Path) -> io::Result<u64> {
    match std::fs::metadata(path) {
        Ok(found) => Ok(found.len()),
        Err(why) if why.kind() == io::ErrorKind::NotFound => Ok(0),
        Err(why) => Err(why),
    }
}

/// How large the journal of a file is, in bytes; 0 where there is none.
pub(super) fn size(path: &Path) -> io::Result<u64> {
    length(&beside(path, "-wal"))
}

/// Holds what lies beside a file against it. Changes nothing.
///
/// # Errors
/// [`OpenError::ForeignJournal`] where the journal is not this file's, [`OpenError::LostMark`] where that cannot be told, and
/// [`OpenError::LostFile`] where the file is gone and its journal is not.
pub fn examine(path: &Path) -> Result<Found, OpenError> {
    if size(path)? == 0 {
        return Ok(Found::Nothing);
    }
    if length(path)? == 0 {
        return Err(OpenError::LostFile(path.to_owned()));
    }
    let mut is_marked = true;
    // Somebody who has it open may just be emptying the journal.
    for last in [false, false, true] {
        let mut side = Side::open(path, false)?;
        let marks = side.as_mut().map_or(Ok(None), Side::marks)?;
        let mark = mark(path)?;
        is_marked = marks.is_some();
        match marks {
            Some(marks) if marks.contains(&mark) => return Ok(Found::Own),
            None if mark == 0 => return Ok(Found::Unmarked),
            _ if size(path)? == 0 => return Ok(Found::Nothing),
            _ if last => break,
            _ => drop(side),
        }
        std::thread::sleep(Duration::from_millis(200));
    }
    let path = path.to_owned();
    Err(if is_marked { OpenError::ForeignJournal(path) } else { OpenError::LostMark(path) })
}

/// Makes a connection ready to write: gives a new journal its mark.
pub(super) fn begin(conn: &mut SqliteConnection, path: &Path) -> Result<(), OpenError> {
    let mut side = Side::open(path, true)?.ok_or(OpenError::Path)?;
    let known = side.marks()?;
    // Before the mark is read: whoever empties the journal meanwhile gives the file its newer mark.
    let size = size(path)?;
    let mut own = mark(path)?;
    if size > 0 {
        match known {
            Some(known) if known.contains(&own) => return Ok(()),
            // From before there were marks. While another programme has it open, it stays so.
            None if own == 0 && truncate(conn)? => {}
            None if own == 0 => return Ok(()),
            _ => return Err(OpenError::ForeignJournal(path.to_owned())),
        }
    }
    let mut marks = known.unwrap_or([own, own]);
    // A backup that was made during the journal before has the mark that the file has now. So the file gets another one first. Where
    // somebody reads at this moment, it goes into the journal instead, which then begins with it.
    for is_of_file in [true, false] {
        let new = other_than(own)?;
        // The place of the mark that the file has now is not written to, so that a power cut takes nothing away.
        marks = if marks[1] == own { [new, own] } else { [own, new] };
        side.write(marks)?;
        conn.batch_execute(&format!("PRAGMA user_version = {new}"))?;
        if !is_of_file || !truncate(conn)? {
            break;
        }
        own = new;
    }
    Ok(())
}

/// A new mark.
fn other_than(own: u32) -> io::Result<u32> {
    loop {
        // SQLite keeps 32 bits, with a sign.
        let new = getrandom::u32().map_err(|why| io::Error::other(why.to_string()))? >> 1;
        if new != 0 && new != own {
            return Ok(new);
        }
    }
}

/// Empties a journal that has grown large into the file. While somebody reads what was there before, it goes on growing.
///
/// # Errors
/// The database's own.
pub fn tend(conn: &mut Conn, url: &DatabaseUrl) -> Result<(), OpenError> {
    if let (Conn::Sqlite(conn), DatabaseUrl::Sqlite(path)) = (conn, url)
        && size(path)? >= LARGE
    {
        empty(conn, path)?;
    }
    Ok(())
}

/// Empties the journal into the file. Gives whether all of it is there.
pub(super) fn empty(conn: &mut SqliteConnection, path: &Path) -> Result<bool, OpenError> {
    let done = truncate(conn)?;
    if done {
        begin(conn, path)?;
    }
    Ok(done)
}

/// Puts everything into the one file, once the connections of this process are closed. Gives whether that is all there is now:
/// while another process has it open, its journal stays.
///
/// # Errors
/// The database's own.
pub fn settle(path: &Path) -> Result<bool, OpenError> {
    let (journal, side) = (beside(path, "-wal"), beside(path, "-mark"));
    if !path.try_exists()? {
        return Ok(false);
    }
    if journal.try_exists()? {
        // The last connection that has read and is closed puts the journal into the file, and removes it. It does not touch that of
        // others, which would then begin anew without a mark.
        let mut conn = SqliteConnection::establish(&uri(path, "mode=rw")?)?;
        conn.batch_execute("PRAGMA busy_timeout = 1000; SELECT COUNT(*) FROM sqlite_schema")?;
    }
    if journal.try_exists()? {
        return Ok(false);
    }
    let locked = Side::open(path, false)?;
    // Whoever begins meanwhile waits for the lock, and makes the file anew.
    if locked.is_some() && !journal.try_exists()? {
        std::fs::remove_file(side)?;
    }
    Ok(true)
}

#[derive(diesel::QueryableByName)]
struct Checkpoint {
    #[diesel(sql_type = sql_types::Integer)]
    busy: i32,
}

/// Puts all of the journal into the file, unless somebody reads for long.
fn truncate(conn: &mut SqliteConnection) -> QueryResult<bool> {
    let patient = diesel::sql_query("SELECT CAST(timeout AS TEXT) AS value FROM pragma_busy_timeout");
    let patient = patient.get_result::<OneText>(conn)?.value;
    conn.batch_execute(&format!("PRAGMA busy_timeout = {GENTLE}"))?;
    let done = diesel::sql_query("PRAGMA wal_checkpoint(TRUNCATE)").get_result::<Checkpoint>(conn);
    conn.batch_execute(&format!("PRAGMA busy_timeout = {patient}"))?;
    Ok(done?.busy == 0)
}

/// The mark in the file itself, whatever the journal says.
fn mark(path: &Path) -> Result<u32, OpenError> {
    #[derive(diesel::QueryableByName)]
    struct Mark {
        #[diesel(sql_type = sql_types::Integer)]
        user_version: i32,
    }
    // Through SQLite: to open and close the file in another way would take away the locks that this process has on it.
    let mut conn = SqliteConnection::establish(&uri(path, "mode=ro&immutable=1")?)?;
    // Whoever died while the journal was put into the file may have left a first page that tells of more pages than are there yet.
    // They are in the journal; without it SQLite takes such a file as it is only so.
    conn.batch_execute("PRAGMA writable_schema = ON")?;
    let mark = diesel::sql_query("PRAGMA user_version").get_result::<Mark>(&mut conn)?;
    Ok(mark.user_version.cast_unsigned())
}

fn uri(path: &Path, parameters: &str) -> Result<String, OpenError> {
    let path = std::path::absolute(path)?;
    let path = path.to_str().ok_or(OpenError::Path)?;
    Ok(format!("file://{}?{parameters}", path.replace('%', "%25").replace('?', "%3f").replace('#', "%23")))
}

/// The file beside the database that names its marks, locked.
struct Side {
    file: File,
    name: PathBuf,
}

impl Side {
    fn open(path: &Path, make: bool) -> io::Result<Option<Self>> {
        let name = std::path::absolute(beside(path, "-mark"))?;
        let started = Instant::now();
        loop {
            let mut options = OpenOptions::new();
            options.read(true).write(true).create(make).truncate(false);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            let file = match options.open(&name) {
                Ok(file) => file,
                Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(None),
                Err(why) => return Err(why),
            };
            match file.try_lock() {
                // It may have been removed while it was waited for.
                Ok(()) if is_at(&file, &name) => return Ok(Some(Self { file, name })),
                Ok(()) => {}
                Err(TryLockError::WouldBlock) if started.elapsed() < LOCKED => {
                    std::thread::sleep(Duration::from_millis(10));
                }
                Err(TryLockError::WouldBlock) => {
                    return Err(io::Error::new(io::ErrorKind::TimedOut, "another process holds the database's mark"));
                }
                Err(TryLockError::Error(why)) => return Err(why),
            }
        }
    }

    /// The marks that the file may have; none where nothing is noted yet.
    fn marks(&mut self) -> io::Result<Option<[u32; 2]>> {
        let mut text = Vec::new();
        self.file.seek(SeekFrom::Start(0))?;
        self.file.read_to_end(&mut text)?;
        let text = String::from_utf8_lossy(&text);
        let mut marks = text.split_whitespace().map(|mark| u32::from_str_radix(mark, 16));
        Ok(match (marks.next(), marks.next()) {
            (Some(Ok(first)), Some(Ok(second))) => Some([first, second]),
            _ => None,
        })
    }

    /// Notes the marks, on the medium.
    fn write(&mut self, [first, second]: [u32; 2]) -> io::Result<()> {
        let new = self.file.metadata()?.len() == 0;
        self.file.seek(SeekFrom::Start(0))?;
        self.file.write_all(format!("{first:08x} {second:08x}\n").as_bytes())?;
        self.file.sync_all()?;
        if new {
            // That there is such a file, too.
            #[cfg(unix)]
            File::open(self.name.parent().unwrap_or(Path::new("/")))?.sync_all()?;
        }
        Ok(())
    }
}

/// Whether a file that is open is still the one of this name.
fn is_at(file: &File, name: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let same =
            |own: &std::fs::Metadata, there: &std::fs::Metadata| (own.dev(), own.ino()) == (there.dev(), there.ino());
        matches!((file.metadata(), std::fs::metadata(name)), (Ok(own), Ok(there)) if same(&own, &there))
    }
    #[cfg(not(unix))]
    {
        let _ = (file, name);
        true
    }
}
