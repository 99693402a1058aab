//! The thread `captures-0`: takes what the shards' recorders write and puts it into files, one a call.
//!
//! A file is `call_….cwc`, readable by its owner alone, in a folder that is too. What has been heard of a call is in its
//! file at the latest a second later, so that a process that is killed leaves a capture that can be played. Power that
//! fails may take a few seconds more: nothing is synced to the disk.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle, Thread};
use std::time::Duration;

use callwright_calls::capture::{CaptureLimits, Recorder, Spool};
use callwright_contract::CallId;
use callwright_media::ring::{WhenFull, Writer, ring};

mod keeping;
pub use keeping::{CAPTURE_EXTENSION, Keeping, Kept, kept, prune};
mod writer;
pub use writer::{CaptureGauges, CaptureWriter, WriterCounts};

/// Contexts that may wait for the writer.
const CONTEXTS: usize = 64;
/// How long the writer sleeps when nobody rouses it.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Where captures go, and how much of them.
#[derive(Clone, Debug)]
pub struct CaptureOptions {
    /// The folder, made when it is not there.
    pub folder: PathBuf,
    /// Of one call.
    pub limits: CaptureLimits,
    /// Of all.
    pub keeping: Keeping,
}

impl CaptureOptions {
    /// Captures in `folder`, with the default limits.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        let (limits, keeping) = (CaptureLimits::default(), Keeping::default());
        Self { folder: folder.into(), limits, keeping }
    }

    /// The file of a call's capture.
    pub fn file(folder: &Path, call: CallId) -> PathBuf {
        folder.join(format!("{call}.{CAPTURE_EXTENSION}"))
    }
}

/// What the program knows of a call besides.
type Context = (CallId, Vec<u8>);

/// A shard's recorder, and who is to be roused when it has written something.
#[derive(Debug)]
pub struct ShardRecorder {
    pub(crate) recorder: Recorder,
    pub(crate) writer: Thread,
}

/// The writer of captures, running. Ends when every recorder is gone, which are the shards', and everything they wrote
/// is in files.
#[derive(Debug)]
pub struct Captures {
    contexts: Mutex<Writer<Context>>,
    gauges: Arc<CaptureGauges>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Captures {
    /// Starts the thread, for so many shards.
    ///
    /// # Errors
    /// The folder cannot be made, or there is no thread.
    pub fn start(options: CaptureOptions, shards: usize) -> io::Result<(Self, Vec<ShardRecorder>)> {
        let (recorders, spools): (Vec<_>, Vec<_>) = (0..shards)
            .map(|_| {
                let (recorder, ring) = Recorder::new(options.limits);
                (recorder, Spool::new(ring))
            })
            .unzip();
        let (contexts, waiting) = ring(CONTEXTS, WhenFull::DropNewest);
        let mut writer = CaptureWriter::new(options, spools, waiting)?;
        let gauges = writer.gauges();
        let thread = thread::Builder::new().name("captures-0".into()).spawn(move || {
            loop {
                let over = writer.is_over();
                writer.drain();
                if over {
                    return;
                }
                thread::park_timeout(LOOK_EVERY);
            }
        })?;
        let rouse = thread.thread().clone();
        let recorders = recorders.into_iter();
        let recorders =
            recorders.map(|recorder| ShardRecorder { recorder, writer: rouse.clone() }).collect();
        let (contexts, thread) = (Mutex::new(contexts), Mutex::new(Some(thread)));
        Ok((Self { contexts, gauges, thread }, recorders))
    }

    /// Adds to a call's capture what the program knows of it besides. Never waits; what finds no room is dropped and
    /// counted, and the capture is without it.
    pub fn context(&self, call: CallId, octets: Vec<u8>) {
        let mut contexts = self.contexts.lock().unwrap_or_else(PoisonError::into_inner);
        // The ring drops and counts what does not fit.
        let _never_refused = contexts.push((call, octets));
    }

    /// How the writer is doing.
    pub fn counts(&self) -> WriterCounts {
        self.gauges.read()
    }

    /// Waits until the last capture is in its file, once every shard is gone.
    pub fn join(&self) {
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            thread.thread().unpark();
            // A thread that panicked is gone as well.
            drop(thread.join());
        }
    }
}
