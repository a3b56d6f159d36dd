//! A socket before PostgreSQL's own, that can be frozen, as a server is that does not answer any more.

use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::database::Home;

/// The name that PostgreSQL gives its socket.
const SOCKET: &str = ".s.PGSQL.5432";

pub struct Forward {
    frozen: Arc<AtomicBool>,
}

/// A folder whose name leaves room for that of a socket, which may have 107 bytes in all.
pub fn folder() -> PathBuf {
    let temporary = Some(std::env::temp_dir()).filter(|folder| folder.as_os_str().len() < 40);
    let folder =
        temporary.unwrap_or_else(|| "/tmp".into()).join(format!("attest-fw-{}", uuid::Uuid::now_v7().simple()));
    std::fs::create_dir(&folder).unwrap();
    super::process::keeper("read _; rm -rf \"$1\"", &[folder.to_str().unwrap()]);
    folder
}

/// The address of the same database at another socket, and the folder of its own.
pub fn address(home: &Home, folder: &Path) -> (String, PathBuf) {
    let own = home.url.split("host=").nth(1).unwrap().split('&').next().unwrap();
    (home.url.replace(own, folder.to_str().unwrap()), own.into())
}

impl Forward {
    /// Listens in this folder and hands on to the socket of that one.
    pub fn start(folder: &Path, own: &Path) -> Self {
        let listener = UnixListener::bind(folder.join(SOCKET)).unwrap();
        let (frozen, own) = (Arc::new(AtomicBool::new(false)), own.join(SOCKET));
        let shared = frozen.clone();
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let (client, server) = (client.unwrap(), UnixStream::connect(&own).unwrap());
                pass(client.try_clone().unwrap(), server.try_clone().unwrap(), shared.clone());
                pass(server, client, shared.clone());
            }
        });
        Self { frozen }
    }

    /// Passes nothing on as long as what it gives is held. A test that fails lets go of it, so that nothing waits for ever.
    pub fn freeze(&self) -> Frozen {
        self.frozen.store(true, Ordering::SeqCst);
        Frozen(self.frozen.clone())
    }
}

/// Until it is dropped, nothing is passed on.
pub struct Frozen(Arc<AtomicBool>);

impl Drop for Frozen {
    fn drop(&mut self) {
        self.0.store(false, Ordering::SeqCst);
    }
}

fn pass(mut from: UnixStream, mut to: UnixStream, frozen: Arc<AtomicBool>) {
    std::thread::spawn(move || {
        let mut bytes = [0; 8192];
        while let Ok(count) = from.read(&mut bytes) {
            while frozen.load(Ordering::SeqCst) {
                std::thread::sleep(Duration::from_millis(20));
            }
            if count == 0 || to.write_all(&bytes[..count]).is_err() {
                break;
            }
        }
        let _ = to.shutdown(std::net::Shutdown::Both);
    });
}
