//! The codecs and the concealment against the standards' own vectors, and the same laws on data made here.
#![expect(clippy::unwrap_used, reason = "a proof that cannot go on stops and says where")]

mod conceal;
mod g711;
mod g722;
mod no_alloc;
mod opus;
mod shared;
mod speech;
