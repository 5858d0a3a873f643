//! Floor 5: sight.
//!
//! The floors below count by the [`metrics`] facade, and so know no exporter. Here is what makes
//! a page of that, and what shows the parts of a server while they run.

#[cfg(feature = "inspector")]
pub(crate) mod inspector;
#[cfg(feature = "prometheus")]
pub mod prometheus;
