//! A network between a sender and a receiver, on a virtual clock.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use super::chance::Chance;
use super::loss::GilbertElliott;

/// What a network does to packets.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NetworkSettings {
    /// The same seed does the same.
    pub seed: u64,
    /// What it loses.
    pub loss: GilbertElliott,
    /// How long the fastest packet takes.
    pub delay: Duration,
    /// The mean of an exponentially distributed delay on top.
    pub jitter_mean: Duration,
    /// The most that jitter adds.
    pub jitter_max: Duration,
    /// Probability per packet that the network stalls, and then gives out all at once.
    pub stalls: f64,
    /// How long it stalls.
    pub stall: Duration,
    /// Whether a packet may overtake another.
    pub reorders: bool,
    /// Probability per packet that it comes twice.
    pub duplicates: f64,
    /// How much faster than the receiver's clock the sender's runs, in millionths; slower if negative.
    pub drift_ppm: f64,
}

impl NetworkSettings {
    /// A network on which nothing goes wrong: 20 ms, always.
    pub const fn perfect(seed: u64) -> Self {
        Self {
            seed,
            loss: GilbertElliott::PERFECT,
            delay: Duration::from_millis(20),
            jitter_mean: Duration::ZERO,
            jitter_max: Duration::ZERO,
            stalls: 0.0,
            stall: Duration::ZERO,
            reorders: false,
            duplicates: 0.0,
            drift_ppm: 0.0,
        }
    }
}

/// A network that carries things of type `T`.
#[derive(Debug)]
pub struct Network<T> {
    settings: NetworkSettings,
    chance: Chance,
    ill: bool,
    stalled_until: Duration,
    last_arrival: Duration,
    number: u64,
    under_way: BinaryHeap<Reverse<UnderWay<T>>>,
    lost: u64,
}

#[derive(Debug)]
struct UnderWay<T> {
    at: Duration,
    number: u64,
    item: T,
}

impl<T: Clone> Network<T> {
    /// A network with nothing on it.
    pub fn new(settings: NetworkSettings) -> Self {
        Self {
            settings,
            chance: Chance::new(settings.seed),
            ill: false,
            stalled_until: Duration::ZERO,
            last_arrival: Duration::ZERO,
            number: 0,
            under_way: BinaryHeap::new(),
            lost: 0,
        }
    }

    /// Gives the network something at `at` by the sender's clock.
    pub fn send(&mut self, at: Duration, item: T) {
        // By the receiver's clock; a fast sender's second is shorter.
        let sent = at.div_f64(1.0 + self.settings.drift_ppm * 1e-6);
        if self.chance.happens(self.settings.stalls) {
            self.stalled_until = self.stalled_until.max(sent + self.settings.stall);
        }
        if self.settings.loss.loses(&mut self.ill, &mut self.chance) {
            self.lost += 1;
            return;
        }
        let copies = if self.chance.happens(self.settings.duplicates) { 2 } else { 1 };
        for _ in 0..copies {
            let arrival = self.arrival(sent);
            self.under_way.push(Reverse(UnderWay {
                at: arrival,
                number: self.number,
                item: item.clone(),
            }));
            self.number += 1;
        }
    }

    fn arrival(&mut self, sent: Duration) -> Duration {
        let jitter = self.chance.exponential(self.settings.jitter_mean.as_secs_f64());
        let jitter = Duration::from_secs_f64(jitter).min(self.settings.jitter_max);
        let arrival = (sent + self.settings.delay + jitter).max(self.stalled_until);
        if self.settings.reorders {
            return arrival;
        }
        self.last_arrival = self.last_arrival.max(arrival);
        self.last_arrival
    }

    /// Takes what has arrived by `now`, by the receiver's clock, with the moment of its arrival.
    pub fn receive(&mut self, now: Duration) -> Option<(Duration, T)> {
        if self.under_way.peek()?.0.at > now {
            return None;
        }
        self.under_way.pop().map(|Reverse(arrived)| (arrived.at, arrived.item))
    }

    /// What was lost so far.
    pub const fn lost(&self) -> u64 {
        self.lost
    }
}

impl<T> Ord for UnderWay<T> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.number).cmp(&(other.at, other.number))
    }
}

impl<T> PartialOrd for UnderWay<T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> PartialEq for UnderWay<T> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl<T> Eq for UnderWay<T> {}
