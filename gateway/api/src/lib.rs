//! What a browser or a program sees of the server over HTTP: REST and events under `/v1`, the page of live calls at
//! `/`, health and metrics beside them.

pub mod wire;
