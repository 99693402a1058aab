//! What must hold on any network.

use std::time::Duration;

use callwright_media::impair::{GilbertElliott, NetworkSettings};
use callwright_media::jitter::JitterSettings;
use proptest::prelude::*;

use crate::listener::{CLOCK_HZ, Heard, Listener, steady};

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// Networks from good to hardly usable.
fn networks() -> impl Strategy<Value = NetworkSettings> {
    (
        any::<u64>(),
        (0.0..0.3, 1.0..8.0),
        (0..60_u64, 0..400_u64),
        (0.0..0.02, 0..600_u64),
        any::<bool>(),
        0.0..0.2,
        -200.0..200.0,
    )
        .prop_map(
            |(seed, (loss, burst), (jitter, jitter_max), (stalls, stall), reorders, dup, ppm)| {
                NetworkSettings {
                    seed,
                    loss: GilbertElliott::bursts(loss, burst),
                    delay: ms(30),
                    jitter_mean: ms(jitter),
                    jitter_max: ms(jitter_max),
                    stalls,
                    stall: ms(stall),
                    reorders,
                    duplicates: dup,
                    drift_ppm: ppm,
                }
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn never_out_of_order_never_twice_never_beyond_the_bound(network in networks()) {
        let settings = JitterSettings::telephone(CLOCK_HZ);
        let mut listener = Listener::new(settings);
        listener.call(network, steady(1_000), |listener, _| {
            assert!(listener.buffer.waiting() <= settings.packets_max);
            assert!(listener.buffer.target() <= settings.delay_max);
            assert!(listener.buffer.target() >= settings.delay_min);
        });
        let numbers = listener.numbers();
        prop_assert!(numbers.windows(2).all(|w| w[0] < w[1]), "{numbers:?}");
        for heard in &listener.heard {
            if let Heard::Packet { waited, .. } = heard {
                // A frame more than the bound, for what comes is only looked at each frame.
                prop_assert!(*waited <= settings.delay_max + ms(20), "{heard:?}");
            }
        }
        // Every packet between the first and the last that came is counted once; what was lost before the first
        // that was in time is not known of.
        let counts = listener.counts();
        prop_assert_eq!(counts.played, numbers.len() as u64);
        let (low, high) = listener.range.unwrap();
        let sent = (high - low + 1).unsigned_abs();
        prop_assert!((sent - 10..=sent).contains(&counts.expected()), "{sent} sent, {counts:?}");
        prop_assert_eq!(counts.refused, 0);
    }

    #[test]
    fn after_a_stall_the_delay_is_back_within_three_seconds(
        seed in any::<u64>(),
        stall_ms in 40..900_u64,
    ) {
        let mut listener = Listener::new(JitterSettings::telephone(CLOCK_HZ));
        let calm = NetworkSettings { jitter_mean: ms(2), jitter_max: ms(8), ..NetworkSettings::perfect(seed) };
        listener.call(calm, steady(1_000), |_, _| {});
        // The next ones all come at once, as late as the stall was long.
        let before = listener.buffer.delay();
        let resumed = ms(21_100);
        let mut late = 0;
        let sent: Vec<_> = steady(1_400).skip(1_000).collect();
        let arrival = |n: usize| {
            let on_time = resumed + ms(20 * n as u64);
            on_time.max(resumed + ms(stall_ms))
        };
        let mut next = 0;
        for frame in 0..200_u64 {
            let now = resumed + ms(20 * frame);
            while next < sent.len() && arrival(next) <= now {
                listener.arrive(sent[next], arrival(next));
                next += 1;
            }
            listener.frame(now);
            let due = now >= resumed + ms(stall_ms + 3_000);
            if due && listener.buffer.delay() > listener.buffer.target() + ms(40) {
                late += 1;
            }
        }
        prop_assert_eq!(late, 0, "delay {:?}, target {:?}, before {:?}",
            listener.buffer.delay(), listener.buffer.target(), before);
    }
}

/// An hour on a line whose two clocks differ: the worst delay after the first ten seconds, and the listener.
fn an_hour(drift_ppm: f64, jitter_mean: Duration) -> (Duration, Listener) {
    let jitter_max = ms(20).min(jitter_mean * 1_000);
    let network =
        NetworkSettings { drift_ppm, jitter_mean, jitter_max, ..NetworkSettings::perfect(11) };
    let mut listener = Listener::new(JitterSettings::telephone(CLOCK_HZ));
    let mut worst = Duration::ZERO;
    listener.call(network, steady(180_000), |listener, now| {
        if now > ms(10_000) {
            worst = worst.max(listener.buffer.delay());
        }
    });
    (worst, listener)
}

#[test]
fn an_hour_of_drift_alone_neither_grows_nor_drains_it() {
    for drift_ppm in [-200.0, 200.0] {
        let (worst, listener) = an_hour(drift_ppm, Duration::ZERO);
        let counts = listener.counts();
        assert!(worst <= ms(40), "{worst:?} at {drift_ppm} ppm");
        assert_eq!(counts.played, 180_000, "{counts:?}");
        // The second that is held after the last packet.
        assert!(counts.concealed_ticks <= 8_000, "{counts:?}");
        // 200 ppm of an hour are 720 ms: that much was made up for by pitch periods, and hardly more.
        let stretched = Duration::from_micros(listener.stretched * 125);
        assert!((ms(700)..ms(800)).contains(&stretched), "{stretched:?} at {drift_ppm} ppm");
    }
}

#[test]
fn an_hour_of_drift_and_jitter_neither_grows_nor_drains_it() {
    for drift_ppm in [-200.0, 0.0, 200.0] {
        let (worst, listener) = an_hour(drift_ppm, ms(3));
        let counts = listener.counts();
        // What 199 of 200 packets need, and the frame by which the others are heard late.
        assert!(worst <= ms(60), "{worst:?} at {drift_ppm} ppm");
        assert_eq!(counts.played, 180_000, "{counts:?}");
        assert!(counts.concealed_share() < 0.001, "{counts:?} at {drift_ppm} ppm");
        let stretched = Duration::from_micros(listener.stretched * 125);
        assert!(stretched < ms(1_500), "{stretched:?} at {drift_ppm} ppm");
    }
}

#[test]
fn the_delay_follows_the_jitter_up_and_down() {
    let settings = JitterSettings::telephone(CLOCK_HZ);
    let mut listener = Listener::new(settings);
    let calm = NetworkSettings::perfect(3);
    let rough = NetworkSettings { jitter_mean: ms(20), jitter_max: ms(120), ..calm };
    let packets: Vec<_> = steady(9_000).collect();
    // A minute each.
    let mut targets = Vec::new();
    for (part, network) in [calm, rough, calm].into_iter().enumerate() {
        let part = packets[part * 3_000..(part + 1) * 3_000].to_vec();
        listener.call(network, part, |_, _| {});
        targets.push(listener.buffer.target());
    }
    assert_eq!(targets[0], settings.delay_min, "nothing to wait for");
    // Half a per cent of an exponential distribution of mean 20 ms lies beyond 106 ms.
    assert!((ms(85)..=ms(120)).contains(&targets[1]), "{targets:?}");
    assert!(targets[2] <= ms(15), "{targets:?}");
}

#[test]
fn on_a_perfect_network_it_adds_the_least_delay_and_invents_nothing() {
    let mut listener = Listener::new(JitterSettings::telephone(CLOCK_HZ));
    listener.call(NetworkSettings::perfect(1), steady(3_000), |_, _| {});
    let counts = *listener.counts();
    assert_eq!((counts.played, counts.lost, counts.late, counts.skipped), (3_000, 0, 0, 0));
    // At the end packets fail to come, and that is all that is concealed: the second that is held.
    assert!(counts.concealed_ticks <= 8_000, "{counts:?}");
    let delay = listener.buffer.delay();
    assert!((ms(5)..=ms(30)).contains(&delay), "{delay:?}");
}
