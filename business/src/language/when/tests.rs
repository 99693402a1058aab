//! What people say of days and times, seen from Saturday, November 21st 2026, half past three in the morning.

use jiff::civil::Weekday;
use proptest::prelude::*;

use super::*;
use crate::tenants::Span;

fn opening() -> Opening {
    let span = |from: i8, until: i8| Span {
        from: Time::constant(from, 0, 0, 0),
        until: Time::constant(until, 0, 0, 0),
    };
    let weekday = vec![span(8, 12), span(13, 17)];
    let mut week = std::array::from_fn(|_| weekday.clone());
    week[5] = vec![span(9, 13)];
    week[6] = Vec::new();
    Opening::new(week, std::collections::BTreeSet::new())
}

/// Candidates as text: `day time`, with `-` for what was not said.
fn read(now: &str, text: &str, asked: bool) -> String {
    let now: Zoned = now.parse().unwrap();
    let opening = opening();
    let context = WhenContext { now: &now, opening: &opening, asked };
    let candidates = parse(&Words::new(text), context);
    let clock = |time: Time| time.strftime("%H:%M").to_string();
    let texts: Vec<String> = candidates
        .iter()
        .map(|candidate| {
            let days = candidate.days.map_or("-".to_owned(), |days| {
                let first = days.first.strftime("%m-%d").to_string();
                if days.is_one_day() {
                    first
                } else {
                    format!("{first}..{}", days.last.strftime("%m-%d"))
                }
            });
            let time = match candidate.time {
                None => "-".to_owned(),
                Some(TimeWish::Any) => "any".to_owned(),
                Some(TimeWish::At(time)) => clock(time),
                Some(TimeWish::Between(from, to)) => format!("{}~{}", clock(from), clock(to)),
            };
            format!("{days} {time}{}", if candidate.sure { "" } else { "?" })
        })
        .collect();
    texts.join(" | ")
}

const SATURDAY: &str = "2026-11-21T03:30-05:00[America/New_York]";
const MONDAY: &str = "2026-11-16T10:00-05:00[America/New_York]";

/// What is said on that Saturday, and what it means.
const SAID: &[(&str, &str)] = &[
    ("a cleaning next Tuesday afternoon", "11-24 12:00~17:59"),
    ("I'd like to book a cleaning next to the afternoon.", "11-24 12:00~17:59"),
    ("a cleaning-next Tuesday afternoon.", "11-24 12:00~17:59"),
    ("today", "11-21 -"),
    ("Tomorrow morning.", "11-22 00:00~11:59"),
    ("To-morrow morning.", "11-22 00:00~11:59"),
    ("the day after tomorrow", "11-23 -"),
    ("Tuesday", "11-24 -"),
    ("this Tuesday", "11-24 -"),
    ("on Tuesday at three", "11-24 15:00"),
    ("Tuesday week", "12-01 -"),
    ("a week on Tuesday", "12-01 -"),
    ("Saturday at 10", "11-21 10:00? | 11-28 10:00?"),
    ("next Saturday", "11-28 -"),
    ("the 24th", "11-24 -"),
    ("The twenty fourth at ten o'clock.", "11-24 10:00"),
    ("The twenty-fourths have ten o'clock.", "11-24 10:00"),
    ("The twenty-fourth had ten o'clock.", "11-24 10:00"),
    ("The twenty-fourths at the time of clock.", "11-24 -"),
    ("the third of March", "03-03 -"),
    ("March 3rd", "03-03 -"),
    ("March the third at 9:30", "03-03 09:30"),
    ("December 1 in the afternoon", "12-01 12:00~17:59"),
    ("12/1 at 2 pm", "12-01 14:00"),
    ("in two weeks", "12-05 -"),
    ("in a couple of days", "11-23 -"),
    ("two weeks from now", "12-05 -"),
    ("in a month", "12-01..12-31 -"),
    ("next week", "11-23..11-29 -"),
    ("next week on Wednesday", "11-25 -"),
    ("Thursday next week", "11-26 -"),
    ("the week after next", "11-30..12-06 -"),
    ("this weekend", "11-21..11-22 -"),
    ("Tuesday the 24th at 3 pm", "11-24 15:00"),
    ("Tuesday, November 24th, at 3 PM", "11-24 15:00"),
    ("Tuesday the 25th", "11-25 -? | 11-24 -?"),
    ("half past three", "- 15:30"),
    ("On the twenty fifth, that half passed three.", "11-25 15:30"),
    ("Can we make it for a clock with Dr. Patel?", "- 16:00"),
    ("Half past three.", "- 15:30"),
    ("half three", "- 15:30"),
    ("quarter to five", "- 16:45"),
    ("a quarter past ten", "- 10:15"),
    ("ten to four", "- 15:50"),
    ("twenty minutes past nine", "- 09:20"),
    ("quarter to one", "- 12:45"),
    ("three thirty", "- 15:30"),
    ("Friday at two thirty.", "11-27 14:30"),
    ("Friday at two-thirty.", "11-27 14:30"),
    ("3:30", "- 15:30"),
    ("15:30", "- 15:30"),
    ("at 3.30 p.m.", "- 15:30"),
    ("nine oclock", "- 09:00"),
    ("eight in the evening", "- 20:00"),
    ("at eight", "- 08:00"),
    ("at three", "- 15:00"),
    ("at twelve", "- 12:00"),
    ("noon", "- 12:00"),
    ("morning", "- 00:00~11:59"),
    ("After lunch would be better.", "- 12:30~15:00"),
    ("After a lunch would be better.", "- 12:30~15:00"),
    ("after lunch, we'd be better", "- 12:30~15:00"),
    ("at lunchtime", "- 11:30~13:30"),
    ("first thing on Monday", "11-23 06:00~09:00"),
    ("late afternoon on Thursday", "11-26 15:30~18:00"),
    ("Wednesday after three", "11-25 15:00~23:59"),
    ("Wednesday afternoon after three", "11-25 15:00~17:59"),
    ("before ten on Friday", "11-27 00:00~09:59"),
    ("around two", "- 13:30~14:30"),
    ("two ish on Monday", "11-23 13:30~14:30"),
    ("as soon as possible", "11-21..01-20 any"),
    ("as soon as possible in the afternoon", "11-21..01-20 12:00~17:59"),
    ("any time on Tuesday", "11-24 any"),
    ("Tuesday or Wednesday afternoon", "11-24 12:00~17:59 | 11-25 12:00~17:59"),
    ("Tuesday morning or Thursday afternoon", "11-24 00:00~11:59 | 11-26 12:00~17:59"),
    ("Tuesday at three or four", "11-24 15:00 | 11-24 16:00"),
    ("three in the afternoon on Tuesday", "11-24 15:00"),
    ("Tuesday afternoon at three", "11-24 15:00"),
    ("Tuesday, no wait, Wednesday", "11-25 -"),
    ("actually make it Wednesday", "11-25 -"),
    ("not Tuesday", ""),
    ("I can't do Tuesday but Wednesday works", "11-25 -"),
    ("no, at four", "- 16:00"),
    ("I need to reschedule to firstly.", "11-26 -"),
    ("I need to reschedule to Thursday.", "11-26 -"),
    ("wensday", "11-25 -"),
    ("choose day morning", "11-24 00:00~11:59"),
    ("two cleanings", ""),
    ("my number is five five five two one two", ""),
    ("good morning", ""),
    ("the second one, please", ""),
    ("the first available", "11-21..01-20 any"),
    ("I have two kids", ""),
    ("in March", ""),
    ("", ""),
];

