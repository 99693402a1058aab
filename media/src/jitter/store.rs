//! Where packets wait: a fixed number of places, found by sequence number.

use crate::rtp::PayloadType;

/// What is known of a packet that waits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub(crate) sequence: i64,
    pub(crate) timestamp: i64,
    pub(crate) ticks: u32,
    pub(crate) marker: bool,
    pub(crate) payload_type: PayloadType,
    /// Whether it is sound: other packets of the stream only hold their place in the numbering.
    pub(crate) is_sound: bool,
    pub(crate) len: usize,
}

/// Places for packets and their payloads, allocated once.
#[derive(Debug)]
pub(crate) struct Store {
    entries: Box<[Option<Entry>]>,
    payloads: Box<[u8]>,
    payload_max: usize,
    waiting: usize,
}

impl Store {
    /// `packets_max` is a power of two.
    pub(crate) fn new(packets_max: usize, payload_max: usize) -> Self {
        Self {
            entries: vec![None; packets_max].into(),
            payloads: vec![0; packets_max * payload_max].into(),
            payload_max,
            waiting: 0,
        }
    }

    pub(crate) const fn capacity(&self) -> i64 {
        // At most 1,024.
        self.entries.len() as i64
    }

    pub(crate) const fn waiting(&self) -> usize {
        self.waiting
    }

    const fn place(&self, sequence: i64) -> usize {
        // The low bits of a whole number, of which there are as many as places.
        (sequence & (self.entries.len() as i64 - 1)) as usize
    }

    pub(crate) fn entry(&self, sequence: i64) -> Option<&Entry> {
        self.entries[self.place(sequence)].as_ref().filter(|entry| entry.sequence == sequence)
    }

    /// Puts a packet into its place, over whatever was there. The payload is no longer than was agreed.
    pub(crate) fn put(&mut self, mut entry: Entry, payload: &[u8]) {
        let place = self.place(entry.sequence);
        let begin = place * self.payload_max;
        entry.len = payload.len().min(self.payload_max);
        self.payloads[begin..begin + entry.len].copy_from_slice(&payload[..entry.len]);
        if self.entries[place].replace(entry).is_none() {
            self.waiting += 1;
        }
    }

    /// Takes a packet out; its payload can be read until another is put in its place.
    pub(crate) fn take(&mut self, sequence: i64) -> Option<Entry> {
        let place = self.place(sequence);
        let entry = self.entries[place].take_if(|entry| entry.sequence == sequence)?;
        self.waiting -= 1;
        Some(entry)
    }

    pub(crate) fn payload(&self, entry: &Entry) -> &[u8] {
        let begin = self.place(entry.sequence) * self.payload_max;
        &self.payloads[begin..begin + entry.len]
    }

    pub(crate) fn clear(&mut self) {
        self.entries.fill(None);
        self.waiting = 0;
    }
}

impl Entry {
    /// A packet of sound, or one that only holds its place.
    pub(crate) const fn new(sequence: i64, timestamp: i64, ticks: u32, is_sound: bool) -> Self {
        Self {
            sequence,
            timestamp,
            ticks,
            marker: false,
            payload_type: PayloadType::PCMU,
            is_sound,
            len: 0,
        }
    }

    pub(crate) fn end(&self) -> i64 {
        self.timestamp.saturating_add(i64::from(self.ticks))
    }
}
