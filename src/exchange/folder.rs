//! A folder of public files, with checksums and a signature: written as a whole, and checked without a database.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use data_encoding::{BASE64, HEXLOWER};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};

/// The checksums, as `sha256sum` writes and reads them.
pub const SUMS: &str = "SHA256SUMS";
/// Ed25519 (RFC 8032) over the bytes of the checksums, base64.
pub const SIGNATURE: &str = "SHA256SUMS.sig";
/// The key that the signature is by, base64.
pub const PUBLIC_KEY: &str = "PUBLIC_KEY";
/// The files that the checksums do not list.
const OWN: [&str; 3] = [SUMS, SIGNATURE, PUBLIC_KEY];

/// The files of a folder, by path with `/`.
pub type Files = BTreeMap<String, Vec<u8>>;

/// Why a folder is not written, or not what it was.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    #[error("{}: it is not empty; name a folder that is new or empty", .0.display())]
    NotEmpty(PathBuf),
    #[error("{}: {why}", path.display())]
    Io { path: PathBuf, why: io::Error },
    /// What is wrong with it, a line each.
    #[error("{}", .0.join("\n"))]
    Broken(Vec<String>),
}

/// What was found of a folder that is whole.
#[derive(Debug)]
pub struct Verified {
    /// The files that the checksums list.
    pub files: Files,
    pub public_key: VerifyingKey,
    /// Whether it was held against a key that was given.
    pub by_known_key: bool,
}

/// A public key: base64 or hexadecimal digits.
pub fn read_key(text: &str) -> Option<VerifyingKey> {
    let text = text.trim().as_bytes();
    let bytes = BASE64.decode(text).ok().filter(|bytes| bytes.len() == 32);
    let bytes = bytes.or_else(|| data_encoding::HEXLOWER_PERMISSIVE.decode(text).ok())?;
    VerifyingKey::from_bytes(&bytes.try_into().ok()?).ok()
}

/// Writes a folder as a whole: beside its place first, and then moved there.
///
/// # Errors
/// That something is there already, or the file system's own.
pub fn write(folder: &Path, files: &[(String, Vec<u8>)], key: &SigningKey) -> Result<(), FolderError> {
    let fault = |path: &Path| {
        let path = path.to_owned();
        move |why| FolderError::Io { path, why }
    };
    let there = fs::symlink_metadata(folder).is_ok();
    if there && fs::read_dir(folder).map_err(fault(folder))?.next().is_some() {
        return Err(FolderError::NotEmpty(folder.to_owned()));
    }
    let mut name = folder.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.part", uuid::Uuid::now_v7().simple()));
    let part = folder.with_file_name(name);
    let written = write_part(&part, files, key).map_err(fault(&part)).and_then(|()| {
        if there {
            // Empty, as was seen; the file system says so again.
            fs::remove_dir(folder).map_err(fault(folder))?;
        }
        fs::rename(&part, folder).map_err(fault(folder))
    });
    if written.is_err() {
        // Why it was not written is what matters.
        let _ = fs::remove_dir_all(&part);
    }
    written
}

fn write_part(part: &Path, files: &[(String, Vec<u8>)], key: &SigningKey) -> io::Result<()> {
    let mut sums = String::new();
    let mut sorted: Vec<_> = files.iter().collect();
    sorted.sort();
    for (path, bytes) in sorted {
        put(&part.join(path), bytes)?;
        sums += &format!("{}  {path}\n", HEXLOWER.encode(&Sha256::digest(bytes)));
    }
    let signature = BASE64.encode(&key.sign(sums.as_bytes()).to_bytes()) + "\n";
    put(&part.join(SUMS), sums.as_bytes())?;
    put(&part.join(SIGNATURE), signature.as_bytes())?;
    put(&part.join(PUBLIC_KEY), (BASE64.encode(key.verifying_key().as_bytes()) + "\n").as_bytes())
}

fn put(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut file = fs::OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Checks a folder: every listed file is there and no other, every checksum, and the signature.
///
/// # Errors
/// Everything that is wrong with it.
pub fn verify(folder: &Path, known: Option<&VerifyingKey>) -> Result<Verified, FolderError> {
    let mut found = Files::new();
    collect(folder, "", &mut found).map_err(|why| FolderError::Io { path: folder.to_owned(), why })?;
    let mut wrong = Vec::new();
    let mut own = OWN.map(|name| found.remove(name));
    for (name, bytes) in OWN.iter().zip(&own) {
        if bytes.is_none() {
            wrong.push(format!("{name}: it is missing"));
        }
    }
    let [sums, signature, key] = own.each_mut().map(|bytes| bytes.take().unwrap_or_default());
    if !wrong.is_empty() {
        return Err(FolderError::Broken(wrong));
    }
    let given = String::from_utf8_lossy(&key).into_owned();
    let public_key = read_key(&given).ok_or_else(|| broken(format!("{PUBLIC_KEY}: it is no Ed25519 key")))?;
    if known.is_some_and(|known| *known != public_key) {
        wrong.push(format!("{PUBLIC_KEY}: it is another key than the one given: somebody else signed this"));
    }
    let decoded = BASE64.decode(signature.trim_ascii()).ok().and_then(|bytes| Signature::from_slice(&bytes).ok());
    if decoded.is_none_or(|signature| public_key.verify_strict(&sums, &signature).is_err()) {
        wrong.push(format!("{SIGNATURE}: it is no good signature of {SUMS}: one of them was changed"));
    }
    wrong.extend(differences(&String::from_utf8_lossy(&sums), &found));
    if !wrong.is_empty() {
        return Err(FolderError::Broken(wrong));
    }
    Ok(Verified { files: found, public_key, by_known_key: known.is_some() })
}

fn broken(why: String) -> FolderError {
    FolderError::Broken(vec![why])
}

/// What the checksums list and what is there.
fn differences(sums: &str, found: &Files) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut listed = BTreeMap::new();
    for line in sums.lines() {
        match line.split_once("  ") {
            Some((sum, path)) if listed.insert(path, sum).is_none() => {}
            _ => wrong.push(format!("{SUMS}: this line is not understood: {line}")),
        }
    }
    for (path, sum) in &listed {
        match found.get(*path) {
            None => wrong.push(format!("{path}: it is missing")),
            Some(bytes) if HEXLOWER.encode(&Sha256::digest(bytes)) != *sum => {
                wrong.push(format!("{path}: it was changed"));
            }
            Some(_) => {}
        }
    }
    let extra = found.keys().filter(|path| !listed.contains_key(path.as_str()));
    wrong.extend(extra.map(|path| format!("{path}: it is not listed in {SUMS}")));
    wrong
}

/// Reads every file of a folder. Whatever is neither file nor folder is an error: a link could lead anywhere.
fn collect(folder: &Path, within: &str, found: &mut Files) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().into_string().map_err(|_| io::Error::other("a file's name is not UTF-8"))?;
        let path = format!("{within}{name}");
        let kind = entry.file_type()?;
        if kind.is_dir() {
            let before = found.len();
            collect(&entry.path(), &format!("{path}/"), found)?;
            if found.len() == before {
                found.insert(format!("{path}/"), Vec::new());
            }
        } else if kind.is_file() {
            found.insert(path, fs::read(entry.path())?);
        } else {
            return Err(io::Error::other(format!("{path} is neither a file nor a folder")));
        }
    }
    Ok(())
}
