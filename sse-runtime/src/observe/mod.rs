//! Floor 5: sight.
//!
//! The floors below count by the [`metrics`] facade, and so know no exporter. Here is what makes
//! a page of that.

#[cfg(feature = "prometheus")]
pub mod prometheus;
