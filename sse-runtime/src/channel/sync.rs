//! The lock of the seam, in a place of its own: the interleaving tests of this repository put
//! one there that a model checker steps through.

pub(super) use std::sync::{Mutex, MutexGuard, PoisonError};
