//! A bounded map whose entries live for a fixed time and are taken out once.
//!
//! When it is full the oldest entry goes: of things that are fetched within seconds, the oldest is the likeliest to be
//! never fetched at all.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::time::{Duration, Instant};

/// The map.
#[derive(Debug)]
pub(super) struct Expiring<K, V> {
    entries: HashMap<K, Entry<V>>,
    /// Oldest first. Holds an order for each entry, and for some that are gone.
    order: VecDeque<Order<K>>,
    capacity: usize,
    time_to_live: Duration,
    inserted: u64,
}

#[derive(Debug)]
struct Entry<V> {
    number: u64,
    expires: Instant,
    value: V,
}

#[derive(Debug)]
struct Order<K> {
    number: u64,
    key: K,
}

impl<K: Hash + Eq + Clone, V> Expiring<K, V> {
    /// For `capacity` entries that live for `time_to_live`.
    pub(super) fn new(capacity: usize, time_to_live: Duration) -> Self {
        let (entries, order) = (HashMap::new(), VecDeque::new());
        Self { entries, order, capacity, time_to_live, inserted: 0 }
    }

    /// Puts `value` in, in the place of an earlier one. Returns how many entries that were still alive had to go.
    pub(super) fn insert(&mut self, key: K, value: V, now: Instant) -> usize {
        let number = self.inserted;
        self.inserted += 1;
        let expires = now + self.time_to_live;
        self.entries.insert(key.clone(), Entry { number, expires, value });
        self.order.push_back(Order { number, key });
        self.tidy(now)
    }

    /// Takes the value out, if it is there and alive.
    pub(super) fn take(&mut self, key: &K, now: Instant) -> Option<V> {
        let entry = self.entries.remove(key).filter(|entry| now < entry.expires);
        entry.map(|entry| entry.value)
    }

    /// Drops what is dead, and the oldest of what is too many. Amortised, each order is looked at once.
    fn tidy(&mut self, now: Instant) -> usize {
        let mut dropped_alive = 0;
        while let Some(oldest) = self.order.front() {
            let entry = self.entries.get(&oldest.key).filter(|entry| entry.number == oldest.number);
            match entry {
                Some(entry) if now < entry.expires && self.order.len() <= self.capacity => break,
                Some(entry) => {
                    dropped_alive += usize::from(now < entry.expires);
                    self.entries.remove(&oldest.key);
                }
                // Taken, or replaced by a younger one.
                None => {}
            }
            self.order.pop_front();
        }
        dropped_alive
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "a moment to count from")]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn entries_are_taken_once_and_in_time() {
        let start = Instant::now();
        let mut map = Expiring::new(10, MINUTE);
        map.insert("a", 1, start);
        map.insert("b", 2, start);
        assert_eq!(map.take(&"a", start), Some(1));
        assert_eq!(map.take(&"a", start), None);
        assert_eq!(map.take(&"b", start + MINUTE), None);
        assert_eq!(map.take(&"b", start), None);
    }

    #[test]
    fn the_newest_value_counts_and_lives_its_whole_time() {
        let start = Instant::now();
        let mut map = Expiring::new(10, MINUTE);
        map.insert("a", 1, start);
        map.insert("a", 2, start + MINUTE / 2);
        map.insert("b", 3, start + MINUTE);
        assert_eq!(map.take(&"a", start + MINUTE), Some(2));
    }

    #[test]
    fn memory_is_bounded_and_the_oldest_goes_first() {
        let start = Instant::now();
        let mut map = Expiring::new(3, MINUTE);
        let dropped: usize = (0..100).map(|key| map.insert(key, key, start)).sum();
        assert_eq!(dropped, 97);
        assert_eq!((map.entries.len(), map.order.len()), (3, 3));
        assert_eq!((map.take(&96, start), map.take(&97, start)), (None, Some(97)));
        // What died in the meantime is not counted as dropped.
        assert_eq!(map.insert(200, 0, start + MINUTE), 0);
        assert_eq!((map.entries.len(), map.order.len()), (1, 1));
        for key in 0..1_000 {
            map.insert(key, key, start + MINUTE);
            assert!(map.take(&key, start + MINUTE).is_some());
        }
        assert!(map.order.len() <= 3);
    }
}
