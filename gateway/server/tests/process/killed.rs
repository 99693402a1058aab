//! `kill -9` in the middle of a call: what was confirmed stays, what was not leaves nothing, and the call is marked.

use callwright::simulate::{Scenario, What};

use super::program::Program;

/// Calls with the booking scenario, kills the server at the first moment that `now` picks, and starts it again.
async fn kill_during_a_booking(home: &std::path::Path, now: fn(&What) -> bool) -> Program {
    let mut program = Program::serve(home);
    let (caller, scenario) = (program.caller(), Scenario::named("books").unwrap());
    let mut killed = false;
    let outcome = caller
        .call_watched(&scenario, &mut |entry| {
            eprintln!("{entry}");
            if !killed && now(&entry.what) {
                killed = true;
                program.kill();
            }
        })
        .await;
    assert!(killed, "the moment to kill the server never came");
    // Whether the report could still be asked for depends on the server, which is gone.
    assert!(outcome.is_err(), "a killed server gives no report");
    let restarted = Program::serve(home);
    let calls = restarted.calls().await;
    assert_eq!(calls.len(), 1);
    assert_eq!(calls[0].cause.as_deref(), Some("server_killed"), "{calls:?}");
    assert!(!calls[0].live && calls[0].ended.is_some());
    restarted
}

fn agent_says(what: &What, any_of: &[&str]) -> bool {
    matches!(what, What::AgentSays(text) if any_of.iter().any(|word| text.to_lowercase().contains(word)))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_confirmed_booking_outlives_the_server() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("home");
    let restarted = kill_during_a_booking(&home, |what| agent_says(what, &["booked"])).await;
    let appointments = restarted.appointments().await;
    assert_eq!(appointments.len(), 1, "what the caller was told is in the calendar");
    assert_eq!(appointments[0].service, "cleaning");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_booking_that_was_not_confirmed_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("home");
    // A time is held for the caller while they are asked for their name.
    let restarted = kill_during_a_booking(&home, |what| agent_says(what, &["name"])).await;
    assert_eq!(restarted.appointments().await, []);
    // The time that was held is free again, and the server books as ever.
    let report = restarted.caller().call(&Scenario::named("books").unwrap()).await.unwrap();
    assert!(report.passed, "{}\n{report}", report.conversation());
    assert_eq!(restarted.appointments().await.len(), 1);
}
