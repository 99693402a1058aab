//! What the runtime's allocator holds for one model.
#![expect(unsafe_code, reason = "`ort` does not wrap the statistics of an allocator")]

use std::ffi::CStr;
use std::ptr;

use ort::AsPointer as _;
use ort::session::Session;

/// Octets that the allocator of `session` has taken from the system: its weights, and the room that its steps have
/// needed so far. `None` when the runtime does not tell.
pub(super) fn held(session: &Session) -> Option<u64> {
    let api = ort::api();
    let mut pairs = ptr::null_mut();
    // SAFETY: the session owns the allocator and outlives this call; `pairs` is a place for one pointer.
    let status = unsafe { (api.AllocatorGetStats)(session.allocator().ptr(), &raw mut pairs) };
    if !status.0.is_null() {
        // SAFETY: the status is the runtime's, and nobody else has it.
        unsafe { (api.ReleaseStatus)(status.0) };
        return None;
    }
    if pairs.is_null() {
        return None;
    }
    let (mut keys, mut values, mut count) = (ptr::null(), ptr::null(), 0);
    // SAFETY: `pairs` was just made by the runtime and is released below; both arrays live as long as it does.
    let found = unsafe {
        (api.GetKeyValuePairs)(pairs, &raw mut keys, &raw mut values, &raw mut count);
        (0..count).find_map(|place| {
            let text = |array: *const *const std::ffi::c_char| CStr::from_ptr(*array.add(place));
            (text(keys) == TAKEN).then(|| text(values).to_str().ok()?.parse().ok()).flatten()
        })
    };
    // SAFETY: made above, released once; the texts have been read.
    unsafe { (api.ReleaseKeyValuePairs)(pairs) };
    found
}

/// The statistic's name in ONNX Runtime (`AllocatorStats::ToKeyValuePairs`).
const TAKEN: &CStr = c"TotalAllocated";
