//! One media stream from Twilio's side, sans-IO.

use std::collections::VecDeque;
use std::time::Duration;

use super::inbound::{FromServer, parse};
use super::playback::{Playback, Played};
use super::{Offence, TwilioError, outbound};

/// The names that Twilio gives to a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    /// `AC` and 32 hexadecimal digits.
    pub(crate) account_sid: String,
    /// `CA` and 32 hexadecimal digits.
    pub(crate) call_sid: String,
    /// `MZ` and 32 hexadecimal digits.
    pub(crate) stream_sid: String,
}

impl Identity {
    /// Names as Twilio makes them, never the same twice.
    pub(crate) fn random() -> Self {
        let sid = |letters: &str| format!("{letters}{:032x}", rand::random::<u128>());
        Self { account_sid: sid("AC"), call_sid: sid("CA"), stream_sid: sid("MZ") }
    }
}

/// What happened to the sound on its way to the caller's ear, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Sound {
    /// The caller heard this.
    Played(Played),
    /// The server had what was buffered thrown away, at this time.
    Cleared(Duration),
}

/// The stream.
///
/// > Every method takes the time since the stream began and plays up to it first; after each, send everything that
/// > [`Self::poll_text`] gives, in order.
#[derive(Debug)]
pub(crate) struct Stream {
    who: Identity,
    out: VecDeque<String>,
    sounds: Vec<Sound>,
    offences: Vec<Offence>,
    playback: Playback,
    sequence: u64,
    chunk: u64,
}

impl Stream {
    /// A stream whose socket has just opened: `connected` and `start` are ready to be sent.
    pub(crate) fn open(who: Identity, parameters: &[(String, String)]) -> Self {
        let out = VecDeque::from([outbound::connected(), outbound::start(&who, 1, parameters)]);
        Self {
            who,
            out,
            sounds: Vec::new(),
            offences: Vec::new(),
            playback: Playback::default(),
            sequence: 1,
            chunk: 0,
        }
    }

    /// The next text message for the server.
    pub(crate) fn poll_text(&mut self) -> Option<String> {
        self.out.pop_front()
    }

    /// What the caller has heard since the last call of this.
    pub(crate) fn take_sounds(&mut self) -> Vec<Sound> {
        std::mem::take(&mut self.sounds)
    }

    /// What the server has done wrong so far.
    pub(crate) fn offences(&self) -> &[Offence] {
        &self.offences
    }

    /// Octets that the server sent and the caller has not heard yet.
    pub(crate) const fn buffered(&self) -> usize {
        self.playback.buffered()
    }

    /// The caller's next 20 ms, complete at `now`.
    pub(crate) fn frame(&mut self, octets: &[u8], now: Duration) {
        self.tick(now);
        self.sequence += 1;
        self.chunk += 1;
        // The presentation time is that of the frame's first sample; frames are all alike.
        let at_ms = (self.chunk - 1) * 20;
        self.out.push_back(outbound::media(&self.who, self.sequence, self.chunk, at_ms, octets));
    }

    /// The caller pressed a key.
    pub(crate) fn key(&mut self, digit: char, now: Duration) {
        self.tick(now);
        self.sequence += 1;
        self.out.push_back(outbound::dtmf(&self.who, self.sequence, digit));
    }

    /// The caller hung up: `stop` is the last message; close the socket after it.
    pub(crate) fn stop(&mut self, now: Duration) {
        self.tick(now);
        self.sequence += 1;
        self.out.push_back(outbound::stop(&self.who, self.sequence));
    }

    /// A text message from the server.
    pub(crate) fn text(&mut self, text: &str, now: Duration) {
        self.tick(now);
        match parse(text, &self.who.stream_sid) {
            Ok(FromServer::Media(octets)) => {
                if self.playback.audio(octets, now).is_err() {
                    let what = "more than five minutes of sound are buffered";
                    self.offences.push(Offence::new(TwilioError::InvalidMessage, what));
                }
            }
            Ok(FromServer::Mark(name)) => {
                if let Some(name) = self.playback.mark(name) {
                    self.mark(&name);
                }
            }
            Ok(FromServer::Clear) => {
                self.sounds.push(Sound::Cleared(now));
                for name in self.playback.clear() {
                    self.mark(&name);
                }
            }
            Err(offence) => self.offences.push(offence),
        }
    }

    /// A binary message from the server, which Twilio does not take.
    pub(crate) fn binary(&mut self, length: usize) {
        let what = format!("a binary message of {length} octets");
        self.offences.push(Offence::new(TwilioError::MalformedMessage, what));
    }

