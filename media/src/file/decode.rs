//! Reading a sound file of any common format: WAV (PCM, mu-law, A-law, ADPCM), AIFF, FLAC, MP3, Ogg Vorbis, and
//! M4A (AAC, ALAC).

use std::io::{Read, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use symphonia::core::codecs::audio::{AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error as SymphoniaError;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, FormatReader, TrackType};
use symphonia::core::io::{MediaSource, MediaSourceStream};
use symphonia::core::meta::MetadataOptions;

use super::companded::Companded;
use crate::{AnyRate, ResamplerError, SampleRate};

/// A decoded file: one channel (several are averaged) at a rate that calls use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sound {
    /// Samples per second.
    pub rate: SampleRate,
    /// The sound.
    pub samples: Vec<i16>,
    /// Samples per second in the file.
    pub file_hz: u32,
    /// Channels in the file.
    pub channels: usize,
    /// Broken packets that were left out.
    pub broken: u64,
}

/// How large a file may be. Decoding ends with an error as soon as one is passed, having used no more memory than
/// the limits allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Octets of the file.
    pub bytes_max: u64,
    /// Length of the sound.
    pub length_max: Duration,
}

impl Default for Limits {
    /// 64 MiB and one hour.
    fn default() -> Self {
        Self { bytes_max: 64 << 20, length_max: Duration::from_secs(3_600) }
    }
}

/// How far decoding has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecodeProgress {
    /// Length of the sound decoded so far.
    pub done: Duration,
    /// Length of the whole, if the file says it.
    pub whole: Option<Duration>,
}

