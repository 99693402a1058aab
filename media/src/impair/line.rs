//! The way from a caller's mouth to our end, sans-IO: background, echo, gain, codecs in a row, and a network of RTP
//! packets that loses, delays, reorders and doubles them, evened out by the same [`Receiver`] that real lines use.
//!
//! Everything follows from the settings and their seed: equal settings and equal sound give equal octets. Never on a real
//! frame's path: it allocates.

use std::collections::VecDeque;
use std::time::Duration;

use super::ambience::{Ambience, Background};
use super::chance::Chance;
use super::echo::{Echo, EchoSettings};
use super::network::{Network, NetworkSettings};
use super::transcoder::Transcoder;
use crate::codec::{Codec, EncodeError, Encoder};
use crate::jitter::JitterCounts;
use crate::receiver::{Format, FrameOrigin, Received, Receiver, ReceiverError, ReceiverSettings};
use crate::rtp::telephone_event::{Event, EventChange, KeyPress};
use crate::rtp::{PayloadType, RtpPacket, Sending, write_packet};
use crate::tone::{Digit, DigitTiming, TonePlayer};
use crate::{Resampler, ResamplerError, SampleRate};

/// What a line does to what is said into it.
#[derive(Clone, Debug, PartialEq)]
pub struct LineSettings {
    /// The same seed does the same.
    pub seed: u64,
    /// What carries the sound to our end; its rate is the line's.
    pub codec: Codec,
    /// Codecs it goes through before, in order.
    pub chain: Vec<Codec>,
    /// What sounds around the caller, and how loud on average (dB under a full-scale square wave).
    pub background: Option<(Ambience, f32)>,
    /// What is played to the caller comes back.
    pub echo: Option<EchoSettings>,
    /// How much louder everything is when it leaves the telephone; less than 0 is fainter.
    pub gain_db: f32,
    /// Stretches in which the caller is fainter.
    pub fades: Option<Fades>,
    /// What the network does.
    pub network: NetworkSettings,
    /// How keys go.
    pub keys: Keys,
    /// What is played to the caller goes over the same codecs and a network like this one, too
    /// ([`Line::take_way_back`]).
    pub both_ways: bool,
}

/// The caller turns away from the telephone now and then.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fades {
    /// The mean time between two.
    pub every: Duration,
    /// How long each lasts.
    pub lasts: Duration,
    /// How much fainter, in dB, 0 or more.
    pub depth_db: f32,
}

/// How pressed keys go over a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Keys {
    /// As telephone events beside the sound (RFC 4733).
    #[default]
    Events,
    /// As tones in the sound (ITU-T Q.23): whoever wants them must hear them.
    Tones,
}

impl LineSettings {
    /// A line on which nothing goes wrong: 20 ms of network, no background.
    pub const fn clean(codec: Codec, seed: u64) -> Self {
        Self {
            seed,
            codec,
            chain: Vec::new(),
            background: None,
            echo: None,
            gain_db: 0.0,
            fades: None,
            network: NetworkSettings::perfect(seed),
            keys: Keys::Events,
            both_ways: false,
        }
    }

    /// The line to the caller, of a line that has both ways: nothing sounds around us, and its packets have a fate of their
    /// own.
    fn way_back(&self) -> Self {
        let seed = self.seed ^ WAY_BACK;
        Self {
            seed,
            background: None,
            echo: None,
            gain_db: 0.0,
            fades: None,
            // We are the clock by which the call is counted.
            network: NetworkSettings { seed, drift_ppm: 0.0, ..self.network },
            both_ways: false,
            ..self.clone()
        }
    }
}

/// Makes the seed of the way back another than that of the way there.
const WAY_BACK: u64 = 0x5851_F42D_4C95_7F2D;

