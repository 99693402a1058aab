//! Where the time of a reply went.

use std::time::Duration;

use callwright_contract::{ReplyId, ReplyLatency, TurnId};

use crate::moment::Moment;
use crate::turn::TurnPoints;

/// Follows the answer to the latest turn from the caller's last sound to the first packet.
#[derive(Debug, Default)]
pub(crate) struct LatencyWatch {
    open: Option<Open>,
    /// What was made before its turn was over: which reply, since when it was ready, when its sound was.
    ahead: Option<Ahead>,
}

#[derive(Clone, Copy, Debug)]
struct Ahead {
    reply: ReplyId,
    ready: Moment,
    made: Option<Moment>,
}

#[derive(Debug)]
struct Open {
    turn: TurnId,
    quiet_since: Moment,
    reply: Option<ReplyId>,
    parts: ReplyLatency,
}

impl LatencyWatch {
    /// A turn was judged over.
    pub(crate) fn turn_over(&mut self, now: Moment, turn: TurnId, points: &TurnPoints) {
        let after = |moment: Moment| Some(moment.since(points.quiet_since));
        self.open = Some(Open {
            turn,
            quiet_since: points.quiet_since,
            reply: None,
            parts: ReplyLatency {
                pause_detected: after(points.paused),
                words_final: points.words_final.and_then(after),
                turn_judged: after(now),
                ..ReplyLatency::default()
            },
        });
    }

    /// The business prepared this reply for a turn that may be over.
    pub(crate) const fn prepared(&mut self, now: Moment, reply: ReplyId) {
        self.ahead = Some(Ahead { reply, ready: now, made: None });
    }

    /// The business answered the turn with this reply; later replies to it do not count.
    pub(crate) fn reply_came(&mut self, now: Moment, turn: TurnId, reply: ReplyId) {
        if let Some(open) = &mut self.open
            && open.turn == turn
            && open.reply.is_none()
        {
            open.reply = Some(reply);
            let ahead = self.ahead.take().filter(|ahead| ahead.reply == reply);
            let ready = ahead.map_or(now, |ahead| ahead.ready);
            open.parts.agent_ready = Some(ready.since(open.quiet_since));
            let made = ahead.and_then(|ahead| ahead.made);
            open.parts.first_audio_made = made.map(|made| made.since(open.quiet_since));
        }
    }

    /// The synthesiser made the first sound of this reply.
    pub(crate) fn audio_made(&mut self, now: Moment, reply: ReplyId) {
        if let Some(ahead) = &mut self.ahead
            && ahead.reply == reply
        {
            ahead.made.get_or_insert(now);
        }
        if let Some(open) = &mut self.open
            && open.reply == Some(reply)
        {
            let after: Duration = now.since(open.quiet_since);
            open.parts.first_audio_made.get_or_insert(after);
        }
    }

    /// The first packet of this reply left; gives the whole account, once.
    pub(crate) fn audio_sent(
        &mut self,
        now: Moment,
        reply: ReplyId,
    ) -> Option<(TurnId, ReplyLatency)> {
        let open = self.open.take_if(|open| open.reply == Some(reply))?;
        let first_audio_sent = Some(now.since(open.quiet_since));
        Some((open.turn, ReplyLatency { first_audio_sent, ..open.parts }))
    }
}
