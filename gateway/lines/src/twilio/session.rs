//! One media stream as a state machine, without a socket and without a clock.
//!
//! It turns what Twilio says into what a leg takes, and what a leg gives into what Twilio takes. Feed it one frame
//! of the socket, then take outputs until there are none; do that before the next frame.
//!
//! > **Invariant.** [`Output::Begin`] comes first and once; [`Output::End`] comes last and once; between them comes
//! > what the caller said, each octet once and in order. A stream that ends in good order loses none of it.

use std::time::{Duration, Instant};

use arrayvec::ArrayVec;
use axum::extract::ws::Utf8Bytes;
use callwright_calls::contract::Digit;
use callwright_calls::leg::{LegInput, LegOutput, MarkId};
use callwright_media::Packet;

use super::Sid;
use super::chunks::Chunks;
use super::counts::{Bad, Counts, Odd};
use super::end::{End, LegFate};
use super::message::{Event, FromTwilio, Media, Start};
use super::to_twilio::{ToTwilio, mark_named};

/// How long a socket may stay without a `start`. Twilio sends it at once.
pub const START_PATIENCE: Duration = Duration::from_secs(5);
/// How long a live stream may bring nothing before it is asked whether it is there, and then before it is given up.
/// Twilio sends sound fifty times a second, silence too; a connection that died without a word sends nothing.
pub const QUIET_PATIENCE: Duration = Duration::from_secs(10);
/// Bad messages in a row that end a stream: whoever sends them does not speak this protocol.
pub const BAD_IN_A_ROW_MAX: u32 = 10;
/// Bad messages that end a stream.
pub const BAD_MAX: u64 = 100;
/// Marks that may be out at once. Past that the oldest is forgotten, and counts as unknown when it comes back.
pub const MARKS_OUT_MAX: usize = 64;
/// Octets of one packet to the call: 20 ms.
const PACKET_OCTETS: usize = 160;

/// One media stream.
#[derive(Debug)]
pub struct Session {
    /// The call that the stream's token was given to.
    call: Sid,
    state: State,
    /// The sound of the message at hand.
    decoded: Vec<u8>,
    /// Sound in order, on its way to the call.
    ready: Vec<u8>,
    /// How much of it has been taken.
    taken: usize,
    /// A key or a mark, on its way behind the sound.
    control: Option<LegInput>,
    begin: bool,
    ping: bool,
    end: Option<End>,
    connected: bool,
    /// Something came since the last look.
    alive: bool,
    bad_in_a_row: u32,
    counts: Counts,
}

#[derive(Debug)]
enum State {
    /// Nothing has been said that makes this a call.
    Waiting { until: Instant },
    /// A stream of sound both ways.
    Live(Box<Live>),
    /// Over; whatever comes is passed over.
    Over,
}

#[derive(Debug)]
struct Live {
    stream: Sid,
    /// When to look whether anything has come.
    look: Instant,
    /// A ping is out.
    pinged: bool,
    chunks: Chunks,
    marks_out: ArrayVec<MarkId, MARKS_OUT_MAX>,
    to: ToTwilio,
}

/// What comes out of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// The stream is a call now: place it.
    Begin,
    /// Give this to the call.
    Input(LegInput),
    /// Send a ping, and tell [`Session::receive_pong`] of the answer.
    Ping,
    /// The stream is over.
    End(End),
}

/// What a call's output is on the socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sent {
    /// A text frame.
    Text(Utf8Bytes),
    /// Nothing more: the stream ends, and [`Session::poll_output`] says how.
    Nothing,
}

impl Session {
    /// A socket that has just been opened with the token of `call`.
    pub fn new(call: Sid, now: Instant) -> Self {
        Self {
            call,
            state: State::Waiting { until: now + START_PATIENCE },
            decoded: Vec::new(),
            ready: Vec::new(),
            taken: 0,
            control: None,
            begin: false,
            ping: false,
            end: None,
            connected: false,
            alive: true,
            bad_in_a_row: 0,
            counts: Counts::default(),
        }
    }

