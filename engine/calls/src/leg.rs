//! Where a call meets the line: two bounded rings and the two ends of them.
//!
//! A driver of `gateway/lines` holds the [`LegDriver`]; the call holds the [`LegCall`]. Packets and keys go in,
//! packets, marks and clears come out. Either end may disappear at any time, and the other learns it.
//!
//! | ring | holds | when full |
//! |---|---|---|
//! | to the call | [`TO_CALL_MS`] of packets | refused: the driver keeps the item and stops reading its socket |
//! | to the line | [`TO_LINE_MS`] of packets, and room for [`CONTROLS`] controls | audio is dropped and counted; a line that does not even take controls is lost |

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use atomic_waker::AtomicWaker;
use callwright_contract::{AfterCall, Digit};
use callwright_media::Packet;
use callwright_media::ring::{Full, Reader, WhenFull, Writer, ring};

/// What a line can do, so that a call treats it right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LegProfile {
    /// How far ahead of the moment it is heard audio is handed to the line. Zero for RTP, which has its clock in
    /// the packets; more for a stream over TCP, whose far end keeps a buffer that can be cleared.
    pub lead: Duration,
    /// The far end answers a mark once the audio before it has been played.
    pub marks: bool,
    /// What the packets of the caller's sound hold.
    pub hears: LegAudio,
    /// Keys may come as tones in the sound and not as [`LegInput::Digit`]: a line without telephone events (RFC 4733)
    /// and without a carrier that tells of keys. What comes both ways is taken once.
    pub tones: bool,
}

/// The form of a leg's incoming sound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum LegAudio {
    /// G.711 mu-law at 8 kHz: a telephone.
    #[default]
    Ulaw,
    /// Linear 16 bit samples at 16 kHz in network order (RFC 3551, section 4.5.11), whole samples in every packet:
    /// wideband sound that a driver has decoded already.
    Wideband,
}

/// Names a place in the outgoing audio. Never reused within a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MarkId(pub u32);

/// What comes in from the line. Audio is what [`LegProfile::hears`] says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LegInput {
    /// The next sound, in order, without gaps: a driver repairs order and fills what was lost.
    Audio(Packet),
    /// The caller pressed a key.
    Digit(Digit),
    /// The audio before this mark has been played, or was cleared.
    Mark(MarkId),
}

/// What goes out to the line. All audio is G.711 mu-law at 8 kHz.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LegOutput {
    /// The next sound.
    Audio(Packet),
    /// Report when everything before this has been played.
    Mark(MarkId),
    /// Throw away what was sent and not yet played.
    Clear,
    /// Our side of the call is over; nothing follows.
    Close(AfterCall),
}

/// How the line ended the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gone {
    /// The far side hung up in good order.
    HungUp,
    /// The connection broke.
    Lost,
}

/// Milliseconds of 20 ms packets that may wait for the call.
pub const TO_CALL_MS: usize = 1_000;
/// Milliseconds of 20 ms packets that may wait for the line.
pub const TO_LINE_MS: usize = 1_000;
/// Marks, clears and closes that fit besides.
pub const CONTROLS: usize = 16;

/// Makes the two ends of a leg. Allocates everything it will ever need.
pub fn leg(profile: LegProfile) -> (LegDriver, LegCall) {
    let (input_writer, input_reader) = ring(TO_CALL_MS / 20, WhenFull::Refuse);
    let (output_writer, output_reader) = ring(TO_LINE_MS / 20 + CONTROLS, WhenFull::Refuse);
    let shared = Arc::new(Shared {
        waker: AtomicWaker::new(),
        gone: AtomicU8::new(LIVE),
        over: AtomicBool::new(false),
    });
    (
        LegDriver { input: input_writer, output: output_reader, shared: Arc::clone(&shared) },
        LegCall { profile, input: input_reader, output: output_writer, shared, dropped: 0 },
    )
}

#[derive(Debug)]
struct Shared {
    /// Wakes the driver's task when there is output, or room for input.
    waker: AtomicWaker,
    /// How the line ended the call, or [`LIVE`].
    gone: AtomicU8,
    /// The call's end is gone.
    over: AtomicBool,
}

const LIVE: u8 = 0;
const HUNG_UP: u8 = 1;
const LOST: u8 = 2;

