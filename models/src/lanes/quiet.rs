//! A lane whose thread runs behind all others: for work that no conversation waits for.

use std::thread;

use super::LaneSize;
use super::desk::Desk;
use super::port::RingLengths;
use super::worker::{self, LaneError, Started};

/// Starts a lane like [`worker::start`], on a thread of the lowest ordinary priority.
pub(super) fn start<D: Desk + 'static>(
    name: &'static str,
    size: LaneSize,
    rings: RingLengths,
    desk: D,
) -> Result<Started<D>, LaneError>
where
    D::Request: 'static,
    D::Answer: 'static,
{
    thread::scope(|scope| {
        // On Linux the nice value belongs to a thread and is handed on to the threads that it starts, so that one that
        // lives for this only leaves the caller's as it is. Being less nice is no reason not to start.
        let starter = thread::Builder::new().name(format!("{name}-starter"));
        let started = starter
            .spawn_scoped(scope, move || {
                if let Err(error) = rustix::process::nice(NICEST) {
                    tracing::warn!(lane = name, %error, "the lane runs at the priority of all others");
                }
                worker::start(name, size, rings, desk)
            })
            .map_err(|source| LaneError::Thread { lane: name, source })?;
        started.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// The system's last place.
const NICEST: i32 = 19;

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "a test that waits for a thread gives up at last")]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicI32, Ordering};
    use std::time::{Duration, Instant};

    use super::*;
    use crate::contract::{
        AskId, EmotionModel, EmotionRequest, EmotionStep, ModelError, SamplePos, VoiceEmotion,
    };
    use crate::lanes;
    use crate::lanes::test_exchange::key;

    /// Writes down how nice its thread is.
    struct Probe(Arc<AtomicI32>);

    impl EmotionModel for Probe {
        fn slots(&self) -> usize {
            1
        }

        fn judge(
            &mut self,
            _: &[EmotionStep<'_>],
            _: &mut [Option<VoiceEmotion>],
        ) -> Result<(), ModelError> {
            self.0.store(nice(), Ordering::Release);
            Ok(())
        }
    }

    fn nice() -> i32 {
        rustix::process::getpriority_process(None).unwrap()
    }

    #[test]
    fn its_thread_runs_behind_all_others_and_the_thread_that_started_it_does_not() {
        let before = nice();
        let found = Arc::new(AtomicI32::new(i32::MIN));
        let size = LaneSize { slots: 1, shards: 1 };
        let (mut ports, lane) = lanes::emotion(Box::new(Probe(Arc::clone(&found))), size).unwrap();
        assert_eq!(lane.name(), "lane-emotion-0");
        let (key, ask) = (key(0, 1), AskId(1));
        let (from, upto) = (SamplePos(0), SamplePos(9));
        ports[0].ask(EmotionRequest::Judge { key, ask, utterance: 0, from, upto });
        ports[0].wake();
        let end = Instant::now() + Duration::from_secs(10);
        let answer = loop {
            assert!(Instant::now() < end, "nothing came in 10 s");
            match ports[0].answer() {
                Some(answer) => break answer,
                None => thread::yield_now(),
            }
        };
        assert_eq!((answer.key, answer.ask, answer.heard), (key, ask, None));
        assert_eq!(found.load(Ordering::Acquire), NICEST);
        assert_eq!(nice(), before);
    }
}
