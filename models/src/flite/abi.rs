//! Flite's C structures, as far as their insides are used: those of version 2.2.

use std::ffi::{c_char, c_int, c_short, c_void};
use std::marker::{PhantomData, PhantomPinned};

/// `cst_utterance` of `cst_utterance.h`, as far as it is used.
#[repr(C)]
pub(super) struct CUtterance {
    pub(super) features: *mut CFeatures,
    _rest: Opaque,
}

/// `cst_audio_streaming_info` of `cst_audio.h`.
#[repr(C)]
pub(super) struct CStreaming {
    pub(super) min_buffsize: c_int,
    pub(super) asc:
        Option<unsafe extern "C" fn(*const CWave, c_int, c_int, c_int, *mut CStreaming) -> c_int>,
    pub(super) utt: *const CUtterance,
    item: *const CItem,
    pub(super) userdata: *mut c_void,
}

/// `cst_wave` of `cst_wave.h`.
#[repr(C)]
pub(super) struct CWave {
    kind: *const c_char,
    pub(super) sample_rate: c_int,
    num_samples: c_int,
    num_channels: c_int,
    pub(super) samples: *mut c_short,
}

macro_rules! opaque {
    ($($name:ident)*) => {$(
        #[repr(C)]
        pub(super) struct $name {
            _rest: Opaque,
        }
    )*};
}
opaque!(CVoice CFeatures CRelation CItem CValue);

/// A C structure that is only pointed to.
type Opaque = PhantomData<(*mut u8, PhantomPinned)>;
