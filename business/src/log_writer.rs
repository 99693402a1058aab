//! The log's writer and its tail: entries are committed in batches, and told to feeds once they are.
//!
//! A batch that cannot be written is kept and tried again while the queue behind it fills; what the queue
//! sheds is counted there. The order of the log is the order of commits.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{Notify, broadcast, mpsc};

use crate::feed::Published;
use crate::options::Clock;
use crate::storage::{self, Entry, EventPage, Storage};
use crate::tenants::Scope;

/// Entries of one commit at most.
const BATCH: usize = 64;
/// How long a commit waits for more entries. Shorter costs a disk flush per event, longer shows on a page of
/// live calls.
const GATHER: Duration = Duration::from_millis(20);
/// How long after a failed write the next attempt is made.
const RETRY: Duration = Duration::from_secs(1);
/// Attempts at the end, when nothing more comes.
const LAST_ATTEMPTS: u32 = 3;

/// What the writer and its readers share.
#[derive(Debug)]
pub(crate) struct LogState {
    /// Whether the last write went well.
    pub writable: AtomicBool,
    /// Number of the last entry told to feeds.
    pub published: AtomicU64,
    /// Told after each commit, by the writer and by the calendar.
    pub committed: Notify,
    /// No commit follows.
    pub closed: AtomicBool,
    /// Questions to the calendar that are not answered yet.
    asking: AtomicUsize,
}

/// A question to the calendar, until it is answered or given up.
#[must_use]
pub(crate) struct Asking<'a>(&'a LogState);

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        self.0.asking.fetch_sub(1, Ordering::AcqRel);
    }
}

impl LogState {
    pub(crate) fn new(published: u64) -> Self {
        Self {
            writable: AtomicBool::new(true),
            published: AtomicU64::new(published),
            committed: Notify::new(),
            closed: AtomicBool::new(false),
            asking: AtomicUsize::new(0),
        }
    }

    /// A question begins; it is over when what is returned is dropped.
    pub(crate) fn asks(&self) -> Asking<'_> {
        self.asking.fetch_add(1, Ordering::AcqRel);
        Asking(self)
    }

    /// Whether any question is under way.
    pub(crate) fn is_asked(&self) -> bool {
        self.asking.load(Ordering::Acquire) > 0
    }

    /// Takes note of how a write went; logs the change, not each failure.
    pub(crate) fn wrote(&self, result: Result<(), &sqlx::Error>) {
        match result {
            Ok(()) => {
                if !self.writable.swap(true, Ordering::Relaxed) {
                    tracing::warn!("storage can be written again");
                }
                self.committed.notify_one();
            }
            Err(error) => {
                metrics::counter!("callwright_business_write_failures_total").increment(1);
                if self.writable.swap(false, Ordering::Relaxed) {
                    let code = storage::code(error);
                    tracing::error!(code, "storage cannot be written; calls go on");
                }
            }
        }
    }
}

/// Writes until every sender is gone and everything is on disk, or cannot be brought there.
pub(crate) async fn write(
    mut queue: mpsc::Receiver<Entry>,
    storage: Storage,
    state: Arc<LogState>,
    clock: Arc<dyn Clock>,
) {
    let mut batch: Vec<Entry> = Vec::with_capacity(BATCH);
    let mut open = true;
    let mut last_attempts = LAST_ATTEMPTS;
    while open || !batch.is_empty() {
        if batch.is_empty() {
            open = queue.recv_many(&mut batch, BATCH).await > 0;
        }
        if open {
            tokio::select! {
                biased;
                () = fill(&mut queue, &mut batch) => {}
                // The batch is what there is.
                () = clock.pass(GATHER) => {}
            }
        }
        if batch.is_empty() {
            continue;
        }
        match storage.append(&batch).await {
            Ok(left_out) => {
                metrics::counter!("callwright_business_events_logged_total")
                    .increment(count(batch.len()).saturating_sub(left_out));
                batch.clear();
                state.wrote(Ok(()));
            }
            Err(error) => {
                state.wrote(Err(&error));
                if is_refused(&error) || (!open && last_attempts == 0) {
                    metrics::counter!("callwright_business_lost_total", "queue" => "batch")
                        .increment(count(batch.len()));
                    batch.clear();
                    continue;
                }
                if !open {
                    last_attempts -= 1;
                }
                clock.pass(RETRY).await;
                open = open && !(queue.is_closed() && queue.is_empty());
            }
        }
    }
}

/// Fills the batch as entries come; ends when it is full or nothing comes any more.
async fn fill(queue: &mut mpsc::Receiver<Entry>, batch: &mut Vec<Entry>) {
    while batch.len() < BATCH {
        let room = BATCH - batch.len();
        if queue.recv_many(batch, room).await == 0 {
            break;
        }
    }
}

/// Whether SQLite refuses these very rows (SQLITE_CONSTRAINT, 19): trying again would stop the log for ever.
fn is_refused(error: &sqlx::Error) -> bool {
    storage::code(error) == Some(19)
}

fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

/// Tells feeds of what was committed, in the log's order, until nothing more is.
pub(crate) async fn tail(
    storage: Storage,
    state: Arc<LogState>,
    published: broadcast::Sender<Published>,
) {
    loop {
        let closed = state.closed.load(Ordering::Acquire);
        let after = state.published.load(Ordering::Acquire);
        let page = storage.events(&Scope::Platform, EventPage { after, limit: 256 }).await;
        let Ok(page) = page else {
            metrics::counter!("callwright_business_read_failures_total").increment(1);
            if closed {
                return;
            }
            state.committed.notified().await;
            continue;
        };
        if page.is_empty() {
            if closed {
                return;
            }
            state.committed.notified().await;
        }
        for event in page {
            state.published.store(event.seq, Ordering::Release);
            // No subscriber: nobody to tell.
            drop(published.send(Published::Logged(Arc::new(event))));
        }
    }
}
