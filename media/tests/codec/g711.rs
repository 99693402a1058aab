//! G.711 against the vectors of the ITU's Software Tools: every one of the 65,536 samples, both laws, both ways.

use callwright_media::g711::{
    alaw_decode_into, alaw_encode_into, ulaw_decode_into, ulaw_encode_into,
};

use crate::shared::words;

type Encode = fn(&[i16], &mut [u8]) -> usize;
type Decode = fn(&[u8], &mut [i16]) -> usize;

#[test]
fn every_sample_and_code_equals_the_itu_vectors() {
    let laws: [(&str, Encode, Decode); 2] =
        [("u", ulaw_encode_into, ulaw_decode_into), ("a", alaw_encode_into, alaw_decode_into)];
    for (law, encode, decode) in laws {
        let vector = |name: String| words(&format!("itu-stl/g711/test_data/{name}"));
        let (Some(source), Some(codes), Some(decoded), Some(linear_again)) = (
            vector("sweep.src".into()),
            vector(format!("sweep-r.{law}")),
            vector(format!("sweep-r.{law}-{law}")),
            vector(format!("sweep-r.re{law}")),
        ) else {
            return;
        };
        assert_eq!(source.len(), 65_536);
        let mut octets = vec![0; source.len()];
        assert_eq!(encode(&source, &mut octets), source.len());
        let expected: Vec<u8> = codes.iter().map(|&word| word.to_le_bytes()[0]).collect();
        assert_eq!(octets, expected, "{law}-law codes");

        let mut samples = vec![0; octets.len()];
        assert_eq!(decode(&octets, &mut samples), octets.len());
        assert_eq!(samples, decoded, "{law}-law samples");
        assert_eq!(samples, linear_again, "{law}-law there and back");
    }
}