/// The file gave no sound. Nothing of it is kept.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// Not a sound file, or of a format that is not read (Opus and WMA among them).
    #[error("not a sound file that can be read ({0}): use WAV, FLAC, MP3, Ogg Vorbis or M4A")]
    Format(&'static str),
    /// There is no sound in it.
    #[error("the file holds no sound")]
    Empty,
    /// More octets than allowed.
    #[error("the file is larger than {0} bytes: use a smaller one")]
    TooLarge(u64),
    /// Longer than allowed.
    #[error("the sound is longer than {} s: use a shorter one", .0.as_secs())]
    TooLong(Duration),
    /// A rate that no resampler takes.
    #[error(transparent)]
    Rate(#[from] ResamplerError),
    /// Reading failed.
    #[error("the file cannot be read")]
    Io(#[source] std::io::Error),
    /// The file makes the decoding library fail, which is a defect there; broken and hostile files do it.
    #[error("the file is broken in a way that cannot be read: convert it to WAV and try again")]
    Defect,
    /// The caller did not want to go on.
    #[error("stopped")]
    Stopped,
}

/// Decodes the file `source` to one channel at `rate`. `extension` (such as `mp3`, without a dot) helps to tell
/// formats apart and may be empty.
///
/// `progress` is told after every packet and says whether to go on.
///
/// # Errors
/// [`DecodeError`]: its text says what to do. A packet that is broken is left out and counted instead, unless
/// nothing is left.
pub fn decode<S>(
    source: S,
    extension: &str,
    rate: SampleRate,
    limits: Limits,
    progress: impl FnMut(DecodeProgress) -> bool,
) -> Result<Sound, DecodeError>
where
    S: Read + Seek + Send + Sync,
{
    decode_as(source, extension, Wanted { rate, limits, channel: None }, progress)
}

/// Like [`decode`], but gives channel `channel` of the file alone, counted from 0: a recording of a call has one
/// speaker on each.
///
/// # Errors
/// [`DecodeError`]; [`DecodeError::Empty`] when the file has no such channel.
pub fn decode_channel<S>(
    source: S,
    extension: &str,
    rate: SampleRate,
    limits: Limits,
    channel: usize,
) -> Result<Sound, DecodeError>
where
    S: Read + Seek + Send + Sync,
{
    decode_as(source, extension, Wanted { rate, limits, channel: Some(channel) }, |_| true)
}

/// What is to be made of a file.
#[derive(Clone, Copy)]
struct Wanted {
    rate: SampleRate,
    limits: Limits,
    /// One channel, or all of them averaged.
    channel: Option<usize>,
}

fn decode_as<S>(
    source: S,
    extension: &str,
    wanted: Wanted,
    progress: impl FnMut(DecodeProgress) -> bool,
) -> Result<Sound, DecodeError>
where
    S: Read + Seek + Send + Sync,
{
    let limits = wanted.limits;
    let mut source = Measured::new(source, limits).map_err(DecodeError::Io)?;
    if source.length > limits.bytes_max {
        return Err(DecodeError::TooLarge(limits.bytes_max));
    }
    if let Some(companded) = Companded::find(&mut source).map_err(DecodeError::Io)? {
        return decode_companded(companded, source, wanted, progress);
    }
    // symphonia's readers panic on some hostile headers (an overflow in its WAV reader was one): that costs the file,
    // not the program. All that the closure touches is dropped with it.
    let decoding = || decode_container(source, extension, wanted, progress);
    catch_unwind(AssertUnwindSafe(decoding)).unwrap_or(Err(DecodeError::Defect))
}

/// Decodes whatever container symphonia finds in `source`.
fn decode_container<S>(
    source: Measured<S>,
    extension: &str,
    wanted: Wanted,
    mut progress: impl FnMut(DecodeProgress) -> bool,
) -> Result<Sound, DecodeError>
where
    S: Read + Seek + Send + Sync,
{
    let (mut format, mut decoder, track) = open(source, extension)?;
    let mut decoding = Decoding::new(wanted, track.whole);
    while let Some(packet) = next_packet(format.as_mut())? {
        if packet.track_id != track.id {
            continue;
        }
        match decoder.decode(&packet) {
            Ok(buffer) => {
                let spec = (buffer.spec().rate(), buffer.spec().channels().count());
                buffer.copy_to_vec_interleaved(&mut decoding.interleaved);
                decoding.take(spec)?;
            }
            Err(SymphoniaError::DecodeError(_) | SymphoniaError::IoError(_)) => {
                decoding.sound.broken += 1
            }
            Err(SymphoniaError::ResetRequired) => decoder.reset(),
            Err(error) => return Err(refused(error)),
        }
        if !progress(decoding.progress()) {
            return Err(DecodeError::Stopped);
        }
    }
    decoding.finish()
}

fn decode_companded(
    mut companded: Companded,
    mut source: impl Read,
    wanted: Wanted,
    mut progress: impl FnMut(DecodeProgress) -> bool,
) -> Result<Sound, DecodeError> {
    let seconds = companded.frames() as f64 / f64::from(companded.hz.max(1));
    let whole = Duration::try_from_secs_f64(seconds).ok();
    let mut decoding = Decoding::new(wanted, whole);
    loop {
        companded.read(&mut source, &mut decoding.interleaved).map_err(DecodeError::Io)?;
        if decoding.interleaved.is_empty() {
            return decoding.finish();
        }
        decoding.take((companded.hz, companded.channels))?;
        if !progress(decoding.progress()) {
            return Err(DecodeError::Stopped);
        }
    }
}

/// What is known of a track before it is decoded.
struct Track {
    id: u32,
    whole: Option<Duration>,
}

type Opened<'s> = (Box<dyn FormatReader + 's>, Box<dyn AudioDecoder>, Track);

fn open<'s, S>(source: Measured<S>, extension: &str) -> Result<Opened<'s>, DecodeError>
where
    S: Read + Seek + Send + Sync + 's,
{
    let stream = MediaSourceStream::new(Box::new(source), Default::default());
    let mut hint = Hint::new();
    if !extension.is_empty() {
        hint.with_extension(extension);
    }
    let (formats, tags) = (FormatOptions::default(), MetadataOptions::default());
    let format =
        symphonia::default::get_probe().probe(&hint, stream, formats, tags).map_err(refused)?;
    let track = format.default_track(TrackType::Audio).ok_or(DecodeError::Empty)?;
    let parameters = track
        .codec_params
        .as_ref()
        .and_then(|parameters| parameters.audio())
        .ok_or(DecodeError::Empty)?;
    let decoder = symphonia::default::get_codecs()
        .make_audio_decoder(parameters, &AudioDecoderOptions::default())
        .map_err(refused)?;
    let whole = parameters.sample_rate.zip(track.num_frames).and_then(|(hz, frames)| {
        let seconds = frames as f64 / f64::from(hz.max(1));
        Duration::try_from_secs_f64(seconds).ok()
    });
    let track = Track { id: track.id, whole };
    Ok((format, decoder, track))
}

/// The next packet; a file that was cut off ends where it was cut.
fn next_packet(
    format: &mut (dyn FormatReader + '_),
) -> Result<Option<symphonia::core::packet::Packet>, DecodeError> {
    match format.next_packet() {
        Ok(packet) => Ok(packet),
        Err(SymphoniaError::IoError(error))
            if error.kind() == std::io::ErrorKind::UnexpectedEof =>
        {
            Ok(None)
        }
        Err(SymphoniaError::DecodeError(_) | SymphoniaError::ResetRequired) => Ok(None),
        Err(error) => Err(refused(error)),
    }
}

fn refused(error: SymphoniaError) -> DecodeError {
    match error {
        SymphoniaError::IoError(error) if error.kind() != std::io::ErrorKind::UnexpectedEof => {
            DecodeError::Io(error)
        }
        SymphoniaError::DecodeError(why)
        | SymphoniaError::Unsupported(why)
        | SymphoniaError::LimitError(why) => DecodeError::Format(why),
        _ => DecodeError::Format("it ends early"),
    }
}

/// The sound that is being put together.
struct Decoding {
    sound: Sound,
    limits: Limits,
    channel: Option<usize>,
    whole: Option<Duration>,
    /// Made when the first packet has said the rate, and again whenever the rate changes.
    resampler: Option<AnyRate>,
    interleaved: Vec<f32>,
    mono: Vec<f32>,
}

impl Decoding {
    fn new(wanted: Wanted, whole: Option<Duration>) -> Self {
        let Wanted { rate, limits, channel } = wanted;
        let sound = Sound { rate, samples: Vec::new(), file_hz: 0, channels: 0, broken: 0 };
        let (interleaved, mono) = (Vec::new(), Vec::new());
        Self { sound, limits, channel, whole, resampler: None, interleaved, mono }
    }

    /// Takes in a packet that was decoded to `interleaved`.
    fn take(&mut self, (hz, channels): (u32, usize)) -> Result<(), DecodeError> {
        if self.interleaved.is_empty() || channels == 0 {
            return Ok(());
        }
        if self.resampler.is_none() || hz != self.sound.file_hz {
            self.end_part()?;
            self.resampler = Some(AnyRate::new(hz, self.sound.rate)?);
            self.sound.file_hz = hz;
        }
        self.sound.channels = channels;
        let share = 1.0 / channels as f32;
        let frames = self.interleaved.chunks_exact(channels);
        self.mono.clear();
        match self.channel {
            Some(channel) => self.mono.extend(frames.filter_map(|frame| frame.get(channel))),
            None => self.mono.extend(frames.map(|frame| frame.iter().sum::<f32>() * share)),
        }
        if let Some(resampler) = &mut self.resampler {
            resampler.push(&self.mono, &mut self.sound.samples)?;
        }
        self.check_length()
    }

    fn check_length(&self) -> Result<(), DecodeError> {
        if self.length() > self.limits.length_max {
            return Err(DecodeError::TooLong(self.limits.length_max));
        }
        Ok(())
    }

    fn length(&self) -> Duration {
        self.sound.rate.duration(self.sound.samples.len() as u64)
    }

    fn progress(&self) -> DecodeProgress {
        DecodeProgress { done: self.length(), whole: self.whole }
    }

    fn end_part(&mut self) -> Result<(), DecodeError> {
        match self.resampler.take() {
            Some(resampler) => Ok(resampler.finish(&mut self.sound.samples)?),
            None => Ok(()),
        }
    }

    fn finish(mut self) -> Result<Sound, DecodeError> {
        self.end_part()?;
        self.check_length()?;
        if self.sound.samples.is_empty() { Err(DecodeError::Empty) } else { Ok(self.sound) }
    }
}

/// A source whose length is known, and that never gives more than it had at the beginning: a file that grows
/// while it is read stays within its limit.
struct Measured<S> {
    inner: S,
    length: u64,
    place: u64,
}

impl<S: Read + Seek> Measured<S> {
    fn new(mut inner: S, limits: Limits) -> std::io::Result<Self> {
        let length = inner.seek(SeekFrom::End(0))?;
        inner.seek(SeekFrom::Start(0))?;
        Ok(Self { inner, length: length.min(limits.bytes_max.saturating_add(1)), place: 0 })
    }
}

impl<S: Read> Read for Measured<S> {
    fn read(&mut self, room: &mut [u8]) -> std::io::Result<usize> {
        let left = usize::try_from(self.length.saturating_sub(self.place)).unwrap_or(usize::MAX);
        let wanted = room.len().min(left);
        let read = self.inner.read(room.get_mut(..wanted).unwrap_or(&mut []))?;
        self.place += read as u64;
        Ok(read)
    }
}

impl<S: Seek> Seek for Measured<S> {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        // From the end means from the end as it was.
        let to = match to {
            SeekFrom::End(offset) => SeekFrom::Start(self.length.saturating_add_signed(offset)),
            other => other,
        };
        self.place = self.inner.seek(to)?;
        Ok(self.place)
    }
}

impl<S: Read + Seek + Send + Sync> MediaSource for Measured<S> {
    fn is_seekable(&self) -> bool {
        true
    }

    fn byte_len(&self) -> Option<u64> {
        Some(self.length)
    }
}
