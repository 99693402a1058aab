//! The driver of shards: threads, the clock, placement, lateness, drain.
