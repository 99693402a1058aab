//! A captured call had again: the caller's sound is what it was, the models hear it anew on a virtual clock, and the agent
//! talks again in a business as it was then.
//!
//! The caller cannot answer to what the agent says otherwise: from there on what is heard is his part of another
//! conversation.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use callwright_business::{
    Business, BusinessMoment, BusinessOptions, MomentError, OpenError, Progress, ReadError, Scope,
    TakeCallError,
};
use callwright_calls::capture::{Capture, Record};
use callwright_calls::leg::{LegAudio, LegDriver, LegInput, LegReady, leg};
use callwright_calls::{CallMode, CallSpec, Input, Moment, Placement, Shard, TICK_MS};
use callwright_contract::{
    CallCommand, CallEvent, CallFact, CommandRefused, CommandSink, EndCause,
};
use callwright_host::{InlineDelays, InlineLanes, InlineModels};
use callwright_media::ring::{Full, WhenFull, Writer, ring};
use callwright_media::{Packet, g711};
use futures_util::FutureExt;
use jiff::Timestamp;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::change::{Change, ChangeError};
use super::context::Context;
use super::far_end::FarEnd;

/// A call that was had again.
#[derive(Debug)]
pub(super) struct Again {
    pub(super) events: Vec<CallEvent>,
    /// Appointments that it left.
    pub(super) booked: usize,
}

/// A call cannot be had again.
#[derive(Debug, thiserror::Error)]
pub(super) enum RerunError {
    #[error(
        "the capture is without the state of the business, so that the agent cannot talk again; replay it without --models and --with"
    )]
    NoBusiness,
    #[error("the capture's context cannot be read: {0}")]
    Context(#[from] serde_json::Error),
    #[error(transparent)]
    Moment(#[from] MomentError),
    #[error(transparent)]
    Change(#[from] ChangeError),
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error("the agent does not take the call: {0}")]
    Take(#[from] TakeCallError),
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error("no folder for the time of the call: {0}")]
    Folder(#[from] std::io::Error),
    #[error("the agent did not come to an end within {} s", THOUGHT_MAX.as_secs())]
    Stuck,
    #[error("the call core does not take the call")]
    Refused,
}

/// Commands that may wait: as many as in a host.
const COMMANDS: usize = callwright_host::COMMANDS;
/// After the capture's last record the call may go on for so long, in silence, until it ends by itself.
const AFTERWARDS: Duration = Duration::from_secs(20);
/// Longest wait, in real time, for an agent that thinks.
const THOUGHT_MAX: Duration = Duration::from_secs(30);
const TICK: Duration = Duration::from_millis(TICK_MS);

/// Has the call of `capture` again, with `change` made; tells `heard` how far it is.
///
/// # Errors
/// [`RerunError`]; the models are given back in any case.
pub(super) fn again(
    capture: &Capture,
    change: &Change,
    models: InlineModels,
    runtime: &Runtime,
    heard: impl FnMut(Duration),
) -> (Result<Again, RerunError>, InlineModels) {
    let mut lanes = InlineLanes::new(models, InlineDelays::default());
    let result = run(capture, change, &mut lanes, runtime, heard);
    (result, lanes.into_models())
}

fn run(
    capture: &Capture,
    change: &Change,
    lanes: &mut InlineLanes,
    runtime: &Runtime,
    mut heard: impl FnMut(Duration),
) -> Result<Again, RerunError> {
    let mut spec = capture.header.spec.clone();
    change.apply(&mut spec)?;
    let (writer, commands) = ring(COMMANDS, WhenFull::Refuse);
    let desk = match spec.mode {
        CallMode::Converse => Some(Desk::open(capture, change, &spec, writer, runtime)?),
        CallMode::Listen | CallMode::Echo => None,
    };
    let began = capture.header.began;
    let profile = capture.header.profile;
    let (line, leg) = leg(profile);
    let mut shard = Shard::new(1, 0);
    lanes.set_now(began);
    let placement = Placement { spec, leg, commands, capture: false };
    shard.place(began, placement, lanes).map_err(|_given_back| RerunError::Refused)?;
    let mut call = Running {
        shard,
        lanes,
        line: Some(line),
        far: FarEnd::default(),
        desk,
        runtime,
        events: Vec::new(),
    };
    let mut now = began;
    for record in capture.records() {
        match record {
            Record::Later(nanos) => now = now.plus(Duration::from_nanos(nanos)),
            Record::Input(Input::Line(input @ (LegInput::Audio(_) | LegInput::Digit(_)))) => {
                call.deliver(input);
            }
            Record::Input(Input::Gone(EndCause::CallerHungUp)) => {
                if let Some(line) = call.line.take() {
                    line.hang_up();
                }
            }
            Record::Input(Input::Gone(_)) => call.line = None,
            Record::Input(Input::Tick) => {
                call.tick(now)?;
                heard(now.since(began));
            }
            // What the lanes, the business and the marks brought is brought anew.
            Record::Input(_) | Record::Fact(_) | Record::Check(_) | Record::End(_) => {}
        }
    }
    call.finish(now, profile.hears)
}

/// The call while it is had again.
struct Running<'a> {
    shard: Shard,
    lanes: &'a mut InlineLanes,
    line: Option<LegDriver>,
    far: FarEnd,
    desk: Option<Desk>,
    runtime: &'a Runtime,
    events: Vec<CallEvent>,
}

impl Running<'_> {
    /// A call that ended sooner than it did takes nothing any more.
    fn deliver(&mut self, input: LegInput) {
        if let Some(line) = &mut self.line {
            drop(line.deliver(input));
        }
    }

    fn tick(&mut self, now: Moment) -> Result<(), RerunError> {
        while let Some(mark) = self.far.reached(now) {
            self.deliver(LegInput::Mark(mark));
        }
        self.lanes.set_now(now);
        let first = self.events.len();
        let events = &mut self.events;
        self.shard.tick(now, self.lanes, &mut |event| events.push(event));
        while let Some(line) = &mut self.line {
            match line.ready(false).now_or_never() {
                Some(LegReady::Output(output)) => self.far.receive(now, &output),
                Some(LegReady::Over) => self.line = None,
                Some(LegReady::Room) | None => break,
            }
        }
        match &mut self.desk {
            Some(desk) => desk.hear(self.events.get(first..).unwrap_or_default(), self.runtime),
            None => Ok(()),
        }
    }

    /// Lets the call end by itself, and if it does not, ends it.
    fn finish(mut self, mut now: Moment, hears: LegAudio) -> Result<Again, RerunError> {
        let silence = match hears {
            LegAudio::Ulaw => [g711::ULAW_SILENCE; 160],
            LegAudio::Wideband => [0; 160],
        };
        let until = now.plus(AFTERWARDS);
        let mut ticks = 0_u32;
        while self.shard.live() > 0 && now < until {
            now = now.plus(TICK);
            if ticks.is_multiple_of(4) {
                // 20 ms.
                for _ in 0..if hears == LegAudio::Ulaw { 1 } else { 4 } {
                    Packet::split(&silence, 160)
                        .for_each(|packet| self.deliver(LegInput::Audio(packet)));
                }
            }
            ticks += 1;
            self.tick(now)?;
        }
        let first = self.events.len();
        let events = &mut self.events;
        let cause = EndCause::CallerHungUp;
        self.shard.end_all(now, cause, self.lanes, &mut |event| events.push(event));
        let booked = match self.desk {
            Some(mut desk) => {
                desk.hear(self.events.get(first..).unwrap_or_default(), self.runtime)?;
                desk.close(self.runtime)?
            }
            None => 0,
        };
        Ok(Again { events: self.events, booked })
    }
}

