//! From the model to code. Thin on purpose: little for each variant, and everything that
//! can be done once is done by the runtime.
//!
//! Nothing of the user's scope is named: every path begins at the runtime, and local names
//! are those of the macro.

mod bounds;
mod catalogue;
mod decode;
mod encode;
pub(super) mod merge;

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::Ident;

use super::model::{Body, Event, Field, Shape, Variant};

/// The implementations for an input without fault.
pub(super) fn expand(event: &Event) -> TokenStream {
    let items = match &event.body {
        Body::Events(variants) => events(event, variants),
        Body::Parts(parts) => merge::expand(event, parts),
    };
    wrap(event, &items)
}

fn events(event: &Event, variants: &[Variant]) -> TokenStream {
    // The place of an event in the catalogue is its place here.
    let mut sorted: Vec<&Variant> = variants.iter().collect();
    sorted.sort_by_cached_key(|variant| variant.name.to_ascii_lowercase());
    let catalogue = catalogue::expand(event, &sorted);
    let encode = event.keys.decode_only.is_none().then(|| encode::expand(event, &sorted));
    let decode = event.keys.encode_only.is_none().then(|| decode::expand(event, &sorted));
    quote!(#catalogue #encode #decode)
}

/// Keeps the names of the expansion to itself, and lints to what the user wrote.
pub(super) fn wrap(event: &Event, items: &TokenStream) -> TokenStream {
    let (path, runtime) = (&event.keys.runtime, runtime());
    let quiet = event.mentions_deprecated.then(|| quote!(#[allow(deprecated)]));
    quote! {
        #[doc(hidden)]
        #quiet
        const _: () = {
            // Once and not at each use, so that a wrong path is reported once.
            use #path::__private as #runtime;
            #items
        };
    }
}

/// A local name that nothing of the user's can meet.
fn local(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}

/// The same, shown at another place: where rustc is to point at the user's tokens.
fn local_at(name: &str, place: Span) -> Ident {
    Ident::new(name, Span::mixed_site().located_at(place))
}

/// The name of the hidden module of the runtime, inside the expansion.
pub(super) fn runtime() -> Ident {
    runtime_at(Span::mixed_site())
}

fn runtime_at(place: Span) -> Ident {
    Ident::new("__sse_private", Span::mixed_site().located_at(place))
}

/// The names that the fields of a variant are bound to.
fn bindings(variant: &Variant) -> Vec<Ident> {
    (0..variant.fields.len()).map(|at| local(&format!("__{at}"))).collect()
}

/// A pattern that binds every field.
fn pattern(variant: &Variant, bindings: &[Ident]) -> TokenStream {
    let ident = &variant.ident;
    match variant.shape {
        Shape::Unit => quote!(Self::#ident),
        Shape::Newtype | Shape::Tuple => quote!(Self::#ident(#(#bindings),*)),
        Shape::Struct => {
            let names = variant.fields.iter().map(|field| &field.ident);
            quote!(Self::#ident { #(#names: #bindings),* })
        }
    }
}

/// A pattern that binds one field.
fn pattern_of(variant: &Variant, field: &Field, binding: &Ident) -> TokenStream {
    let ident = &variant.ident;
    match &field.ident {
        Some(name) => quote!(Self::#ident { #name: #binding, .. }),
        None => {
            let at = variant.fields.iter().position(|other| std::ptr::eq(other, field));
            let at = syn::Index::from(at.unwrap_or_default());
            quote!(Self::#ident { #at: #binding, .. })
        }
    }
}
