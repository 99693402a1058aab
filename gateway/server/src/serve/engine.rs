//! The engine room: models loaded side by side, a lane for each, the host on top.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;

use callwright_host::{
    CaptureOptions, Captures, EventSink, Host, HostLanes, HostOptions, OtherRecognizers,
    ShardRecorder, StartError,
};
use callwright_models::Models;
use callwright_models::lanes::{
    self, LaneError, LaneKind, LaneMonitor, LaneSeat, LaneSize, LaneThread,
};

use crate::config::{AdmissionSetting, CaptureSetting, Config, EmotionUse};

/// The engine, running.
#[derive(Debug)]
pub(crate) struct Engine {
    pub(crate) host: Arc<Host>,
    /// The writer of captures, when there are any.
    pub(super) captures: Option<Arc<Captures>>,
    lanes: Vec<LaneThread>,
    seats: Vec<(LaneKind, LaneSeat)>,
    /// The lanes of those who do not speak English.
    others: Vec<LaneThread>,
}

/// The engine could not be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// A lane.
    #[error(transparent)]
    Lane(#[from] LaneError),
    /// The host.
    #[error(transparent)]
    Host(#[from] StartError),
    /// The folder of captures.
    #[error("the folder {} for captured calls cannot be used: {cause}; `--capture none` does without", folder.display())]
    Captures {
        /// The folder.
        folder: PathBuf,
        /// What the system says.
        cause: std::io::Error,
    },
}

/// Slots that the lanes need: each shard has a whole number of seats.
pub(super) fn slots(config: &Config) -> usize {
    let shards = config.shards.get();
    config.calls_max.get().div_ceil(shards) * shards
}

fn captures(config: &Config, shards: usize) -> Result<(Captures, Vec<ShardRecorder>), EngineError> {
    let folder = config.captures();
    let options = CaptureOptions { keeping: config.keeping, ..CaptureOptions::new(&folder) };
    Captures::start(options, shards).map_err(|cause| EngineError::Captures { folder, cause })
}

impl Engine {
    pub(crate) fn start(
        config: &Config,
        models: Models,
        sink: impl EventSink,
    ) -> Result<Self, EngineError> {
        let size = LaneSize { slots: slots(config), shards: config.shards.get() };
        let (detector, vad) = lanes::detector(models.detector, size)?;
        let (judge, turn) = lanes::judge(models.judge, size)?;
        let (recognizer, asr) = lanes::recognizer(models.recognizer, size)?;
        let (synthesizer, tts) = lanes::synthesizer(models.synthesizer, size)?;
        let mut seats = vec![
            (LaneKind::Detector, vad.seat()),
            (LaneKind::Judge, turn.seat()),
            (LaneKind::Recognizer, asr.seat()),
            (LaneKind::Synthesizer, tts.seat()),
        ];
        let mut lanes = vec![vad, turn, asr, tts];
        let emotion = match config.emotion {
            EmotionUse::Allowed => {
                let (emotion, lane) = lanes::emotion(models.emotion, size)?;
                seats.push((LaneKind::Emotion, lane.seat()));
                lanes.push(lane);
                emotion
            }
            EmotionUse::Forbidden => Vec::new(),
        };
        let slow = lanes::slow_recognizers(models.others, size)?;
        let (other_ports, other_lanes): (Vec<_>, Vec<_>) = slow.into_iter().unzip();
        let others = OtherRecognizers { lanes: other_ports, ..OtherRecognizers::default() };
        let others_live = Arc::clone(&others.live);
        let ports = HostLanes { detector, judge, recognizer, others, synthesizer, emotion };
        let options = HostOptions { shards: size.shards, calls_max: config.calls_max.get() };
        let monitors = |lanes: &[LaneThread]| lanes.iter().map(LaneThread::monitor).collect();
        let (watched, others_watched) = match config.admission {
            AdmissionSetting::Measured => (monitors(&lanes), monitors(&other_lanes)),
            AdmissionSetting::CallsMax => (Vec::new(), Vec::new()),
        };
        let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let (captures, recorders) = match config.capture {
            CaptureSetting::None => (None, Vec::new()),
            CaptureSetting::Told | CaptureSetting::All => {
                let (captures, recorders) = captures(config, size.shards)?;
                (Some(Arc::new(captures)), recorders)
            }
        };
        let host = Host::start_recording(options, ports, sink, recorders)?;
        let host = host.watching(watched, cores).watching_others(others_watched, others_live);
        Ok(Self { host: Arc::new(host), captures, lanes, seats, others: other_lanes })
    }

    pub(super) fn monitors(&self) -> Vec<LaneMonitor> {
        self.lanes.iter().chain(&self.others).map(LaneThread::monitor).collect()
    }

    /// Where other models can take over.
    pub(super) fn seats(&self) -> Vec<(LaneKind, LaneSeat)> {
        self.seats.clone()
    }

    /// The same of the lanes of those who do not speak English.
    pub(super) fn other_seats(&self) -> Vec<LaneSeat> {
        self.others.iter().map(LaneThread::seat).collect()
    }

    /// Stops the lanes, once the host is drained.
    pub(crate) fn stop(self) {
        self.lanes.into_iter().chain(self.others).for_each(LaneThread::stop);
        if let Some(captures) = self.captures {
            captures.join();
        }
    }
}
