//! What lies between the caller's line and ours: a media stream of Twilio's in its own words, or bare packets.

use std::collections::VecDeque;
use std::time::Duration;

use callwright_calls::leg::{LegAudio, LegInput, LegOutput};
use callwright_contract::{AfterCall, Digit};
use callwright_media::Packet;
use callwright_media::codec::l16::{self, ByteOrder};
use callwright_media::g711::ulaw_encode;

use super::twilio::{Offence, Playback, Sound, Stream};

/// One of them.
///
/// > Every method takes the time since the call began; after each, send everything that [`Self::poll_text`] or
/// > [`Self::poll_input`] gives, in order.
#[derive(Debug)]
pub(super) enum Trunk {
    Twilio(Stream),
    Packets(Packets),
}

/// RTP without a socket: what a driver of such a line would give to a leg, and what it would take from it.
#[derive(Debug)]
pub(super) struct Packets {
    hears: LegAudio,
    inputs: VecDeque<LegInput>,
    playback: Playback,
    sounds: Vec<Sound>,
    closed: Option<AfterCall>,
}

/// Octets of one packet to a leg: 20 ms of a telephone, 10 ms of wideband.
const PACKET_OCTETS: usize = 320;

impl Packets {
    /// A line that brings sound in this form.
    pub(super) fn new(hears: LegAudio) -> Self {
        Self {
            hears,
            inputs: VecDeque::new(),
            playback: Playback::default(),
            sounds: Vec::new(),
            closed: None,
        }
    }

    /// What to hand to the leg next.
    pub(super) fn poll_input(&mut self) -> Option<LegInput> {
        self.inputs.pop_front()
    }

    /// How our side closed the call, if it has.
    pub(super) const fn closed(&self) -> Option<&AfterCall> {
        self.closed.as_ref()
    }

    /// The leg gave this.
    pub(super) fn output(&mut self, output: LegOutput, now: Duration) {
        self.tick(now);
        match output {
            LegOutput::Audio(packet) => {
                // Five minutes ahead: a telephone that is sent so much plays what it can.
                let _overfull = self.playback.audio(packet.payload.to_vec(), now).is_err();
            }
            // A telephone has no marks to give back.
            LegOutput::Mark(_) => {}
            LegOutput::Clear => {
                self.playback.clear();
                self.sounds.push(Sound::Cleared(now));
            }
            LegOutput::Close(after) => self.closed = Some(after),
        }
    }

    fn frame(&mut self, samples: &[i16], now: Duration) {
        self.tick(now);
        let octets: Vec<u8> = match self.hears {
            LegAudio::Ulaw => samples.iter().map(|&sample| ulaw_encode(sample)).collect(),
            LegAudio::Wideband => {
                let mut octets = vec![0; 2 * samples.len()];
                l16::encode_into(ByteOrder::BigEndian, samples, &mut octets);
                octets
            }
        };
        self.inputs.extend(Packet::split(&octets, PACKET_OCTETS).map(LegInput::Audio));
    }

    fn tick(&mut self, now: Duration) {
        let mut heard = Vec::new();
        self.playback.advance(now, &mut heard);
        self.sounds.extend(heard.into_iter().map(Sound::Played));
    }
}

impl Trunk {
    /// The next text for a server of Twilio's.
    pub(super) fn poll_text(&mut self) -> Option<String> {
        match self {
            Self::Twilio(stream) => stream.poll_text(),
            Self::Packets(_) => None,
        }
    }

    /// When [`Self::tick`] wants to be called at the latest.
    pub(super) fn next_deadline(&self) -> Option<Duration> {
        match self {
            Self::Twilio(stream) => stream.next_deadline(),
            Self::Packets(_) => None,
        }
    }

    /// A text came from the server.
    pub(super) fn text(&mut self, text: &str, now: Duration) {
        if let Self::Twilio(stream) = self {
            stream.text(text, now);
        }
    }

    /// A binary message came from the server.
    pub(super) fn binary(&mut self, length: usize) {
        if let Self::Twilio(stream) = self {
            stream.binary(length);
        }
    }

