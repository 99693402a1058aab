//! Whether a call came as the scenario expects it.

use std::time::Duration;

use callwright_api::wire::{Appointment, Call, Speaker};
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;

use super::conversation::Heard;
use super::phrase::{AnyOf, words};
use super::report::{CallReport, Check, ms};
use super::scenario::{Expect, ExpectAppointment, ExpectEvents, ExpectRows, Side};
use super::twilio::Offence;

/// All that is known of a call when its expectations are looked at.
pub(super) struct Facts<'a> {
    pub(super) report: &'a CallReport,
    pub(super) heard: Option<&'a Heard>,
    pub(super) offences: &'a [Offence],
    pub(super) refused: Option<&'a str>,
    pub(super) ended_by: Option<Side>,
    /// The server's own record.
    pub(super) call: Option<&'a Call>,
    /// What this call booked, whatever has become of it.
    pub(super) rows: &'a [Appointment],
}

/// What may be lost at the end of a stream: silence behind the last word.
const CUT_OFF_MAX: Duration = Duration::from_millis(200);

/// What holds for every call, and what this scenario expects.
pub(super) fn check(expect: &Expect, facts: &Facts<'_>) -> Vec<Check> {
    let mut checks = rules(facts);
    if facts.heard.is_none() {
        // Nothing was said: that nothing came of it is no news.
        return checks;
    }
    said(expect, facts, &mut checks);
    booked(expect, facts, &mut checks);
    happened(expect, facts, &mut checks);
    ended(expect, facts, &mut checks);
    measured(expect, facts, &mut checks);
    checks
}

/// What holds for every call.
fn rules(facts: &Facts<'_>) -> Vec<Check> {
    let offences: Vec<_> = facts.offences.iter().map(ToString::to_string).collect();
    let mut checks = vec![Check::new(
        "Twilio has nothing to object to",
        offences.is_empty(),
        offences.join("; "),
    )];
    let Some(heard) = facts.heard else {
        let why = facts.refused.map_or_else(
            || "no stream came about".to_owned(),
            |reason| format!("the call was refused ({reason})"),
        );
        checks.push(Check::new("the call is taken", false, why));
        return checks;
    };
    if let Some(failure) = &heard.failure {
        checks.push(Check::new("the caller gets through the scenario", false, failure.clone()));
    }
    if heard.cut_off > CUT_OFF_MAX {
        let found = format!("the last {} ms are not", ms(heard.cut_off));
        checks.push(Check::new("everything the agent says is played", false, found));
    }
    let cause = facts.call.and_then(|call| call.summary.cause.as_deref());
    let agrees = match (facts.ended_by, cause) {
        (Some(Side::Caller), Some(cause)) => cause == "caller_hung_up",
        (Some(Side::Transfer), Some(cause)) => cause == "transferred",
        (Some(Side::Agent), Some(cause)) => {
            !matches!(cause, "caller_hung_up" | "transferred" | "line_lost" | "fault")
        }
        _ => false,
    };
    let found = format!(
        "it ended by {} and the server says {}",
        facts.report.ended_by.unwrap_or("nobody"),
        cause.unwrap_or("nothing")
    );
    checks.push(Check::new("the server records how the call ended", agrees, found));
    checks
}

fn said(expect: &Expect, facts: &Facts<'_>, checks: &mut Vec<Check>) {
    let by = |who: Speaker| {
        let lines = facts.call.iter().flat_map(|call| &call.transcript);
        let of = lines.filter(|line| line.who == who);
        let texts: Vec<_> = of.map(|line| line.heard.as_deref().unwrap_or(&line.text)).collect();
        texts.join(" ")
    };
    let (agent, caller) = (by(Speaker::Agent), by(Speaker::Caller));
    in_order("the agent says", &expect.agent_says, &agent, checks);
    in_order("the caller is heard to say", &expect.caller_is_heard, &caller, checks);
    for never in &expect.agent_never_says {
        let expected = format!("the agent never says {never}");
        checks.push(Check::new(expected, !never.matches(&agent), "it does"));
    }
}

fn in_order(who: &str, expected: &[AnyOf], text: &str, checks: &mut Vec<Check>) {
    let heard = words(text);
    let mut at = 0;
    for any_of in expected {
        let found = any_of.find(&heard, at);
        at = found.unwrap_or(at);
        let instead = format!("in “{text}”");
        checks.push(Check::new(format!("{who} {any_of}"), found.is_some(), instead));
    }
}

fn booked(expect: &Expect, facts: &Facts<'_>, checks: &mut Vec<Check>) {
    let stands = |row: &&Appointment| row.state == "booked";
    let list: Vec<_> = facts.rows.iter().filter(stands).map(describe).collect();
    let found = if list.is_empty() { "nothing was booked".to_owned() } else { list.join("; ") };
    let today =
        |zone: &TimeZone| facts.call.map(|call| call.summary.started.to_zoned(zone.clone()).date());
    if expect.no_appointment {
        checks.push(Check::new("nothing is booked", list.is_empty(), found));
    } else if let Some(wanted) = &expect.appointment {
        let fits = facts.rows.iter().filter(stands).any(|row| is(wanted, row, today));
        checks.push(Check::new(expected(wanted), fits, found));
    }
    for ExpectRows { state, appointment, count } in &expect.rows {
        let fits = facts.rows.iter().filter(|row| {
            state.is_none_or(|state| state.as_str() == row.state) && is(appointment, row, today)
        });
        let fitting = fits.count();
        let state = state.map_or("", |state| state.as_str());
        let wanted = described(appointment);
        let rows: Vec<_> =
            facts.rows.iter().map(|row| format!("{} ({})", describe(row), row.state)).collect();
        checks.push(Check::new(
            format!("the calendar holds {count} rows of this call {state}{wanted}"),
            fitting == *count,
            format!("{fitting} of: {}", rows.join("; ")),
        ));
    }
}

