//! What is marked *Real time* allocates nothing, counted.

use allocation_counter::measure;
use callwright_media::SampleRate;
use callwright_media::codec::l16::ByteOrder;
use callwright_media::codec::opus::{PAYLOAD_MAX_BYTES, Settings};
use callwright_media::codec::{Codec, Decoder, Encoder, PACKET_MAX_SAMPLES};

use crate::speech::speech;

#[test]
fn no_codec_allocates_per_frame_but_three_times_in_the_encoder_of_opus() {
    for codec in [
        Codec::Pcmu,
        Codec::Pcma,
        Codec::G722,
        Codec::L16 { rate: SampleRate::Hz24000, order: ByteOrder::BigEndian },
        Codec::Opus(Settings::new(SampleRate::Hz8000)),
        Codec::Opus(Settings::new(SampleRate::Hz16000)),
        Codec::Opus(Settings::new(SampleRate::Hz48000)),
    ] {
        let rate = codec.sample_rate();
        let source = speech(rate.hz(), 3_000);
        let mut encoder = Encoder::new(codec).unwrap();
        let mut decoder = Decoder::new(codec);
        let mut payload = [0; PAYLOAD_MAX_BYTES];
        let mut frame = [0; PACKET_MAX_SAMPLES];
        let (mut encoding, mut decoding) = (0, 0);
        for (index, sound) in source.chunks_exact(rate.frame_samples()).enumerate() {
            let mut written = 0;
            let allocations =
                measure(|| written = encoder.encode(sound, &mut payload).unwrap()).count_total;
            // Opus grows its work space over the first sounds of each kind.
            encoding = if index < 50 { 0 } else { encoding.max(allocations) };
            let allocations = measure(|| {
                decoder.decode(&payload[..written], &mut frame).unwrap();
            })
            .count_total;
            decoding += if index < 50 { 0 } else { allocations };
        }
        // Opus's speech layer copies its frame on the heap; a new version may do better, not worse.
        let allowed = if matches!(codec, Codec::Opus(_)) { 3 } else { 0 };
        assert!(encoding <= allowed, "{codec:?}: {encoding} in one frame");
        assert_eq!(decoding, 0, "{codec:?}");
    }
}
