//! The catalogue: one sorted list, and the implementation that shows it.

use proc_macro2::TokenStream;
use quote::quote;

use super::runtime;
use crate::event::model::{Event, Variant};

pub(super) fn expand(event: &Event, sorted: &[&Variant]) -> TokenStream {
    let (p, ident) = (runtime(), &event.ident);
    let infos = sorted.iter().map(|variant| info(event, variant));
    let sources = event.keys.source.iter();
    let finite = sorted.iter().any(|variant| variant.terminal.is_some());
    let end = if finite { quote!(Finite) } else { quote!(Endless) };
    let (impl_generics, type_generics, clause) = event.generics.split_for_impl();
    quote! {
        const __EVENTS: &[#p::EventInfo] = &[#(#infos),*];

        #[automatically_derived]
        impl #impl_generics #p::SseEvent for #ident #type_generics #clause {
            type End = #p::#end;
            const CATALOGUE: #p::Catalogue = #p::Catalogue::__new(__EVENTS, &[#(#sources),*]);
        }
    }
}

fn info(event: &Event, variant: &Variant) -> TokenStream {
    let p = runtime();
    let name = &variant.name;
    let source = match &event.keys.source {
        Some(source) => quote!(#p::Option::Some(#source)),
        None => quote!(#p::Option::None),
    };
    let retry = match variant.retry_ms.and_then(|ms| u32::try_from(ms).ok()) {
        Some(ms) => quote!(#p::Option::Some(#ms)),
        None => quote!(#p::Option::None),
    };
    let head = head(event, variant);
    let flags = flags(variant);
    quote!(#p::EventInfo::__new(#name, #source, #head, #retry, #flags))
}

/// Everything of a frame between the `id:` line and the payload, known here already.
fn head(event: &Event, variant: &Variant) -> String {
    if event.keys.decode_only.is_some() {
        return String::new();
    }
    let mut head = format!("event: {}\n", variant.name);
    if let Some(source) = &event.keys.source {
        head.push_str(&format!("source: {source}\n"));
    }
    if let Some(milliseconds) = variant.retry_ms {
        head.push_str(&format!("retry: {milliseconds}\n"));
    }
    head.push_str("data: ");
    head
}

fn flags(variant: &Variant) -> TokenStream {
    let p = runtime();
    let mut flags = Vec::new();
    let mut flag = |is_set: bool, name: TokenStream| {
        if is_set {
            flags.push(quote!(#p::EventInfo::#name));
        }
    };
    flag(variant.ephemeral.is_some(), quote!(EPHEMERAL));
    flag(variant.terminal.is_some(), quote!(TERMINAL));
    flag(variant.fields.iter().any(|field| field.id.is_some()), quote!(HAS_ID));
    flag(variant.fields.iter().any(|field| field.topic.is_some()), quote!(HAS_TOPIC));
    if flags.is_empty() { quote!(0) } else { quote!(#(#flags)|*) }
}
