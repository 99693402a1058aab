//! One call on a virtual clock: a caller's sound goes in by telephone, what happens comes out.

use std::time::Duration;

use callwright_calls::leg::{LegAudio, LegDriver, LegInput, LegOutput, LegProfile, LegReady, leg};
use callwright_calls::{
    CallLimits, CallMode, CallSpec, Lanes, Language, Moment, Pace, Placement, Shard, Share,
    TICK_MS, Tuning,
};
use callwright_contract::{AfterCall, Arrival, CallCommand, CallEvent, CallId, Carrier, Pii};
use callwright_host::InlineLanes;
use callwright_media::ring::{WhenFull, Writer, ring};
use callwright_media::{Packet, Resampler, SampleRate, g711};
use futures_util::FutureExt;

/// The line that is called.
pub(super) const LINE: &str = "+15005550100";

/// One call. Time moves by [`Self::frame`] alone.
pub(super) struct Room {
    shard: Shard,
    pub(super) lanes: InlineLanes,
    line: LegDriver,
    began_ms: u64,
    now_ms: u64,
    /// What happened and has not been looked at.
    pub(super) events: Vec<CallEvent>,
    /// How the call was closed.
    pub(super) closed: Option<AfterCall>,
}

impl Room {
    /// A call that is judged for how the caller comes across; its lanes may have served another before. Commands go in
    /// by the second.
    pub(super) fn call(mut lanes: InlineLanes, now_ms: u64) -> (Self, Writer<CallCommand>) {
        let profile = LegProfile {
            lead: Duration::from_millis(160),
            marks: false,
            hears: LegAudio::Ulaw,
            tones: false,
        };
        let (line, leg) = leg(profile);
        let (writer, commands) = ring(16, WhenFull::Refuse);
        let spec = CallSpec {
            id: Self::id(),
            arrival: Self::arrival(),
            mode: CallMode::Converse,
            // Nobody may answer here, and that is no reason to end the call.
            limits: CallLimits {
                business_max: Duration::from_secs(3_600),
                ..CallLimits::default()
            },
            share: Share::default(),
            pace: Pace::default(),
            language: Some(Language::ENGLISH),
            emotion: true,
            tuning: Tuning::default(),
        };
        let mut shard = Shard::new(1, 0);
        let now = Moment::new(Duration::from_millis(now_ms));
        lanes.set_now(now);
        let placed =
            shard.place(now, Placement { spec, leg, commands, capture: false }, &mut lanes);
        assert!(placed.is_ok(), "there is a seat");
        let events = Vec::new();
        (Self { shard, lanes, line, began_ms: now_ms, now_ms, events, closed: None }, writer)
    }

    pub(super) const fn id() -> CallId {
        CallId::new(1_795_000_000_000, 1)
    }

    pub(super) fn arrival() -> Arrival {
        Arrival {
            carrier: Carrier::Twilio,
            carrier_call: "CA1".to_owned(),
            line: Pii::from(LINE),
            caller: Some(Pii::from("+15552123456")),
        }
    }

    /// 20 ms, in which `octets` come from the caller.
    pub(super) fn frame(&mut self, octets: &[u8]) {
        for packet in Packet::split(octets, 160) {
            // A call that is over takes nothing any more.
            let _over = self.line.deliver(LegInput::Audio(packet));
        }
        for _ in 0..20 / TICK_MS {
            let now = Moment::new(Duration::from_millis(self.now_ms));
            self.lanes.set_now(now);
            let events = &mut self.events;
            self.shard.tick(now, &mut self.lanes, &mut |event| events.push(event));
            self.now_ms += TICK_MS;
        }
        while let Some(LegReady::Output(output)) = self.line.ready(false).now_or_never() {
            if let LegOutput::Close(after) = output {
                self.closed = Some(after);
            }
        }
    }

    /// Milliseconds since the call began.
    pub(super) const fn elapsed_ms(&self) -> u64 {
        self.now_ms - self.began_ms
    }

    /// The lanes, for another call that begins when it is that late.
    pub(super) fn leave(self) -> (InlineLanes, u64) {
        let Self { mut shard, mut lanes, now_ms, .. } = self;
        let now = Moment::new(Duration::from_millis(now_ms));
        let cause = callwright_contract::EndCause::CallerHungUp;
        shard.end_all(now, cause, &mut lanes, &mut |_| ());
        while lanes.answer().is_some() {}
        (lanes, now_ms)
    }
}

/// 20 ms of silence.
pub(super) const SILENCE: [u8; 160] = [0xFF; 160];

/// Sound at 16 kHz as a telephone carries it, in frames of 20 ms.
pub(super) fn by_telephone(samples: &[i16]) -> Vec<[u8; 160]> {
    let mut resampler = Resampler::new(SampleRate::Hz16000, SampleRate::Hz8000).unwrap();
    let mut narrow = [0; 160];
    let frames = samples.chunks(320).map(|part| {
        let mut wide = [0; 320];
        wide[..part.len()].copy_from_slice(part);
        resampler.process(&wide, &mut narrow).unwrap();
        narrow.map(g711::ulaw_encode)
    });
    frames.collect()
}
