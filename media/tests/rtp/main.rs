//! RTP, RTCP and what telephones put into them: written, read, cut short, and as real senders send it.
#![expect(clippy::unwrap_used, reason = "a proof that cannot go on stops and says where")]

mod captures;
mod events;
mod header;
mod reception;
mod reports;
