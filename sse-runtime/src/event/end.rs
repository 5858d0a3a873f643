//! Whether a stream of these events can end by one of them.

/// Whether a stream of an event type may end by a terminal event: [`Endless`] or
/// [`Finite`]. Part of the type, so that a terminal event on an endless stream, and a
/// finite stream that could never end well, do not compile.
///
/// Sealed: there is no third kind.
pub trait End: sealed::Sealed {
    // Not public API: used by generated code.
    #[doc(hidden)]
    const FINITE: bool;
}

/// No event of the type is terminal.
#[derive(Debug, Clone, Copy)]
pub enum Endless {}

/// The type has a terminal event.
#[derive(Debug, Clone, Copy)]
pub enum Finite {}

impl End for Endless {
    const FINITE: bool = false;
}

impl End for Finite {
    const FINITE: bool = true;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Endless {}
    impl Sealed for super::Finite {}
}
