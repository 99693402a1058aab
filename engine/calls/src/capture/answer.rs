//! Lane answers as octets. Whose they are is not kept: a capture is of one call.

use callwright_media::SampleRate;
use callwright_models::contract::{
    AskId, DetectorResult, EmotionResult, Generation, JudgeResult, Recognition, RecognizedWord,
    RecognizerPurpose, RecognizerResult, SamplePos, SlotId, SlotKey, SpeechChunk, SpokenWord,
    SynthesizerResult, VoiceClass, VoiceEmotion,
};

use super::bytes::{Malformed, Put, Take, Taken};
use super::pcm;
use crate::lanes::LaneAnswer;

/// The holder of every answer that is read back.
pub(super) const KEY: SlotKey = SlotKey { slot: SlotId(0), generation: Generation(0) };

const DETECTOR: u8 = 0;
const JUDGE: u8 = 1;
const RECOGNIZER: u8 = 2;
const CHUNK: u8 = 3;
const DONE: u8 = 4;
const FAILED: u8 = 5;
const EMOTION: u8 = 6;

pub(super) fn put(out: &mut impl Put, answer: &LaneAnswer) {
    match answer {
        LaneAnswer::Detector(result) => {
            out.octet(DETECTOR);
            out.number(result.end.0);
            out.float(result.probability);
        }
        LaneAnswer::Judge(result) => {
            out.octet(JUDGE);
            out.number(result.ask.0.into());
            out.maybe(result.over, Put::float);
        }
        LaneAnswer::Recognizer(result) => {
            out.octet(RECOGNIZER);
            out.number(result.ask.0.into());
            out.octet((result.purpose == RecognizerPurpose::Final).into());
            out.maybe(result.recognition.as_ref(), recognition);
        }
        LaneAnswer::Emotion(result) => {
            out.octet(EMOTION);
            out.number(result.ask.0.into());
            out.maybe(result.heard.as_ref(), emotion);
        }
        LaneAnswer::Synthesizer(SynthesizerResult::Chunk { ask, chunk, .. }) => {
            out.octet(CHUNK);
            out.number(ask.0.into());
            out.number(chunk.rate.hz().into());
            pcm::put(out, &chunk.samples);
            out.number(chunk.words.len() as u64);
            for word in &chunk.words {
                out.number(word.text_end as u64);
                out.number(word.sample_end);
            }
        }
        LaneAnswer::Synthesizer(SynthesizerResult::Done { ask, .. }) => {
            out.octet(DONE);
            out.number(ask.0.into());
        }
        LaneAnswer::Synthesizer(SynthesizerResult::Failed { ask, .. }) => {
            out.octet(FAILED);
            out.number(ask.0.into());
        }
    }
}

fn emotion<P: Put>(out: &mut P, heard: &VoiceEmotion) {
    let VoiceEmotion { arousal, valence, classes, voice_ms, against_own } = heard;
    [arousal, valence].into_iter().chain(classes).for_each(|&number| out.float(number));
    out.number((*voice_ms).into());
    out.octet((*against_own).into());
}

fn taken_emotion(octets: &mut Take<'_>) -> Taken<VoiceEmotion> {
    let (arousal, valence) = (octets.float()?, octets.float()?);
    let mut classes = [0.0; VoiceClass::ALL.len()];
    for class in &mut classes {
        *class = octets.float()?;
    }
    let (voice_ms, against_own) = (octets.small()?, octets.octet()? != 0);
    Ok(VoiceEmotion { arousal, valence, classes, voice_ms, against_own })
}

fn recognition<P: Put>(out: &mut P, heard: &Recognition) {
    out.text(&heard.text);
    out.number(heard.agreed as u64);
    out.float(heard.confidence);
    out.maybe(heard.finished, Put::float);
    out.maybe(heard.complete, Put::float);
    out.number(heard.words.len() as u64);
    for word in &heard.words {
        for edge in [word.range.start, word.range.end, word.span.start, word.span.end] {
            out.number(edge as u64);
        }
        out.float(word.confidence);
    }
}

