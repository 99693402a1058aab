//! Which tone means what, and where: ITU-T E.180 and its supplement, ITU-T Q.35, Bellcore GR-506.

/// Whose tones are played and expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Region {
    /// The precise tone plan of the United States and Canada.
    #[default]
    NorthAmerica,
    /// The United Kingdom's.
    UnitedKingdom,
    /// 425 Hz, as most of Europe, South America and Asia have it.
    International,
}

/// Something a network says with a tone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Signal {
    /// Dial now.
    Dial,
    /// The other side rings.
    Ringback,
    /// The other side is busy.
    Busy,
    /// No way through the network (reorder, fast busy).
    Congestion,
    /// The three rising tones before an announcement.
    SpecialInformation(SpecialInformation),
    /// A second call waits.
    CallWaiting,
    /// Speak after the beep.
    Beep,
}

/// What the three tones say (ANSI T1.401 and Bellcore SR-2275; [`Self::Unspecified`] is that of ITU-T Q.35).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SpecialInformation {
    /// The number has changed or is out of service (intercept).
    Intercept,
    /// There is no such number (vacant code).
    VacantCode,
    /// The call could not be completed (reorder).
    Reorder,
    /// All lines are taken (no circuit).
    NoCircuit,
    /// Three equal tones, as most countries have them: listen to the announcement.
    Unspecified,
}

/// A stretch of tone or of silence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ToneStep {
    /// Frequencies in Hz; 0 is none, and two of them silence.
    pub hz: [f64; 2],
    /// Strength of each, in dBm0.
    pub level_dbm0: f64,
    /// How long; 0 is without end.
    pub ms: u32,
}

/// The steps of a signal, and whether they begin again.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TonePlan {
    /// In order.
    pub steps: &'static [ToneStep],
    /// Whether the first follows the last.
    pub repeats: bool,
}

impl Signal {
    /// How this signal sounds in `region`.
    pub const fn plan(self, region: Region) -> TonePlan {
        let steps: &'static [ToneStep] = match (self, region) {
            (Self::Dial, Region::International) => const { &[on(425.0, 0.0, 0)] },
            (Self::Dial, Region::NorthAmerica | Region::UnitedKingdom) => {
                const { &[on(350.0, 440.0, 0)] }
            }
            (Self::Ringback, Region::NorthAmerica) => {
                const { &[on(440.0, 480.0, 2_000), off(4_000)] }
            }
            (Self::Ringback, Region::UnitedKingdom) => {
                const { &[on(400.0, 450.0, 400), off(200), on(400.0, 450.0, 400), off(2_000)] }
            }
            (Self::Ringback, Region::International) => {
                const { &[on(425.0, 0.0, 1_000), off(4_000)] }
            }
            (Self::Busy, Region::NorthAmerica) => const { &[on(480.0, 620.0, 500), off(500)] },
            (Self::Busy, Region::UnitedKingdom) => const { &[on(400.0, 0.0, 375), off(375)] },
            (Self::Busy, Region::International) => const { &[on(425.0, 0.0, 500), off(500)] },
            (Self::Congestion, Region::NorthAmerica) => {
                const { &[on(480.0, 620.0, 250), off(250)] }
            }
            (Self::Congestion, Region::UnitedKingdom) => {
                const { &[on(400.0, 0.0, 400), off(350), on(400.0, 0.0, 225), off(525)] }
            }
            (Self::Congestion, Region::International) => const { &[on(425.0, 0.0, 250), off(250)] },
            (Self::CallWaiting, Region::NorthAmerica) => {
                const { &[on(440.0, 0.0, 300), off(10_000)] }
            }
            (Self::CallWaiting, Region::UnitedKingdom) => {
                const { &[on(400.0, 0.0, 100), off(2_000)] }
            }
            (Self::CallWaiting, Region::International) => {
                const { &[on(425.0, 0.0, 200), off(600), on(425.0, 0.0, 200), off(3_000)] }
            }
            (Self::Beep, _) => const { &[on(1_000.0, 0.0, 400)] },
            (Self::SpecialInformation(which), _) => which.steps(),
        };
        let once = matches!(self, Self::Beep | Self::SpecialInformation(_));
        TonePlan { steps, repeats: !once }
    }
}

impl SpecialInformation {
    /// Its three tones and the pause after them.
    const fn steps(self) -> &'static [ToneStep] {
        match self {
            Self::Intercept => {
                const { &[on(913.8, 0.0, 274), on(1_370.6, 0.0, 274), on(1_776.7, 0.0, 380), off(1_000)] }
            }
            Self::VacantCode => {
                const { &[on(985.2, 0.0, 380), on(1_370.6, 0.0, 274), on(1_776.7, 0.0, 380), off(1_000)] }
            }
            Self::Reorder => {
                const { &[on(913.8, 0.0, 274), on(1_428.5, 0.0, 380), on(1_776.7, 0.0, 380), off(1_000)] }
            }
            Self::NoCircuit => {
                const { &[on(985.2, 0.0, 380), on(1_428.5, 0.0, 380), on(1_776.7, 0.0, 380), off(1_000)] }
            }
            Self::Unspecified => {
                const { &[on(950.0, 0.0, 330), on(1_400.0, 0.0, 330), on(1_800.0, 0.0, 330), off(1_000)] }
            }
        }
    }
}

/// Within the range that ITU-T E.180 recommends for tones heard by people, -15 to -5 dBm0 for the whole.
const LEVEL_DBM0: f64 = -13.0;

const fn on(first_hz: f64, second_hz: f64, ms: u32) -> ToneStep {
    ToneStep { hz: [first_hz, second_hz], level_dbm0: LEVEL_DBM0, ms }
}

const fn off(ms: u32) -> ToneStep {
    ToneStep { hz: [0.0, 0.0], level_dbm0: LEVEL_DBM0, ms }
}
