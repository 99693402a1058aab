//! The E-model against values of its own recommendations.

use std::time::Duration;

use callwright_media::jitter::JitterCounts;
use callwright_media::quality::{Impairment, Path, QualityEstimate, rate};

const GOOD: Path = Path {
    delay: Duration::ZERO,
    loss: 0.0,
    burst_ratio: 1.0,
    impairment: Impairment::G711_CONCEALED,
};

#[track_caller]
fn near(value: f64, expected: f64, tolerance: f64) {
    assert!((value - expected).abs() <= tolerance, "{value}, expected {expected}");
}

#[test]
fn with_every_default_the_rating_is_that_of_the_recommendation() {
    // G.107 section 7.7: R = 93.2 with all parameters at their defaults, MOS 4.41 by annex B.
    let rating = rate(&GOOD);
    near(rating.r, 93.2, 0.05);
    near(rating.mos, 4.41, 0.005);
}

#[test]
fn delay_hurts_as_the_curve_of_g_114_says() {
    // G.114 figure 1 and its table of the E-model without other impairments: read to about half a point.
    let at = |ms| {
        let path = Path { delay: Duration::from_millis(ms), ..GOOD };
        rate(&path).r
    };
    near(at(50), 91.6, 1.2);
    near(at(150), 88.5, 2.5);
    near(at(300), 71.0, 4.0);
    near(at(400), 60.0, 5.0);
    let curve: Vec<f64> = (0..60).map(|step| at(10 * step)).collect();
    assert!(curve.windows(2).all(|w| w[1] <= w[0] + 1e-9), "more delay is never better");
}

#[test]
fn loss_costs_what_equation_7_29_says() {
    let at = |loss, burst_ratio, impairment| {
        rate(&GOOD).r - rate(&Path { loss, burst_ratio, impairment, ..GOOD }).r
    };
    // 95 * 2 / (2 + 25.1); 95 * 2 / (2 + 4.3); 95 * 5 / (5 / 2 + 25.1).
    near(at(0.02, 1.0, Impairment::G711_CONCEALED), 7.011, 0.001);
    near(at(0.02, 1.0, Impairment::G711_BARE), 30.159, 0.001);
    near(at(0.05, 2.0, Impairment::G711_CONCEALED), 17.210, 0.001);
}

#[test]
fn opinions_stay_within_their_scale() {
    for loss in 0..=100 {
        for delay in [0, 100, 500, 5_000] {
            let path =
                Path { loss: f64::from(loss) / 100.0, delay: Duration::from_millis(delay), ..GOOD };
            let rating = rate(&path);
            assert!((1.0..=4.5).contains(&rating.mos), "{path:?}: {rating:?}");
        }
    }
}

#[test]
fn a_call_is_rated_by_what_its_buffer_counted() {
    let counts = JitterCounts {
        played: 900,
        lost: 60,
        late: 20,
        skipped: 20,
        loss_runs: 50,
        played_ticks: 144_000,
        concealed_ticks: 16_000,
        ..JitterCounts::default()
    };
    let delay = Duration::from_millis(80);
    let jitter = Duration::from_millis(12);
    let quality = QualityEstimate::new(&counts, jitter, delay, Impairment::G711_CONCEALED);
    near(quality.lost, 0.06, 1e-12);
    near(quality.discarded, 0.04, 1e-12);
    near(quality.concealed, 0.1, 1e-12);
    // Runs of two where chance would make 1 / 0.9.
    near(quality.burst_ratio, 1.8, 1e-12);
    let path = Path { delay, loss: 0.1, burst_ratio: 1.8, impairment: Impairment::G711_CONCEALED };
    assert_eq!(quality.rating, rate(&path));
    let empty =
        QualityEstimate::new(&JitterCounts::default(), jitter, Duration::ZERO, path.impairment);
    near(empty.rating.r, 93.2, 0.05);
}
