//! Files for their owner alone.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::keyring::KeyringError;

const LOCK: &str = "lock";

/// The error with the file that it is about.
pub(super) fn file_error(path: &Path, why: std::io::Error) -> KeyringError {
    KeyringError::File { path: path.to_owned(), why }
}

/// Whether there is such a file. That nobody can say is an error.
pub(super) fn is_there(path: &Path) -> Result<bool, KeyringError> {
    path.try_exists().map_err(|why| file_error(path, why))
}

#[cfg_attr(not(unix), allow(unused_variables))]
fn check(path: &Path, metadata: &std::fs::Metadata) -> Result<(), KeyringError> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        if metadata.permissions().mode() & 0o077 != 0 {
            return Err(KeyringError::Open(path.to_owned()));
        }
    }
    Ok(())
}

/// Refuses a file or folder into which others can look.
pub(super) fn check_private(path: &Path) -> Result<(), KeyringError> {
    check(path, &std::fs::metadata(path).map_err(|why| file_error(path, why))?)
}

/// Reads a file, and refuses one into which others can look.
///
/// # Errors
/// [`KeyringError::Open`], or the system's own.
pub fn read_private(path: &Path) -> Result<Zeroizing<Vec<u8>>, KeyringError> {
    let failed = |why| file_error(path, why);
    let mut file = File::open(path).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    check(path, &metadata)?;
    // Room for all of it, so that it leaves no copy behind while it grows.
    let mut bytes = Zeroizing::new(Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or_default() + 1));
    file.read_to_end(&mut bytes).map_err(failed)?;
    Ok(bytes)
}

/// Makes a folder that nobody but its owner can look into.
///
/// # Errors
/// The system's own.
pub fn private_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

fn private_options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Makes a file that nobody but its owner reads. One that is there already stays as it is.
///
/// # Errors
/// The system's own.
pub fn write_new_private(path: &Path, bytes: &[u8]) -> Result<(), KeyringError> {
    let written = private_options().create_new(true).open(path).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    written.map_err(|why| file_error(path, why))
}

/// Makes or replaces a file whole, so that a crash leaves all of it or what was there. Whoever does so holds the lock.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> Result<(), KeyringError> {
    let new = path.with_extension("new");
    // What a crash has left, with the rights of then.
    if is_there(&new)? {
        std::fs::remove_file(&new).map_err(|why| file_error(&new, why))?;
    }
    let written = private_options().create_new(true).open(&new).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    written.and_then(|()| std::fs::rename(&new, path)).map_err(|why| file_error(path, why))?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(|why| file_error(folder, why))
}

/// Adds a line to a file for its owner alone, and does not return before it is on the disk.
///
/// # Errors
/// That it cannot be written.
pub fn append_line(path: &Path, line: &str) -> Result<(), KeyringError> {
    let mut options = private_options();
    let written = options.append(true).create(true).read(true).open(path).and_then(|mut file| {
        // After a line that was torn off by a crash a new one begins.
        let torn = file.metadata()?.len() > 0 && {
            let mut last = [0];
            file.seek(SeekFrom::End(-1))?;
            file.read_exact(&mut last)?;
            last != *b"\n"
        };
        let begin = if torn { "\n" } else { "" };
        file.write_all(format!("{begin}{line}\n").as_bytes())?;
        file.sync_all()
    });
    written.map_err(|why| file_error(path, why))
}

/// The lock of a keyring's folder. It ends with the process that holds it, however that ends.
#[derive(Debug)]
pub struct Lock(#[expect(dead_code, reason = "held, not read")] File);

impl Lock {
    fn file(folder: &Path) -> Result<(PathBuf, File), KeyringError> {
        let path = folder.join(LOCK);
        let file = private_options().create(true).truncate(false).open(&path).map_err(|why| file_error(&path, why))?;
        Ok((path, file))
    }

    /// Waits for the lock.
    pub(super) fn wait(folder: &Path) -> Result<Self, KeyringError> {
        let (path, file) = Self::file(folder)?;
        file.lock().map_err(|why| file_error(&path, why))?;
        Ok(Self(file))
    }

    /// Takes the lock, if nobody holds it.
    pub(super) fn now(folder: &Path) -> Result<Self, KeyringError> {
        let (path, file) = Self::file(folder)?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => Err(KeyringError::Busy(folder.to_owned())),
            Err(TryLockError::Error(why)) => Err(file_error(&path, why)),
        }
    }
}
