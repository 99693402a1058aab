//! Sound that is like speech, made here: a voice of changing pitch with pauses, over faint noise.

/// `ms` milliseconds at `hz`: a buzz of harmonics under a formant, 110 to 190 Hz, in syllables of 250 ms with
/// every fourth one silent, over noise at about -66 dBov. The same every time.
pub(crate) fn speech(hz: u32, ms: u32) -> Vec<i16> {
    let mut noise = 0x2545_F491_u32;
    let mut phase = 0.0_f64;
    let rate = f64::from(hz);
    (0..hz * ms / 1_000)
        .map(|n| {
            let t = f64::from(n) / rate;
            phase += (150.0 + 40.0 * (2.1 * t).sin()) / rate;
            let syllable = (t / 0.25).fract();
            let voiced = (t / 0.25) as u32 % 4 != 3;
            let envelope = if voiced { (syllable * std::f64::consts::PI).sin() } else { 0.0 };
            let buzz: f64 = (1..20)
                .map(|harmonic| {
                    let k = f64::from(harmonic);
                    let formant = (-((k * 150.0 - 600.0) / 500.0).powi(2)).exp() + 0.05;
                    formant * (std::f64::consts::TAU * k * phase).sin()
                })
                .sum();
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let hiss = f64::from(noise >> 16) / 32_768.0 - 1.0;
            (3_000.0 * envelope * buzz + 28.0 * hiss) as i16
        })
        .collect()
}

/// How much stronger `wanted` is than its difference from `heard`, in decibels; `shift` samples of `heard`
/// are left out, which is its delay.
pub(crate) fn snr_db(wanted: &[i16], heard: &[i16], shift: usize) -> f64 {
    let pairs = || wanted.iter().zip(&heard[shift..]).map(|(&w, &h)| (f64::from(w), f64::from(h)));
    let signal: f64 = pairs().map(|(w, _)| w * w).sum();
    let error: f64 = pairs().map(|(w, h)| (w - h) * (w - h)).sum();
    10.0 * (signal / error.max(1e-9)).log10()
}
