//! Valid inputs, for chance to spoil.

use callwright_media::SampleRate;
use callwright_media::codec::{Codec, Encoder, opus};
use callwright_media::rtp::rtcp::{Outgoing, ReportBlock, SenderInfo};
use callwright_media::rtp::telephone_event::{Event, KeyPress};
use callwright_media::rtp::{Header, PayloadType, write_packet};

pub(super) fn datagrams() -> Vec<Vec<u8>> {
    let header = Header {
        marker: true,
        payload_type: PayloadType::PCMU,
        sequence: 65_535,
        timestamp: u32::MAX,
        ssrc: 7,
    };
    let mut seeds = Vec::new();
    for extension in [None, Some((1, &[0x80 | 30][..])), Some((2, &[1, 2, 3, 4][..]))] {
        let mut out = vec![0; 200];
        if let Ok(len) = write_packet(&header, extension, &[0xD5; 160], &mut out) {
            out.truncate(len);
            seeds.push(out);
        }
    }
    // Contributors, a two-octet-header extension, padding.
    let mut rich = vec![0xB2, 9, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 10, 0, 0, 0, 11];
    rich.extend([0x10, 0x00, 0, 2, 20, 0, 21, 1, 5, 0, 0, 0]);
    rich.extend([1, 2, 3, 4, 0, 0, 3]);
    seeds.push(rich);
    seeds.extend(reports());
    seeds
}

pub(super) fn reports() -> Vec<Vec<u8>> {
    let block = ReportBlock { ssrc: 1, fraction_lost: 9, jitter: 3, ..ReportBlock::default() };
    let mut seeds = Vec::new();
    for (sender, goodbye) in [(Some(SenderInfo::default()), true), (None, false)] {
        let mut out = vec![0; 300];
        let blocks = [block; 3];
        let report =
            Outgoing { ssrc: 5, sender, blocks: &blocks, canonical_name: "a-name", goodbye };
        if let Ok(len) = report.write(&mut out) {
            out.truncate(len);
            seeds.push(out);
        }
    }
    // Feedback (RFC 4585) and an extended report (RFC 3611).
    seeds.push(vec![0x81, 205, 0, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 3, 0, 0]);
    seeds.push(vec![0x80, 207, 0, 2, 0, 0, 0, 1, 4, 0, 0, 0]);
    seeds
}

/// Steps of six octets: milliseconds, timestamp, payload.
pub(super) fn events() -> Vec<Vec<u8>> {
    let press = |key: u8, at: u8| {
        KeyPress::new(Event(key), 800, 160).flat_map(move |(_, payload)| {
            let mut step = vec![20, at];
            step.extend(payload);
            step
        })
    };
    vec![press(5, 1).chain(press(11, 9)).collect(), press(1, 255).collect()]
}

pub(super) fn noises() -> Vec<Vec<u8>> {
    vec![vec![40], vec![40, 127, 200, 60, 10, 255], vec![0, 254, 0, 254, 0]]
}

/// Steps of six octets, as `orders` reads them: a call of a hundred packets, and one with holes.
pub(super) fn orders() -> Vec<Vec<u8>> {
    let step = |n: u8| [[0, 20, 1, 1, 160, 40], [1, 0, n, 0, 0, 0]].concat();
    let calm = (0..100).flat_map(step).collect();
    let holes = (0..100_u8).filter(|n| n % 7 > 1).flat_map(|n| [0, 20, 1 + n % 3, 1, 160, 40]);
    let holes = holes.chain((0..100).flat_map(|_| [1, 20, 0, 0, 0, 0])).collect();
    vec![calm, holes]
}

pub(super) fn payloads() -> Vec<Vec<u8>> {
    let mut seeds = vec![vec![0xFF; 160], vec![0; 320]];
    for rate in [SampleRate::Hz8000, SampleRate::Hz16000, SampleRate::Hz48000] {
        let codecs = [Codec::Opus(opus::Settings::new(rate)), Codec::G722];
        for codec in codecs.into_iter().filter(|codec| codec.sample_rate() == rate) {
            let Ok(mut encoder) = Encoder::new(codec) else { continue };
            for n in 0..3_i16 {
                let sound: Vec<i16> =
                    (0..rate.frame_samples()).map(|i| (i as i16 % 97) * 61 * n).collect();
                let mut payload = vec![0; 1_500];
                if let Ok(len) = encoder.encode(&sound, &mut payload) {
                    payload.truncate(len);
                    seeds.push(payload);
                }
            }
        }
    }
    seeds
}

/// WAV files of a few samples: 16 bit, two channels, mu-law.
pub(super) fn files() -> Vec<Vec<u8>> {
    let wav = |format: u16, channels: u16, bits: u16| {
        let data: Vec<u8> = (0..=255).cycle().take(1_280).collect();
        let block = channels * bits / 8;
        let mut file = Vec::new();
        file.extend(b"RIFF");
        file.extend((36 + data.len() as u32).to_le_bytes());
        file.extend(b"WAVEfmt ");
        file.extend(16_u32.to_le_bytes());
        file.extend(format.to_le_bytes());
        file.extend(channels.to_le_bytes());
        file.extend(8_000_u32.to_le_bytes());
        file.extend((8_000 * u32::from(block)).to_le_bytes());
        file.extend(block.to_le_bytes());
        file.extend(bits.to_le_bytes());
        file.extend(b"data");
        file.extend((data.len() as u32).to_le_bytes());
        file.extend(data);
        file
    };
    vec![wav(1, 1, 16), wav(1, 2, 16), wav(7, 1, 8), wav(3, 1, 32)]
}
