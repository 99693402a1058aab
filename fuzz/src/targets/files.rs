//! Files as strangers upload them.

use std::io::Cursor;
use std::time::Duration;

use callwright_media::SampleRate;
use callwright_media::file::{Limits, Playback, decode};

/// A sound file: decoding ends, in a sound within the limits or in an error; so does reading it as a recording.
pub fn file(data: &[u8]) {
    let limits = Limits { bytes_max: 1 << 20, length_max: Duration::from_secs(30) };
    let rate = SampleRate::Hz8000;
    if let Ok(sound) = decode(Cursor::new(data), "", rate, limits, |_| true) {
        assert!(!sound.samples.is_empty());
        // One packet past the limit may be in hand when it is noticed.
        assert!(rate.duration(sound.samples.len() as u64) <= limits.length_max);
    }
    if let Ok(mut playback) = Playback::open(Cursor::new(data)) {
        let (mut caller, mut we) = ([0; 160], [0; 160]);
        let most = data.len() / 4 + 1;
        let frames = (0..=most)
            .take_while(|_| playback.read(&mut caller, &mut we).is_ok_and(|read| read > 0));
        assert!(frames.count() <= most);
    }
}
