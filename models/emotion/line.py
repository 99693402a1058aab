"""What happens to a voice between a mouth and us, so that training has heard it all.

One `Line` is one call: who speaks a little faster or slower (which also makes another voice of it), in which room,
into what microphone, against what noise, how loud, through which codec, with what loss. Everything is made from
random numbers; no recorded noise or room is used. Works on mono floats at 8 kHz, full scale 1.
"""

from dataclasses import dataclass, field

import numpy as np
from scipy.signal import fftconvolve, firwin, resample_poly

RATE = 8_000
PACKET = 160  # 20 ms


def ulaw(x):
    """To G.711 u-law and back."""
    # The curve itself instead of the table of segments: within half a step of it everywhere.
    mu, top = 255.0, 1.0
    y = np.sign(x) * np.log1p(mu * np.minimum(np.abs(x), top)) / np.log1p(mu)
    y = np.round(y * 127) / 127
    return np.sign(y) * np.expm1(np.abs(y) * np.log1p(mu)) / mu


_TELEPHONE = firwin(129, [300, 3400], fs=RATE, pass_zero=False)


def band(x):
    """300-3,400 Hz."""
    return fftconvolve(x, _TELEPHONE, mode="same")


def lose(x, rng, rate, burst=0.3):
    """Loses packets of 20 ms and hides each gap with the sound before it, ever quieter, as a receiver does."""
    y = x.copy()
    lost, gap = False, 0
    for at in range(PACKET, len(x) - PACKET + 1, PACKET):
        lost = rng.random() < (burst if lost else rate * (1 - burst) / (1 - rate))
        gap = gap + 1 if lost else 0
        if lost:
            y[at : at + PACKET] = y[at - PACKET : at] * (0.9 if gap == 1 else 0.6 if gap < 4 else 0.0)
    return y


def coloured(rng, count, slope_db_per_octave):
    """Noise of the given slope of its spectrum, mean power 1."""
    spectrum = np.fft.rfft(rng.standard_normal(count))
    hz = np.maximum(np.fft.rfftfreq(count, 1 / RATE), 50)
    spectrum *= 10 ** (slope_db_per_octave * np.log2(hz / 1_000) / 20)
    noise = np.fft.irfft(spectrum, count)
    return noise / np.sqrt(np.mean(noise**2) + 1e-12)


def noise(rng, count, kind):
    """Hiss, rumble, a hum with harmonics, or something that comes and goes like a crowd."""
    if kind == "hum":
        t = np.arange(count) / RATE
        base = rng.choice([50, 60, 100, 120])
        tone = sum(np.sin(2 * np.pi * base * k * t + rng.uniform(0, 6.28)) / k for k in range(1, 9))
        mixed = tone / np.sqrt(np.mean(tone**2)) + 0.5 * coloured(rng, count, -3)
    elif kind == "crowd":
        slow = np.abs(np.interp(np.arange(count), np.linspace(0, count, max(4, count // 1200)), rng.standard_normal(max(4, count // 1200))))
        mixed = coloured(rng, count, -5) * (0.3 + slow)
    else:
        mixed = coloured(rng, count, {"hiss": 0.0, "rumble": -6.0, "street": -3.0}[kind])
    return mixed / np.sqrt(np.mean(mixed**2) + 1e-12)


@dataclass
class Line:
    """One call's way to us."""

    speed: float = 1.0
    gain_db: float = 0.0
    tilt_db: float = 0.0  # per octave, of the microphone
    ripple: np.ndarray = field(default_factory=lambda: np.zeros(0))
    room: np.ndarray | None = None
    noise: str | None = None
    noise_db: float = -60.0
    telephone: bool = False
    coded: bool = False
    loss: float = 0.0

    @staticmethod
    def drawn(rng):
        """A line by chance."""
        line = Line(speed=float(rng.choice([0.84, 0.9, 0.95, 1.0, 1.05, 1.1, 1.18])), gain_db=rng.uniform(-14, 4))
        line.tilt_db = rng.normal(0, 1.2)
        line.ripple = rng.normal(0, 2.0, 9)
        if rng.random() < 0.35:
            t60 = rng.uniform(0.15, 0.7)
            t = np.arange(int(t60 * RATE)) / RATE
            tail = rng.standard_normal(len(t)) * np.exp(-6.9 * t / t60)
            tail[0] = 0
            line.room = tail / np.sqrt(np.sum(tail**2)) * 10 ** (rng.uniform(-16, -3) / 20)
            line.room[0] = 1.0
        if rng.random() < 0.7:
            line.noise = str(rng.choice(["hiss", "rumble", "street", "hum", "crowd"]))
            line.noise_db = -rng.uniform(8, 40)
        line.telephone = rng.random() < 0.7
        line.coded = rng.random() < 0.8
        line.loss = float(rng.choice([0, 0, 0.01, 0.03, 0.05]))
        return line

    def carry(self, x, rng, loudness):
        """The voice `x` at the far end; `loudness` is the speaker's usual root mean square, which noise is measured by."""
        if self.speed != 1.0:
            x = resample_poly(x, 100, round(100 * self.speed))
        if self.room is not None:
            x = fftconvolve(x, self.room)[: len(x)]
        if self.tilt_db or len(self.ripple):
            spectrum = np.fft.rfft(x, len(x) + 256)
            hz = np.maximum(np.fft.rfftfreq(len(x) + 256, 1 / RATE), 100)
            octaves = np.log2(hz / 1_000)
            curve = self.tilt_db * octaves
            if len(self.ripple):
                curve = curve + np.interp(octaves, np.linspace(-2.5, 2, len(self.ripple)), self.ripple)
            x = np.fft.irfft(spectrum * 10 ** (curve / 20), len(x) + 256)[: len(x)]
        if self.noise:
            x = x + noise(rng, len(x), self.noise) * loudness * 10 ** (self.noise_db / 20)
        x = x * 10 ** (self.gain_db / 20)
        if self.telephone:
            x = band(x)
        x = np.clip(x, -1, 1)
        if self.coded:
            x = ulaw(x)
        if self.loss:
            x = lose(x, rng, self.loss)
        return x


CONDITIONS = {
    "as recorded": Line(),
    "telephone, u-law": Line(telephone=True, coded=True),
    "telephone, u-law, 3 % loss": Line(telephone=True, coded=True, loss=0.03),
    "telephone, u-law, street noise at 15 dB": Line(telephone=True, coded=True, noise="street", noise_db=-15),
}