/// The business as it was, on the call's clock.
struct Desk {
    business: Business,
    progress: Progress,
    /// The time of day, in microseconds since 1970.
    clock: Arc<AtomicI64>,
    began_us: i64,
    told: u64,
    call: callwright_contract::CallId,
    _folder: TempDir,
}

struct Wishes(Mutex<Writer<CallCommand>>);

impl CommandSink for Wishes {
    fn send(&self, command: CallCommand) -> Result<(), CommandRefused> {
        let mut writer = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if writer.is_abandoned() {
            return Err(CommandRefused::CallOver);
        }
        writer.push(command).map_err(|Full(_)| CommandRefused::Full)
    }
}

impl Desk {
    fn open(
        capture: &Capture,
        change: &Change,
        spec: &CallSpec,
        wishes: Writer<CallCommand>,
        runtime: &Runtime,
    ) -> Result<Self, RerunError> {
        let context = capture.context.as_deref().ok_or(RerunError::NoBusiness)?;
        let text = Context::from_octets(context)?.business.ok_or(RerunError::NoBusiness)?;
        let moment = BusinessMoment::from_text(&text, change.tenant.as_deref())?;
        let folder = tempfile::tempdir()?;
        let began_us = i64::try_from(spec.id.unix_ms()).unwrap_or(0).saturating_mul(1_000);
        let clock = Arc::new(AtomicI64::new(began_us));
        let reads = Arc::clone(&clock);
        let time =
            move || Timestamp::from_microsecond(reads.load(Ordering::Relaxed)).unwrap_or_default();
        let options = BusinessOptions::new(folder.path().join("business.db"), Arc::new(time))
            .rebuilt(moment, change.agent.clone());
        let business = runtime.block_on(Business::open(options))?.business;
        let route = business.route(&spec.arrival.line).ok_or(RerunError::NoBusiness)?;
        let wishes = Arc::new(Wishes(Mutex::new(wishes)));
        let progress = business.take_call_followed(spec.id, &route, wishes)?;
        let (told, call) = (0, spec.id);
        Ok(Self { business, progress, clock, began_us, told, call, _folder: folder })
    }

    /// Tells the agent what happened, and waits until it has thought about it: it takes no time on the call's clock.
    fn hear(&mut self, events: &[CallEvent], runtime: &Runtime) -> Result<(), RerunError> {
        if events.is_empty() {
            return Ok(());
        }
        for event in events {
            let at = i64::try_from(event.at.as_micros()).unwrap_or(i64::MAX);
            let at = self.began_us.saturating_add(at);
            self.clock.store(at, Ordering::Relaxed);
            self.told += u64::from(!matches!(event.fact, CallFact::Partial { .. }));
            let at = Timestamp::from_microsecond(at).unwrap_or_default();
            self.business.hear(event.clone(), at);
        }
        let thought = self.progress.reached(self.told);
        runtime
            .block_on(async { tokio::time::timeout(THOUGHT_MAX, thought).await })
            .map_err(|_elapsed| RerunError::Stuck)
    }

    /// How many appointments the call left.
    fn close(self, runtime: &Runtime) -> Result<usize, RerunError> {
        let (business, call) = (self.business, self.call);
        runtime.block_on(async move {
            business.drain().await;
            let always = Timestamp::MIN..Timestamp::MAX;
            let all = business.appointments(&Scope::Platform, always).await?;
            Ok(all.iter().filter(|appointment| appointment.call == call).count())
        })
    }
}
