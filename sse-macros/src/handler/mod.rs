//! The attribute `sse_handler`: parse, check, expand, and a fallback beside errors.

mod expand;
mod function;
mod options;
mod shape;

use proc_macro2::TokenStream;
use quote::quote;

use self::{function::Function, options::Options, shape::Shape};
use crate::errors::Errors;

/// The whole attribute.
pub(crate) fn handler(arguments: TokenStream, item: &TokenStream) -> TokenStream {
    let mut errors = Errors::new();
    let options = Options::parse(arguments, &mut errors);
    let function = errors.take(Function::parse(item.clone()));
    let shape = function.as_ref().and_then(|function| Shape::of(function, &mut errors));
    match (errors.finish(), function, shape) {
        (Ok(()), Some(function), Some(shape)) => expand::expand(&function, &shape, &options),
        (errors, Some(function), _) => {
            let errors = errors.err();
            let fallback = expand::fallback(&function, &options);
            quote!(#errors #fallback)
        }
        // Whatever it is, it stays known.
        (errors, None, _) => {
            let errors = errors.err();
            quote!(#errors #item)
        }
    }
}
