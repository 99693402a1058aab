//! One measuring call from the caller's end, sans-IO: the stream, the mouth, the ear and the mind joined.

use std::sync::Arc;
use std::time::Duration;

use callwright_api::wire::Event;

use super::talker::{Say, Talker};
use crate::simulate::ear::{Ear, Response, Utterance};
use crate::simulate::line::{OnTheLine, Party};
use crate::simulate::mouth::{FRAME, Mouth};
use crate::simulate::recording::Recording;
use crate::simulate::twilio::{Identity, Offence, Sound, Stream};

/// A call until its caller is told to hang up.
#[derive(Debug)]
pub(super) struct Talk {
    stream: Stream,
    mouth: Mouth,
    ear: Ear,
    talker: Talker,
    /// Kept when wanted.
    recording: Option<Recording>,
    /// What was said, in the order of the ear's utterances.
    said: Vec<Arc<str>>,
    speaking: bool,
    hang_up_at: Duration,
    hung_up: bool,
    broke: Option<String>,
    punctuality: Punctuality,
    ended_at: Duration,
}

/// How well the caller itself kept time: what it sends late is heard late, and that is not the server's fault.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Punctuality {
    /// Frames sent.
    pub(super) frames: u64,
    /// Frames sent more than [`LATE`] after their time.
    pub(super) late: u64,
    /// The latest.
    pub(super) latest: Duration,
}

/// Later than this a frame counts as late: half of it.
const LATE: Duration = Duration::from_millis(10);

/// What is known of a call once it is over. Times are since its stream began.
#[derive(Debug)]
pub(super) struct Talked {
    /// What came of everything that was said, with the words.
    pub(super) responses: Vec<(Arc<str>, Response)>,
    /// How long the caller and the agent were heard.
    pub(super) talked: (Duration, Duration),
    /// How often the agent's sound ran dry.
    pub(super) stutters: u32,
    /// When the stream was over.
    pub(super) lasted: Duration,
    /// The caller hung up, not the server.
    pub(super) hung_up: bool,
    /// Why the stream broke, if it did.
    pub(super) broke: Option<String>,
    /// What the server did wrong by Twilio's rules.
    pub(super) offences: Vec<Offence>,
    pub(super) punctuality: Punctuality,
    pub(super) recording: Option<Recording>,
}

/// How a caller is, besides its mind.
#[derive(Clone, Copy, Debug)]
pub(super) struct Circumstances {
    /// Level of the noise around it, in dB under full scale.
    pub(super) noise_dbov: f32,
    /// When it hangs up, since the stream began.
    pub(super) hang_up_at: Duration,
    /// Both sides are kept.
    pub(super) record: bool,
}

impl Talk {
    /// A call whose stream has just opened.
    pub(super) fn new(
        who: Identity,
        parameters: &[(String, String)],
        talker: Talker,
        circumstances: Circumstances,
    ) -> Self {
        Self {
            stream: Stream::open(who, parameters),
            mouth: Mouth::new(Some(circumstances.noise_dbov)),
            ear: Ear::default(),
            talker,
            recording: circumstances.record.then(Recording::default),
            said: Vec::new(),
            speaking: false,
            hang_up_at: circumstances.hang_up_at,
            hung_up: false,
            broke: None,
            punctuality: Punctuality::default(),
            ended_at: Duration::ZERO,
        }
    }

    fn speak(&mut self, Say { line, cuts_in }: Say) {
        let Some(span) = self.mouth.speak(Arc::clone(&line.clip), None) else { return };
        self.ear.caller(Utterance { span, cuts_in });
        self.said.push(line.text);
        self.speaking = true;
    }

    fn listen(&mut self) {
        for sound in self.stream.take_sounds() {
            self.ear.agent(&sound);
            if let (Sound::Played(played), Some(recording)) = (&sound, &mut self.recording) {
                recording.played(played);
            }
        }
    }

    /// What there is to know once the call is over.
    pub(super) fn finish(mut self) -> Talked {
        if self.speaking {
            self.ear.caller_broke_off(self.mouth.sent());
        }
        Talked {
            responses: self.said.into_iter().zip(self.ear.responses()).collect(),
            talked: self.ear.talked(),
            stutters: self.ear.stutters(),
            lasted: self.ended_at,
            hung_up: self.hung_up,
            broke: self.broke,
            offences: self.stream.offences().to_vec(),
            punctuality: self.punctuality,
            recording: self.recording,
        }
    }
}

