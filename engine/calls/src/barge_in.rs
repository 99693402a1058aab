//! The caller speaks while the agent does: who yields?

/// Decides in two steps: at the first window of speech the agent lowers its voice; when the speech goes on the
/// agent stops, and when it does not the agent goes on as loud as before.
///
/// ```text
/// windows of 32 ms   . S S S          stop: 96 ms of speech in a row
///                      |duck|cut
///                    . S S . .        a click: duck, then up again
/// ```
#[derive(Debug, Default)]
pub(crate) struct BargeIn {
    ducked: bool,
    /// Windows without speech since ducking.
    quiet: u32,
}

/// What the playout is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Yield {
    /// Go on as before.
    GoOn,
    /// Lower the voice.
    Duck,
    /// It was nothing: raise the voice again.
    Resume,
    /// Stop speaking.
    Stop,
}

/// Windows of speech in a row that are an interruption: 96 ms. One more would cost a caller another 32 ms of being
/// talked over; one fewer would let the voiced part of a cough through.
const INTERRUPTION: u32 = 3;
/// Windows of silence after which a ducked voice rises again: 96 ms.
const NOTHING: u32 = 3;

impl BargeIn {
    /// Takes in one window of listening while a reply is spoken; `voiced_run` windows in a row were speech.
    pub(crate) const fn window(&mut self, voiced_run: u32) -> Yield {
        if voiced_run >= INTERRUPTION {
            self.ducked = false;
            return Yield::Stop;
        }
        if voiced_run > 0 {
            self.quiet = 0;
            if self.ducked {
                return Yield::GoOn;
            }
            self.ducked = true;
            return Yield::Duck;
        }
        if self.ducked {
            self.quiet += 1;
            if self.quiet >= NOTHING {
                self.ducked = false;
                return Yield::Resume;
            }
        }
        Yield::GoOn
    }

    /// Nothing is being spoken any more.
    pub(crate) const fn reset(&mut self) {
        self.ducked = false;
        self.quiet = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdicts(runs: &[u32]) -> Vec<Yield> {
        let mut barge_in = BargeIn::default();
        runs.iter().map(|&run| barge_in.window(run)).collect()
    }

    #[test]
    fn speech_ducks_at_once_and_stops_when_it_goes_on() {
        assert_eq!(verdicts(&[0, 1, 2, 3]), [Yield::GoOn, Yield::Duck, Yield::GoOn, Yield::Stop]);
    }

    #[test]
    fn a_cough_only_ducks() {
        assert_eq!(
            verdicts(&[1, 2, 0, 0, 0, 0]),
            [Yield::Duck, Yield::GoOn, Yield::GoOn, Yield::GoOn, Yield::Resume, Yield::GoOn]
        );
    }
}
