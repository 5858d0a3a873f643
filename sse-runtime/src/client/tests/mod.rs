//! The state machine as a whole. No test sleeps: the clock is a number.

mod driver;
mod gzip;
mod outages;
mod properties;
mod rules;
mod transitions;
