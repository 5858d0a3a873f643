//! Errors, collected: whoever made three mistakes is told of three.

use proc_macro2::TokenStream;
use quote::ToTokens;

/// What is wrong with the input, until [`finish`](Self::finish) takes it.
#[derive(Debug, Default)]
pub(crate) struct Errors {
    found: Vec<syn::Error>,
    left_to_rustc: bool,
    finished: bool,
}

impl Errors {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// A mistake that these tokens are.
    pub(crate) fn at(&mut self, tokens: impl ToTokens, message: impl std::fmt::Display) {
        self.push(syn::Error::new_spanned(tokens, message));
    }

    /// A mistake that rustc reports by itself: a second message would not help.
    pub(crate) fn leave_to_rustc(&mut self) {
        self.left_to_rustc = true;
    }

    /// How many there are so far.
    pub(crate) fn count(&self) -> usize {
        self.found.len()
    }

    pub(crate) fn push(&mut self, error: syn::Error) {
        self.found.push(error);
    }

    /// The value of a result; its error is kept.
    pub(crate) fn take<T>(&mut self, result: syn::Result<T>) -> Option<T> {
        result.map_err(|error| self.push(error)).ok()
    }

    /// Invocations of `compile_error!`, if anything is wrong.
    pub(crate) fn finish(mut self) -> Result<(), TokenStream> {
        self.finished = true;
        if self.found.is_empty() && !self.left_to_rustc {
            return Ok(());
        }
        Err(self.found.iter().map(syn::Error::to_compile_error).collect())
    }
}

impl Drop for Errors {
    /// An error that nobody is told of would let wrong input through.
    fn drop(&mut self) {
        let lost = !self.finished && !self.found.is_empty();
        debug_assert!(!lost || std::thread::panicking(), "errors were collected and not reported");
    }
}
