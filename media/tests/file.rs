//! Sound files from outside and recordings of calls: what comes in is decoded or refused, what is written can be
//! played whatever happens to the writer.

#![expect(clippy::expect_used, reason = "a test that cannot go on says why")]

use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::time::Duration;

use callwright_media::SampleRate;
use callwright_media::file::{
    DecodeError, Limits, Playback, PlaybackError, Recording, RecordingError, RecordingLimits,
    Sound, decode, decode_channel,
};

const RATE: SampleRate = SampleRate::Hz8000;

fn fixture(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sounds").join(name);
    std::fs::read(path).expect("the fixture is there")
}

fn decoded(bytes: &[u8], extension: &str, rate: SampleRate) -> Result<Sound, DecodeError> {
    decode(Cursor::new(bytes), extension, rate, Limits::default(), |_| true)
}

/// The amplitude of 1,000 Hz in the middle of a sound.
fn amplitude(sound: &Sound) -> f64 {
    let middle = &sound.samples[sound.samples.len() / 4..][..sound.rate.frame_samples() * 10];
    let (mut re, mut im) = (0.0, 0.0);
    for (n, &sample) in middle.iter().enumerate() {
        let phase = std::f64::consts::TAU * 1_000.0 * n as f64 / f64::from(sound.rate.hz());
        re += f64::from(sample) * phase.cos();
        im += f64::from(sample) * phase.sin();
    }
    2.0 * re.hypot(im) / middle.len() as f64
}

const FILES: [(&str, u32, usize, u64); 8] = [
    ("tone.mp3", 44_100, 2, 600),
    ("tone.ogg", 44_100, 2, 600),
    ("tone.m4a", 44_100, 1, 600),
    ("tone-alac.m4a", 16_000, 1, 400),
    ("tone.flac", 16_000, 2, 400),
    ("tone-mulaw.wav", 8_000, 1, 400),
    ("tone-alaw.wav", 8_000, 1, 400),
    ("tone-24bit.wav", 11_025, 2, 400),
];

#[test]
fn every_format_gives_its_sound_at_every_rate_with_and_without_a_name() {
    for (name, hz, channels, ms) in FILES {
        let bytes = fixture(name);
        let extension = name.rsplit('.').next().expect("names have extensions");
        for (rate, extension) in
            [(RATE, extension), (SampleRate::Hz16000, ""), (SampleRate::Hz48000, "")]
        {
            let sound = decoded(&bytes, extension, rate).unwrap_or_else(|e| panic!("{name}: {e}"));
            assert_eq!((sound.file_hz, sound.channels, sound.broken), (hz, channels, 0), "{name}");
            // Half of full scale; on each of two channels 3 dB less.
            let wanted = if channels == 2 { 11_585.0 } else { 16_384.0 };
            let heard = amplitude(&sound);
            assert!((heard / wanted - 1.0).abs() < 0.08, "{name}: {heard}");
            // Lossy formats fill up their last frame.
            let length = rate.duration(sound.samples.len() as u64).as_millis() as u64;
            assert!((ms..ms + 60).contains(&length), "{name}: {length} ms");
        }
    }
}

#[test]
fn the_short_header_that_telephone_systems_write_is_read_too() {
    for name in ["tone-mulaw.wav", "tone-alaw.wav"] {
        let long = fixture(name);
        let wanted = decoded(&long, "wav", RATE).expect("the fixture decodes");
        // The format chunk of 18 octets becomes one of 16, and a chunk of odd length comes before it.
        let place = long.windows(4).position(|w| w == b"fmt ").expect("a format chunk");
        let mut short = long[..place].to_vec();
        short.extend_from_slice(b"JUNK\x03\0\0\0abc\0fmt \x10\0\0\0");
        short.extend_from_slice(&long[place + 8..place + 24]);
        short.extend_from_slice(&long[place + 26..]);
        for extension in ["wav", ""] {
            assert_eq!(decoded(&short, extension, RATE).expect("it decodes"), wanted, "{name}");
        }
        // Cut off in its header, it is a reason; cut off in its sound, it is what there is.
        for cut in 0..short.len() {
            assert_eq!(decoded(&short[..cut], "wav", RATE).is_ok(), cut > short.len() - 3_200);
        }
    }
}

