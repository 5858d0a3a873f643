//! What stands in for the expansion of an input that is wrong.
//!
//! Without it, every use of the enum would be reported too, and the one message that
//! matters would be lost among them.

use proc_macro2::TokenStream;
use quote::quote;

use super::{
    expand::{merge, runtime, wrap},
    model::{Body, Event},
};

/// Implementations that always compile and are never called.
pub(super) fn fallback(event: &Event) -> TokenStream {
    let (p, ident) = (runtime(), &event.ident);
    let (impl_generics, type_generics, clause) = event.generics.split_for_impl();
    let end = end(event);
    let items = quote! {
        use #p::NoPart as _;

        #[automatically_derived]
        impl #impl_generics #p::SseEvent for #ident #type_generics #clause {
            type End = #end;
            const CATALOGUE: #p::Catalogue = #p::Catalogue::__new(&[], &[]);
        }

        #[automatically_derived]
        impl #impl_generics #p::EncodeEvent for #ident #type_generics #clause {
            fn __head(&self) -> #p::Head {
                #p::Head::__nothing()
            }

            fn __content(&self, content: &mut #p::Content<'_>) {
                content.null();
            }
        }

        #[automatically_derived]
        impl #impl_generics #p::DecodeEvent for #ident #type_generics #clause {
            fn __decode(name: #p::Name<'_>, _: &#p::str) -> #p::Result<Self, #p::DecodeError> {
                #p::Result::Err(#p::DecodeError::__unknown(name))
            }
        }
    };
    wrap(event, &items)
}

/// As near to what was meant as can be told, because handlers ask for it.
fn end(event: &Event) -> TokenStream {
    let p = runtime();
    match &event.body {
        // A const expression cannot hold parameters.
        Body::Parts(parts) if event.generics.params.is_empty() => merge::end(parts),
        Body::Parts(_) => quote!(#p::Endless),
        Body::Events(variants) if variants.iter().any(|variant| variant.terminal.is_some()) => {
            quote!(#p::Finite)
        }
        Body::Events(_) => quote!(#p::Endless),
    }
}
