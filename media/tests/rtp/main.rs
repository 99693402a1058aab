//! RTP, RTCP and what telephones put into them: written, read, cut short, and as real senders send it.

mod captures;
mod events;
mod header;
mod reception;
mod reports;