/// A line cannot be made or used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LineError {
    /// Two of its codecs have rates without a way between them.
    #[error(transparent)]
    Rate(#[from] ResamplerError),
    /// A codec takes no such setting, or a frame was none.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// A codec did not take back what it gave.
    #[error("a codec failed on its own sound")]
    Codec,
    /// The receiver takes no such codec.
    #[error(transparent)]
    Receiver(#[from] ReceiverError),
}

/// A line under way. Times are since the call began, by our clock.
///
/// > Every 20 ms: [`speak`](Self::speak) as many frames as are [due](Self::frames_due), then [`hear`](Self::hear) one,
/// > then take the [keys](Self::take_key).
#[derive(Debug)]
pub struct Line {
    rate: SampleRate,
    microphone: Microphone,
    chain: Vec<Transcoder>,
    encoder: Encoder,
    sending: Sending,
    sound_type: PayloadType,
    keys: Keys,
    press: Option<(KeyPress, u32)>,
    waiting_keys: VecDeque<Digit>,
    network: Network<Vec<u8>>,
    drift: f64,
    /// Frames spoken so far.
    spoken: u64,
    receiver: Receiver,
    heard_keys: VecDeque<char>,
    origin: FrameOrigin,
    frame: Vec<i16>,
    payload: Vec<u8>,
    back: Option<Box<Self>>,
}

/// 20 ms, by the caller's clock.
const FRAME: Duration = Duration::from_millis(20);
/// The dynamic payload types that most telephones offer first.
const TELEPHONE_EVENT: u8 = 101;
const DYNAMIC: u8 = 111;
/// How long a key is held.
const PRESS: Duration = Duration::from_millis(100);
/// Octets before the payload.
const HEADER_MAX: usize = 12;

impl Line {
    /// A line on which nothing was said yet.
    ///
    /// # Errors
    /// [`LineError`]: a codec of the settings does not exist so.
    pub fn new(settings: &LineSettings) -> Result<Self, LineError> {
        let mut chance = Chance::new(settings.seed);
        let codec = settings.codec;
        let rate = codec.sample_rate();
        let static_type = codec.static_payload_type().and_then(PayloadType::new);
        let sound_type = static_type.or(PayloadType::new(DYNAMIC)).ok_or(LineError::Codec)?;
        let mut receiving = ReceiverSettings::of(sound_type, codec);
        receiving.formats = std::iter::once(Format { payload_type: sound_type, codec }).collect();
        receiving.telephone_event = PayloadType::new(TELEPHONE_EVENT);
        let chain = settings.chain.iter().map(|&codec| Transcoder::new(codec, rate));
        let seed = chance.bits();
        Ok(Self {
            rate,
            microphone: Microphone::new(settings, rate, seed)?,
            chain: chain.collect::<Result<_, _>>()?,
            encoder: Encoder::new(codec)?,
            // The low bits of chance; all three numbers are random in the field (RFC 3550 section 5.1).
            sending: Sending::new(chance.bits() as u32, chance.bits() as u16, chance.bits() as u32),
            sound_type,
            keys: settings.keys,
            press: None,
            waiting_keys: VecDeque::new(),
            network: Network::new(NetworkSettings { seed: chance.bits(), ..settings.network }),
            drift: 1.0 + settings.network.drift_ppm * 1e-6,
            spoken: 0,
            receiver: Receiver::new(&receiving)?,
            heard_keys: VecDeque::new(),
            origin: FrameOrigin::default(),
            frame: vec![0; rate.frame_samples()],
            payload: vec![0; HEADER_MAX + codec.payload_max_bytes(rate.frame_samples())],
            back: settings
                .both_ways
                .then(|| Self::new(&settings.way_back()).map(Box::new))
                .transpose()?,
        })
    }

    /// The line that leads to the caller, once, if this one has both ways.
    pub fn take_way_back(&mut self) -> Option<Box<Self>> {
        self.back.take()
    }

    /// The rate of its frames, into it and out of it.
    pub const fn rate(&self) -> SampleRate {
        self.rate
    }

    /// How many frames the caller's clock has finished by `now` and were not spoken: one every 20 ms, but for drift.
    pub fn frames_due(&self, now: Duration) -> u64 {
        let finished = now.mul_f64(self.drift).as_nanos() / FRAME.as_nanos();
        u64::try_from(finished).unwrap_or(u64::MAX).saturating_sub(self.spoken)
    }

    /// Sound was played to the caller from sample `at` of the call on: 8 kHz, as a telephone plays it.
    pub fn played(&mut self, at: u64, samples: impl Iterator<Item = i16>) {
        self.microphone.played(at, samples);
    }

    /// The caller presses a key, once those before it are pressed.
    pub fn press(&mut self, key: Digit) {
        match self.keys {
            Keys::Events => self.waiting_keys.push_back(key),
            Keys::Tones => self.microphone.press(key),
        }
    }

    /// Sends the next 20 ms of what the caller says, at the line's rate.
    ///
    /// # Errors
    /// [`LineError`] when the frame does not last 20 ms, or a codec fails, which would be our mistake.
    pub fn speak(&mut self, frame: &[i16]) -> Result<(), LineError> {
        if frame.len() != self.frame.len() {
            return Err(ResamplerError::NotOneFrame.into());
        }
        self.frame.copy_from_slice(frame);
        self.microphone.take(&mut self.frame);
        for stretch in &mut self.chain {
            stretch.carry(&mut self.frame)?;
        }
        let ticks = u32::try_from(self.encoder.codec().rtp_ticks(frame.len())).unwrap_or(0);
        let began = self.sending.timestamp();
        let length = self.encoder.encode(&self.frame, &mut self.payload)?;
        self.spoken += 1;
        // A packet leaves when its last sample is there.
        let left = FRAME.saturating_mul(u32::try_from(self.spoken).unwrap_or(u32::MAX));
        if self.press.is_none()
            && let Some(event) = self.waiting_keys.pop_front().map(|key| Event(key.event()))
        {
            let ticks_total = ticks * (PRESS.as_millis() / FRAME.as_millis()) as u32;
            let (all, each) = (u16::try_from(ticks_total), u16::try_from(ticks));
            let press = KeyPress::new(event, all.unwrap_or(u16::MAX), each.unwrap_or(u16::MAX));
            self.press = Some((press, began));
        }
        if let Some((press, began)) = &mut self.press {
            let (began, next) = (*began, press.next());
            self.sending.pause(ticks);
            match next.zip(PayloadType::new(TELEPHONE_EVENT)) {
                Some(((first, record), event_type)) => {
                    let header = self.sending.event(event_type, record.len(), began, first);
                    self.send(left, |out| write_packet(&header, None, &record, out).ok());
                }
                None => self.press = None,
            }
            return Ok(());
        }
        if length == 0 {
            self.sending.pause(ticks);
            return Ok(());
        }
        let header = self.sending.packet(self.sound_type, length, ticks);
        let payload = std::mem::take(&mut self.payload);
        let sound = payload.get(..length).unwrap_or_default();
        self.send(left, |out| write_packet(&header, None, sound, out).ok());
        self.payload = payload;
        Ok(())
    }

    fn send(&mut self, at: Duration, write: impl FnOnce(&mut [u8]) -> Option<usize>) {
        let mut datagram = vec![0; HEADER_MAX + crate::codec::opus::PAYLOAD_MAX_BYTES];
        if let Some(length) = write(&mut datagram) {
            datagram.truncate(length);
            self.network.send(at, datagram);
        }
    }

    /// The 20 ms that our end hears up to `now`.
    pub fn hear(&mut self, now: Duration, frame: &mut [i16]) {
        while let Some((at, datagram)) = self.network.receive(now) {
            let Ok(packet) = RtpPacket::parse(&datagram) else { continue };
            if let Received::Keys(changes) = self.receiver.receive(&packet, at) {
                let began = changes.iter().filter_map(|change| match change {
                    EventChange::Began(event) => event.key(),
                    EventChange::Ended(..) => None,
                });
                self.heard_keys.extend(began);
            }
        }
        // That a key is released tells nobody anything here.
        let _released = self.receiver.expire_key(now);
        let origin = self.receiver.frame(now, frame);
        self.origin.heard += origin.heard;
        self.origin.concealed += origin.concealed;
        self.origin.silent += origin.silent;
    }

    /// The next key that came beside the sound.
    pub fn take_key(&mut self) -> Option<char> {
        self.heard_keys.pop_front()
    }

    /// What all frames so far were made of, in samples.
    pub const fn origin(&self) -> FrameOrigin {
        self.origin
    }

    /// Packets that the network lost.
    pub const fn lost(&self) -> u64 {
        self.network.lost()
    }

    /// What the receiver's jitter buffer did.
    pub fn counts(&self) -> JitterCounts {
        *self.receiver.buffer().counts()
    }
}

/// What the telephone takes in besides the caller's voice.
#[derive(Debug)]
struct Microphone {
    rate: SampleRate,
    background: Option<Background>,
    echo: Option<(Echo, Resampler)>,
    tones: VecDeque<TonePlayer>,
    gain: f32,
    fades: Option<Fading>,
    /// Samples taken so far, at 8 kHz: those of the echo.
    taken: u64,
}

#[derive(Debug)]
struct Fading {
    settings: Fades,
    chance: Chance,
    /// Frames to the next beginning or end.
    left: u64,
    faint: bool,
    gain: f32,
}

const FRAME_8_KHZ: usize = SampleRate::Hz8000.frame_samples();

impl Microphone {
    fn new(settings: &LineSettings, rate: SampleRate, seed: u64) -> Result<Self, LineError> {
        let back = Resampler::new(SampleRate::Hz8000, rate)?;
        let background = settings.background.as_ref();
        Ok(Self {
            rate,
            background: background
                .map(|(ambience, level)| Background::new(ambience, *level, rate, seed)),
            echo: settings.echo.map(|echo| (Echo::new(echo, SampleRate::Hz8000), back)),
            tones: VecDeque::new(),
            gain: 10_f32.powf(settings.gain_db / 20.0),
            fades: settings.fades.map(|fades| Fading::new(fades, seed)),
            taken: 0,
        })
    }

    fn played(&mut self, at: u64, samples: impl Iterator<Item = i16>) {
        if let Some((echo, _)) = &mut self.echo {
            echo.played(at, samples);
        }
    }

    fn press(&mut self, key: Digit) {
        // One key is never too many.
        self.tones.extend(TonePlayer::digits(&[key], DigitTiming::default(), self.rate));
    }

    fn take(&mut self, frame: &mut [i16]) {
        if let Some(tone) = self.tones.front_mut() {
            let mut sounding = vec![0; frame.len()];
            if tone.fill(&mut sounding) < frame.len() {
                self.tones.pop_front();
            }
            add(frame, &sounding);
        }
        if let Some(background) = &mut self.background {
            background.add_to(frame);
        }
        if let Some((echo, back)) = &mut self.echo {
            let mut heard = [0; FRAME_8_KHZ];
            echo.add_to(&mut heard, self.taken);
            let mut at_rate = vec![0; frame.len()];
            // Both frames last 20 ms.
            if back.process(&heard, &mut at_rate).is_ok() {
                add(frame, &at_rate);
            }
        }
        self.taken += FRAME_8_KHZ as u64;
        for sample in frame {
            let faint = self.fades.as_mut().map_or(1.0, Fading::next);
            *sample = (f32::from(*sample) * self.gain * faint) as i16;
        }
        if let Some(fades) = &mut self.fades {
            fades.frame_is_over();
        }
    }
}

fn add(frame: &mut [i16], other: &[i16]) {
    for (sample, &more) in frame.iter_mut().zip(other) {
        *sample = sample.saturating_add(more);
    }
}

/// Of the way to the gain that is wanted, what one sample goes: some 30 ms to get there, so that nothing clicks.
const FADE_STEP: f32 = 0.002;

impl Fading {
    fn new(settings: Fades, seed: u64) -> Self {
        let mut fading =
            Self { settings, chance: Chance::new(seed), left: 0, faint: false, gain: 1.0 };
        fading.left = fading.until_next();
        fading
    }

    fn until_next(&mut self) -> u64 {
        let frames = |time: Duration| time.as_secs_f64() / FRAME.as_secs_f64();
        let mean = frames(self.settings.every);
        // `as` from float saturates.
        (if self.faint { frames(self.settings.lasts) } else { self.chance.exponential(mean) })
            as u64
    }

    fn next(&mut self) -> f32 {
        let depth = 10_f32.powf(-self.settings.depth_db.max(0.0) / 20.0);
        let wanted = if self.faint { depth } else { 1.0 };
        self.gain += (wanted - self.gain) * FADE_STEP;
        self.gain
    }

    fn frame_is_over(&mut self) {
        match self.left.checked_sub(1) {
            Some(left) => self.left = left,
            None => {
                self.faint = !self.faint;
                self.left = self.until_next();
            }
        }
    }
}

#[cfg(test)]
mod tests;
