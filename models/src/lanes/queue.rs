//! What waits for a lane, and who comes next.
//!
//! Of what waits, the oldest comes first as long as all are of one share. While several shares have something
//! waiting, they are served in turn, the one that was served longest ago first, each with its oldest. A lane that
//! keeps up has one item waiting at a time, and the order makes no difference.

use std::collections::{BTreeMap, VecDeque};
use std::time::Instant;

use crate::contract::{Share, SlotId};

/// Something that waits.
pub(super) trait Waits {
    /// The slot whose holder asked.
    fn slot(&self) -> SlotId;
    /// Whose queue it stands in.
    fn share(&self) -> Share;
    /// When it was asked for first.
    fn since(&self) -> Instant;
}

/// Items that wait, and the turns of the shares.
pub(super) struct Queue<T> {
    items: VecDeque<T>,
    /// The turn in which each share was served last.
    served: BTreeMap<Share, u64>,
    turn: u64,
}

impl<T: Waits> Queue<T> {
    pub(super) const fn new() -> Self {
        Self { items: VecDeque::new(), served: BTreeMap::new(), turn: 0 }
    }

    /// Puts an item in. How many a slot may have is for the desk to say.
    pub(super) fn push(&mut self, item: T) {
        self.items.push_back(item);
    }

    /// The first item that `is` true of.
    pub(super) fn find(&mut self, is: impl Fn(&T) -> bool) -> Option<&mut T> {
        self.items.iter_mut().find(|item| is(item))
    }

    /// How many items `is` true of.
    pub(super) fn count(&self, is: impl Fn(&T) -> bool) -> usize {
        self.items.iter().filter(|item| is(item)).count()
    }

    /// Drops all items of a slot whose holder is gone.
    pub(super) fn forget(&mut self, slot: SlotId) {
        self.items.retain(|item| item.slot() != slot);
    }

    /// Takes out all items that `is` true of.
    pub(super) fn remove(&mut self, is: impl Fn(&T) -> bool) -> Vec<T> {
        let (removed, kept): (VecDeque<T>, _) =
            std::mem::take(&mut self.items).into_iter().partition(is);
        self.items = kept;
        Vec::from(removed)
    }

    /// Takes out the item that comes next among those that `is` true of.
    pub(super) fn next(&mut self, is: impl Fn(&T) -> bool) -> Option<T> {
        let last_turn = |item: &T| self.served.get(&item.share()).copied().unwrap_or(0);
        let waiting = self.items.iter().enumerate().filter(|(_, item)| is(item));
        let (place, _) =
            waiting.min_by_key(|(place, item)| (last_turn(item), item.since(), *place))?;
        let item = self.items.remove(place)?;
        if self.served.len() >= SHARES_KEPT {
            // Long ago and never are the same.
            let half = self.turn - SHARES_KEPT as u64 / 2;
            self.served.retain(|_, turn| *turn > half);
        }
        self.turn += 1;
        // Who is alone is in nobody's way.
        if self.items.is_empty() {
            self.served.clear();
        } else {
            self.served.insert(item.share(), self.turn);
        }
        Some(item)
    }
}

/// Shares whose last turn is remembered: more than can wait at once in most lanes.
const SHARES_KEPT: usize = 1_024;

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "some moment is needed to count from")]
mod tests {
    use std::time::Duration;

    use super::*;

    struct Item {
        name: u32,
        slot: u16,
        share: u16,
        since: Instant,
    }

    impl Waits for Item {
        fn slot(&self) -> SlotId {
            SlotId(self.slot)
        }
        fn share(&self) -> Share {
            Share(self.share)
        }
        fn since(&self) -> Instant {
            self.since
        }
    }

    fn queue(shares: &[u16]) -> Queue<Item> {
        let begun = Instant::now();
        let mut queue = Queue::new();
        for (name, &share) in (0..).zip(shares) {
            let slot = u16::try_from(name).unwrap();
            let since = begun + Duration::from_millis(u64::from(name));
            queue.push(Item { name, slot, share, since });
        }
        queue
    }

    fn order(queue: &mut Queue<Item>) -> Vec<u32> {
        std::iter::from_fn(|| queue.next(|_| true)).map(|item| item.name).collect()
    }

    #[test]
    fn within_a_share_the_oldest_comes_first() {
        assert_eq!(order(&mut queue(&[7, 7, 7, 7])), [0, 1, 2, 3]);
    }

    #[test]
    fn shares_take_turns_however_many_items_one_of_them_has() {
        assert_eq!(order(&mut queue(&[1, 1, 1, 1, 2, 2, 3])), [0, 4, 6, 1, 5, 2, 3]);
    }

    #[test]
    fn only_what_is_wanted_is_taken_and_who_is_gone_is_forgotten() {
        let mut queue = queue(&[1, 1, 2, 2]);
        assert_eq!(queue.next(|item| item.name > 0).map(|item| item.name), Some(1));
        queue.forget(SlotId(2));
        assert_eq!(queue.remove(|item| item.name == 3).len(), 1);
        assert_eq!(queue.count(|_| true), 1);
        assert!(queue.find(|item| item.name == 0).is_some());
        assert_eq!(order(&mut queue), [0]);
    }

    #[test]
    fn turns_of_very_many_shares_are_not_kept_for_ever() {
        let mut queue = queue(&(0..3_000).collect::<Vec<u16>>());
        assert_eq!(order(&mut queue).len(), 3_000);
        assert!(queue.served.len() <= SHARES_KEPT);
    }
}
