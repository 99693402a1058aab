//! Every metric of the Twilio line, by name.
//!
//! | name | labels | counts |
//! |---|---|---|
//! | `callwright_twilio_webhooks_total` | `answer`: connect, busy, bad_form, forbidden | calls announced |
//! | `callwright_twilio_handshakes_total` | `outcome`: accepted, forbidden, unknown_token, full | streams opened, or not |
//! | `callwright_twilio_upgrade_signatures_total` | `variant`: wss, https, … , missing, wrong | which address Twilio signed |
//! | `callwright_twilio_tokens_voided_total` | | tokens that had to make room |
//! | `callwright_twilio_streams` | | streams that are open now (gauge) |
//! | `callwright_twilio_streams_total` | `end`: see [`super::End::as_str`] | streams that ended |
//! | `callwright_twilio_media_total` | `direction`: in, out | messages of sound |
//! | `callwright_twilio_controls_total` | `kind`: mark, clear | controls sent |
//! | `callwright_twilio_bad_messages_total` | `kind`: see [`Bad`] | messages that could not be used |
//! | `callwright_twilio_odd_messages_total` | `kind`: see [`Odd`] | messages that were passed over |
//! | `callwright_twilio_repairs_total` | `kind`: stale, reordered, gap | repairs of the sound that came in |
//! | `callwright_twilio_silence_ms_total` | | milliseconds of silence put in for lost sound |
//! | `callwright_twilio_after_total` | `answer`: hang_up, dial, lost, bad_form, forbidden | callers sent on |
//! | `callwright_twilio_stream_status_total` | `event`: started, stopped, error, unknown | what Twilio says of its side |

use metrics::{counter, gauge};
use tokio::sync::OwnedSemaphorePermit;

use super::counts::{Bad, Counts, Odd};
use super::end::End;

/// A webhook was answered.
pub(super) fn webhook(answer: &'static str) {
    counter!("callwright_twilio_webhooks_total", "answer" => answer).increment(1);
}

/// The opening of a stream was answered.
pub(super) fn handshake(outcome: &'static str) {
    counter!("callwright_twilio_handshakes_total", "outcome" => outcome).increment(1);
}

/// A signature of an opening was looked at.
pub(super) fn upgrade_signature(variant: &'static str) {
    counter!("callwright_twilio_upgrade_signatures_total", "variant" => variant).increment(1);
}

/// Tokens had to make room for younger ones.
pub(super) fn tokens_voided(tokens: usize) {
    if tokens > 0 {
        counter!("callwright_twilio_tokens_voided_total").increment(tokens as u64);
    }
}

/// Twilio asked what to do with a caller.
pub(super) fn after(answer: &'static str) {
    counter!("callwright_twilio_after_total", "answer" => answer).increment(1);
}

/// Twilio told what became of a stream.
pub(super) fn stream_status(event: &'static str) {
    counter!("callwright_twilio_stream_status_total", "event" => event).increment(1);
}

/// One open stream: a place among those that may be open, and a one in the gauge.
pub(super) struct OpenStream {
    _place: OwnedSemaphorePermit,
}

impl OpenStream {
    pub(super) fn new(place: OwnedSemaphorePermit) -> Self {
        gauge!("callwright_twilio_streams").increment(1);
        Self { _place: place }
    }
}

impl Drop for OpenStream {
    fn drop(&mut self) {
        gauge!("callwright_twilio_streams").decrement(1);
    }
}

/// Publishes the counts of one stream, bit by bit.
#[derive(Default)]
pub(super) struct StreamCounters {
    published: Counts,
    looked: u32,
}

impl StreamCounters {
    /// Publishes now and then: call it for every frame.
    pub(super) fn look(&mut self, counts: &Counts) {
        self.looked = self.looked.wrapping_add(1);
        if self.looked.is_multiple_of(FRAMES_A_PUBLICATION) {
            self.publish(counts);
        }
    }

    /// Publishes the rest.
    pub(super) fn finish(mut self, counts: &Counts, end: &End) {
        self.publish(counts);
        counter!("callwright_twilio_streams_total", "end" => end.as_str()).increment(1);
    }

    fn publish(&mut self, now: &Counts) {
        let before = std::mem::replace(&mut self.published, *now);
        let add = |name: &'static str, label: Option<(&'static str, &'static str)>, more: u64| {
            if more > 0 {
                let labels: Vec<_> = label.into_iter().collect();
                counter!(name, &labels).increment(more);
            }
        };
        let media = "callwright_twilio_media_total";
        add(media, Some(("direction", "in")), now.media_in - before.media_in);
        add(media, Some(("direction", "out")), now.media_out - before.media_out);
        let controls = "callwright_twilio_controls_total";
        add(controls, Some(("kind", "mark")), now.marks_out - before.marks_out);
        add(controls, Some(("kind", "clear")), now.clears_out - before.clears_out);
        for bad in Bad::ALL {
            let label = Some(("kind", bad.as_str()));
            add("callwright_twilio_bad_messages_total", label, now.bad(bad) - before.bad(bad));
        }
        for odd in Odd::ALL {
            let label = Some(("kind", odd.as_str()));
            add("callwright_twilio_odd_messages_total", label, now.odd(odd) - before.odd(odd));
        }
        let repairs = "callwright_twilio_repairs_total";
        let (now, before) = (now.chunks, before.chunks);
        add(repairs, Some(("kind", "stale")), now.stale - before.stale);
        add(repairs, Some(("kind", "reordered")), now.reordered - before.reordered);
        add(repairs, Some(("kind", "gap")), now.gaps - before.gaps);
        add("callwright_twilio_silence_ms_total", None, now.silence_ms - before.silence_ms);
    }
}

/// About five seconds of a call: often enough for whoever watches, too seldom to cost anything.
const FRAMES_A_PUBLICATION: u32 = 512;