#[test]
fn progress_only_grows_and_reaches_the_end() {
    for (name, ..) in FILES {
        let bytes = fixture(name);
        let mut told = Vec::new();
        let sound = decode(Cursor::new(&bytes), "", RATE, Limits::default(), |progress| {
            told.push(progress);
            true
        });
        let sound = sound.expect("the fixture decodes");
        assert!(told.is_sorted_by_key(|progress| progress.done), "{name}");
        let last = told.last().expect("there was at least one packet");
        let length = RATE.duration(sound.samples.len() as u64);
        assert!(length - last.done < Duration::from_millis(60), "{name}");
        if let Some(whole) = last.whole {
            assert!(whole.abs_diff(length) < Duration::from_millis(80), "{name}: {whole:?}");
        }
    }
}

#[test]
fn limits_hold_and_a_caller_can_stop() {
    let bytes = fixture("tone.mp3");
    let with = |limits| decode(Cursor::new(&bytes), "mp3", RATE, limits, |_| true);
    let small = Limits { bytes_max: bytes.len() as u64 - 1, ..Limits::default() };
    assert!(matches!(with(small), Err(DecodeError::TooLarge(_))));
    let exact = Limits { bytes_max: bytes.len() as u64, ..Limits::default() };
    assert!(with(exact).is_ok());
    let short = Limits { length_max: Duration::from_millis(300), ..Limits::default() };
    assert!(matches!(with(short), Err(DecodeError::TooLong(_))));

    let mut packets = 0;
    let stopped = decode(Cursor::new(&bytes), "mp3", RATE, Limits::default(), |_| {
        packets += 1;
        packets < 3
    });
    assert!(matches!(stopped, Err(DecodeError::Stopped)));
    assert_eq!(packets, 3);
}

#[test]
fn what_is_no_sound_is_refused_and_what_is_broken_never_panics() {
    for bytes in [&b""[..], b"RIFF", b"hello, this is not a sound file at all", &[0; 4_096]] {
        assert!(decoded(bytes, "wav", RATE).is_err());
    }
    let mut seed = 11_u32;
    let mut random = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        seed >> 8
    };
    for (name, ..) in FILES {
        let whole = fixture(name);
        // Cut off anywhere, and with octets changed anywhere: a sound or a reason, nothing else.
        for step in 0..40 {
            let cut = &whole[..whole.len() * step / 40];
            let mut broken = whole.clone();
            for _ in 0..=step {
                let place = random() as usize % broken.len();
                broken[place] = random() as u8;
            }
            for bytes in [cut, &broken] {
                if let Ok(sound) = decoded(bytes, "", RATE) {
                    assert!(!sound.samples.is_empty());
                }
            }
        }
    }
}

fn side(seed: usize, samples: usize) -> Vec<i16> {
    (0..samples).map(|n| ((n * 37 + seed * 1_001) % 60_000) as i32 as i16).collect()
}

fn read_back(bytes: &[u8]) -> (Vec<i16>, Vec<i16>) {
    let mut playback = Playback::open(Cursor::new(bytes)).expect("a recording");
    assert_eq!(playback.rate(), RATE);
    let samples = RATE.samples(playback.length()) as usize;
    let (mut caller, mut we) = (vec![0; samples], vec![0; samples]);
    for (left, right) in caller.chunks_mut(160).zip(we.chunks_mut(160)) {
        assert_eq!(playback.read(left, right).expect("whole"), left.len());
    }
    assert_eq!(playback.read(&mut [0], &mut [0]).expect("the end"), 0);
    (caller, we)
}

#[test]
fn both_sides_of_a_call_come_back_as_they_were() {
    let mut file = Cursor::new(Vec::new());
    let mut recording =
        Recording::begin(&mut file, RATE, RecordingLimits::default()).expect("memory");
    let (caller, we) = (side(1, 20_000), side(2, 20_000));
    for (left, right) in caller.chunks(160).zip(we.chunks(160)) {
        recording.write(left, right).expect("memory");
    }
    assert_eq!(recording.length(), Duration::from_millis(2_500));
    recording.finish().expect("memory");
    assert_eq!(read_back(file.get_ref()), (caller, we));
    // Any other program that reads WAV reads it too.
    let mixed = decoded(file.get_ref(), "wav", RATE).expect("a sound file");
    assert_eq!((mixed.channels, mixed.samples.len()), (2, 20_000));
    let alone = |channel| {
        let file = Cursor::new(file.get_ref());
        decode_channel(file, "wav", RATE, Limits::default(), channel)
    };
    let (caller, we) = read_back(file.get_ref());
    assert_eq!(alone(0).expect("the caller").samples, caller);
    assert_eq!(alone(1).expect("the agent").samples, we);
    assert!(matches!(alone(2), Err(DecodeError::Empty)));
}

