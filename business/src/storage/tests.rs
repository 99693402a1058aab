//! Laws of the calendar and of tenants, over a file on disk.

mod alike;
mod isolation;
mod laws;
mod moments;

use std::sync::Arc;

use callwright_contract::{CallId, Pii};
use jiff::{SignedDuration, Timestamp, Zoned};

use super::*;
use crate::tenants::{Directory, Tenant, seed};

/// Friday, November 20th 2026, ten in the morning in New York.
fn now() -> Timestamp {
    at("2026-11-20T10:00-05:00[America/New_York]")
}

fn at(zoned: &str) -> Timestamp {
    zoned.parse::<Zoned>().unwrap().timestamp()
}

fn call(distinct: u32) -> CallId {
    CallId::new(1_795_000_000_000, distinct)
}

/// A file with two tenants that are alike but for their ids.
struct Calendars {
    storage: SqliteFile,
    tenants: [Arc<Tenant>; 2],
    _folder: tempfile::TempDir,
}

impl Calendars {
    async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let storage = SqliteFile::open(&folder.path().join("calendars.db")).await.unwrap();
        let (first, lines) = seed().unwrap();
        let second = StoredTenant {
            id: "other-clinic".to_owned(),
            document: first.document.replace("id: bright-smile", "id: other-clinic"),
            default: false,
        };
        storage.add_tenant(&first, &lines, now()).await.unwrap();
        storage.add_tenant(&second, &[], now()).await.unwrap();
        let tenants = storage.tenants().await.unwrap();
        let directory = Directory::new(tenants, Vec::new()).unwrap();
        let tenant = |id: &str| Arc::clone(directory.tenant(&id.parse().unwrap()).unwrap());
        Self { tenants: [tenant("bright-smile"), tenant("other-clinic")], storage, _folder: folder }
    }
}

fn request(distinct: u32, provider: &str, start: Timestamp) -> HoldRequest {
    HoldRequest {
        call: call(distinct),
        service: "cleaning".parse().unwrap(),
        provider: provider.parse().unwrap(),
        start,
        moving: None,
        lasts: SignedDuration::from_mins(5),
    }
}

fn confirmation(distinct: u32, hold: HoldId) -> Confirmation {
    let (name, phone) = (Pii::from("Anna Miller"), Pii::from("+15552123456"));
    Confirmation { hold, call: call(distinct), name, phone, moving: None }
}
