//! No answer reaches another call, in whatever order calls join, speak, ask, cancel and leave.
//!
//! Every call has a sound of its own, and these models answer with the sound they hear, so that an answer shows
//! whose it is.

use std::ops::ControlFlow;

use callwright_media::SampleRate;
use proptest::prelude::*;

use super::desk::{Desk, PortId};
use super::detector_desk::DetectorDesk;
use super::emotion_desk::EmotionDesk;
use super::judge_desk::JudgeDesk;
use super::recognizer_desk::RecognizerDesk;
use super::succession::LaneModel;
use super::synthesizer_desk::SynthesizerDesk;
use super::test_exchange::{TestExchange, block, key, port_of};
use crate::contract::*;

const SLOTS: u16 = 4;

/// One thing that happens to a slot.
#[derive(Clone, Copy, Debug)]
enum Act {
    /// The next call takes the slot, and says so.
    Join,
    /// The next call takes the slot, and its opening is lost.
    JoinUnannounced,
    /// The call is over.
    Leave,
    /// Two more blocks of the call's sound.
    Sound,
    /// A block of the slot's last holder, late.
    LateSound,
    /// A question.
    Ask,
    /// The last question is not wanted any more.
    Cancel,
    /// The lane takes a step.
    Step,
    /// Another model takes over the lane, and knows nothing of anybody.
    Swap,
}

fn acts() -> impl Strategy<Value = Vec<(u16, Act)>> {
    use Act::{Ask, Cancel, Join, JoinUnannounced, LateSound, Leave, Sound, Step, Swap};
    let act = prop_oneof![
        1 => Just(Join),
        1 => Just(JoinUnannounced),
        1 => Just(Leave),
        6 => Just(Sound),
        1 => Just(LateSound),
        4 => Just(Ask),
        1 => Just(Cancel),
        4 => Just(Step),
        1 => Just(Swap),
    ];
    prop::collection::vec((0..SLOTS, act), 1..200)
}

/// The sound that belongs to a call alone.
fn voice_of(key: SlotKey) -> i16 {
    i16::try_from(1 + u32::from(key.slot.0) + u32::from(SLOTS) * key.generation.0).unwrap()
}

/// What the slots' holders did so far.
#[derive(Clone, Copy, Default)]
struct Holder {
    generation: u32,
    blocks: u64,
    asked: u32,
}

/// How each lane is spoken to.
trait Lane: Desk {
    fn open(key: SlotKey) -> Self::Request;
    fn close(key: SlotKey) -> Self::Request;
    fn sound(key: SlotKey, block: AudioBlock) -> Option<Self::Request>;
    fn question(key: SlotKey, ask: AskId, upto: SamplePos) -> Option<Self::Request>;
    fn cancel(key: SlotKey, ask: AskId) -> Option<Self::Request>;
    /// A model like the lane's, new.
    fn successor() -> LaneModel;
    /// Whose answer it is, to which question, and the voice that it holds, if any.
    fn read(answer: &Self::Answer) -> (SlotKey, Option<AskId>, Option<i16>);
}

/// Plays the acts, and checks each answer.
fn play<D: Lane>(desk: D, acts: &[(u16, Act)]) -> Result<usize, TestCaseError> {
    let mut lane = TestExchange::new(desk);
    let mut holders = [Holder::default(); SLOTS as usize];
    let mut asked: Vec<(SlotKey, AskId)> = Vec::new();
    let mut heard = 0;
    for &(slot, act) in acts {
        let holder = &mut holders[usize::from(slot)];
        let mut request = |key: SlotKey, request: Option<D::Request>| {
            if let Some(request) = request {
                lane.ask(key.slot, request);
            }
        };
        let now = key(slot, holder.generation);
        match act {
            Act::Join | Act::JoinUnannounced => {
                *holder = Holder { generation: holder.generation + 1, ..Holder::default() };
                let now = key(slot, holder.generation);
                request(now, matches!(act, Act::Join).then(|| D::open(now)));
            }
            Act::Leave => request(now, Some(D::close(now))),
            Act::Sound => {
                for _ in 0..2 {
                    request(now, D::sound(now, block(holder.blocks, voice_of(now))));
                    holder.blocks += 1;
                }
            }
            Act::LateSound => {
                let last = key(slot, holder.generation.saturating_sub(1));
                request(last, D::sound(last, block(holder.blocks, voice_of(last))));
            }
            Act::Ask => {
                holder.asked += 1;
                let ask = AskId(holder.asked);
                asked.push((now, ask));
                let upto = SamplePos(holder.blocks * BLOCK_SAMPLES as u64);
                request(now, D::question(now, ask, upto));
            }
            Act::Cancel => request(now, D::cancel(now, AskId(holder.asked))),
            Act::Step => {
                lane.step();
            }
            Act::Swap => {
                let old = lane.desk.succeed(D::successor());
                prop_assert!(old.is_ok());
            }
        }
        heard += check::<D>(&mut lane.answers, &asked)?;
    }
    while lane.step().is_some() {}
    Ok(heard + check::<D>(&mut lane.answers, &asked)?)
}

