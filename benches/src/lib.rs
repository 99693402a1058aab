//! The package of the benches, which are in `benches/`, and of the measuring programs, which are in `src/bin/`.