    /// Takes one text frame.
    ///
    /// *Real time:* allocates only while its buffers grow to the size of this stream's messages.
    pub fn receive(&mut self, text: &str) {
        self.alive = true;
        let mut decoded = std::mem::take(&mut self.decoded);
        match FromTwilio::parse(text, &mut decoded) {
            Ok(message) => self.handle(&message),
            Err(error) => self.bad(error.into()),
        }
        self.decoded = decoded;
    }

    /// Takes one binary frame, which the protocol does not have.
    pub fn receive_binary(&mut self) {
        self.alive = true;
        self.bad(Bad::Binary);
    }

    /// Takes a ping or a pong.
    pub const fn receive_pong(&mut self) {
        self.alive = true;
    }

    /// Takes the end of the socket, or of the call. What the caller said until a good end still comes out; after any
    /// other nobody waits for it.
    pub fn end(&mut self, end: End) {
        match std::mem::replace(&mut self.state, State::Over) {
            State::Over => return,
            State::Waiting { .. } => {}
            State::Live(mut live) => {
                live.chunks.flush(&mut self.ready);
                self.counts.chunks = live.chunks.repairs();
            }
        }
        if end.leg_fate() == LegFate::Drop {
            self.ready.clear();
            self.taken = 0;
            self.control = None;
            self.begin = false;
        }
        self.ping = false;
        self.end = Some(end);
    }

    /// When [`Self::handle_deadline`] wants to be called.
    pub const fn deadline(&self) -> Option<Instant> {
        match &self.state {
            State::Waiting { until } => Some(*until),
            State::Live(live) => Some(live.look),
            State::Over => None,
        }
    }

    /// Takes the passing of time.
    pub fn handle_deadline(&mut self, now: Instant) {
        let alive = std::mem::take(&mut self.alive);
        match &mut self.state {
            State::Waiting { until } if *until <= now => self.end(End::NoStart),
            State::Live(live) if live.look <= now => {
                live.look = now + QUIET_PATIENCE;
                if !alive && live.pinged {
                    return self.end(End::Lost);
                }
                live.pinged = !alive;
                self.ping = !alive;
            }
            // Too early: nothing was looked at.
            State::Waiting { .. } | State::Live(_) | State::Over => self.alive = alive,
        }
    }

    /// The next output, or `None` until something else is fed.
    pub fn poll_output(&mut self) -> Option<Output> {
        if std::mem::take(&mut self.begin) {
            return Some(Output::Begin);
        }
        if std::mem::take(&mut self.ping) {
            return Some(Output::Ping);
        }
        if let Some(rest) = self.ready.get(self.taken..)
            && let Some(packet) = Packet::split(rest, PACKET_OCTETS).next()
        {
            self.taken += packet.payload.len();
            return Some(Output::Input(LegInput::Audio(packet)));
        }
        self.ready.clear();
        self.taken = 0;
        if let Some(control) = self.control.take() {
            return Some(Output::Input(control));
        }
        self.end.take().map(Output::End)
    }

    /// Turns what the call gives into what goes out.
    ///
    /// *Real time:* allocates nothing for sound.
    pub fn send(&mut self, output: &LegOutput) -> Sent {
        let State::Live(live) = &mut self.state else { return Sent::Nothing };
        match output {
            LegOutput::Audio(packet) => {
                self.counts.media_out += 1;
                Sent::Text(live.to.media(packet))
            }
            LegOutput::Mark(mark) => {
                self.counts.marks_out += 1;
                if live.marks_out.is_full() {
                    live.marks_out.remove(0);
                }
                live.marks_out.push(*mark);
                Sent::Text(live.to.mark(*mark))
            }
            LegOutput::Clear => {
                self.counts.clears_out += 1;
                Sent::Text(live.to.clear())
            }
            LegOutput::Close(after) => {
                let after = after.clone();
                self.end(End::Finished(after));
                Sent::Nothing
            }
        }
    }

