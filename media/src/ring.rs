//! The only kind of queue between threads: bounded, one writer, one reader, no lock.
//!
//! A ring never grows and never waits. What happens to an item that finds it full is a [`WhenFull`] policy,
//! fixed when the ring is made, and every item that was shed is counted.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rtrb::{Consumer, Producer, RingBuffer};

/// What happens to an item that finds the ring full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenFull {
    /// The writer keeps the item and learns that it was refused. Nothing is lost; the writer decides.
    Refuse,
    /// The item is dropped and counted: what waits is worth more than what comes.
    DropNewest,
    /// The item takes the place of the oldest one: what comes is worth more. The reader does the dropping,
    /// on its next visit, so the ring is made with room for twice `capacity`; past that the newest goes.
    DropOldest,
}

/// Makes a ring of `capacity` items.
///
/// Allocates once, here.
pub fn ring<T>(capacity: usize, when_full: WhenFull) -> (Writer<T>, Reader<T>) {
    let room = match when_full {
        WhenFull::DropOldest => capacity * 2,
        WhenFull::Refuse | WhenFull::DropNewest => capacity,
    };
    let (producer, consumer) = RingBuffer::new(room);
    let shed = Arc::new(AtomicU64::new(0));
    (
        Writer { producer, when_full, shed: Arc::clone(&shed) },
        Reader { consumer, when_full, capacity, shed },
    )
}

/// The writing end.
#[derive(Debug)]
pub struct Writer<T> {
    producer: Producer<T>,
    when_full: WhenFull,
    shed: Arc<AtomicU64>,
}

impl<T> Writer<T> {
    /// Puts `item` in.
    ///
    /// *Real time:* wait-free, no allocation.
    ///
    /// # Errors
    /// Gives the item back when the ring is full and its policy is [`WhenFull::Refuse`]; keep it and try again
    /// later, or let it go. With the other policies a full ring sheds and counts instead.
    pub fn push(&mut self, item: T) -> Result<(), Full<T>> {
        match (self.producer.push(item), self.when_full) {
            (Ok(()), _) => Ok(()),
            (Err(rtrb::PushError::Full(item)), WhenFull::Refuse) => Err(Full(item)),
            (Err(rtrb::PushError::Full(_)), WhenFull::DropNewest | WhenFull::DropOldest) => {
                self.shed.fetch_add(1, Ordering::Relaxed);
                Ok(())
            }
        }
    }

    /// Puts all of `items` in, or none.
    ///
    /// *Real time:* wait-free, no allocation; copies each item once.
    ///
    /// # Errors
    /// [`Full`] when not all of them fit, whatever the policy: part of a row is worth nothing.
    pub fn push_all(&mut self, items: &[T]) -> Result<(), Full<()>>
    where
        T: Copy,
    {
        self.producer.push_entire_slice(items).map_err(|_too_few| Full(()))
    }

    /// Items that still fit.
    pub fn room(&self) -> usize {
        self.producer.slots()
    }

    /// Whether the reading end is gone; what is put in now reaches nobody.
    pub fn is_abandoned(&self) -> bool {
        self.producer.is_abandoned()
    }

    /// Items shed so far.
    pub fn shed(&self) -> u64 {
        self.shed.load(Ordering::Relaxed)
    }
}

/// The item that found the ring full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Full<T>(pub T);

/// The reading end.
#[derive(Debug)]
pub struct Reader<T> {
    consumer: Consumer<T>,
    when_full: WhenFull,
    capacity: usize,
    shed: Arc<AtomicU64>,
}

impl<T> Reader<T> {
    /// Takes the oldest item that is still wanted.
    ///
    /// *Real time:* wait-free; with [`WhenFull::DropOldest`] it also drops what is too old.
    pub fn pop(&mut self) -> Option<T> {
        if self.when_full == WhenFull::DropOldest {
            while self.consumer.slots() > self.capacity && self.consumer.pop().is_ok() {
                self.shed.fetch_add(1, Ordering::Relaxed);
            }
        }
        self.consumer.pop().ok()
    }

    /// Takes the oldest items, as many as wait and `into` has room for; returns how many.
    ///
    /// *Real time:* wait-free.
    pub fn pop_into(&mut self, into: &mut [T]) -> usize
    where
        T: Copy,
    {
        let (taken, _rest) = self.consumer.pop_partial_slice(into);
        taken.len()
    }

    /// Items that wait.
    pub fn waiting(&self) -> usize {
        self.consumer.slots()
    }

    /// Whether the writing end is gone; what waits can still be read.
    pub fn is_abandoned(&self) -> bool {
        self.consumer.is_abandoned()
    }

    /// Items shed so far.
    pub fn shed(&self) -> u64 {
        self.shed.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(when_full: WhenFull, items: u32) -> (Vec<u32>, Vec<u32>, u64) {
        let (mut writer, mut reader) = ring(4, when_full);
        let refused = (0..items).filter_map(|i| writer.push(i).err().map(|Full(i)| i)).collect();
        let kept = std::iter::from_fn(|| reader.pop()).collect();
        (kept, refused, writer.shed())
    }

    #[test]
    fn each_policy_sheds_what_it_says() {
        assert_eq!(fill(WhenFull::Refuse, 6), (vec![0, 1, 2, 3], vec![4, 5], 0));
        assert_eq!(fill(WhenFull::DropNewest, 6), (vec![0, 1, 2, 3], vec![], 2));
        assert_eq!(fill(WhenFull::DropOldest, 6), (vec![2, 3, 4, 5], vec![], 2));
        assert_eq!(fill(WhenFull::DropOldest, 9), (vec![4, 5, 6, 7], vec![], 5));
    }

    #[test]
    fn a_row_goes_in_whole_or_not_at_all() {
        let (mut writer, mut reader) = ring(4, WhenFull::Refuse);
        assert_eq!(writer.push_all(&[1, 2, 3]), Ok(()));
        assert_eq!(writer.push_all(&[4, 5]), Err(Full(())));
        let mut taken = [0; 8];
        assert_eq!((reader.pop_into(&mut taken), taken[..3].to_vec()), (3, vec![1, 2, 3]));
        assert_eq!(reader.pop_into(&mut taken), 0);
    }

    #[test]
    fn each_end_learns_that_the_other_is_gone() {
        let (writer, reader) = ring::<u8>(1, WhenFull::Refuse);
        drop(reader);
        assert!(writer.is_abandoned());
        let (writer, reader) = ring::<u8>(1, WhenFull::Refuse);
        drop(writer);
        assert!(reader.is_abandoned());
    }
}
