//! Whole worlds: shards, calls, lanes' desks, rings, admission, Twilio's session, the business and its agents are real
//! and run on one thread and a virtual clock; callers, carriers, models and the database's file are simulated, and what
//! can go wrong does. Laws are checked after every step. `docs/simulation.md` says more.
//!
//! One seed is one world: `SIM_SEED=7` runs that one, `SIM_SEEDS=100000` so many.

#[cfg(test)]
mod caller;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod laws;
#[cfg(test)]
mod line;
#[cfg(test)]
mod models;
#[cfg(test)]
mod office;
#[cfg(test)]
mod ports;
#[cfg(test)]
mod sabotage;
#[cfg(test)]
mod server;
#[cfg(test)]
mod simulation;
#[cfg(test)]
mod tally;
#[cfg(test)]
mod voice;
#[cfg(test)]
mod worlds;
