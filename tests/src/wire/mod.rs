//! Real sockets on loopback, the real models, and calls in real time by the strict Twilio of `callwright simulate`.
//!
//! `./callwright test` installs the models; without them these tests fail and say so. Calls that can be made beside each
//! other are: the tests take as long as the longest call, not as all of them.

mod bad_input;
mod captured;
mod good_calls;
mod rude;
mod server;
mod shipped;
mod signatures;
