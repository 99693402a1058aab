//! Nothing that identifies or quotes a caller is in the log, at any level that an operator may choose.

use callwright::simulate::Scenario;

use super::program::Program;

#[tokio::test(flavor = "multi_thread")]
async fn the_log_of_a_whole_call_names_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let program = Program::serve(&folder.path().join("home"));
    let report =
        program.caller().call(&Scenario::named("asks-for-a-person").unwrap()).await.unwrap();
    assert!(report.passed, "{}\n{report}", report.conversation());
    let log = program.log();
    let call = report.call.unwrap();
    assert!(log.contains(&call), "the log is about this call: {log}");
    let spoken =
        report.replies.iter().flat_map(|reply| [Some(&reply.said), reply.understood.as_ref()]);
    for private in
        ["2025550116", "5005550123"].into_iter().chain(spoken.flatten().map(String::as_str))
    {
        let lines: Vec<_> = log.lines().filter(|line| line.contains(private)).collect();
        assert!(lines.is_empty(), "{private:?} is in the log: {lines:?}");
    }
}
