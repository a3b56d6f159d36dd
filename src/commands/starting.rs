//! The time before anything is served: the database is waited for, and looked at, while the address answers that it is starting.

use std::net::TcpListener;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, TryRecvError, channel};
use std::time::{Duration, Instant};

use chrono::Utc;
use futures_util::future::{Either, select};

use crate::http::app::{self, Settings};
use crate::store::backend::DatabaseUrl;
use crate::store::backend::journal::Found;
use crate::store::database::Store;
use crate::store::error::StoreError;

/// Most starts take no longer, and need nobody to answer meanwhile.
const SOON: Duration = Duration::from_millis(500);
/// How often a database that is away is tried, and how often that is said.
const TRYING: Duration = Duration::from_millis(500);
const SAYING: Duration = Duration::from_secs(10);
const CUT_OFF: &str = "the opening of the database was cut off";

/// Opens the database to be served. Gives none where the process was asked to end meanwhile.
///
/// # Errors
/// One line that says why it cannot be opened.
pub fn open(
    listener: &TcpListener,
    url: DatabaseUrl,
    wait: Duration,
    settings: Settings,
) -> Result<Option<Store>, Box<dyn std::error::Error>> {
    let (sender, opened) = channel();
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = stop.clone();
    std::thread::spawn(move || sender.send(wait_for(&url, wait, &stopped).map_err(|why| why.to_string())));
    match opened.recv_timeout(SOON) {
        Ok(store) => return Ok(Some(store?)),
        Err(RecvTimeoutError::Disconnected) => return Err(CUT_OFF.into()),
        Err(RecvTimeoutError::Timeout) => {}
    }
    let listener = listener.try_clone()?;
    let store = actix_web::rt::System::new().block_on(async move {
        let server = app::serve_starting(listener, settings)?;
        let handle = server.handle();
        let opening = async {
            loop {
                match opened.try_recv() {
                    Ok(store) => break store,
                    Err(TryRecvError::Empty) => actix_web::rt::time::sleep(Duration::from_millis(50)).await,
                    Err(TryRecvError::Disconnected) => break Err(CUT_OFF.to_owned()),
                }
            }
        };
        match select(server, pin!(opening)).await {
            // Somebody asked it to end.
            Either::Left((ended, _)) => {
                stop.store(true, Ordering::Relaxed);
                ended.map(|()| None)
            }
            Either::Right((store, server)) => {
                // It is told to end, and has to be driven there.
                drop(handle.stop(true));
                server.await.map(|()| Some(store))
            }
        }
    })?;
    Ok(store.transpose()?)
}

fn wait_for(url: &DatabaseUrl, wait: Duration, stop: &AtomicBool) -> Result<Store, StoreError> {
    let started = Instant::now();
    let mut said = None::<Instant>;
    let store = loop {
        match Store::open(url, Utc::now) {
            Err(StoreError::Open(why)) if why.is_away(url) && started.elapsed() < wait => {
                if said.is_none_or(|said| said.elapsed() > SAYING) {
                    said = Some(Instant::now());
                    tracing::warn!(error = %why, "the database is not there yet and is waited for");
                }
            }
            opened => break opened?,
        }
        if stop.load(Ordering::Relaxed) {
            return Err(StoreError::Unavailable("the service was asked to end".into()));
        }
        std::thread::sleep(TRYING);
    };
    // Whatever ended last time ended in the middle of things.
    if store.connections().found() != Found::Nothing {
        tracing::info!(
            "the last stop was not clean, or another process has the database open: its pages are checked first"
        );
        store.connections().check_pages()?;
    }
    Ok(store)
}

/// Reads the pages of a database that was left in order, while it is served.
pub fn check_behind(store: &Store) {
    if store.connections().found() != Found::Nothing {
        return;
    }
    let store = store.clone();
    std::thread::spawn(move || {
        if let Err(why) = store.connections().check_pages() {
            tracing::error!(error = %why, "the database's pages were not checked");
        }
    });
}