#[test]
fn days_and_times_as_people_say_them() {
    for (text, meant) in SAID {
        assert_eq!(read(SATURDAY, text, false), *meant, "{text}");
    }
}

#[test]
fn a_lone_number_is_a_time_when_one_was_asked_for() {
    for (text, meant) in [
        ("three", "- 15:00"),
        ("Three.", "- 15:00"),
        ("ten or eleven", "- 10:00 | - 11:00"),
        ("the second one", ""),
        ("the earlier one", ""),
        ("one", "- 13:00"),
        ("four please", "- 16:00"),
        ("five five five two", ""),
    ] {
        assert_eq!(read(SATURDAY, text, true), meant, "{text}");
    }
}

#[test]
fn next_with_a_day_of_the_running_week_is_not_sure() {
    assert_eq!(read(MONDAY, "next Tuesday", false), "11-24 -? | 11-17 -?");
    assert_eq!(read(MONDAY, "Tuesday", false), "11-17 -");
    assert_eq!(read(MONDAY, "next Monday", false), "11-23 -");
    assert_eq!(read(MONDAY, "this Friday", false), "11-20 -");
}

#[test]
fn every_weekday_is_heard_by_name() {
    let days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    for (place, day) in (0_i8..).zip(days) {
        let weekday = Weekday::from_monday_zero_offset(place).unwrap();
        assert_eq!(super::super::days::weekday(day), Some(weekday));
    }
}

proptest! {
    #[test]
    fn nothing_that_is_said_makes_it_panic(text in "\\PC{0,80}", asked: bool) {
        read(SATURDAY, &text, asked);
    }

    #[test]
    fn nor_does_any_row_of_its_own_words(
        picks in proptest::collection::vec(
            proptest::sample::select(vec![
                "tuesday", "next", "the", "24th", "twenty", "fourth", "march", "at", "three", "thirty", "half",
                "past", "quarter", "to", "or", "not", "no", "pm", "a", "week", "on", "from", "now", "in", "2",
                "weeks", "oclock", "after", "lunch", "any", "time", "tonight", "this", "weekend", "31st", "february",
                "0", "24:99", "3/32", "hundred", "of", "morning", "ish",
            ]),
            0..12,
        ),
        asked: bool,
    ) {
        let now: Zoned = SATURDAY.parse().unwrap();
        let opening = opening();
        for candidate in parse(&Words::new(&picks.join(" ")), WhenContext { now: &now, opening: &opening, asked }) {
            let days = candidate.days.map_or(now.date(), |days| {
                assert!(days.first <= days.last);
                days.last
            });
            prop_assert!(days >= now.date());
            if let Some(TimeWish::Between(from, to)) = candidate.time {
                // An impossible stretch (`afternoon before nine`) is no panic, and finds nothing.
                let _ = from <= to;
            }
        }
    }
}
