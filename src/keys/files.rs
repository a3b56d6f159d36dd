//! Files for their owner alone.

use std::io::Write;
use std::path::Path;

use super::keyring::KeyringError;

/// The error with the file that it is about.
pub(super) fn file_error(path: &Path, why: std::io::Error) -> KeyringError {
    KeyringError::File { path: path.to_owned(), why }
}

/// Refuses a file or folder into which others can look.
#[cfg_attr(not(unix), allow(unused_variables))]
pub(super) fn check_private(path: &Path) -> Result<(), KeyringError> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(path).map_err(|why| file_error(path, why))?.permissions().mode();
        if mode & 0o077 != 0 {
            return Err(KeyringError::Open(path.to_owned()));
        }
    }
    Ok(())
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

fn private_options() -> std::fs::OpenOptions {
    let mut options = std::fs::OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Writes a file that is not there yet.
pub(super) fn write_new(path: &Path, bytes: &[u8]) -> Result<(), KeyringError> {
    let written = private_options().create_new(true).open(path).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    written.map_err(|why| file_error(path, why))
}

/// Replaces a file whole, so that a crash leaves the old or the new one.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> Result<(), KeyringError> {
    let new = path.with_extension("new");
    let written = private_options().create(true).truncate(true).open(&new).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    written.and_then(|()| std::fs::rename(&new, path)).map_err(|why| file_error(path, why))?;
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(|why| file_error(folder, why))
}

/// Adds a line to a file for its owner alone, and does not return before it is on the disk.
///
/// # Errors
/// That it cannot be written.
pub fn append_line(path: &Path, line: &str) -> Result<(), KeyringError> {
    let mut options = private_options();
    let written = options.append(true).create(true).open(path).and_then(|mut file| {
        file.write_all(format!("{line}\n").as_bytes())?;
        file.sync_all()
    });
    written.map_err(|why| file_error(path, why))
}
