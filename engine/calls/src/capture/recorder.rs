//! The shard's end of captures: writes down what goes into captured calls and what comes out, into a ring of octets.
//!
//! One ring serves all calls of a shard. What is written is a row of frames, each whole or not there at all:
//!
//! ```text
//! frame = kind:u8 call:u64 octets:u32 records
//! ```

use std::time::Duration;

use callwright_contract::{CallEvent, CallId};
use callwright_media::ring::{Reader, WhenFull, Writer, ring};

use super::digest::Played;
use super::fact_text::fact_text;
use super::header::Header;
use super::record::{self, TapeEnd};
use crate::input::Input;
use crate::leg::{LegOutput, LegProfile};
use crate::moment::Moment;
use crate::spec::CallSpec;

/// Octets that may wait for the writer of captures: what 20 busy calls write in ten seconds, or one call whose agent
/// gets two minutes of speech at once.
pub const CAPTURE_RING: usize = 4 << 20;

/// How much of one call is captured, at most. After that the capture ends and the call goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CaptureLimits {
    /// Octets, before they are deflated.
    pub octets_max: u64,
    /// Time since the call began.
    pub length_max: Duration,
}

impl Default for CaptureLimits {
    fn default() -> Self {
        Self { octets_max: 128 << 20, length_max: Duration::from_secs(2 * 3_600) }
    }
}

/// What captures have come to, in one shard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CaptureCounts {
    /// Calls whose capture was begun.
    pub begun: u64,
    /// Captures that ended at their limits.
    pub limited: u64,
    /// Captures that ended because the ring was full, or at what cannot be written down.
    pub broken: u64,
}

/// Writes captures of a shard's calls into a ring.
#[derive(Debug)]
pub struct Recorder {
    ring: Writer<u8>,
    limits: CaptureLimits,
    /// The frame that is being made; its room is kept.
    frame: Vec<u8>,
    /// The event that is being written down; its room is kept.
    text: String,
    /// Ends that did not fit into the ring yet.
    ends: Vec<(CallId, TapeEnd)>,
    counts: CaptureCounts,
    pending: bool,
}

/// One call's capture while it is made.
#[derive(Debug)]
pub(crate) struct Tape {
    call: CallId,
    began: Moment,
    /// The moment of the latest record.
    at: Moment,
    octets: u64,
    played: Played,
    /// When the next check is due.
    check: Moment,
    running: bool,
}

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameKind {
    /// A call's header.
    Begin,
    /// Records.
    Records,
    /// Records after which everything so far is to be put into the file.
    Flush,
    /// The last records.
    End,
}

pub(super) const FRAME_KINDS: [FrameKind; 4] =
    [FrameKind::Begin, FrameKind::Records, FrameKind::Flush, FrameKind::End];
/// Kind, call and length.
pub(super) const FRAME_PREFIX: usize = 13;

/// Between two checks, at which a capture is put into its file as well.
const CHECK_EVERY: Duration = Duration::from_secs(1);
/// Room for a frame: 200 ms of a voice at 48 kHz, twice over.
const FRAME_ROOM: usize = 64 << 10;
const TEXT_ROOM: usize = 4 << 10;

impl Recorder {
    /// A recorder and the end of its ring that the writer of captures reads.
    pub fn new(limits: CaptureLimits) -> (Self, Reader<u8>) {
        Self::with_room(limits, CAPTURE_RING)
    }

    /// The same with a ring of so many octets.
    pub fn with_room(limits: CaptureLimits, octets: usize) -> (Self, Reader<u8>) {
        let (ring, reader) = ring(octets, WhenFull::Refuse);
        let recorder = Self {
            ring,
            limits,
            frame: Vec::with_capacity(FRAME_ROOM),
            text: String::with_capacity(TEXT_ROOM),
            ends: Vec::new(),
            counts: CaptureCounts::default(),
            pending: false,
        };
        (recorder, reader)
    }

    /// What captures have come to.
    pub const fn counts(&self) -> CaptureCounts {
        self.counts
    }

    /// Whether the writer of captures should be roused; asked once a tick.
    pub const fn take_pending(&mut self) -> bool {
        std::mem::replace(&mut self.pending, false)
    }

    /// Begins the capture of a call that was placed `now`.
    pub(crate) fn begin(&mut self, now: Moment, spec: &CallSpec, profile: LegProfile) -> Tape {
        let version = env!("CARGO_PKG_VERSION").to_owned();
        let header = Header { version, began: now, spec: spec.clone(), profile };
        self.frame.clear();
        self.frame.resize(FRAME_PREFIX, 0);
        header.put(&mut self.frame);
        self.counts.begun += 1;
        let mut tape = Tape {
            call: spec.id,
            began: now,
            at: now,
            octets: 0,
            played: Played::default(),
            check: now.plus(CHECK_EVERY),
            running: true,
        };
        self.send(&mut tape, FrameKind::Begin);
        tape
    }