pub(super) fn take(octets: &mut Take<'_>) -> Taken<LaneAnswer> {
    let kind = octets.octet()?;
    if kind == DETECTOR {
        let end = SamplePos(octets.number()?);
        let probability = octets.float()?;
        return Ok(LaneAnswer::Detector(DetectorResult { key: KEY, end, probability }));
    }
    let (key, ask) = (KEY, AskId(octets.small()?));
    Ok(match kind {
        JUDGE => LaneAnswer::Judge(JudgeResult { key, ask, over: octets.maybe(Take::float)? }),
        RECOGNIZER => {
            let purpose = match octets.octet()? {
                0 => RecognizerPurpose::Partial,
                _ => RecognizerPurpose::Final,
            };
            let recognition = octets.maybe(taken_recognition)?;
            LaneAnswer::Recognizer(RecognizerResult { key, ask, purpose, recognition })
        }
        CHUNK => {
            let rate = SampleRate::from_hz(octets.small()?)
                .ok_or(Malformed("a voice has a rate that no voice has"))?;
            let samples = pcm::take(octets)?;
            let words = (0..octets.count()?)
                .map(|_| Ok(SpokenWord { text_end: size(octets)?, sample_end: octets.number()? }))
                .collect::<Taken<_>>()?;
            let chunk = SpeechChunk { rate, samples, words };
            LaneAnswer::Synthesizer(SynthesizerResult::Chunk { key, ask, chunk })
        }
        EMOTION => {
            let heard = octets.maybe(taken_emotion)?;
            LaneAnswer::Emotion(EmotionResult { key, ask, heard })
        }
        DONE => LaneAnswer::Synthesizer(SynthesizerResult::Done { key, ask }),
        FAILED => LaneAnswer::Synthesizer(SynthesizerResult::Failed { key, ask }),
        _ => return Err(Malformed("an answer is of no lane that this version knows")),
    })
}

/// Positions in the text are the call's to slice by, so that they must fit it.
fn taken_recognition(octets: &mut Take<'_>) -> Taken<Recognition> {
    let text = octets.text()?.to_owned();
    let agreed = size(octets)?;
    let confidence = octets.float()?;
    let finished = octets.maybe(Take::float)?;
    let complete = octets.maybe(Take::float)?;
    let words = (0..octets.count()?)
        .map(|_| {
            let range = size(octets)?..size(octets)?;
            let span = size(octets)?..size(octets)?;
            Ok(RecognizedWord { range, span, confidence: octets.float()? })
        })
        .collect::<Taken<Vec<_>>>()?;
    let fits = text.is_char_boundary(agreed)
        && words.iter().all(|word| text.get(word.range.clone()).is_some());
    if !fits {
        return Err(Malformed("the words of a recognition lie outside its text"));
    }
    Ok(Recognition { text, agreed, confidence, words, finished, complete })
}

fn size(octets: &mut Take<'_>) -> Taken<usize> {
    usize::try_from(octets.number()?).map_err(|_large| Malformed("a number is too large"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_answer_comes_back() {
        let (key, ask) = (KEY, AskId(7));
        let words = vec![RecognizedWord { range: 0..2, confidence: 0.5, span: 10..900 }];
        let heard = Recognition {
            text: "H\u{e9}.".to_owned(),
            agreed: 3,
            confidence: 0.25,
            words: Vec::new(),
            finished: Some(0.75),
            complete: Some(0.5),
        };
        let chunk = SpeechChunk {
            rate: SampleRate::Hz16000,
            samples: vec![1, -2, 3].into(),
            words: vec![SpokenWord { text_end: 5, sample_end: 3 }],
        };
        let (end, probability) = (SamplePos(512), 0.125);
        let purpose = RecognizerPurpose::Final;
        let classes = [0.1, 0.2, 0.3, 0.4];
        let voice =
            VoiceEmotion { arousal: 0.5, valence: 0.25, classes, voice_ms: 900, against_own: true };
        for answer in [
            LaneAnswer::Detector(DetectorResult { key, end, probability }),
            LaneAnswer::Judge(JudgeResult { key, ask, over: Some(0.5) }),
            LaneAnswer::Emotion(EmotionResult { key, ask, heard: Some(voice) }),
            LaneAnswer::Recognizer(RecognizerResult {
                key,
                ask,
                purpose,
                recognition: Some(Recognition {
                    text: "Hi you".to_owned(),
                    words,
                    ..heard.clone()
                }),
            }),
            LaneAnswer::Recognizer(RecognizerResult {
                key,
                ask,
                purpose: RecognizerPurpose::Partial,
                recognition: Some(heard),
            }),
            LaneAnswer::Recognizer(RecognizerResult { key, ask, purpose, recognition: None }),
            LaneAnswer::Synthesizer(SynthesizerResult::Chunk { key, ask, chunk }),
            LaneAnswer::Synthesizer(SynthesizerResult::Done { key, ask }),
            LaneAnswer::Synthesizer(SynthesizerResult::Failed { key, ask }),
        ] {
            let mut octets = Vec::new();
            put(&mut octets, &answer);
            let mut taking = Take::new(&octets);
            assert_eq!(take(&mut taking), Ok(answer));
            assert!(taking.is_empty());
            for cut in 0..octets.len() {
                assert!(take(&mut Take::new(&octets[..cut])).is_err(), "cut at {cut}");
            }
        }
    }

    #[test]
    fn words_outside_their_text_are_refused() {
        let mut octets = vec![RECOGNIZER, 1, 1, 1];
        recognition(&mut octets, &Recognition { agreed: 9, ..Recognition::default() });
        assert!(take(&mut Take::new(&octets)).is_err());
    }
}
