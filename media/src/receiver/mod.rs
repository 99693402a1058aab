//! The receiving half of an RTP line: datagrams in, an unbroken stream of frames out.
//!
//! It only joins what the other modules own: who belongs to the stream ([`crate::rtp`]), when a packet is due
//! ([`crate::jitter`]), what it decodes to and what stands in for it when it is missing ([`crate::conceal`]).

use std::time::Duration;

use arrayvec::ArrayVec;

use crate::codec::{Codec, PACKET_MAX_SAMPLES};
use crate::conceal::RepairingDecoder;
use crate::jitter::{Incoming, Inserted, JitterBuffer, JitterSettings, Pace, Playout, Stretch};
use crate::quality::{Impairment, QualityEstimate};
use crate::rtp::comfort_noise::NoiseDescription;
use crate::rtp::telephone_event::{EventChange, EventChanges, TelephoneEvents};
use crate::rtp::{PayloadType, Reception, Refusal, RtpPacket};

mod sound;
use sound::Sound;

mod settings;
pub use settings::{FORMATS_MAX, Format, ReceiverError, ReceiverSettings};

/// Receives one stream.
///
/// > [`receive`](Self::receive) each packet when it comes, and take a [`frame`](Self::frame) every 20 ms. Both
/// > take the same clock, from any one origin, which never goes back.
#[derive(Debug)]
pub struct Receiver {
    codec: Codec,
    decoders: ArrayVec<(PayloadType, RepairingDecoder), FORMATS_MAX>,
    /// Which of them the last packet was for.
    active: usize,
    telephone_event: Option<PayloadType>,
    comfort_noise: Option<PayloadType>,
    reception: Reception,
    events: TelephoneEvents,
    buffer: JitterBuffer,
    stretch: Stretch,
    sound: Sound,
}

/// What a packet was.
#[derive(Clone, Debug, PartialEq)]
pub enum Received {
    /// Sound, and what became of it.
    Sound(Inserted),
    /// Keys: what changed, which is mostly nothing.
    Keys(EventChanges),
    /// Not of the stream, or not yet.
    Refused(Refusal),
    /// A payload type that was not agreed, or no payload of it.
    Unknown,
}

/// What a frame is made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FrameOrigin {
    /// Samples that came out of packets.
    pub heard: usize,
    /// Samples that had to be invented.
    pub concealed: usize,
    /// Samples of silence or of the line's noise, where nothing was sent.
    pub silent: usize,
}

impl Receiver {
    /// A receiver that has heard nothing. Allocates all that it will use.
    ///
    /// # Errors
    /// When there is no format, when formats differ in their clocks or rates, or when the jitter settings
    /// contradict themselves.
    pub fn new(settings: &ReceiverSettings) -> Result<Self, ReceiverError> {
        let codec = settings.formats.first().ok_or(ReceiverError::NoFormat)?.codec;
        let same = |other: Codec| {
            other.rtp_clock_hz() == codec.rtp_clock_hz()
                && other.sample_rate() == codec.sample_rate()
        };
        if !settings.formats.iter().all(|format| same(format.codec)) {
            return Err(ReceiverError::Formats);
        }
        let clock_hz = codec.rtp_clock_hz();
        let decoder = |format: &Format| {
            (format.payload_type, RepairingDecoder::new(format.codec, settings.splice))
        };
        Ok(Self {
            codec,
            decoders: settings.formats.iter().map(decoder).collect(),
            active: 0,
            telephone_event: settings.telephone_event,
            comfort_noise: settings.comfort_noise,
            reception: Reception::new(clock_hz),
            events: TelephoneEvents::default(),
            buffer: JitterBuffer::new(JitterSettings { clock_hz, ..settings.jitter })?,
            stretch: Stretch::new(codec.sample_rate()),
            sound: Sound::new(codec.sample_rate().frame_samples()),
        })
    }

    /// Takes in a packet that came at `now`.
    ///
    /// *Real time:* copies the payload; no allocation.
    pub fn receive(&mut self, packet: &RtpPacket<'_>, now: Duration) -> Received {
        let header = &packet.header;
        let is_event = self.telephone_event == Some(header.payload_type);
        let arrival = match self.reception.receive(header, now) {
            Ok(arrival) => arrival,
            // Some senders give keys an SSRC of their own. They need no order: each packet says it all.
            Err(_) if is_event => {
                let changes = self.events.receive(header.timestamp, packet.payload, now);
                return Received::Keys(changes);
            }
            Err(refusal) => return Received::Refused(refusal),
        };
        if arrival.restarted {
            self.buffer.restart();
        }
        if is_event {
            self.buffer.pass_over(arrival.sequence);
            return Received::Keys(self.events.receive(header.timestamp, packet.payload, now));
        }
        let Some(ticks) = self.ticks(packet) else {
            self.buffer.pass_over(arrival.sequence);
            return Received::Unknown;
        };
        Received::Sound(self.buffer.insert(
            Incoming {
                sequence: arrival.sequence,
                timestamp: header.timestamp,
                marker: header.marker,
                payload_type: header.payload_type,
                ticks,
                payload: packet.payload,
            },
            now,
        ))
    }

