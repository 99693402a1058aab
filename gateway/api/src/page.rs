//! The page of live calls: a few files inside the program, no build step, nothing from elsewhere.

use std::sync::Arc;

use axum::Router;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::Shared;

/// A file of the page, as the browser gets it.
struct Asset {
    path: &'static str,
    kind: &'static str,
    body: &'static str,
}

static ASSETS: [Asset; 9] = [
    Asset { path: "/", kind: "text/html; charset=utf-8", body: include_str!("../page/index.html") },
    Asset {
        path: "/page/page.css",
        kind: "text/css; charset=utf-8",
        body: include_str!("../page/page.css"),
    },
    Asset {
        path: "/page/page.js",
        kind: "text/javascript; charset=utf-8",
        body: include_str!("../page/page.js"),
    },
    Asset {
        path: "/page/connection.js",
        kind: "text/javascript; charset=utf-8",
        body: include_str!("../page/connection.js"),
    },
    Asset {
        path: "/page/story.js",
        kind: "text/javascript; charset=utf-8",
        body: include_str!("../page/story.js"),
    },
    Asset {
        path: "/page/words.js",
        kind: "text/javascript; charset=utf-8",
        body: include_str!("../page/words.js"),
    },
    Asset {
        path: "/page/talk.js",
        kind: "text/javascript; charset=utf-8",
        body: include_str!("../page/talk.js"),
    },
    Asset {
        path: "/page/elements.js",
        kind: "text/javascript; charset=utf-8",
        body: include_str!("../page/elements.js"),
    },
    Asset { path: "/page/icon.svg", kind: "image/svg+xml", body: include_str!("../page/icon.svg") },
];

pub(crate) fn routes() -> Router<Arc<Shared>> {
    ASSETS.iter().fold(Router::new(), |router, asset| {
        router.route(asset.path, get(move |headers| serve(asset, headers)))
    })
}

async fn serve(asset: &'static Asset, headers: HeaderMap) -> Response {
    // The program's version would not change while it is being worked on; the content does.
    let tag = format!("\"{:016x}\"", fnv1a(asset.body.as_bytes()));
    let known = headers.get(header::IF_NONE_MATCH).and_then(|tags| tags.to_str().ok());
    let about = [(header::ETAG, tag.clone()), (header::CACHE_CONTROL, "no-cache".to_owned())];
    if known.is_some_and(|tags| tags.contains(&tag)) {
        return (StatusCode::NOT_MODIFIED, about).into_response();
    }
    (about, [(header::CONTENT_TYPE, asset.kind)], asset.body).into_response()
}

/// The 64-bit FNV-1a hash (RFC 9923), enough to tell versions of a file apart.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash: u64, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