fn check<D: Lane>(
    answers: &mut Vec<(PortId, D::Answer)>,
    asked: &[(SlotKey, AskId)],
) -> Result<usize, TestCaseError> {
    let mut heard = 0;
    for (port, answer) in answers.drain(..) {
        let (key, ask, voice) = D::read(&answer);
        prop_assert_eq!(port, port_of(key.slot), "an answer went to another shard");
        if let Some(ask) = ask {
            prop_assert!(asked.contains(&(key, ask)), "nobody asked that");
        }
        if let Some(voice) = voice {
            prop_assert_eq!(voice, voice_of(key), "{:?} was given another's answer", key);
            heard += 1;
        }
    }
    Ok(heard)
}

/// The only voice in some sound; a mixture is a voice that nobody has.
fn only_voice(samples: &[i16]) -> Option<i16> {
    let voice = *samples.first()?;
    Some(if samples.iter().all(|sample| *sample == voice) { voice } else { -1 })
}

/// Hears and speaks by [`only_voice`].
struct Mirror;

impl SpeechDetector for Mirror {
    fn slots(&self) -> usize {
        usize::from(SLOTS)
    }
    fn step(&mut self, steps: &[DetectorStep<'_>], out: &mut [f32]) -> Result<(), ModelError> {
        for (step, out) in steps.iter().zip(out) {
            *out = only_voice(step.window).map_or(-1.0, f32::from);
        }
        Ok(())
    }
}

impl TurnJudge for Mirror {
    fn judge(&mut self, turns: &[&[i16]], over: &mut [f32]) -> Result<(), ModelError> {
        for (turn, over) in turns.iter().zip(over) {
            *over = only_voice(turn).map_or(0.0, f32::from);
        }
        Ok(())
    }
}

impl Recognizer for Mirror {
    fn recognize(&mut self, utterances: &[&[i16]]) -> Result<Vec<Recognition>, ModelError> {
        let text = |u: &&[i16]| only_voice(u).map_or_else(String::new, |voice| voice.to_string());
        Ok(utterances.iter().map(|u| Recognition { text: text(u), ..Default::default() }).collect())
    }

