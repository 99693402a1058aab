//! Payloads that are none, and sound that is no speech.

use callwright_media::SampleRate;
use callwright_media::codec::{Codec, Decoder, PACKET_MAX_SAMPLES, l16, opus};
use callwright_media::conceal::{RepairingDecoder, Splice};
use callwright_media::jitter::Stretch;

/// Every decoder, and every concealer: what a payload is said to hold is what it decodes to.
pub fn codecs(data: &[u8]) {
    let mut codecs = vec![Codec::Pcmu, Codec::Pcma, Codec::G722];
    for rate in [SampleRate::Hz8000, SampleRate::Hz16000, SampleRate::Hz48000] {
        codecs.push(Codec::Opus(opus::Settings::new(rate)));
        codecs.push(Codec::L16 { rate, order: l16::ByteOrder::BigEndian });
    }
    let mut samples = vec![0; PACKET_MAX_SAMPLES];
    for codec in codecs {
        let mut decoder = Decoder::new(codec);
        let mut repairing = RepairingDecoder::new(codec, Splice::Immediate);
        // Several packets: decoders remember. The first octets say how the bytes are cut.
        let cut = data.first().map_or(1, |&octet| usize::from(octet) + 1);
        for payload in data.chunks(cut).take(6).chain([data]) {
            if let Ok(len) = decoder.decode(payload, &mut samples) {
                assert_eq!(codec.payload_samples(payload), Some(len));
            }
            if repairing.packet(payload, &mut samples).is_err() {
                let frame = codec.sample_rate().frame_samples();
                repairing.lost(Some(payload), &mut samples[..frame]);
            }
        }
    }
}

/// Stretching: lengths stay within what was asked for, whatever the sound.
pub fn stretch(data: &[u8]) {
    let sound: Vec<i16> =
        data.chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect();
    let most = data.first().map_or(0, |&octet| usize::from(octet));
    for rate in [SampleRate::Hz8000, SampleRate::Hz16000, SampleRate::Hz48000] {
        let stretch = Stretch::new(rate);
        let mut samples = sound.clone();
        let left = stretch.shorten(&mut samples, most);
        assert!(left <= sound.len() && sound.len() - left <= most);
        let mut samples = sound.clone();
        samples.resize(sound.len() + most / 2, 0);
        let long = stretch.lengthen(&mut samples, sound.len(), most);
        assert!(long >= sound.len() && long - sound.len() <= most / 2);
    }
}
