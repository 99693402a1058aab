//! RTCP (RFC 3550 section 6): the reports that two ends give each other of what arrived.

mod compound;
pub use compound::{Compound, Other, RtcpError, RtcpPacket};

mod report;
pub use report::{ReceiverReport, ReportBlock, ReportBlocks, SenderInfo, SenderReport};

mod description;
pub use description::{Goodbye, SourceDescription, SourceItem};

mod writing;
pub use writing::{Outgoing, RtcpWriteError};

mod ntp;
pub use ntp::NtpTime;
pub(crate) use ntp::middle_of_duration;