    /// A draft or a hint of somebody else is a voice that nobody has.
    fn hear(&mut self, utterance: Utterance<'_>) -> Result<Heard, ModelError> {
        let Utterance { samples, hints, draft, .. } = utterance;
        let Some(voice) = only_voice(samples) else { return Ok(Heard::default()) };
        let hinted = hints.phrases.iter().all(|phrase| phrase.parse() == Ok(voice));
        let own = draft.tokens.iter().all(|token| i16::try_from(*token) == Ok(voice));
        let text = if own && hinted { voice } else { -1 }.to_string();
        let tokens = u32::try_from(voice).map_or_else(|_| Box::default(), |token| [token].into());
        let recognition = Recognition { text, ..Recognition::default() };
        Ok(Heard { recognition, draft: Draft { tokens, agreed: 1, language: None } })
    }
}

impl Synthesizer for Mirror {
    fn speak(
        &mut self,
        text: &str,
        _style: &VoiceStyle,
        sink: &mut dyn FnMut(SpeechChunk) -> ControlFlow<()>,
    ) -> Result<(), ModelError> {
        let samples: Box<[i16]> = Box::new([text.parse().unwrap()]);
        for _ in 0..3 {
            let chunk =
                SpeechChunk { rate: SampleRate::Hz16000, samples: samples.clone(), words: vec![] };
            if sink(chunk).is_break() {
                break;
            }
        }
        Ok(())
    }
}

/// Remembers each slot's voice, as the measure of a caller is, until it is told that another caller came.
struct Memory([Option<i16>; SLOTS as usize]);

impl EmotionModel for Memory {
    fn slots(&self) -> usize {
        usize::from(SLOTS)
    }
    fn judge(
        &mut self,
        steps: &[EmotionStep<'_>],
        heard: &mut [Option<VoiceEmotion>],
    ) -> Result<(), ModelError> {
        for (step, heard) in steps.iter().zip(heard) {
            let known = &mut self.0[usize::from(step.slot.0)];
            if step.fresh {
                *known = None;
            }
            *heard = only_voice(step.utterance).map(|voice| {
                let voice = if known.is_some_and(|known| known != voice) { -1 } else { voice };
                *known = Some(voice);
                VoiceEmotion {
                    arousal: f32::from(voice),
                    valence: 0.5,
                    classes: [0.0; 4],
                    voice_ms: 1,
                    against_own: true,
                }
            });
        }
        Ok(())
    }
}

impl Lane for EmotionDesk {
    fn open(key: SlotKey) -> EmotionRequest {
        EmotionRequest::Open(key)
    }
    fn close(key: SlotKey) -> EmotionRequest {
        EmotionRequest::Close(key)
    }
    fn sound(key: SlotKey, block: AudioBlock) -> Option<EmotionRequest> {
        Some(EmotionRequest::Audio(key, block))
    }
    fn question(key: SlotKey, ask: AskId, upto: SamplePos) -> Option<EmotionRequest> {
        Some(EmotionRequest::Judge { key, ask, utterance: ask.0, from: SamplePos(0), upto })
    }
    fn cancel(_: SlotKey, _: AskId) -> Option<EmotionRequest> {
        None
    }
    fn successor() -> LaneModel {
        LaneModel::Emotion(Box::new(Memory([None; SLOTS as usize])))
    }
    fn read(answer: &EmotionResult) -> (SlotKey, Option<AskId>, Option<i16>) {
        (answer.key, Some(answer.ask), answer.heard.map(|heard| heard.arousal as i16))
    }
}

impl Lane for DetectorDesk {
    fn open(key: SlotKey) -> DetectorRequest {
        DetectorRequest::Open(key)
    }
    fn close(key: SlotKey) -> DetectorRequest {
        DetectorRequest::Close(key)
    }
    fn sound(key: SlotKey, block: AudioBlock) -> Option<DetectorRequest> {
        Some(DetectorRequest::Audio(key, block))
    }
    fn question(_: SlotKey, _: AskId, _: SamplePos) -> Option<DetectorRequest> {
        None
    }
    fn cancel(_: SlotKey, _: AskId) -> Option<DetectorRequest> {
        None
    }
    fn successor() -> LaneModel {
        LaneModel::Detector(Box::new(Mirror))
    }
    fn read(answer: &DetectorResult) -> (SlotKey, Option<AskId>, Option<i16>) {
        (answer.key, None, Some(answer.probability as i16))
    }
}

impl Lane for JudgeDesk {
    fn open(key: SlotKey) -> JudgeRequest {
        JudgeRequest::Open(key, Share(key.slot.0 % 2))
    }
    fn close(key: SlotKey) -> JudgeRequest {
        JudgeRequest::Close(key)
    }
    fn sound(key: SlotKey, block: AudioBlock) -> Option<JudgeRequest> {
        Some(JudgeRequest::Audio(key, block))
    }
    fn question(key: SlotKey, ask: AskId, upto: SamplePos) -> Option<JudgeRequest> {
        Some(JudgeRequest::Judge {
            key,
            ask,
            from: SamplePos(0),
            upto,
            again: upto.0.is_multiple_of(3),
        })
    }
    fn cancel(key: SlotKey, ask: AskId) -> Option<JudgeRequest> {
        Some(JudgeRequest::Cancel { key, ask })
    }
    fn successor() -> LaneModel {
        LaneModel::Judge(Box::new(Mirror))
    }
    fn read(answer: &JudgeResult) -> (SlotKey, Option<AskId>, Option<i16>) {
        let voice = answer.over.map(|over| over as i16).filter(|voice| *voice != 0);
        (answer.key, Some(answer.ask), voice)
    }
}

impl Lane for RecognizerDesk {
    fn open(key: SlotKey) -> RecognizerRequest {
        RecognizerRequest::Open(key, Share(key.slot.0 % 2))
    }
    fn close(key: SlotKey) -> RecognizerRequest {
        RecognizerRequest::Close(key)
    }
    fn sound(key: SlotKey, block: AudioBlock) -> Option<RecognizerRequest> {
        Some(RecognizerRequest::Audio(key, block))
    }
    fn question(key: SlotKey, ask: AskId, upto: SamplePos) -> Option<RecognizerRequest> {
        let purpose = [RecognizerPurpose::Partial, RecognizerPurpose::Final][ask.0 as usize % 2];
        let phrases = [voice_of(key).to_string().into_boxed_str()].into();
        let hints = Hints { phrases, ..Hints::default() };
        let from = SamplePos(0);
        Some(RecognizerRequest::Transcribe { key, ask, from, upto, purpose, hints })
    }
    fn cancel(key: SlotKey, ask: AskId) -> Option<RecognizerRequest> {
        Some(RecognizerRequest::Cancel { key, ask })
    }
    fn successor() -> LaneModel {
        LaneModel::Recognizer(Box::new(Mirror))
    }
    fn read(answer: &RecognizerResult) -> (SlotKey, Option<AskId>, Option<i16>) {
        let text = answer.recognition.as_ref().map(|recognition| recognition.text.as_str());
        (answer.key, Some(answer.ask), text.and_then(|text| text.parse().ok()))
    }
}

impl Lane for SynthesizerDesk {
    fn open(key: SlotKey) -> SynthesizerRequest {
        SynthesizerRequest::Open(key, Share(key.slot.0 % 2))
    }
    fn close(key: SlotKey) -> SynthesizerRequest {
        SynthesizerRequest::Close(key)
    }
    fn sound(_: SlotKey, _: AudioBlock) -> Option<SynthesizerRequest> {
        None
    }
    fn question(key: SlotKey, ask: AskId, _: SamplePos) -> Option<SynthesizerRequest> {
        let (text, style) = (voice_of(key).to_string(), VoiceStyle::default());
        Some(SynthesizerRequest::Speak { key, ask, text, style })
    }
    fn cancel(key: SlotKey, ask: AskId) -> Option<SynthesizerRequest> {
        Some(SynthesizerRequest::Cancel { key, ask })
    }
    fn successor() -> LaneModel {
        LaneModel::Synthesizer(Box::new(Mirror))
    }
    fn read(answer: &SynthesizerResult) -> (SlotKey, Option<AskId>, Option<i16>) {
        match answer {
            SynthesizerResult::Chunk { key, ask, chunk } => {
                (*key, Some(*ask), only_voice(&chunk.samples))
            }
            SynthesizerResult::Done { key, ask } | SynthesizerResult::Failed { key, ask } => {
                (*key, Some(*ask), None)
            }
        }
    }
}

proptest! {
    #[test]
    fn no_probability_of_speech_reaches_another_call(acts in acts()) {
        play(DetectorDesk::new(Box::new(Mirror), usize::from(SLOTS)), &acts)?;
    }

    #[test]
    fn no_judgement_reaches_another_call(acts in acts()) {
        play(JudgeDesk::new(Box::new(Mirror), usize::from(SLOTS)), &acts)?;
    }

    #[test]
    fn no_mood_reaches_another_call(acts in acts()) {
        play(EmotionDesk::new(Box::new(Memory([None; SLOTS as usize])), usize::from(SLOTS)), &acts)?;
    }

    #[test]
    fn no_word_reaches_another_call(acts in acts()) {
        play(RecognizerDesk::new(Box::new(Mirror), usize::from(SLOTS)), &acts)?;
    }

    #[test]
    fn no_speech_reaches_another_call(acts in acts()) {
        play(SynthesizerDesk::new(Box::new(Mirror), usize::from(SLOTS)), &acts)?;
    }
}

/// The properties above would hold for lanes that never answer; these do.
#[test]
fn each_lane_answers_who_asks() {
    let story = [(1, Act::Join), (1, Act::Sound), (1, Act::Ask), (2, Act::Sound), (2, Act::Ask)];
    let slots = usize::from(SLOTS);
    assert_eq!(play(DetectorDesk::new(Box::new(Mirror), slots), &story).unwrap(), 2);
    assert_eq!(play(JudgeDesk::new(Box::new(Mirror), slots), &story).unwrap(), 2);
    assert_eq!(play(RecognizerDesk::new(Box::new(Mirror), slots), &story).unwrap(), 2);
    assert_eq!(play(SynthesizerDesk::new(Box::new(Mirror), slots), &story).unwrap(), 6);
}
