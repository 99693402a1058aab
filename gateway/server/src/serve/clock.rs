//! The machine's clock, for everything above the call. The host reads its own.
#![expect(
    clippy::disallowed_methods,
    reason = "this is the driver that reads the clock for the business"
)]

use std::sync::Arc;

use callwright_business::Clock;
use jiff::Timestamp;

/// The time of day, which an administrator may set.
pub(super) fn wall() -> Arc<dyn Clock> {
    Arc::new(Timestamp::now)
}
