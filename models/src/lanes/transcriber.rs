//! The transcripts' lane: several states of one model, each on a thread of its own, behind one queue. Nobody waits for a
//! transcript as a caller does, so its threads run when nothing else wants to.
//!
//! Unlike the lanes that serve calls it has no slots: a job is a stretch of a recording, and its answer goes to whoever
//! brought it.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use super::guard::guarded;
use super::worker::LaneError;
use crate::contract::{Language, Transcribed, Transcriber};

/// A stretch of a recording that is to be written down.
#[derive(Clone, Debug)]
pub struct TranscriptJob {
    /// Mono samples at 16 kHz, at most the model's [`Transcriber::stretch_max`].
    pub samples: Arc<[i16]>,
    /// The language, if it is known.
    pub language: Option<Language>,
}

/// An answer that is under way.
#[derive(Debug)]
pub struct TranscriptTicket(Receiver<Option<Transcribed>>);

impl TranscriptTicket {
    /// Waits for the answer: `None` when the model failed, or the lane was stopped.
    pub fn wait(self) -> Option<Transcribed> {
        self.0.recv().ok().flatten()
    }
}

/// The lane's threads. Dropping it stops them: each ends with the job that it is at, and jobs that wait are not done.
#[derive(Debug)]
pub struct TranscriberLane {
    jobs: Option<SyncSender<Job>>,
    threads: Vec<JoinHandle<()>>,
}

type Job = (TranscriptJob, SyncSender<Option<Transcribed>>);

/// Starts the transcripts' lane: threads `lane-transcript-0` and so on, one for each of `models`. Each computes with
/// one thread, so that there should be no more of them than cores.
///
/// The queue holds [`TRANSCRIPT_JOBS`] jobs; [`TranscriberLane::ask`] waits for room in it.
///
/// # Errors
/// [`LaneError`]; nothing was started.
pub fn transcriber(models: Vec<Box<dyn Transcriber>>) -> Result<TranscriberLane, LaneError> {
    if models.is_empty() {
        return Err(LaneError::Size { slots: 0, shards: 1 });
    }
    let (jobs, waiting) = sync_channel::<Job>(TRANSCRIPT_JOBS);
    let waiting = Arc::new(Mutex::new(waiting));
    let mut lane = TranscriberLane { jobs: Some(jobs), threads: Vec::new() };
    for (number, model) in models.into_iter().enumerate() {
        let waiting = Arc::clone(&waiting);
        let thread = thread::Builder::new()
            .name(format!("{LANE}-{number}"))
            .spawn(move || serve(model, &waiting))
            .map_err(|source| LaneError::Thread { lane: LANE, source })?;
        lane.threads.push(thread);
    }
    Ok(lane)
}

impl TranscriberLane {
    /// Brings a job; waits while the queue is full. Not for a thread that has anything else to do.
    pub fn ask(&self, job: TranscriptJob) -> TranscriptTicket {
        let (answer, ticket) = sync_channel(1);
        if let Some(jobs) = &self.jobs {
            // A lane without threads is one whose models all panicked; the ticket then says that nothing was heard.
            let _gone = jobs.send((job, answer));
        }
        TranscriptTicket(ticket)
    }
}

impl Drop for TranscriberLane {
    fn drop(&mut self) {
        self.jobs = None;
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!(lane = LANE, "the lane's thread had panicked");
            }
        }
    }
}

fn serve(mut model: Box<dyn Transcriber>, waiting: &Mutex<Receiver<Job>>) {
    // On Linux the nice value belongs to the thread.
    if let Err(error) = rustix::process::nice(NICEST) {
        tracing::warn!(lane = LANE, %error, "the lane runs at the priority of all others");
    }
    loop {
        let next = waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok((job, answer)) = next else { return };
        let longest = model.stretch_max();
        let stretch = job.samples.get(..job.samples.len().min(longest)).unwrap_or_default();
        let heard = guarded(LANE, || model.transcribe(stretch, job.language.as_ref()));
        // Whoever asked may have gone.
        let _nobody_waits = answer.send(heard.ok());
    }
}

const LANE: &str = "lane-transcript";
/// Jobs that wait, at most: about 16 minutes of speech, which is 31 MB.
pub const TRANSCRIPT_JOBS: usize = 32;
/// The system's last place.
const NICEST: i32 = 19;

#[cfg(test)]
mod tests {
    use std::sync::Barrier;

    use super::*;
    use crate::contract::{ModelError, Recognition};

    /// Writes how many samples it was given, once another of its kind hears, too.
    struct Counter(Arc<Barrier>);

    impl Transcriber for Counter {
        fn stretch_max(&self) -> usize {
            1_000
        }

        fn transcribe(
            &mut self,
            samples: &[i16],
            language: Option<&Language>,
        ) -> Result<Transcribed, ModelError> {
            self.0.wait();
            match samples.first() {
                None => Err(ModelError::Shape { model: "counter", what: "nothing" }),
                Some(_) => Ok(Transcribed {
                    recognition: Recognition {
                        text: samples.len().to_string(),
                        ..Recognition::default()
                    },
                    language: language.cloned(),
                }),
            }
        }
    }

    fn job(samples: usize) -> TranscriptJob {
        TranscriptJob { samples: vec![1; samples].into(), language: Language::parse("de") }
    }

    #[test]
    fn states_work_side_by_side_and_answers_go_to_whoever_asked() {
        let both = Arc::new(Barrier::new(2));
        let models: Vec<Box<dyn Transcriber>> =
            vec![Box::new(Counter(Arc::clone(&both))), Box::new(Counter(both))];
        let lane = transcriber(models).unwrap();
        // Neither would come back from the barrier alone.
        let tickets: Vec<_> = [5, 7, 0, 9_000].map(|samples| lane.ask(job(samples))).into();
        let heard: Vec<_> = tickets.into_iter().map(TranscriptTicket::wait).collect();
        let texts: Vec<_> =
            heard.iter().map(|h| h.as_ref().map(|h| &*h.recognition.text)).collect();
        assert_eq!(texts, [Some("5"), Some("7"), None, Some("1000")]);
        assert_eq!(heard[0].as_ref().unwrap().language, Language::parse("de"));
    }

    #[test]
    fn a_lane_without_a_model_is_not_started() {
        assert!(matches!(transcriber(Vec::new()), Err(LaneError::Size { .. })));
    }
}