impl Party for Talk {
    fn poll_text(&mut self) -> Option<String> {
        self.stream.poll_text()
    }

    fn next_deadline(&self) -> Option<Duration> {
        self.stream.next_deadline()
    }

    fn text(&mut self, text: &str, now: Duration) {
        self.stream.text(text, now);
        self.listen();
    }

    fn binary(&mut self, length: usize, _now: Duration) {
        self.stream.binary(length);
    }

    fn tick(&mut self, now: Duration) {
        self.stream.tick(now);
        self.listen();
    }

    fn frame(&mut self, due: Duration, now: Duration) -> OnTheLine {
        self.tick(now);
        self.punctuality.frame(now.saturating_sub(due));
        let sent = self.mouth.next_frame();
        if let Some(recording) = &mut self.recording {
            recording.sent(&sent.octets());
        }
        self.stream.frame(&sent.octets(), now);
        self.ended_at = now;
        if now >= self.hang_up_at {
            self.stream.stop(now);
            self.hung_up = true;
            return OnTheLine::HungUp;
        }
        if self.speaking && !self.mouth.is_busy() {
            self.speaking = false;
            self.talker.finished(now);
        }
        if !self.speaking
            && let Some(say) = self.talker.decide(now, &self.ear, self.stream.buffered() > FRAME)
        {
            self.speak(say);
        }
        OnTheLine::Yes
    }

    /// This caller knows what it hears and nothing else.
    fn event(&mut self, _event: &Event, _now: Duration) {}

    fn over(&mut self, broke: Option<&str>, now: Duration) {
        self.broke = broke.map(str::to_owned);
        self.ended_at = now;
    }
}

impl Punctuality {
    fn frame(&mut self, late: Duration) {
        self.frames += 1;
        self.late += u64::from(late > LATE);
        self.latest = self.latest.max(late);
    }

    /// Both together.
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            frames: self.frames + other.frames,
            late: self.late + other.late,
            latest: self.latest.max(other.latest),
        }
    }
}

#[cfg(test)]
mod tests {
    use callwright_media::g711::ulaw_encode;
    use serde_json::json;

    use super::super::voices::{Line, Repertoire};
    use super::*;
    use crate::simulate::mouth::Clip;

    fn at(frame: u64) -> Duration {
        Duration::from_millis(frame * 20)
    }

    /// 20 ms of a loud agent.
    fn media() -> String {
        use base64::Engine as _;
        let payload =
            base64::engine::general_purpose::STANDARD.encode(vec![ulaw_encode(8_000); FRAME]);
        json!({"event": "media", "streamSid": "MZ1", "media": {"payload": payload}}).to_string()
    }

    #[test]
    fn a_greeting_is_answered_the_answer_is_measured_and_the_caller_hangs_up() {
        let line = Line { text: "hello".into(), clip: Arc::new(Clip::new(&[9_000; 8_000])) };
        let repertoire = Repertoire { lines: vec![line], cut_ins: Vec::new() };
        let talker = Talker::new(Arc::new(repertoire), 0.4, 1);
        let [account_sid, call_sid, stream_sid] = ["AC1", "CA1", "MZ1"].map(str::to_owned);
        let who = Identity { account_sid, call_sid, stream_sid };
        let circumstances = Circumstances { noise_dbov: -80.0, hang_up_at: at(400), record: true };
        let mut talk = Talk::new(who, &[], talker, circumstances);
        let mut fell_silent = None;
        let mut last = OnTheLine::Yes;
        for frame in 1..=400 {
            // A greeting of a second, and an answer 300 ms after the caller fell silent.
            let answers = fell_silent.is_some_and(|fell| (fell + 15..fell + 40).contains(&frame));
            if frame <= 50 || answers {
                talk.text(&media(), at(frame));
            }
            let spoke = talk.speaking;
            last = talk.frame(at(frame), at(frame));
            if spoke && !talk.speaking {
                fell_silent = Some(frame);
            }
            while talk.poll_text().is_some() {}
        }
        assert_eq!(last, OnTheLine::HungUp);
        let talked = talk.finish();
        let (text, response) = talked.responses[0].clone();
        assert_eq!((text, talked.hung_up, talked.offences.len()), ("hello".into(), true, 0));
        let reply = response.reply_after.unwrap();
        assert!((at(14)..=at(17)).contains(&reply), "{reply:?}");
        assert_eq!((talked.punctuality.frames, talked.punctuality.late), (400, 0));
        assert_eq!(talked.recording.unwrap().caller().len(), 400 * FRAME);
    }
}