    /// Plays up to `now`.
    pub(super) fn tick(&mut self, now: Duration) {
        match self {
            Self::Twilio(stream) => stream.tick(now),
            Self::Packets(packets) => packets.tick(now),
        }
    }

    /// The next 20 ms of what the caller's line brings.
    pub(super) fn frame(&mut self, samples: &[i16], now: Duration) {
        match self {
            Self::Twilio(stream) => {
                let octets: Vec<u8> = samples.iter().map(|&sample| ulaw_encode(sample)).collect();
                stream.frame(&octets, now);
            }
            Self::Packets(packets) => packets.frame(samples, now),
        }
    }

    /// The caller pressed a key.
    pub(super) fn key(&mut self, key: char, now: Duration) {
        match self {
            Self::Twilio(stream) => stream.key(key, now),
            Self::Packets(packets) => {
                packets.inputs.extend(Digit::try_from(key).map(LegInput::Digit));
            }
        }
    }

    /// The caller hung up.
    pub(super) fn stop(&mut self, now: Duration) {
        match self {
            Self::Twilio(stream) => stream.stop(now),
            Self::Packets(packets) => packets.tick(now),
        }
    }

    /// What the caller has heard since the last call of this.
    pub(super) fn take_sounds(&mut self) -> Vec<Sound> {
        match self {
            Self::Twilio(stream) => stream.take_sounds(),
            Self::Packets(packets) => std::mem::take(&mut packets.sounds),
        }
    }

    /// Octets that wait to be heard.
    pub(super) const fn buffered(&self) -> usize {
        match self {
            Self::Twilio(stream) => stream.buffered(),
            Self::Packets(packets) => packets.playback.buffered(),
        }
    }

    /// What the server has done wrong by Twilio's rules so far.
    pub(super) fn offences(&self) -> &[Offence] {
        match self {
            Self::Twilio(stream) => stream.offences(),
            Self::Packets(_) => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use callwright_calls::leg::MarkId;

    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn sound_goes_to_a_leg_as_it_wants_it_and_comes_back_in_time() {
        let mut packets = Packets::new(LegAudio::Wideband);
        packets.frame(&[258; 320], ms(20));
        let inputs: Vec<_> = std::iter::from_fn(|| packets.poll_input()).collect();
        assert_eq!(inputs.len(), 2, "10 ms each");
        assert!(inputs.iter().all(|input| match input {
            LegInput::Audio(packet) => packet.payload.iter().all(|&octet| octet == 1 || octet == 2),
            _ => false,
        }));
        for packet in Packet::split(&[7; 160], 160) {
            packets.output(LegOutput::Audio(packet), ms(100));
        }
        packets.output(LegOutput::Mark(MarkId(1)), ms(100));
        packets.output(LegOutput::Close(AfterCall::HangUp), ms(110));
        let mut trunk = Trunk::Packets(packets);
        trunk.tick(ms(130));
        let heard: usize = trunk
            .take_sounds()
            .iter()
            .map(|sound| if let Sound::Played(played) = sound { played.octets.len() } else { 0 })
            .sum();
        assert_eq!((heard, trunk.buffered()), (160, 0));
        assert!(matches!(trunk, Trunk::Packets(packets) if packets.closed().is_some()));
    }

    #[test]
    fn a_clear_silences_what_waits() {
        let mut packets = Packets::new(LegAudio::Ulaw);
        for packet in Packet::split(&[7; 320], 320) {
            packets.output(LegOutput::Audio(packet), ms(0));
        }
        packets.output(LegOutput::Clear, ms(10));
        let mut trunk = Trunk::Packets(packets);
        trunk.key('5', ms(11));
        assert_eq!(trunk.buffered(), 0);
        assert_eq!(trunk.take_sounds().last(), Some(&Sound::Cleared(ms(10))));
        let Trunk::Packets(mut packets) = trunk else { panic!("packets") };
        assert!(matches!(packets.poll_input(), Some(LegInput::Digit(_))));
    }
}
