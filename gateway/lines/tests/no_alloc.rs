//! A packet of sound costs no allocation, neither coming in nor going out.
#![expect(unsafe_code, reason = "an allocator that counts can be made in no other way")]
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test, with a moment to count from"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::time::Instant;

use callwright_calls::leg::{LegAudio, LegInput, LegOutput, LegProfile, leg};
use callwright_lines::twilio::{Output, Sent, Session, Sid};

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: everything is passed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: the caller keeps the contract of `alloc`, which is the same here.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        // SAFETY: `place` came from `System.alloc` with this layout.
        unsafe { System.dealloc(place, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// Echoes `packets` of 20 ms and counts what was allocated for it.
fn echo(session: &mut Session, packets: std::ops::Range<u64>) -> u64 {
    let (mut driver, mut call) = leg(LegProfile {
        lead: std::time::Duration::ZERO,
        marks: true,
        hears: LegAudio::Ulaw,
        tones: false,
    });
    let payload = "/v39".repeat(53) + "/w==";
    let messages: Vec<String> = packets
        .map(|n| {
            let timestamp = n * 20;
            format!(
                r#"{{"event":"media","sequenceNumber":"{n}","streamSid":"MZ1","media":{{"track":"inbound","chunk":"{n}","timestamp":"{timestamp}","payload":"{payload}"}}}}"#
            )
        })
        .collect();
    let before = ALLOCATIONS.get();
    for message in &messages {
        session.receive(message);
        while let Some(Output::Input(input)) = session.poll_output() {
            driver.deliver(input).unwrap();
        }
        while let Some(LegInput::Audio(packet)) = call.take() {
            assert_eq!(packet.payload.len(), 160);
            let Sent::Text(text) = session.send(&LegOutput::Audio(packet)) else { return u64::MAX };
            assert!(text.as_str().contains(&payload[..]));
        }
    }
    ALLOCATIONS.get() - before
}

#[test]
fn a_packet_costs_no_allocation_either_way() {
    let mut session = Session::new(Sid::try_from("CA1").unwrap(), Instant::now());
    session.receive(
        r#"{"event":"start","streamSid":"MZ1","start":{"streamSid":"MZ1","callSid":"CA1","mediaFormat":{"encoding":"audio/x-mulaw","sampleRate":8000,"channels":1}}}"#,
    );
    assert_eq!(session.poll_output(), Some(Output::Begin));
    // The buffers find their size.
    assert!(echo(&mut session, 1..100) > 0, "the counter counts");
    assert_eq!(echo(&mut session, 100..10_000), 0);
    assert_eq!(session.counts().media_out, 9_999);
}
