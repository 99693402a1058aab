//! Who holds a slot of a lane.

use crate::contract::{Generation, SlotKey};

/// The holder of one slot, so that a request of an earlier holder is recognised.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tenure {
    latest: Option<Generation>,
    open: bool,
}

/// What a key is to a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// It holds the slot.
    Holder,
    /// It holds the slot from now on: forget whoever was there.
    NewHolder,
    /// It held the slot once, or has left: it gets nothing.
    Gone,
}

impl Tenure {
    /// A call takes the slot, or begins anew in it.
    pub(super) fn open(&mut self, key: SlotKey) -> Standing {
        if self.latest.is_some_and(|latest| latest > key.generation) {
            return Standing::Gone;
        }
        *self = Self { latest: Some(key.generation), open: true };
        Standing::NewHolder
    }

    /// A call uses the slot. The first use by a later generation opens it, in case the opening was lost.
    pub(super) fn admit(&mut self, key: SlotKey) -> Standing {
        match self.latest {
            Some(latest) if latest == key.generation && self.open => Standing::Holder,
            Some(latest) if latest >= key.generation => Standing::Gone,
            _ => self.open(key),
        }
    }

    /// A call leaves the slot. Whether it was the holder.
    pub(super) fn close(&mut self, key: SlotKey) -> bool {
        let holder = self.admit(key) != Standing::Gone;
        if holder {
            self.open = false;
        }
        holder
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::SlotId;

    fn key(generation: u32) -> SlotKey {
        SlotKey { slot: SlotId(0), generation: Generation(generation) }
    }

    #[test]
    fn an_earlier_holder_gets_nothing_and_a_later_one_takes_over() {
        let mut tenure = Tenure::default();
        assert_eq!(
            tenure.admit(key(3)),
            Standing::NewHolder,
            "an opening that was lost is made up for"
        );
        assert_eq!(tenure.admit(key(3)), Standing::Holder);
        assert_eq!(tenure.admit(key(2)), Standing::Gone);
        assert_eq!(tenure.open(key(2)), Standing::Gone);
        assert!(!tenure.close(key(2)));
        assert_eq!(tenure.open(key(4)), Standing::NewHolder);
        assert_eq!(tenure.admit(key(3)), Standing::Gone);
        assert!(tenure.close(key(4)));
        assert_eq!(tenure.admit(key(4)), Standing::Gone, "who has left does not come back");
        assert_eq!(tenure.admit(key(5)), Standing::NewHolder);
    }
}
