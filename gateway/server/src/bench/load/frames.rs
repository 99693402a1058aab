//! A caller whose frames carry their numbers, so that each one that comes back tells how long it took. Sans-IO.

use std::collections::VecDeque;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use callwright_api::wire::Event;

use crate::simulate::line::{OnTheLine, Party};
use crate::simulate::mouth::FRAME;
use crate::simulate::twilio::{Identity, Stream};

/// The caller.
///
/// > As for any [`Party`]; afterwards, [`Self::finish`].
#[derive(Debug)]
pub(super) struct Counter {
    stream_sid: String,
    out: VecDeque<String>,
    /// When each frame was given to the socket.
    sent_at: Vec<Duration>,
    /// What each that came back had taken, in microseconds.
    took_us: Vec<u32>,
    hang_up_at: Duration,
    /// Says `stop` before it hangs up.
    in_good_order: bool,
    hung_up: bool,
}

/// What came of one call.
#[derive(Clone, Debug, Default)]
pub(super) struct Counted {
    pub(super) sent: u64,
    /// What each frame that came back had taken, in microseconds.
    pub(super) took_us: Vec<u32>,
    /// The caller ended the call, not the server.
    pub(super) hung_up: bool,
}

impl Counter {
    /// A caller who hangs up at `hang_up_at`.
    pub(super) fn new(
        who: Identity,
        parameters: &[(String, String)],
        hang_up_at: Duration,
        in_good_order: bool,
    ) -> Self {
        let stream_sid = who.stream_sid.clone();
        let mut stream = Stream::open(who, parameters);
        let out = std::iter::from_fn(|| stream.poll_text()).collect();
        Self {
            stream_sid,
            out,
            sent_at: Vec::new(),
            took_us: Vec::new(),
            hang_up_at,
            in_good_order,
            hung_up: false,
        }
    }

    /// What was measured.
    pub(super) fn finish(self) -> Counted {
        Counted { sent: self.sent_at.len() as u64, took_us: self.took_us, hung_up: self.hung_up }
    }
}

/// The number of the frame that a message carries, if it carries one.
fn number(text: &str) -> Option<usize> {
    let (_, rest) = text.split_once("\"payload\":\"")?;
    // Eight characters are six octets, of which four are the number.
    let octets = STANDARD.decode(rest.get(..8)?).ok()?;
    let number = u32::from_le_bytes(octets.get(..4)?.try_into().ok()?);
    usize::try_from(number).ok()
}

impl Party for Counter {
    fn poll_text(&mut self) -> Option<String> {
        self.out.pop_front()
    }

    fn next_deadline(&self) -> Option<Duration> {
        None
    }

    fn text(&mut self, text: &str, now: Duration) {
        let sent_at = number(text).and_then(|number| self.sent_at.get(number));
        if let Some(took) = sent_at.and_then(|&sent_at| now.checked_sub(sent_at)) {
            self.took_us.push(u32::try_from(took.as_micros()).unwrap_or(u32::MAX));
        }
    }

    fn binary(&mut self, _length: usize, _now: Duration) {}

    fn tick(&mut self, _now: Duration) {}

    fn frame(&mut self, _due: Duration, now: Duration) -> OnTheLine {
        if now >= self.hang_up_at {
            self.hung_up = true;
            if self.in_good_order {
                let stream_sid = &self.stream_sid;
                self.out.push_back(format!(
                    r#"{{"event":"stop","sequenceNumber":"{}","streamSid":"{stream_sid}","stop":{{"accountSid":"AC","callSid":"CA"}}}}"#,
                    self.sent_at.len() + 2
                ));
            }
            return OnTheLine::HungUp;
        }
        let number = self.sent_at.len();
        let mut octets = [0xFF; FRAME];
        let bytes = u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes();
        octets.iter_mut().zip(bytes).for_each(|(octet, byte)| *octet = byte);
        let (stream_sid, payload) = (&self.stream_sid, STANDARD.encode(octets));
        self.out.push_back(format!(
            r#"{{"event":"media","sequenceNumber":"{}","streamSid":"{stream_sid}","media":{{"track":"inbound","chunk":"{}","timestamp":"{}","payload":"{payload}"}}}}"#,
            number + 2,
            number + 1,
            number * 20,
        ));
        self.sent_at.push(now);
        OnTheLine::Yes
    }

    fn event(&mut self, _event: &Event, _now: Duration) {}

    fn over(&mut self, _broke: Option<&str>, _now: Duration) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_that_comes_back_tells_what_it_took() {
        let ms = Duration::from_millis;
        let mut counter = Counter::new(Identity::random(), &[], ms(50), true);
        assert_eq!(std::iter::from_fn(|| counter.poll_text()).count(), 2, "connected and start");
        assert_eq!(counter.frame(ms(20), ms(20)), OnTheLine::Yes);
        assert_eq!(counter.frame(ms(40), ms(41)), OnTheLine::Yes);
        let sent: Vec<String> = std::iter::from_fn(|| counter.poll_text()).collect();
        counter.text(&sent[1], ms(48));
        counter.text("{\"event\":\"mark\"}", ms(49));
        assert_eq!(counter.frame(ms(60), ms(60)), OnTheLine::HungUp);
        assert!(counter.poll_text().unwrap().contains("stop"));
        let counted = counter.finish();
        assert_eq!((counted.sent, counted.took_us, counted.hung_up), (2, vec![7_000], true));
    }
}
