//! Floor 1: how a setting is written.
//!
//! Channels, servers and clients are configured by plain data, and a duration looks the same in
//! each. It is a floor of its own because two features need it that do not know each other.

pub(crate) mod duration;