    /// The stream's name, while it lives.
    pub fn stream(&self) -> Option<Sid> {
        match &self.state {
            State::Live(live) => Some(live.stream),
            State::Waiting { .. } | State::Over => None,
        }
    }

    /// What was counted so far.
    pub const fn counts(&self) -> &Counts {
        &self.counts
    }

    fn handle(&mut self, message: &FromTwilio<'_>) {
        match (&self.state, &message.event) {
            (State::Over, _) => {}
            (_, Event::Unknown) => self.odd(Odd::UnknownEvent),
            (_, Event::Connected) => {
                if std::mem::replace(&mut self.connected, true) {
                    self.odd(Odd::SecondConnected);
                }
            }
            (State::Waiting { until }, Event::Start(start)) => {
                let look = *until + QUIET_PATIENCE;
                self.start(message.stream.as_deref(), *start, look);
            }
            (State::Waiting { .. }, _) => self.bad(Bad::BeforeStart),
            (State::Live(live), _) if message.stream.as_deref() != Some(live.stream.as_str()) => {
                self.bad(Bad::WrongStream);
            }
            (State::Live(_), Event::Start(_)) => self.bad(Bad::SecondStart),
            (State::Live(_), Event::Media(media)) => self.media(*media),
            (State::Live(_), Event::Dtmf(digit)) => self.digit(*digit),
            (State::Live(_), Event::Mark(name)) => self.mark(name),
            (State::Live(_), Event::Stop) => self.end(End::CallerGone),
        }
    }

    fn start(&mut self, stream: Option<&str>, start: Start, look: Instant) {
        if stream != Some(start.stream.as_str()) {
            self.bad(Bad::WrongStream);
        } else if start.call != self.call {
            self.end(End::WrongCall);
        } else if start.ulaw_8k {
            self.bad_in_a_row = 0;
            self.begin = true;
            self.state = State::Live(Box::new(Live {
                stream: start.stream,
                look,
                pinged: false,
                chunks: Chunks::default(),
                marks_out: ArrayVec::new(),
                to: ToTwilio::new(start.stream),
            }));
        } else {
            self.end(End::Format);
        }
    }

    fn media(&mut self, media: Media<'_>) {
        self.bad_in_a_row = 0;
        if !media.inbound {
            return self.odd(Odd::OtherTrack);
        }
        self.counts.media_in += 1;
        if let State::Live(live) = &mut self.state {
            let Media { chunk, timestamp_ms, audio, .. } = media;
            live.chunks.accept(chunk, timestamp_ms, audio, &mut self.ready);
            self.counts.chunks = live.chunks.repairs();
        }
    }

    fn digit(&mut self, digit: Digit) {
        self.bad_in_a_row = 0;
        self.control = Some(LegInput::Digit(digit));
    }

    fn mark(&mut self, name: &str) {
        self.bad_in_a_row = 0;
        let State::Live(live) = &mut self.state else { return };
        let out = mark_named(name)
            .and_then(|mark| live.marks_out.iter().position(|&out| out == mark))
            .map(|place| live.marks_out.remove(place));
        match out {
            Some(mark) => self.control = Some(LegInput::Mark(mark)),
            None => self.odd(Odd::UnknownMark),
        }
    }

    fn odd(&mut self, odd: Odd) {
        self.counts.count_odd(odd);
    }

    fn bad(&mut self, bad: Bad) {
        if matches!(self.state, State::Over) {
            return;
        }
        self.counts.count_bad(bad);
        self.bad_in_a_row += 1;
        if self.bad_in_a_row >= BAD_IN_A_ROW_MAX || self.counts.bad_in_all() >= BAD_MAX {
            self.end(End::TooManyBad);
        }
    }
}

#[cfg(test)]
mod tests;
