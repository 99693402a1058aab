//! The business's wishes as octets.

use std::sync::Arc;

use callwright_contract::{
    AfterCall, CallCommand, Expectation, Expected, GuessId, Pii, Pronunciation, Protection,
    ReplyId, Say, Style, TurnId,
};

use super::bytes::{Malformed, Put, Take, Taken};

const SAY: u8 = 0;
const PREPARE: u8 = 1;
const CANCEL: u8 = 2;
const EXPECT: u8 = 3;
const FINISH: u8 = 4;
const HANG_UP: u8 = 5;

const EXPECTATIONS: [Expectation; 6] = [
    Expectation::Anything,
    Expectation::YesNo,
    Expectation::DateTime,
    Expectation::Name,
    Expectation::Digits,
    Expectation::Spelling,
];
const PROTECTIONS: [Protection; 3] = [Protection::None, Protection::Opening, Protection::Whole];

/// Writes a command. False, with something written, when it is of a newer contract than this knows.
pub(super) fn put(out: &mut impl Put, command: &CallCommand) -> bool {
    match command {
        CallCommand::Say(said) => {
            out.octet(SAY);
            return say(out, said);
        }
        CallCommand::Prepare { guess, commands } => {
            out.octet(PREPARE);
            out.number(guess.0.into());
            out.number(commands.len() as u64);
            return commands.iter().all(|command| put(out, command));
        }
        CallCommand::Cancel(reply) => {
            out.octet(CANCEL);
            out.number(reply.0.into());
        }
        CallCommand::Expect(expected) => {
            out.octet(EXPECT);
            out.number(expected.phrases.len() as u64);
            expected.phrases.iter().for_each(|phrase| out.text(phrase));
            return index(out, &EXPECTATIONS, expected.answer);
        }
        CallCommand::Finish(after) => {
            out.octet(FINISH);
            let number = match after {
                AfterCall::HangUp => None,
                AfterCall::Transfer(number) => Some(number.reveal().as_str()),
            };
            out.maybe(number, Put::text);
        }
        CallCommand::HangUp => out.octet(HANG_UP),
        _ => return false,
    }
    true
}

fn say(out: &mut impl Put, say: &Say) -> bool {
    out.number(say.reply.0.into());
    out.maybe(say.answers, |out, turn| out.number(turn.0.into()));
    out.text(say.text.reveal());
    style(out, &say.style);
    index(out, &PROTECTIONS, say.protection)
}

fn style<P: Put>(out: &mut P, style: &Style) {
    let Style { voice, pace, pitch, pause, energy_db, pronunciations } = style;
    out.maybe(voice.as_deref(), Put::text);
    [pace, pitch, pause, energy_db].into_iter().for_each(|&number| out.float(number));
    out.number(pronunciations.len() as u64);
    for Pronunciation { word, respelling, phonemes } in &**pronunciations {
        out.text(word);
        out.maybe(respelling.as_deref(), Put::text);
        out.maybe(phonemes.as_deref(), Put::text);
    }
}

fn taken_style(octets: &mut Take<'_>) -> Taken<Style> {
    let text = |octets: &mut Take<'_>| octets.text().map(Arc::from);
    Ok(Style {
        voice: octets.maybe(|octets| octets.text().map(str::to_owned))?,
        pace: octets.float()?,
        pitch: octets.float()?,
        pause: octets.float()?,
        energy_db: octets.float()?,
        pronunciations: (0..octets.count()?)
            .map(|_| {
                Ok(Pronunciation {
                    word: text(octets)?,
                    respelling: octets.maybe(text)?,
                    phonemes: octets.maybe(text)?,
                })
            })
            .collect::<Taken<_>>()?,
    })
}

/// Writes which of `all` it is; false when it is none of them.
fn index<T: PartialEq>(out: &mut impl Put, all: &[T], it: T) -> bool {
    let place = all.iter().position(|known| *known == it);
    out.number(place.unwrap_or(all.len()) as u64);
    place.is_some()
}

fn one_of<T: Copy>(octets: &mut Take<'_>, all: &[T]) -> Taken<T> {
    let place = usize::try_from(octets.number()?).ok();
    let known = place.and_then(|place| all.get(place).copied());
    known.ok_or(Malformed("a command says something that this version does not know"))
}

/// Reads a command.
pub(super) fn take(octets: &mut Take<'_>) -> Taken<CallCommand> {
    match octets.octet()? {
        PREPARE => {
            let guess = GuessId(octets.small()?);
            // One that is prepared inside another is ignored by the call, so that nobody writes it: nothing nests.
            let commands = (0..octets.count()?).map(|_| {
                let kind = octets.octet()?;
                plain(kind, octets)
            });
            Ok(CallCommand::Prepare { guess, commands: commands.collect::<Taken<_>>()? })
        }
        kind => plain(kind, octets),
    }
}

fn plain(kind: u8, octets: &mut Take<'_>) -> Taken<CallCommand> {
    Ok(match kind {
        SAY => CallCommand::Say(Say {
            reply: ReplyId(octets.small()?),
            answers: octets.maybe(|octets| octets.small().map(TurnId))?,
            text: Pii::from(octets.text()?),
            style: taken_style(octets)?,
            protection: one_of(octets, &PROTECTIONS)?,
        }),
        CANCEL => CallCommand::Cancel(ReplyId(octets.small()?)),
        EXPECT => {
            let phrases = (0..octets.count()?)
                .map(|_| octets.text().map(Box::from))
                .collect::<Taken<Arc<[Box<str>]>>>()?;
            CallCommand::Expect(Expected { answer: one_of(octets, &EXPECTATIONS)?, phrases })
        }
        FINISH => CallCommand::Finish(match octets.maybe(Take::text)? {
            None => AfterCall::HangUp,
            Some(number) => AfterCall::Transfer(Pii::from(number)),
        }),
        HANG_UP => CallCommand::HangUp,
        _ => return Err(Malformed("a command is none that this version knows")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_comes_back() {
        let say = CallCommand::Say(Say {
            reply: ReplyId(3),
            answers: Some(TurnId(2)),
            text: Pii::from("Certainly."),
            style: Style {
                voice: Some("slt".to_owned()),
                pace: 0.9,
                pronunciations: Arc::from([Pronunciation {
                    word: Arc::from("Siobhan"),
                    respelling: Some(Arc::from("shi-vawn")),
                    phonemes: None,
                }]),
                ..Style::default()
            },
            protection: Protection::Opening,
        });
        let expected =
            Expected { answer: Expectation::Digits, phrases: Arc::from([Box::from("root canal")]) };
        for command in [
            say.clone(),
            CallCommand::Prepare { guess: GuessId(4), commands: vec![say, CallCommand::HangUp] },
            CallCommand::Cancel(ReplyId(9)),
            CallCommand::Expect(expected),
            CallCommand::Finish(AfterCall::HangUp),
            CallCommand::Finish(AfterCall::Transfer(Pii::from("+15005550123"))),
            CallCommand::HangUp,
        ] {
            let mut octets = Vec::new();
            assert!(put(&mut octets, &command));
            assert_eq!(take(&mut Take::new(&octets)), Ok(command));
            for cut in 0..octets.len() {
                assert!(take(&mut Take::new(&octets[..cut])).is_err(), "cut at {cut}");
            }
        }
    }

    #[test]
    fn commands_do_not_nest_without_end() {
        let nested = [PREPARE, 0, 1].repeat(100_000);
        assert!(take(&mut Take::new(&nested)).is_err());
    }
}
