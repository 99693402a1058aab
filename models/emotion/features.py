"""What the emotion model hears: 80 numbers of a piece of speech in the telephone band.

The same arithmetic is in models/src/emotion/features/ in Rust; golden.py writes the numbers that hold the two
together to 1e-3. Everything is computed in 64 bits, because choosing the lag of a pitch period is a choice that
rounding must not make.

Input: mono, 16 bit, 16 kHz. It is brought to 8 kHz at once, and nothing outside 250-3,500 Hz is looked at
(pitch: 78-1,000 Hz), so that a wideband leg and a telephone sound alike. No feature grows with the length of the
piece, because the copies of the corpus that this is trained on are all cut to the same length.
"""

import numpy as np

RATE = 8_000
WINDOW = 320  # 40 ms: 2.8 periods of the lowest voice
HOP = 80  # 10 ms
FFT = 512
FIRST_BIN, LAST_BIN = 16, 224  # 250-3,500 Hz, bins of 15.625 Hz, both included
PITCH_FIRST_BIN, PITCH_LAST_BIN = 5, 64  # 78-1,000 Hz
LAG_MIN, LAG_MAX = 16, 114  # 500-70 Hz
BANDS = 20
TAPS = 63
VOICED = 0.5  # height of the autocorrelation's peak
SPEECH_DB = 30.0  # below the loud frames
FLOOR_DB = 50.0  # below the loud frames; nothing quieter is told apart
POWER_FLOOR = 1e-9
OCTAVE_COST = 0.02  # per octave downwards, so that a multiple of the period does not win by a hair
VOICED_MIN = 15  # frames; a piece with less voice tells nothing
VOICED_SHARE = 0.15  # of the speech; hiss alone has a fifteenth by chance, the noisiest voice more than a sixth

_HANN = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)


def decimator():
    """Half-band low-pass: sinc at 3.8 kHz under a Hamming window, unit gain."""
    n = np.arange(TAPS) - (TAPS - 1) / 2
    taps = np.sinc(2 * 3_800 / 16_000 * n) * (0.54 - 0.46 * np.cos(2 * np.pi * np.arange(TAPS) / (TAPS - 1)))
    return taps / taps.sum()


def decimate(samples16k):
    """16 kHz -> 8 kHz; sample i of the output is centred on sample 2i of the input."""
    half = (TAPS - 1) // 2
    padded = np.concatenate([np.zeros(half), np.asarray(samples16k, dtype=np.float64), np.zeros(half)])
    return np.convolve(padded, decimator(), mode="valid")[::2]


