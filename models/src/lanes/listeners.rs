//! Who holds each slot of a lane that listens, and what was heard there.

use super::history::History;
use super::tenure::{Standing, Tenure};
use crate::contract::{AudioBlock, Share, SlotKey};

/// The slots of a lane, each with the recent past of its holder and `T` more.
pub(super) struct Listeners<T> {
    slots: Vec<Listener<T>>,
    /// Requests for slots that the lane does not have.
    shed: u64,
}

/// One slot.
pub(super) struct Listener<T> {
    tenure: Tenure,
    /// What its holder sent of late.
    pub(super) past: History,
    /// Whose queue its holder stands in.
    pub(super) share: Share,
    /// What else is kept of its holder; as new whenever the holder changes.
    pub(super) more: T,
}

/// A slot that a key holds.
pub(super) struct Held<'a, T> {
    pub(super) listener: &'a mut Listener<T>,
    /// It was somebody else's until now: what is kept of the slot elsewhere must be forgotten.
    pub(super) new: bool,
}

impl<T: Default> Listeners<T> {
    /// Room for `slots` holders, of each of whom the last `span` samples are kept.
    pub(super) fn new(slots: usize, span: usize) -> Self {
        let listener = || Listener {
            tenure: Tenure::default(),
            past: History::new(span),
            share: Share::default(),
            more: T::default(),
        };
        Self { slots: std::iter::repeat_with(listener).take(slots).collect(), shed: 0 }
    }

    /// A call takes its slot.
    pub(super) fn open(&mut self, key: SlotKey, share: Share) -> Option<Held<'_, T>> {
        let held = self.held(key, Tenure::open)?;
        held.listener.share = share;
        Some(held)
    }

    /// The slot of `key`, if it holds it; it takes it now if its opening was lost.
    pub(super) fn holder(&mut self, key: SlotKey) -> Option<Held<'_, T>> {
        self.held(key, Tenure::admit)
    }

    /// The call leaves its slot. Whether it held it.
    pub(super) fn close(&mut self, key: SlotKey) -> bool {
        let Some(listener) = self.slots.get_mut(usize::from(key.slot.0)) else { return false };
        let left = listener.tenure.close(key);
        if left {
            listener.forget();
        }
        left
    }

    /// Takes in sound. Whether the slot has a new holder by that.
    pub(super) fn hear(&mut self, key: SlotKey, block: &AudioBlock) -> bool {
        self.holder(key).is_some_and(|held| {
            held.listener.past.push(block);
            held.new
        })
    }

    /// The slot of a key that is known to hold it.
    pub(super) fn at(&mut self, key: SlotKey) -> Option<&mut Listener<T>> {
        self.slots.get_mut(usize::from(key.slot.0))
    }

    /// Does something to every slot.
    pub(super) fn each(&mut self, what: impl FnMut(&mut Listener<T>)) {
        self.slots.iter_mut().for_each(what);
    }

    /// Requests for slots that the lane does not have.
    pub(super) const fn shed(&self) -> u64 {
        self.shed
    }

    fn held(
        &mut self,
        key: SlotKey,
        standing: impl FnOnce(&mut Tenure, SlotKey) -> Standing,
    ) -> Option<Held<'_, T>> {
        let Some(listener) = self.slots.get_mut(usize::from(key.slot.0)) else {
            self.shed += 1;
            return None;
        };
        match standing(&mut listener.tenure, key) {
            Standing::Gone => None,
            Standing::Holder => Some(Held { listener, new: false }),
            Standing::NewHolder => {
                listener.forget();
                Some(Held { listener, new: true })
            }
        }
    }
}

impl<T: Default> Listener<T> {
    fn forget(&mut self) {
        self.past.clear();
        self.share = Share::default();
        self.more = T::default();
    }
}
