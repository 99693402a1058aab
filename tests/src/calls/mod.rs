//! Call scripts on the virtual clock. Each test's name is the promise.

mod allocation;
mod barge_in;
mod emotion;
mod keys;
mod lanes;
mod languages;
mod lifecycle;
mod replay;
mod replies;
mod speculation;
mod turns;
