//! G.722 against the vectors of the ITU's Software Tools, bit for bit, and on sound made here.

use callwright_media::codec::g722::{Decoder, Encoder, Mode};

use crate::shared::words;
use crate::speech::{snr_db, speech};

/// The vectors' directory.
const DATA: &str = "itu-stl/g722/test_data";

#[test]
fn the_encoder_equals_the_itu_vector() {
    let (Some(source), Some(codes)) =
        (words(&format!("{DATA}/inpsp.bin")), words(&format!("{DATA}/codspw.cod")))
    else {
        return;
    };
    let mut octets = vec![0; source.len() / 2];
    assert_eq!(Encoder::new().encode(&source, &mut octets), octets.len());
    let expected: Vec<u8> = codes.iter().map(|&word| word.to_le_bytes()[0]).collect();
    assert_eq!(first_difference(&octets, &expected), None);
}

#[test]
fn the_decoder_equals_the_itu_vectors_in_every_mode() {
    for (mode, name) in
        [(Mode::Kbit64, "outsp1"), (Mode::Kbit56, "outsp2"), (Mode::Kbit48, "outsp3")]
    {
        let (Some(codes), Some(expected)) =
            (words(&format!("{DATA}/codspw.cod")), words(&format!("{DATA}/{name}.bin")))
        else {
            return;
        };
        let octets: Vec<u8> = codes.iter().map(|&word| word.to_le_bytes()[0]).collect();
        let mut samples = vec![0; 2 * octets.len()];
        assert_eq!(Decoder::new(mode).decode(&octets, &mut samples), samples.len());
        assert_eq!(first_difference(&samples, &expected), None, "{mode:?}");
    }
}

/// Where two vectors part, if they do. Their tails are compared as far as both go, which must be all but a frame.
fn first_difference<T: PartialEq>(ours: &[T], theirs: &[T]) -> Option<usize> {
    assert!(ours.len().abs_diff(theirs.len()) <= 64, "{} and {}", ours.len(), theirs.len());
    ours.iter().zip(theirs).position(|(a, b)| a != b)
}

#[test]
fn speech_comes_back_22_samples_later_in_each_mode_a_little_worse() {
    let source = speech(16_000, 4_000);
    let mut octets = vec![0; source.len() / 2];
    assert_eq!(Encoder::new().encode(&source, &mut octets), octets.len());
    let snr = |mode| {
        let mut samples = vec![0; source.len()];
        Decoder::new(mode).decode(&octets, &mut samples);
        snr_db(&source, &samples, 22)
    };
    let (best, middle, least) = (snr(Mode::Kbit64), snr(Mode::Kbit56), snr(Mode::Kbit48));
    assert!(best > 24.0, "{best}");
    assert!(best > middle + 2.0 && middle > least + 2.0, "{best} {middle} {least}");
}

#[test]
fn packets_join_without_a_seam_and_odd_samples_stay() {
    let source = speech(16_000, 1_000);
    let mut whole = vec![0; source.len() / 2];
    Encoder::new().encode(&source, &mut whole);
    let mut encoder = Encoder::new();
    let mut pieces = Vec::new();
    for frame in source.chunks(320) {
        let mut octets = [0; 160];
        let written = encoder.encode(frame, &mut octets);
        pieces.extend_from_slice(&octets[..written]);
    }
    assert_eq!(pieces, whole);
    assert_eq!(Encoder::new().encode(&[1, 2, 3], &mut [0; 4]), 1);
    assert_eq!(Decoder::new(Mode::Kbit64).decode(&[0; 3], &mut [0; 5]), 4);
}

#[test]
fn any_octets_keep_the_predictor_in_bounds() {
    // Overflow would panic here: the test profile checks arithmetic.
    let mut state = 0x9E37_79B9_u32;
    let mut decoder = Decoder::new(Mode::Kbit64);
    for _ in 0..2_000 {
        let octets: [u8; 160] = std::array::from_fn(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            // Runs of one code drive the poles harder than noise does.
            if state >> 31 == 0 { 0x3F } else { (state >> 16) as u8 }
        });
        assert_eq!(decoder.decode(&octets, &mut [0; 320]), 320);
    }
    let mut encoder = Encoder::new();
    for sign in [1_i16, -1, 1, 1, -1, -1] {
        let square: Vec<i16> =
            (0..320).map(|n| if n / 7 % 2 == 0 { 32_767 * sign } else { i16::MIN }).collect();
        assert_eq!(encoder.encode(&square, &mut [0; 160]), 160);
    }
}