    /// Writes down what the call takes in `now`, before it does.
    ///
    /// *Real time:* copies it once or twice; no allocation, once the frame has had room for the largest.
    pub(crate) fn input(&mut self, tape: &mut Tape, now: Moment, input: &Input) {
        if !tape.running {
            return;
        }
        self.open(tape, now);
        if record::put_input(&mut self.frame, input) {
            self.send(tape, FrameKind::Records);
        } else {
            self.stop(tape, TapeEnd::Broken);
        }
    }

    /// Notes what the call sends to its line.
    pub(crate) fn output(&self, tape: &mut Tape, output: &LegOutput) {
        tape.played.line(output);
    }

    /// Writes down an event.
    pub(crate) fn fact(&mut self, tape: &mut Tape, event: &CallEvent) {
        if !tape.running {
            return;
        }
        tape.played.fact();
        self.text.clear();
        // Writing to a string cannot fail.
        let _written = fact_text(event, &mut self.text);
        self.frame.clear();
        self.frame.resize(FRAME_PREFIX, 0);
        record::put_fact(&mut self.frame, &self.text);
        self.send(tape, FrameKind::Records);
    }

    /// The call's tick is over: checks and limits.
    pub(crate) fn ticked(&mut self, tape: &mut Tape, now: Moment) {
        if !tape.running || now < tape.check {
            return;
        }
        tape.check = now.plus(CHECK_EVERY);
        let long = now.since(tape.began) >= self.limits.length_max;
        if long || tape.octets >= self.limits.octets_max {
            self.stop(tape, TapeEnd::Limit);
            return;
        }
        self.open(tape, now);
        record::put_check(&mut self.frame, tape.played);
        self.send(tape, FrameKind::Flush);
    }

    /// The call is over.
    pub(crate) fn end(&mut self, mut tape: Tape) {
        if tape.running {
            self.stop(&mut tape, TapeEnd::CallOver);
        }
    }

    /// Tries again to end captures for whose end there was no room.
    pub(crate) fn retry(&mut self) {
        while let Some((call, end)) = self.ends.pop() {
            if !self.send_end(call, None, end) {
                self.ends.push((call, end));
                return;
            }
        }
    }

    /// Begins a frame, and lets time go on to `now` in it.
    fn open(&mut self, tape: &mut Tape, now: Moment) {
        self.frame.clear();
        self.frame.resize(FRAME_PREFIX, 0);
        if now > tape.at {
            let nanos = super::bytes::nanos(now.since(tape.at));
            record::put_later(&mut self.frame, nanos);
            tape.at = now;
        }
    }

    fn send(&mut self, tape: &mut Tape, kind: FrameKind) {
        if !tape.running {
            return;
        }
        tape.octets += (self.frame.len() - FRAME_PREFIX) as u64;
        if self.push(tape.call, kind) {
            self.pending |= kind != FrameKind::Records || self.ring.room() < CAPTURE_RING / 2;
        } else {
            self.stop(tape, TapeEnd::Broken);
        }
    }

    /// Ends the capture, while the call may go on.
    fn stop(&mut self, tape: &mut Tape, end: TapeEnd) {
        tape.running = false;
        match end {
            TapeEnd::CallOver => {}
            TapeEnd::Limit => self.counts.limited += 1,
            TapeEnd::Broken => self.counts.broken += 1,
        }
        let played = (end != TapeEnd::Broken).then_some(tape.played);
        if !self.send_end(tape.call, played, end) {
            if end == TapeEnd::CallOver {
                self.counts.broken += 1;
            }
            self.ends.push((tape.call, TapeEnd::Broken));
        }
    }

    fn send_end(&mut self, call: CallId, played: Option<Played>, end: TapeEnd) -> bool {
        self.frame.clear();
        self.frame.resize(FRAME_PREFIX, 0);
        if let Some(played) = played {
            record::put_check(&mut self.frame, played);
        }
        record::put_end(&mut self.frame, end);
        self.pending = true;
        self.push(call, FrameKind::End)
    }

    fn push(&mut self, call: CallId, kind: FrameKind) -> bool {
        let octets = (self.frame.len() - FRAME_PREFIX) as u32;
        let kind = FRAME_KINDS.iter().position(|known| *known == kind).unwrap_or_default() as u8;
        if let Some((first, rest)) = self.frame.split_first_mut()
            && let Some((name, rest)) = rest.split_first_chunk_mut()
            && let Some((length, _)) = rest.split_first_chunk_mut()
        {
            *first = kind;
            *name = call.as_u64().to_le_bytes();
            *length = octets.to_le_bytes();
        }
        self.ring.push_all(&self.frame).is_ok()
    }
}