fn happened(expect: &Expect, facts: &Facts<'_>, checks: &mut Vec<Check>) {
    for ExpectEvents { kind, at_least, at_most } in &expect.events {
        let times = facts.heard.and_then(|heard| heard.events.get(kind)).copied().unwrap_or(0);
        let least = at_least.unwrap_or(usize::from(at_most.is_none()));
        let most = at_most.unwrap_or(usize::MAX);
        let bounds = at_most.map_or_else(
            || format!("at least {least} times"),
            |most| format!("{least} to {most} times"),
        );
        let expected = format!("`{kind}` happens {bounds}");
        checks.push(Check::new(expected, (least..=most).contains(&times), times.to_string()));
    }
}

fn describe(appointment: &Appointment) -> String {
    format!("{} at {} for {}", appointment.service, appointment.local_start, appointment.name)
}

fn expected(wanted: &ExpectAppointment) -> String {
    format!("an appointment is in the calendar{}", described(wanted))
}

fn described(wanted: &ExpectAppointment) -> String {
    let mut text = String::new();
    for (what, phrase) in [("service", &wanted.service), ("name", &wanted.name)] {
        if let Some(phrase) = phrase {
            text.push_str(&format!(", {what} {phrase}"));
        }
    }
    if let Some(day) = wanted.day {
        text.push_str(&format!(", on {day}"));
    }
    for (what, time) in [("from", wanted.from), ("before", wanted.until)] {
        if let Some(time) = time {
            text.push_str(&format!(", {what} {}", time.strftime("%H:%M")));
        }
    }
    text
}

fn is(
    wanted: &ExpectAppointment,
    appointment: &Appointment,
    today: impl Fn(&TimeZone) -> Option<Date>,
) -> bool {
    let Ok(zone) = TimeZone::get(&appointment.time_zone) else { return false };
    let start: DateTime = appointment.start.to_zoned(zone.clone()).datetime();
    let (date, time): (Date, Time) = (start.date(), start.time());
    let day_fits =
        wanted.day.is_none_or(|day| today(&zone).is_some_and(|today| day.means(date, today)));
    let service = appointment.service.replace(['_', '-'], " ");
    day_fits
        && wanted.service.as_ref().is_none_or(|wanted| wanted.matches(&service))
        && wanted.name.as_ref().is_none_or(|wanted| wanted.matches(&appointment.name))
        && wanted.from.is_none_or(|from| time >= from)
        && wanted.until.is_none_or(|until| time < until)
}

fn ended(expect: &Expect, facts: &Facts<'_>, checks: &mut Vec<Check>) {
    if let Some(side) = expect.ended_by {
        let found = facts.report.ended_by.unwrap_or("nobody");
        let expected = format!("the call is ended by {}", side.as_str());
        checks.push(Check::new(expected, facts.ended_by == Some(side), found));
    }
    if let Some(number) = &expect.transfer_to {
        let to = facts.report.transferred_to.as_ref();
        let found = to.cloned().unwrap_or_else(|| "it does not".to_owned());
        checks.push(Check::new(format!("the call goes on to {number}"), to == Some(number), found));
    }
}

fn measured(expect: &Expect, facts: &Facts<'_>, checks: &mut Vec<Check>) {
    let report = facts.report;
    if let Some(wanted) = expect.interrupted {
        let known = facts.heard.is_some_and(|heard| !heard.interruptions.is_empty());
        let expected =
            if wanted { "the agent lets itself be cut off" } else { "the agent is not cut off" };
        checks.push(Check::new(expected, known == wanted, "it is the other way round"));
    }
    if let Some(most) = expect.agent_stops_within_ms {
        let slowest = report.interruptions.iter().map(|cut| cut.last_sound_ms).max();
        let found = slowest.map_or_else(|| "never cut in".to_owned(), |ms| format!("{ms} ms"));
        let expected = format!("the agent falls silent within {most} ms");
        checks.push(Check::new(expected, slowest.is_some_and(|ms| ms <= most), found));
    }
    if let Some(most) = expect.reply_p50_at_most_ms {
        let p50 = report.reply_p50_ms;
        let found = p50.map_or_else(|| "no reply".to_owned(), |ms| format!("{ms} ms"));
        let expected = format!("half of the replies come within {most} ms");
        checks.push(Check::new(expected, p50.is_some_and(|ms| ms <= most), found));
    }
    if let Some(most) = expect.reply_p95_at_most_ms {
        let p95 = report.reply_p95_ms;
        let found = p95.map_or_else(|| "no reply".to_owned(), |ms| format!("{ms} ms"));
        let expected = format!("95 of 100 replies come within {most} ms");
        checks.push(Check::new(expected, p95.is_some_and(|ms| ms <= most), found));
    }
    if let Some(most) = expect.talked_over_at_most {
        let times = report.replies.iter().filter(|reply| reply.talked_over).count();
        let expected = format!("the agent talks over the caller at most {most} times");
        checks.push(Check::new(expected, times <= most, times.to_string()));
    }
    if let Some(most) = expect.stutters_at_most {
        let expected = format!("the agent's sound runs dry at most {most} times");
        checks.push(Check::new(expected, report.stutters <= most, report.stutters.to_string()));
    }
    if let Some(least) = expect.replies_at_least {
        let count = report.replies.iter().filter(|reply| reply.reply_ms.is_some()).count();
        let expected = format!("the caller hears at least {least} replies");
        checks.push(Check::new(expected, count >= least, count.to_string()));
    }
}

#[cfg(test)]
mod tests;
