//! Enums made of other event enums.
//!
//! A payload that is no event enum is to be one error, and so exactly one place asks for
//! it: a const item for each variant. Everything else goes through `PartOf`, which compiles
//! for any type.

use std::collections::HashSet;

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote, quote_spanned};
use syn::{Index, Type, spanned::Spanned as _};

use super::{local, runtime};
use crate::event::model::{Event, Part};

pub(super) fn expand(event: &Event, parts: &[Part]) -> TokenStream {
    let catalogue = catalogue(event, parts);
    let encode = event.keys.decode_only.is_none().then(|| encode(event, parts));
    let decode = event.keys.encode_only.is_none().then(|| decode(event, parts));
    quote!(#catalogue #encode #decode)
}

fn catalogue(event: &Event, parts: &[Part]) -> TokenStream {
    let (p, ident) = (runtime(), &event.ident);
    let qualify = event.keys.qualify.is_some();
    let types = parts.iter().map(|part| &part.ty);
    let end = end(parts);
    let checks = parts.iter().enumerate().map(|(at, part)| check(event, at, part));
    let held = distinct(parts);
    quote! {
        use #p::NoPart as _;

        const __PARTS: &[#p::Catalogue] = &[#(#p::PartOf::<#types>::CATALOGUE),*];
        const __MERGED: &#p::Merged<{ #p::sizes(__PARTS).0 }, { #p::sizes(__PARTS).1 }> =
            &#p::Merged::new(__PARTS, #qualify);
        #(#checks)*

        #[automatically_derived]
        impl #p::SseEvent for #ident {
            type End = #end;
            const CATALOGUE: #p::Catalogue = __MERGED.catalogue();
        }

        #(
            #[automatically_derived]
            impl #p::Holds<#held> for #ident {
                const QUALIFY: #p::bool = #qualify;
            }
        )*
    }
}

/// The types of the parts, each once: one that stands there twice is a clash, which is reported
/// where its names are compared.
fn distinct(parts: &[Part]) -> Vec<&Type> {
    let mut seen = HashSet::new();
    let types = parts.iter().map(|part| &part.ty);
    types.filter(|ty| seen.insert(ty.to_token_stream().to_string())).collect()
}

/// Finite if one of the parts is. Needs `NoPart` in scope.
pub(in crate::event) fn end(parts: &[Part]) -> TokenStream {
    let p = runtime();
    let types = parts.iter().map(|part| &part.ty);
    quote!(<#p::Ending<{ false #(| #p::PartOf::<#types>::FINITE)* }> as #p::EndingOf>::End)
}

/// A const item is evaluated by `cargo check`, and its span is where a fault is reported:
/// at the type in the variant.
fn check(event: &Event, at: usize, part: &Part) -> TokenStream {
    let (p, ty, at) = (runtime(), &part.ty, Index::from(at));
    let sent = event.keys.decode_only.is_none();
    let read = event.keys.encode_only.is_none();
    let call = quote_spanned! {ty.span()=>
        __MERGED.check::<#ty>(
            #at,
            #p::PartOf::<#ty>::SENT | !#sent,
            #p::PartOf::<#ty>::READ | !#read,
        )
    };
    quote!(const _: () = #call;)
}

fn encode(event: &Event, parts: &[Part]) -> TokenStream {
    let (p, ident) = (runtime(), &event.ident);
    let content = local("__content");
    let qualify = event.keys.qualify.as_ref().map(|_| quote!(.__qualify()));
    let each = |function: TokenStream, more: Option<TokenStream>| {
        let binding = local("__0");
        let arms = parts.iter().map(|part| {
            let (ident, ty) = (&part.ident, &part.ty);
            quote!(Self::#ident(#binding) => #p::PartOf::<#ty>::#function(#binding #more))
        });
        quote!(match self { #(#arms),* })
    };
    let head = each(quote!(head), None);
    let write = each(quote!(content), Some(quote!(, #content)));
    let id = each(quote!(id), None);
    let topic = each(quote!(topic), None);
    quote! {
        #[automatically_derived]
        impl #p::EncodeEvent for #ident {
            fn __head(&self) -> #p::Head {
                (#head) #qualify
            }

            fn __content(&self, #content: &mut #p::Content<'_>) {
                #write
            }

            fn __id(&self) -> #p::Option<&#p::EventId> {
                #id
            }

            fn __topic(&self) -> #p::Option<&#p::str> {
                #topic
            }
        }
    }
}

fn decode(event: &Event, parts: &[Part]) -> TokenStream {
    let (p, ident) = (runtime(), &event.ident);
    let (name, data, inner) = (local("__name"), local("__data"), local("__inner"));
    let qualify = event.keys.qualify.is_some();
    let arms = parts.iter().map(|part| {
        let (ident, ty) = (&part.ident, &part.ty);
        quote! {
            if let #p::Option::Some(#inner) =
                #name.within(&#p::PartOf::<#ty>::CATALOGUE, #qualify)
            {
                return #p::Result::Ok(Self::#ident(#p::PartOf::<#ty>::decode(#inner, #data)?));
            }
        }
    });
    quote! {
        #[automatically_derived]
        impl #p::DecodeEvent for #ident {
            fn __decode(
                #name: #p::Name<'_>,
                #data: &#p::str,
            ) -> #p::Result<Self, #p::DecodeError> {
                #(#arms)*
                #p::Result::Err(#p::DecodeError::__unknown(#name))
            }
        }
    }
}