/// The line's end.
///
/// Dropping it without [`Self::hang_up`] means that the connection broke.
#[derive(Debug)]
pub struct LegDriver {
    input: Writer<LegInput>,
    output: Reader<LegOutput>,
    shared: Arc<Shared>,
}

/// Why a driver's wait ended.
#[derive(Debug, PartialEq, Eq)]
pub enum LegReady {
    /// Send this.
    Output(LegOutput),
    /// There is room for input again.
    Room,
    /// The call is gone without a [`LegOutput::Close`]: close the connection.
    Over,
}

impl LegDriver {
    /// Hands one item to the call.
    ///
    /// # Errors
    /// Gives the item back when the call is [`TO_CALL_MS`] behind: keep it, read no more from the socket, and wait
    /// with [`Self::ready`] for room.
    pub fn deliver(&mut self, input: LegInput) -> Result<(), Full<LegInput>> {
        self.input.push(input)
    }

    /// Waits for the next output, for room when `wants_room`, or for the call's end. Safe to drop and call again:
    /// nothing is lost.
    pub async fn ready(&mut self, wants_room: bool) -> LegReady {
        poll_fn(|cx| self.poll_ready(cx, wants_room)).await
    }

    fn poll_ready(&mut self, cx: &Context<'_>, wants_room: bool) -> Poll<LegReady> {
        // Register first: what happens between the look and the registration would be missed otherwise.
        self.shared.waker.register(cx.waker());
        if let Some(output) = self.output.pop() {
            return Poll::Ready(LegReady::Output(output));
        }
        if self.shared.over.load(Ordering::Acquire) {
            // The call may have sent its last words between the two looks.
            return Poll::Ready(self.output.pop().map_or(LegReady::Over, LegReady::Output));
        }
        if wants_room && self.input.room() > 0 {
            return Poll::Ready(LegReady::Room);
        }
        Poll::Pending
    }

    /// The far side hung up in good order.
    pub fn hang_up(self) {
        self.shared.gone.store(HUNG_UP, Ordering::Release);
    }
}

impl Drop for LegDriver {
    fn drop(&mut self) {
        // Fails when `hang_up` came first, which is as it should be.
        let _was =
            self.shared.gone.compare_exchange(LIVE, LOST, Ordering::AcqRel, Ordering::Acquire);
    }
}

/// The call's end. Dropping it tells the driver that the call is over.
#[derive(Debug)]
pub struct LegCall {
    profile: LegProfile,
    input: Reader<LegInput>,
    output: Writer<LegOutput>,
    shared: Arc<Shared>,
    dropped: u64,
}

impl LegCall {
    /// What the line can do.
    pub const fn profile(&self) -> LegProfile {
        self.profile
    }

    /// Takes the next input.
    ///
    /// *Real time:* wait-free.
    pub fn take(&mut self) -> Option<LegInput> {
        self.input.pop()
    }

    /// Whether the line is gone, once everything it brought has been taken.
    ///
    /// *Real time:* wait-free.
    pub fn gone(&self) -> Option<Gone> {
        if self.input.waiting() > 0 {
            return None;
        }
        match self.shared.gone.load(Ordering::Acquire) {
            HUNG_UP => Some(Gone::HungUp),
            LOST => Some(Gone::Lost),
            _ => None,
        }
    }

    /// Sends one output. Audio that finds the ring full is dropped and counted in [`Self::dropped`].
    ///
    /// *Real time:* wait-free.
    ///
    /// # Errors
    /// [`LineStuck`] when not even a control fits: the line has taken nothing for more than [`TO_LINE_MS`], and the
    /// call should end.
    pub fn send(&mut self, output: LegOutput) -> Result<(), LineStuck> {
        if matches!(output, LegOutput::Audio(_)) && self.output.room() <= CONTROLS {
            self.dropped += 1;
            return Ok(());
        }
        self.output.push(output).map_err(|_full| LineStuck)
    }

    /// Wakes the driver, once a tick, after the call took or sent anything.
    pub fn wake(&self) {
        self.shared.waker.wake();
    }

    /// Packets dropped because the line did not take them in time.
    pub const fn dropped(&self) -> u64 {
        self.dropped
    }
}

impl Drop for LegCall {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::Release);
        self.shared.waker.wake();
    }
}

/// The line takes nothing any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the line has taken nothing for more than {TO_LINE_MS} ms")]
pub struct LineStuck;
