//! What stands in for the expansion of an input that is wrong.
//!
//! Without it, every use of the enum would be reported too, and the one message that
//! matters would be lost among them.

use proc_macro2::TokenStream;
use quote::quote;

use super::{expand::wrap, model::Event};

/// Implementations that always compile and are never called.
pub(super) fn fallback(event: &Event) -> TokenStream {
    let (p, ident) = (&event.keys.runtime, &event.ident);
    let (impl_generics, type_generics, clause) = event.generics.split_for_impl();
    let end = if event.mentions_terminal { quote!(Finite) } else { quote!(Endless) };
    wrap(&quote! {
        #[automatically_derived]
        impl #impl_generics #p::SseEvent for #ident #type_generics #clause {
            type End = #p::#end;
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
    })
}