    /// How long a packet's sound lasts; comfort noise counts for a frame.
    fn ticks(&self, packet: &RtpPacket<'_>) -> Option<u32> {
        let payload_type = packet.header.payload_type;
        if self.comfort_noise == Some(payload_type) {
            return Some(self.codec.rtp_clock_hz() / 50);
        }
        let (_, decoder) = self.decoders.iter().find(|(of, _)| *of == payload_type)?;
        let samples = decoder.codec().payload_samples(packet.payload)?;
        u32::try_from(self.codec.rtp_ticks(samples)).ok()
    }

    /// Ends a key of which nothing has come for 200 ms. Ask it with every frame.
    #[must_use]
    pub fn expire_key(&mut self, now: Duration) -> Option<EventChange> {
        self.events.expire(now)
    }

    /// Fills `samples`, a frame of at most 20 ms at the codec's rate, with what is to be heard at `now`.
    ///
    /// *Real time:* the decoder's cost, and some 100 ns; no allocation, but for what Opus does.
    pub fn frame(&mut self, now: Duration, samples: &mut [i16]) -> FrameOrigin {
        let wanted = samples.len().min(self.codec.sample_rate().frame_samples());
        while self.sound.len() < wanted {
            self.more(now);
        }
        self.sound.take(&mut samples[..wanted])
    }

    fn more(&mut self, now: Duration) {
        let codec = self.codec;
        let samples_of = |ticks| {
            usize::try_from(codec.samples_of_rtp(ticks)).map_or(1, |samples| samples.max(1))
        };
        let queued = u32::try_from(codec.rtp_ticks(self.sound.len())).unwrap_or(u32::MAX);
        let mut falls_silent = false;
        match self.buffer.pop(now, queued) {
            Playout::Silence { ticks } => {
                let room = self.sound.silent(samples_of(ticks));
                self.decoders[self.active].1.pause(None, room);
            }
            Playout::Missing { ticks, following } => {
                let room = self.sound.concealed(samples_of(ticks));
                self.decoders[self.active].1.lost(following, room);
            }
            Playout::Packet(due) if self.comfort_noise == Some(due.payload_type) => {
                falls_silent = true;
                let noise = NoiseDescription::parse(due.payload);
                let room = self.sound.silent(samples_of(due.ticks));
                self.decoders[self.active].1.pause(noise.as_ref(), room);
            }
            Playout::Packet(due) => {
                let active = self.decoders.iter().position(|(of, _)| *of == due.payload_type);
                // A codec that takes over begins afresh; both ends' sound meets at the packet's edge.
                self.active = active.unwrap_or(self.active);
                let decoder = &mut self.decoders[self.active].1;
                // Opus says with a packet of at most two octets that it stops sending (RFC 6716 section 2.1.9).
                falls_silent = matches!(codec, Codec::Opus(_)) && due.payload.len() <= 2;
                let pace = due.pace;
                let stretch = self.stretch;
                let decoded = self.sound.heard(|room| {
                    let len = decoder.packet(due.payload, &mut room[..PACKET_MAX_SAMPLES]).ok()?;
                    Some(match pace {
                        Pace::Keep => len,
                        Pace::Shorten(most) => stretch.shorten(&mut room[..len], samples_of(most)),
                        Pace::Lengthen(most) => stretch.lengthen(room, len, samples_of(most)),
                    })
                });
                if !decoded {
                    decoder.lost(None, self.sound.concealed(samples_of(due.ticks)));
                }
            }
        }
        if falls_silent {
            self.buffer.fall_silent();
        }
    }

    /// What it decodes, and at which rate frames come out: the first of its formats.
    pub const fn codec(&self) -> Codec {
        self.codec
    }

    /// Of whom the stream is, for our reports about it.
    pub const fn reception(&mut self) -> &mut Reception {
        &mut self.reception
    }

    /// What waits, and what happened to the packets so far.
    pub const fn buffer(&self) -> &JitterBuffer {
        &self.buffer
    }

    /// How good the call sounds on this side. `round_trip` is what the reports say, if they say anything.
    ///
    /// *Real time:* no allocation; about 0.3 us.
    pub fn quality(&self, round_trip: Option<Duration>) -> QualityEstimate {
        let impairment = match self.codec {
            Codec::Pcmu | Codec::Pcma | Codec::L16 { .. } => Impairment::G711_CONCEALED,
            Codec::G722 | Codec::Opus(_) => Impairment::WIDE_BAND_CONCEALED,
        };
        // A packet is sent when its last sample is there.
        let packet = Duration::from_millis(20);
        let delay = round_trip.unwrap_or_default() / 2 + self.buffer.delay() + packet;
        QualityEstimate::new(self.buffer.counts(), self.reception.jitter(), delay, impairment)
    }
}
