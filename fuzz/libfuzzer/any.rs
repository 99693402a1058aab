//! The target that `CALLWRIGHT_FUZZ_TARGET` names, under libFuzzer.

#![no_main]

use std::sync::LazyLock;

use callwright_fuzz::targets::{ALL, Target};
use libfuzzer_sys::fuzz_target;

static TARGET: LazyLock<Target> = LazyLock::new(|| {
    let name = std::env::var("CALLWRIGHT_FUZZ_TARGET").unwrap_or_default();
    let target = ALL.into_iter().find(|target| target.name == name);
    target.unwrap_or_else(|| {
        panic!("CALLWRIGHT_FUZZ_TARGET is one of {:?}", ALL.map(|target| target.name))
    })
});

fuzz_target!(|data: &[u8]| (TARGET.run)(data));