#[test]
fn a_recording_has_a_limit_and_refuses_uneven_sides() {
    let mut file = Cursor::new(Vec::new());
    let limits = RecordingLimits { length_max: Duration::from_millis(40) };
    let mut recording = Recording::begin(&mut file, RATE, limits).expect("memory");
    assert!(matches!(recording.write(&[1; 160], &[1; 159]), Err(RecordingError::Uneven)));
    recording.write(&[1; 320], &[2; 320]).expect("as long as allowed");
    assert!(matches!(recording.write(&[3; 1], &[3; 1]), Err(RecordingError::Full(_))));
    recording.finish().expect("memory");
    assert_eq!(read_back(file.get_ref()), (vec![1; 320], vec![2; 320]));
}

#[test]
fn what_is_no_recording_of_a_call_is_not_played_as_one() {
    let refused = Playback::open(Cursor::new(fixture("tone-24bit.wav")));
    assert!(matches!(refused, Err(PlaybackError::NotARecording)));
    let refused = Playback::open(Cursor::new(&b"nothing"[..]));
    assert!(matches!(refused, Err(PlaybackError::Read(_))));
}

/// Where the writer that is killed writes; set for the process that this test starts.
const VICTIM_FILE: &str = "CALLWRIGHT_TEST_KILLED_RECORDING";

#[test]
fn a_killed_server_leaves_a_file_that_plays() {
    if let Some(path) = std::env::var_os(VICTIM_FILE) {
        record_and_die(&PathBuf::from(path));
    }
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("call.wav");
    let me = std::env::current_exe().expect("this test");
    let status = std::process::Command::new(me)
        .args(["--exact", "a_killed_server_leaves_a_file_that_plays"])
        .env(VICTIM_FILE, &path)
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .status()
        .expect("this test runs again");
    assert!(!status.success(), "the writer was killed");

    let bytes = std::fs::read(&path).expect("the file is there");
    let (caller, we) = read_back(&bytes);
    let whole_seconds = 8_000 * 3;
    assert_eq!(caller, side(1, whole_seconds));
    assert_eq!(we, side(2, whole_seconds));
}

/// Records 3.7 seconds and dies with the file open, as a killed server does: no destructor runs.
fn record_and_die(path: &Path) -> ! {
    let file = std::fs::File::create(path).expect("the folder is there");
    let out = std::io::BufWriter::new(file);
    let mut recording = Recording::begin(out, RATE, RecordingLimits::default()).expect("a disk");
    let (caller, we) = (side(1, 29_600), side(2, 29_600));
    for (left, right) in caller.chunks(160).zip(we.chunks(160)) {
        recording.write(left, right).expect("a disk");
    }
    std::process::abort()
}

#[test]
fn at_every_moment_the_file_on_disk_plays_and_lacks_at_most_a_second() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("call.wav");
    let out = std::io::BufWriter::new(std::fs::File::create(&path).expect("a disk"));
    let mut recording = Recording::begin(out, RATE, RecordingLimits::default()).expect("a disk");
    let (caller, we) = (side(1, 20_000), side(2, 20_000));
    for n in 0..=125 {
        let bytes = std::fs::read(&path).expect("the file is there");
        let (left, right) = read_back(&bytes);
        assert!(n * 160 - left.len() < 8_160, "{n}: {}", left.len());
        assert_eq!((&left[..], &right[..]), (&caller[..left.len()], &we[..left.len()]));
        if n < 125 {
            let piece = n * 160..(n + 1) * 160;
            recording.write(&caller[piece.clone()], &we[piece]).expect("a disk");
        }
    }
}

#[test]
fn a_header_that_makes_the_library_overflow_costs_the_file_and_not_the_program() {
    // Found by the fuzz target `file`: 32,769 channels of 16 bits overflow symphonia's block size.
    let mut wav = b"RIFF\x24\x05\0\0WAVEfmt \x10\0\0\0\x01\0".to_vec();
    wav.extend(0x8001_u16.to_le_bytes());
    wav.extend(b"\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0data\0\x05\0\0");
    wav.extend([0; 1_280]);
    assert!(decoded(&wav, "wav", RATE).is_err());
}
