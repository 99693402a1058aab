//! Every scenario that comes with the program passes, all beside each other on one server.

use callwright::simulate::{SHIPPED_NAMES, Scenario};
use futures_util::future::join_all;

use super::server::TestServer;

#[tokio::test]
async fn every_shipped_scenario_passes() {
    let server = TestServer::shared();
    let caller = server.caller();
    let calls = SHIPPED_NAMES.map(|name| {
        let caller = &caller;
        async move { caller.call(&Scenario::named(name).unwrap()).await.unwrap() }
    });
    let mut failed = Vec::new();
    for report in join_all(calls).await {
        eprintln!("{}", report.conversation());
        eprintln!("{report}\n");
        if !report.passed {
            failed.push(report.scenario);
        }
    }
    assert!(failed.is_empty(), "failed: {failed:?}");
}
