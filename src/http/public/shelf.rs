//! The shelf of what is released: parsed releases, and answers that were made once. No database on the way of a warm answer.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use crate::domain::release::content::Content;
use crate::store::database::Store;
use crate::store::released;

use crate::http::problem::{Kind, Problem};

use super::ready::Ready;
use super::views::ReleasedView;

/// How often it is looked whether there is another release.
const EVERY: Duration = Duration::from_secs(1);
/// The most answers that are kept, and how many bytes they may take together.
const MOST: usize = 2_000;
const MOST_BYTES: usize = 64 * 1024 * 1024;
/// The longest question whose answer is kept, in bytes.
const LONGEST: usize = 2_000;

/// A public release. Of one that was withdrawn as a whole no number is said, only what it was.
#[derive(Debug)]
pub struct Standing {
    pub view: ReleasedView,
    /// Missing where it was withdrawn.
    pub content: Option<Content>,
    /// The frozen bytes.
    pub bytes: Vec<u8>,
}

/// What was public at one moment, newest release first.
#[derive(Debug, Default)]
pub struct Snapshot {
    pub releases: Vec<Standing>,
    mark: String,
    kept: RwLock<HashMap<String, Kept>>,
    clock: AtomicU64,
}

#[derive(Debug)]
struct Kept {
    ready: Arc<Ready>,
    used: AtomicU64,
}

impl Snapshot {
    pub fn new(mut releases: Vec<Standing>, mark: String) -> Self {
        let order = |standing: &Standing| (standing.view.date, standing.view.published_at, standing.view.id.clone());
        releases.sort_by_key(|standing| std::cmp::Reverse(order(standing)));
        Self { releases, mark, ..Self::default() }
    }

    /// The newest release that stands.
    pub fn newest(&self) -> Option<(&Standing, &Content)> {
        self.releases.iter().find_map(|standing| Some((standing, standing.content.as_ref()?)))
    }

    /// The releases that stand, newest first.
    pub fn contents(&self) -> impl Iterator<Item = &Content> {
        self.releases.iter().filter_map(|standing| standing.content.as_ref())
    }

    pub fn release(&self, id: &str) -> Option<&Standing> {
        self.releases.iter().find(|standing| standing.view.id == id)
    }

    /// The answer that was made for this question, or a new one.
    ///
    /// # Errors
    /// What making it gives.
    pub fn answer(&self, key: String, make: impl FnOnce() -> Result<Ready, Problem>) -> Result<Arc<Ready>, Problem> {
        let now = self.clock.fetch_add(1, Ordering::Relaxed);
        let shelf = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = shelf.get(&key) {
            kept.used.store(now, Ordering::Relaxed);
            return Ok(kept.ready.clone());
        }
        drop(shelf);
        let ready = Arc::new(make()?);
        if key.len() <= LONGEST && ready.size() <= MOST_BYTES / 4 {
            let mut shelf = self.kept.write().unwrap_or_else(PoisonError::into_inner);
            make_room(&mut shelf, ready.size());
            shelf.insert(key, Kept { ready: ready.clone(), used: AtomicU64::new(now) });
        }
        Ok(ready)
    }

    /// How many answers are kept.
    pub fn kept(&self) -> usize {
        self.kept.read().unwrap_or_else(PoisonError::into_inner).len()
    }
}

/// The least recently used go, a tenth at a time.
fn make_room(shelf: &mut HashMap<String, Kept>, size: usize) {
    let bytes = shelf.values().map(|kept| kept.ready.size()).sum::<usize>() + size;
    if shelf.len() < MOST && bytes <= MOST_BYTES {
        return;
    }
    let mut used: Vec<_> = shelf.values().map(|kept| kept.used.load(Ordering::Relaxed)).collect();
    used.sort_unstable();
    let tenth = used.get(used.len() / 10).copied().unwrap_or(u64::MAX);
    shelf.retain(|_, kept| kept.used.load(Ordering::Relaxed) > tenth);
    if shelf.values().map(|kept| kept.ready.size()).sum::<usize>() + size > MOST_BYTES {
        shelf.clear();
    }
}

/// What all workers share.
#[derive(Clone)]
pub struct Shelf(Arc<Inner>);

struct Inner {
    store: Option<Store>,
    now: RwLock<Option<Arc<Snapshot>>>,
    /// One looks at a time.
    looking: Mutex<()>,
}

impl Shelf {
    /// What a database holds.
    pub fn of(store: Store) -> Self {
        Self(Arc::new(Inner { store: Some(store), now: RwLock::default(), looking: Mutex::default() }))
    }

    /// What lies in a folder, and never changes.
    pub fn fixed(snapshot: Snapshot) -> Self {
        let now = RwLock::new(Some(Arc::new(snapshot)));
        Self(Arc::new(Inner { store: None, now, looking: Mutex::default() }))
    }

    /// What is public now.
    ///
    /// # Errors
    /// That it could not be read yet.
    pub fn now(&self) -> Result<Arc<Snapshot>, Problem> {
        let now = self.0.now.read().unwrap_or_else(PoisonError::into_inner).clone();
        now.ok_or_else(|| Problem::new(Kind::Unavailable))
    }

    /// Looks whether there is another release than before, and reads them if so. It blocks: never on a worker.
    ///
    /// # Errors
    /// The store's own, as a client may see them; what was on the shelf stays.
    pub fn renew(&self) -> Result<(), Problem> {
        let Some(store) = &self.0.store else { return Ok(()) };
        let _one = self.0.looking.lock().unwrap_or_else(PoisonError::into_inner);
        let before = self.now().ok().map(|now| now.mark.clone());
        let read = store.look(|conn| {
            // Before the releases: what comes between is read again the next time.
            let mark = format!("{:?}", released::mark(conn)?);
            if before.as_ref() == Some(&mark) {
                return Ok(None);
            }
            let releases = released::all(conn)?;
            Ok(Some((mark, releases)))
        })?;
        if let Some((mark, releases)) = read {
            let releases = releases.into_iter().map(Standing::from).collect();
            let snapshot = Some(Arc::new(Snapshot::new(releases, mark)));
            *self.0.now.write().unwrap_or_else(PoisonError::into_inner) = snapshot;
        }
        Ok(())
    }

    /// The same after a change that is kept already: where it fails, the next look finds it.
    pub fn renew_soon(&self) {
        if let Err(why) = self.renew() {
            tracing::warn!(%why, "a change of what is public is shown a second later");
        }
    }

    /// Looks every second, until the server ends.
    pub fn keep_new(&self) {
        let shelf = self.clone();
        actix_web::rt::spawn(async move {
            loop {
                let looked = shelf.clone();
                // A failure is in the log already; what is on the shelf is good still.
                let _ = actix_web::web::block(move || looked.renew()).await;
                actix_web::rt::time::sleep(EVERY).await;
            }
        });
    }
}
