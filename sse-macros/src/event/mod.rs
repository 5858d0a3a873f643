//! The derive `SseEvent`: parse, check, expand, and a fallback beside errors.

mod borrow;
mod case;
mod check;
mod expand;
mod fallback;
mod model;
mod parse;

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput};

use crate::errors::Errors;

/// Expands the derive.
pub(crate) fn derive(input: &DeriveInput) -> TokenStream {
    let mut errors = Errors::new();
    let event = parse::parse(input, &mut errors);
    check::check(&event, matches!(input.data, Data::Enum(_)), &mut errors);
    match errors.finish() {
        Ok(()) => expand::expand(&event),
        Err(messages) => {
            let fallback = fallback::fallback(&event);
            quote!(#messages #fallback)
        }
    }
}
