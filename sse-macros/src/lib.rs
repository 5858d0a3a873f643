//! The macros of `sse-runtime`, which re-exports and documents them.

mod duration;
mod entry;
mod errors;
mod event;
mod grammar;
mod handler;
mod literal;
mod suggest;
mod tokens;

use proc_macro::TokenStream;

// `sse-runtime` documents it, where the examples can be compiled.
#[allow(missing_docs, reason = "documented where it is re-exported")]
#[proc_macro_derive(SseEvent, attributes(sse, serde))]
pub fn derive_sse_event(input: TokenStream) -> TokenStream {
    event::derive(&syn::parse_macro_input!(input as syn::DeriveInput)).into()
}

/// Makes an async function a handler of axum that answers with a stream of events.
/// Documented where it is used: in `sse-runtime`.
#[proc_macro_attribute]
pub fn sse_handler(arguments: TokenStream, item: TokenStream) -> TokenStream {
    handler::handler(arguments.into(), &item.into()).into()
}

/// An event id from a literal that is checked when compiling.
#[proc_macro]
pub fn event_id(input: TokenStream) -> TokenStream {
    literal::EVENT_ID.expand(input.into()).into()
}

/// An event name from a literal that is checked when compiling.
#[proc_macro]
pub fn event_name(input: TokenStream) -> TokenStream {
    literal::EVENT_NAME.expand(input.into()).into()
}

/// A source from a literal that is checked when compiling.
#[proc_macro]
pub fn source(input: TokenStream) -> TokenStream {
    literal::SOURCE.expand(input.into()).into()
}
