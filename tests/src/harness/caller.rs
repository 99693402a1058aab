//! What the caller says, and when: the truth that simulated models answer from.

use std::time::Duration;

use callwright_media::tone::{Digit, DigitTiming, TonePlayer};
use callwright_media::{SampleRate, g711};

/// A mu-law octet as loud as speech.
pub(crate) const CALLER_LOUD: u8 = 0xA0;
/// The mu-law octet of silence.
pub(crate) const CALLER_SILENT: u8 = 0xFF;

/// The caller's utterances, laid out over the samples of the call at 16 kHz.
#[derive(Debug, Default)]
pub(super) struct Caller {
    words: Vec<Word>,
    /// Octets of loud sound still to be sent.
    loud: usize,
    /// Octets of hissing still to be sent: the detector does not take it for speech.
    hiss: usize,
    /// Samples sent, at 16 kHz.
    sent: u64,
    /// Keys that sound.
    keys: Option<TonePlayer>,
    /// How loud, as a sample, those are who talk around the caller.
    others: i16,
}

#[derive(Debug)]
struct Word {
    text: String,
    end: u64,
}

impl Caller {
    /// Begins to say `text`, evenly over `lasting`.
    pub(super) fn speak(&mut self, text: &str, lasting: Duration) {
        let octets = usize::try_from(lasting.as_millis()).expect("a short utterance") * 8;
        self.loud = octets;
        let words: Vec<&str> = text.split_whitespace().collect();
        for (n, word) in words.iter().enumerate() {
            let end = self.sent + (octets * 2 * (n + 1) / words.len()) as u64;
            self.words.push(Word { text: (*word).to_owned(), end });
        }
    }

    /// Begins to hiss, as with an "s".
    pub(super) fn hiss(&mut self, lasting: Duration) {
        self.hiss = usize::try_from(lasting.as_millis()).expect("a short hiss") * 8;
    }

    /// From now on others talk around the caller, as loud as this in samples.
    pub(super) const fn others_talk(&mut self, loud: i16) {
        self.others = loud;
    }

    /// Presses keys that sound.
    pub(super) fn press(&mut self, keys: &str) {
        let digits: Vec<Digit> = keys.chars().filter_map(Digit::from_char).collect();
        let player = TonePlayer::digits(&digits, DigitTiming::default(), SampleRate::Hz8000);
        self.keys = Some(player.expect("a few keys"));
    }

    /// The next 20 ms.
    pub(super) fn next_frame(&mut self) -> [u8; 160] {
        let mut frame = [CALLER_SILENT; 160];
        let loud = self.loud.min(160);
        for (n, octet) in frame.iter_mut().take(loud).enumerate() {
            // Noise as low as a voice, since a steady octet would be no sound: four samples at a time have one sign, which
            // is a bit of their number's hash.
            let number = ((self.sent / 2 + n as u64) / 4).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            *octet = CALLER_LOUD ^ if number >> 63 == 0 { 0 } else { 0x80 };
        }
        let hiss = self.hiss.min(160);
        for (n, octet) in frame.iter_mut().take(hiss).enumerate() {
            *octet = g711::ulaw_encode(if n % 2 == 0 { 450 } else { -450 });
        }
        self.hiss -= hiss;
        if self.others > 0 {
            for (n, octet) in frame.iter_mut().enumerate() {
                // Noise whose loudness goes up and down by 4 dB, twelve times a second.
                let number = (self.sent / 2 + n as u64).wrapping_mul(0xD134_2543_DE82_EF95);
                let swing = ((self.sent / 320) as f32 * 1.5).sin() * 0.4 + 1.0;
                let sample = (f32::from(self.others) * swing) as i16;
                let sample = if number >> 63 == 0 { sample } else { -sample };
                *octet = g711::ulaw_encode(g711::ulaw_decode(*octet).saturating_add(sample));
            }
        }
        if let Some(keys) = &mut self.keys {
            let mut tones = [0; 160];
            keys.fill(&mut tones);
            for (octet, tone) in frame.iter_mut().zip(tones) {
                *octet = g711::ulaw_encode(g711::ulaw_decode(*octet).saturating_add(tone));
            }
        }
        self.loud -= loud;
        self.sent += 320;
        frame
    }

    /// The words whose ends lie in the samples `from..=upto` (the recogniser hears 100 ms past the last).
    pub(super) fn words(&self, from: u64, upto: u64) -> String {
        let heard = self.words.iter().filter(|word| word.end > from && word.end <= upto);
        heard.map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ")
    }
}