def mel_bands():
    """Triangles of equal width in mel (2595 log10(1 + f/700)) from 250 to 3,500 Hz, each of unit sum."""
    mel = lambda hz: 2595 * np.log10(1 + hz / 700)
    edges = 700 * (10 ** (np.linspace(mel(250.0), mel(3500.0), BANDS + 2) / 2595) - 1)
    hz = np.arange(FFT // 2 + 1) * RATE / FFT
    rows = []
    for low, mid, high in zip(edges, edges[1:], edges[2:]):
        row = np.clip(np.minimum((hz - low) / (mid - low), (high - hz) / (high - mid)), 0, None)
        rows.append(row / row.sum())
    return np.array(rows)


_MEL = mel_bands()


def _window_correlation():
    power = np.abs(np.fft.rfft(_HANN, FFT)) ** 2
    r = np.fft.irfft(power, FFT)[: LAG_MAX + 2]
    return r / r[0]


_RW = _window_correlation()


def frames(x):
    """x: 8 kHz, full scale 1. Power spectra [frame][bin]."""
    count = 1 + (len(x) - WINDOW) // HOP if len(x) >= WINDOW else 0
    if count <= 0:
        return np.zeros((0, FFT // 2 + 1))
    index = np.arange(WINDOW)[None, :] + HOP * np.arange(count)[:, None]
    return np.abs(np.fft.rfft(x[index] * _HANN, FFT)) ** 2 / WINDOW


def correlation(power):
    """Normalised autocorrelation of the pitch band, corrected for the window: [frame][lag]."""
    band = np.zeros_like(power)
    band[:, PITCH_FIRST_BIN : PITCH_LAST_BIN + 1] = power[:, PITCH_FIRST_BIN : PITCH_LAST_BIN + 1]
    r = np.fft.irfft(band, FFT)[:, : LAG_MAX + 2]
    return r / np.maximum(r[:, :1], POWER_FLOOR * 1e-3) / _RW


def _peaks(r, lag_min, lag_max):
    """Best lag of each frame within bounds: index, height after a parabola, refined lag."""
    lags = np.arange(lag_min, lag_max + 1)
    score = r[:, lags] - OCTAVE_COST * np.log2(lags / LAG_MIN)
    best = lags[np.argmax(score, axis=1)]
    rows = np.arange(len(r))
    a, b, c = r[rows, best - 1], r[rows, best], r[rows, best + 1]
    bend = a - 2 * b + c
    shift = np.where(bend < -1e-12, np.clip(0.5 * (a - c) / np.where(bend < -1e-12, bend, 1.0), -0.5, 0.5), 0.0)
    return b, best + shift


def percentile(values, p):
    """Of the sorted values, the one at p (0-1) of the way, rounded down."""
    ordered = np.sort(values)
    return ordered[int(p * (len(ordered) - 1))]


def runs(flags):
    """Lengths of the stretches of true."""
    edges = np.diff(np.concatenate([[0], flags.astype(int), [0]]))
    return np.flatnonzero(edges == -1) - np.flatnonzero(edges == 1)


def _spread(values):
    return np.sqrt(np.mean((values - np.mean(values)) ** 2))


def names():
    """Names of the features, in order."""
    out = ["f0_mean", "f0_sd", "f0_p10", "f0_p50", "f0_p90", "f0_range", "f0_move", "f0_slope", "voicing_mean", "voicing_sd"]
    out += ["level_loud", "level_mean", "level_sd", "level_p20", "level_p50", "level_move", "level_move_voiced"]
    out += [f"shape_{b}" for b in range(BANDS)] + [f"shape_sd_{b}" for b in range(BANDS)]
    out += ["flux", "flux_low", "flux_high"]
    for name in ["tilt", "alpha", "centroid", "f1", "f2", "low"]:
        out += [f"{name}_mean", f"{name}_sd"]
    out += ["tilt_unvoiced", "tilt_loud"]
    out += ["voiced_share", "runs_per_s", "run_mean", "run_sd", "peaks_per_s", "speech_share"]
    return out


def features(x):
    """x: 8 kHz, full scale 1 -> the features, or None when there is too little voice; and the voiced frames."""
    power = frames(x)
    if len(power) < VOICED_MIN:
        return None, 0
    level = 10 * np.log10(power[:, FIRST_BIN : LAST_BIN + 1].sum(axis=1) + POWER_FLOOR)
    loud = percentile(level, 0.95)
    speech = level > loud - SPEECH_DB
    r = correlation(power)
    height, lag = _peaks(r, LAG_MIN, LAG_MAX)
    voiced = speech & (height > VOICED)
    if voiced.sum() < VOICED_MIN:
        return None, 0
    # Again, within reach of the voice's own middle: an octave astray is the commonest error.
    middle = percentile(lag[voiced], 0.5)
    height, lag = _peaks(r, max(LAG_MIN, int(middle / 2.2)), min(LAG_MAX, int(middle * 1.7) + 1))
    voiced = speech & (height > VOICED)
    count = int(voiced.sum())
    if count < max(VOICED_MIN, VOICED_SHARE * int(speech.sum())):
        return None, 0
    pitch = 12 * np.log2(RATE / lag / 100)
    both = voiced[1:] & voiced[:-1]
    pairs = max(int(both.sum()), 1)
    v = pitch[voiced]
    out = [v.mean(), _spread(v), percentile(v, 0.1), percentile(v, 0.5), percentile(v, 0.9)]
    out += [out[4] - out[2]]
    moves = np.diff(pitch)[both]
    steady = np.clip(moves, -2, 2)  # a greater step in 10 ms is an error of the tracker
    out += [np.abs(steady).sum() / pairs, steady.sum() / pairs]
    out += [height[voiced].mean(), _spread(height[voiced])]
    relative = np.maximum(level - loud, -FLOOR_DB)
    spoken = relative[speech]
    out += [loud, spoken.mean(), _spread(spoken), percentile(spoken, 0.2), percentile(spoken, 0.5)]
    spoken_pairs = speech[1:] & speech[:-1]
    out += [np.abs(np.diff(relative))[spoken_pairs].sum() / max(int(spoken_pairs.sum()), 1)]
    out += [np.abs(np.diff(relative))[both].sum() / pairs]
    mel = np.maximum(10 * np.log10(power @ _MEL.T + POWER_FLOOR), loud - 20 - FLOOR_DB)
    shape = mel - mel.mean(axis=1, keepdims=True)
    out += list(shape[voiced].mean(axis=0))
    out += list(np.sqrt(np.mean((shape[voiced] - shape[voiced].mean(axis=0)) ** 2, axis=0)))
    change = np.abs(np.diff(mel, axis=0))[both].sum(axis=0) / pairs
    out += [change.mean(), change[: BANDS // 2].mean(), change[BANDS // 2 :].mean()]
    place = np.arange(BANDS) - (BANDS - 1) / 2
    tilt = shape @ place / (place @ place)
    bins = np.arange(FFT // 2 + 1)
    hz = bins * RATE / FFT

    def share(first, last):
        return power[:, first : last + 1].sum(axis=1) + POWER_FLOOR

    def centre(first, last):
        inside = power[:, first : last + 1]
        return (inside @ hz[first : last + 1] + POWER_FLOOR * hz[(first + last) // 2]) / (inside.sum(axis=1) + POWER_FLOOR) / 1_000

    alpha = 10 * np.log10(share(16, 64) / share(65, 224))
    low = 10 * np.log10(share(16, 32) / share(33, 64))
    for values in [tilt, alpha, centre(16, 224), centre(16, 64), centre(65, 180), low]:
        out += [values[voiced].mean(), _spread(values[voiced])]
    unvoiced = speech & ~voiced
    out += [tilt[unvoiced].mean() if unvoiced.any() else tilt[voiced].mean()]
    # Of the louder half of the voice: strain shows there first.
    strong = voiced & (relative >= percentile(relative[voiced], 0.5))
    out += [tilt[strong].mean()]
    at = np.flatnonzero(speech)
    span = at[-1] - at[0] + 1
    lengths = runs(voiced)
    out += [count / int(speech.sum()), len(lengths) / span * 100, lengths.mean() / 100, _spread(lengths) / 100]
    out += [syllables(relative[at[0] : at[-1] + 1]) / span * 100]
    out += [int(speech.sum()) / span]
    return np.array(out), count


def syllables(level):
    """Peaks of the level, smoothed over 50 ms, that stand 2 dB above the valleys on both sides."""
    if len(level) < 5:
        return 0
    smooth = np.convolve(level, np.ones(5) / 5, mode="valid")
    peaks, top, valley, rising = 0, smooth[0], smooth[0], True
    for value in smooth:
        if rising:
            top = max(top, value)
            if value < top - 2:
                peaks, rising, valley = peaks + 1, False, value
        else:
            valley = min(valley, value)
            if value > valley + 2:
                rising, top = True, value
    return peaks


PIECE_MAX = 4 * RATE


def pieces(x):
    """Cuts an utterance into pieces of equal length, none over 4 s."""
    count = max(1, -(-len(x) // PIECE_MAX))
    bounds = [len(x) * i // count for i in range(count + 1)]
    return [x[a:b] for a, b in zip(bounds, bounds[1:])]