    /// Plays up to `now`.
    pub(crate) fn tick(&mut self, now: Duration) {
        let mut heard = Vec::new();
        let marks = self.playback.advance(now, &mut heard);
        self.sounds.extend(heard.into_iter().map(Sound::Played));
        for name in marks {
            self.mark(&name);
        }
    }

    /// When [`Self::tick`] wants to be called at the latest, if anything waits for time to pass.
    pub(crate) fn next_deadline(&self) -> Option<Duration> {
        self.playback.next_mark_at()
    }

    fn mark(&mut self, name: &str) {
        self.sequence += 1;
        self.out.push_back(outbound::mark(&self.who, self.sequence, name));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn stream() -> Stream {
        let who = Identity {
            account_sid: "AC1".into(),
            call_sid: "CA1".into(),
            stream_sid: "MZ1".into(),
        };
        Stream::open(who, &[("line".into(), "+1500".into())])
    }

    fn sent(stream: &mut Stream) -> Vec<Value> {
        std::iter::from_fn(|| stream.poll_text())
            .map(|text| serde_json::from_str(&text).unwrap())
            .collect()
    }

    #[test]
    fn a_call_in_the_words_of_the_documentation() {
        let mut stream = stream();
        stream.frame(&[0xFF; 2], ms(20));
        stream.key('5', ms(21));
        stream.frame(&[0x00], ms(40));
        stream.text(r#"{"event":"mark","streamSid":"MZ1","mark":{"name":"a"}}"#, ms(41));
        stream.stop(ms(50));
        assert_eq!(
            sent(&mut stream),
            [
                json!({"event":"connected","protocol":"Call","version":"1.0.0"}),
                json!({"event":"start","sequenceNumber":"1","streamSid":"MZ1","start":{
                "accountSid":"AC1","streamSid":"MZ1","callSid":"CA1","tracks":["inbound"],
                "mediaFormat":{"encoding":"audio/x-mulaw","sampleRate":8000,"channels":1},
                "customParameters":{"line":"+1500"}}}),
                json!({"event":"media","sequenceNumber":"2","streamSid":"MZ1","media":{
                "track":"inbound","chunk":"1","timestamp":"0","payload":"//8="}}),
                json!({"event":"dtmf","sequenceNumber":"3","streamSid":"MZ1","dtmf":{
                "track":"inbound_track","digit":"5"}}),
                json!({"event":"media","sequenceNumber":"4","streamSid":"MZ1","media":{
                "track":"inbound","chunk":"2","timestamp":"20","payload":"AA=="}}),
                json!({"event":"mark","sequenceNumber":"5","streamSid":"MZ1","mark":{"name":"a"}}),
                json!({"event":"stop","sequenceNumber":"6","streamSid":"MZ1","stop":{
                "accountSid":"AC1","callSid":"CA1"}}),
            ]
        );
        assert!(stream.offences().is_empty());
    }

    #[test]
    fn sound_is_played_up_to_the_clear_and_its_marks_come_back() {
        let mut stream = stream();
        sent(&mut stream);
        stream.text(
            r#"{"event":"media","streamSid":"MZ1","media":{"payload":"AAAAAAAAAAAAAAAAAAAAAA=="}}"#,
            ms(0),
        );
        stream.text(r#"{"event":"mark","streamSid":"MZ1","mark":{"name":"end"}}"#, ms(0));
        assert_eq!(stream.next_deadline(), Some(ms(2) + Duration::from_nanos(1)));
        stream.text(r#"{"event":"clear","streamSid":"MZ1"}"#, ms(1));
        assert_eq!(
            stream.take_sounds(),
            [Sound::Played(Played { at: 0, octets: vec![0; 8] }), Sound::Cleared(ms(1)),]
        );
        assert_eq!(
            sent(&mut stream),
            [json!({
            "event":"mark","sequenceNumber":"2","streamSid":"MZ1","mark":{"name":"end"}})]
        );
        assert_eq!(stream.buffered(), 0);
    }

    #[test]
    fn offences_are_remembered_and_the_call_goes_on() {
        let mut stream = stream();
        stream.binary(3);
        stream.text(r#"{"event":"clear","streamSid":"MZ2"}"#, ms(1));
        stream.text(r#"{"event":"clear","streamSid":"MZ1"}"#, ms(2));
        let codes: Vec<_> = stream.offences().iter().map(|o| o.error.code()).collect();
        assert_eq!(codes, [31_950, 31_951]);
        assert_eq!(stream.take_sounds(), [Sound::Cleared(ms(2))]);
    }
}
