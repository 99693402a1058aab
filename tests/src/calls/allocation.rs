//! The tick path allocates nothing while a call only listens or echoes, captured or not.

use std::time::Duration;

use callwright_calls::capture::{CaptureCounts, CaptureLimits, Recorder};
use callwright_calls::leg::{LegAudio, LegDriver, LegInput, LegProfile, LegReady, leg};
use callwright_calls::{
    CallLimits, CallMode, CallSpec, LaneAnswer, LaneRequest, Lanes, Language, Moment, Pace,
    Placement, Shard, Share, Tuning,
};
use callwright_contract::{Arrival, CallId, Carrier, Pii};
use callwright_media::Packet;
use callwright_media::ring::{WhenFull, ring};
use callwright_models::contract::{DetectorResult, SlotKey};
use futures_util::FutureExt;

/// A detector that hears only silence, without a heap.
#[derive(Default)]
struct Deaf {
    answer: Option<LaneAnswer>,
}

impl Lanes for Deaf {
    fn open(&mut self, _: SlotKey, _: Share, _: Option<&Language>) {}

    fn ask(&mut self, key: SlotKey, request: LaneRequest) {
        if let LaneRequest::Audio { block, .. } = request {
            let result = DetectorResult { key, end: block.end(), probability: 0.1 };
            self.answer = Some(LaneAnswer::Detector(result));
        }
    }

    fn answer(&mut self) -> Option<LaneAnswer> {
        self.answer.take()
    }

    fn close(&mut self, _: SlotKey) {}
}

fn place(shard: &mut Shard, lanes: &mut Deaf, mode: CallMode, capture: bool) -> LegDriver {
    let (line, leg) = leg(LegProfile {
        lead: Duration::from_millis(160),
        marks: true,
        hears: LegAudio::Ulaw,
        tones: false,
    });
    let (_commands, commands) = ring(4, WhenFull::Refuse);
    let arrival = Arrival {
        carrier: Carrier::Twilio,
        carrier_call: "CA1".to_owned(),
        line: Pii::from("+15005550177"),
        caller: None,
    };
    let (limits, pace) = (CallLimits::default(), Pace::default());
    let spec = CallSpec {
        id: CallId::new(1, 1),
        arrival,
        mode,
        limits,
        share: Share::default(),
        pace,
        language: Some(Language::ENGLISH),
        emotion: false,
        tuning: Tuning::default(),
    };
    assert!(
        shard.place(Moment::default(), Placement { spec, leg, commands, capture }, lanes).is_ok()
    );
    line
}

#[test]
fn a_steady_call_allocates_nothing_per_frame() {
    for (mode, capture) in [
        (CallMode::Listen, false),
        (CallMode::Echo, false),
        (CallMode::Listen, true),
        (CallMode::Echo, true),
    ] {
        let mut lanes = Deaf::default();
        let mut shard = Shard::new(1, 0);
        // Nobody empties the ring: five seconds of a call fit into it many times over.
        let (recorder, _ring) = Recorder::new(CaptureLimits::default());
        shard.record(recorder);
        let mut line = place(&mut shard, &mut lanes, mode, capture);
        let packet = Packet::split(&[0x90; 160], 160).next().unwrap();
        let mut ms = 0;
        let mut run = |until_ms: u64| {
            while ms < until_ms {
                if ms.is_multiple_of(20) {
                    assert!(line.deliver(LegInput::Audio(packet.clone())).is_ok());
                }
                let now = Moment::new(Duration::from_millis(ms));
                shard.tick(now, &mut lanes, &mut |_event| ());
                while let Some(LegReady::Output(_)) = line.ready(false).now_or_never() {}
                ms += 5;
            }
        };
        run(1_000);
        let allocations = allocation_counter::measure(|| run(5_000));
        assert_eq!(allocations.count_total, 0, "{mode:?}, {capture}: {allocations:?}");
        let begun = shard.recorder().map(|recorder| recorder.counts());
        let expected = CaptureCounts { begun: capture.into(), ..CaptureCounts::default() };
        assert_eq!(begun, Some(expected));
    }
}
