//! The server of a simulated world: what dies when it is killed.

use std::sync::{Arc, Mutex};

use callwright_business::simulation::StoreModel;
use callwright_host::{HostLanes, HostOptions, OtherRecognizers, SteppedHost, VirtualClock};
use callwright_models::lanes::LaneSize;
use callwright_models::lanes::stepped::{self, SteppedLane};
use callwright_models::scripted::LevelDetector;

use super::models::{Detector, Judge, Scribe, Speaker, Strings, WordBook};
use super::office::{Office, SaidBook, Wall};
use super::ports::TrickyPorts;

/// What dies with the server.
pub(super) struct Server {
    pub(super) host: SteppedHost<TrickyPorts>,
    /// Detector, judge, recogniser, synthesiser; `None`: dead.
    pub(super) lanes: [Option<SteppedLane>; 4],
    pub(super) strings: [Strings; 4],
    pub(super) office: Office,
}

/// What one world is made of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Size {
    pub(super) shards: usize,
    pub(super) calls_max: usize,
    pub(super) events_max: usize,
    pub(super) seed: u64,
}

impl Server {
    /// Starts a server in a world of this size and on this clock.
    pub(super) fn start(
        size: Size,
        (clock, wall): (&VirtualClock, &Wall),
        shared: (&StoreModel, &Arc<Mutex<WordBook>>, &Arc<Mutex<SaidBook>>),
    ) -> Self {
        let (store, words, said) = shared;
        let lanes_size = LaneSize { slots: size.calls_max, shards: size.shards };
        let strings: [Strings; 4] = std::array::from_fn(|_| Strings::default());
        let [hear, weigh, write, speak] = &strings;
        let now = clock.instant();
        let detector = Detector(LevelDetector::new(size.calls_max), hear.clone());
        let (detector, lane_0) =
            stepped::detector(Box::new(detector), lanes_size, hear.time.clone(), now).unwrap();
        let judge = Box::new(Judge::new(size.seed, weigh.clone()));
        let (judge, lane_1) = stepped::judge(judge, lanes_size, weigh.time.clone(), now).unwrap();
        let scribe = Box::new(Scribe(Arc::clone(words), write.clone()));
        let (recognizer, lane_2) =
            stepped::recognizer(scribe, lanes_size, write.time.clone(), now).unwrap();
        let speaker = Box::new(Speaker(speak.clone()));
        let (synthesizer, lane_3) =
            stepped::synthesizer(speaker, lanes_size, speak.time.clone(), now).unwrap();
        let monitors = [&lane_0, &lane_1, &lane_2, &lane_3].map(SteppedLane::monitor).to_vec();
        let ports = HostLanes {
            detector,
            judge,
            recognizer,
            others: OtherRecognizers::default(),
            synthesizer,
            emotion: Vec::new(),
        };
        let options = HostOptions { shards: size.shards, calls_max: size.calls_max };
        let host =
            SteppedHost::new(options, ports, clock.clone(), size.events_max, TrickyPorts::new)
                .unwrap()
                .watched(|host| host.watching(monitors, 2));
        let lanes = [lane_0, lane_1, lane_2, lane_3].map(Some);
        Self { host, lanes, strings, office: Office::open(store, wall, said) }
    }
}
