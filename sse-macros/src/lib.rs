//! The macros of `sse-runtime`, which re-exports and documents them.

use proc_macro::TokenStream;

#[proc_macro_derive(SseEvent, attributes(sse, serde))]
#[allow(missing_docs)]
pub fn derive_sse_event(_input: TokenStream) -> TokenStream {
    TokenStream::new()
}
#[proc_macro]
#[allow(missing_docs)]
pub fn event_id(_input: TokenStream) -> TokenStream {
    TokenStream::new()
}
#[proc_macro]
#[allow(missing_docs)]
pub fn event_name(_input: TokenStream) -> TokenStream {
    TokenStream::new()
}
#[proc_macro]
#[allow(missing_docs)]
pub fn source(_input: TokenStream) -> TokenStream {
    TokenStream::new()
}
