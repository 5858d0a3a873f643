//! Sending: `EncodeEvent`.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{Ident, spanned::Spanned as _};

use super::{bindings, bounds, local, pattern, pattern_of, runtime};
use crate::event::model::{Event, Field, Shape, Variant};

pub(super) fn expand(event: &Event, sorted: &[&Variant]) -> TokenStream {
    let (p, ident) = (runtime(), &event.ident);
    let (impl_generics, type_generics, _) = event.generics.split_for_impl();
    let clause = bounds::encode(event, sorted);
    let places = sorted.iter().enumerate().map(|(place, variant)| {
        let ident = &variant.ident;
        let place = syn::Index::from(place);
        quote!(Self::#ident { .. } => #place)
    });
    let content = content(sorted);
    let id = marked(sorted, &Marked::id());
    let topic = marked(sorted, &Marked::topic());
    quote! {
        #[automatically_derived]
        impl #impl_generics #p::EncodeEvent for #ident #type_generics #clause {
            fn __head(&self) -> #p::Head {
                #p::Head::__new(&__EVENTS[match self { #(#places),* }])
            }
            #content
            #id
            #topic
        }
    }
}

fn content(sorted: &[&Variant]) -> TokenStream {
    let p = runtime();
    let content = local("__content");
    let (units, others): (Vec<&Variant>, Vec<&Variant>) =
        sorted.iter().partition(|variant| variant.shape == Shape::Unit);
    let arms = others.into_iter().map(|variant| {
        let bindings = bindings(variant);
        let pattern = pattern(variant, &bindings);
        let body = body(variant, &bindings, &content);
        quote!(#pattern => { #body })
    });
    // One arm for all that carry nothing.
    let units = (!units.is_empty()).then(|| quote!(_ => #content.null(),));
    quote! {
        fn __content(&self, #content: &mut #p::Content<'_>) {
            match self {
                #(#arms)*
                #units
            }
        }
    }
}

fn body(variant: &Variant, bindings: &[Ident], content: &Ident) -> TokenStream {
    let pieces = variant.fields.iter().zip(bindings);
    match variant.shape {
        Shape::Unit => TokenStream::new(),
        Shape::Newtype => pieces.map(|(field, binding)| value(field, binding, content)).collect(),
        Shape::Tuple => {
            let items = pieces.enumerate().map(|(place, (field, binding))| {
                piece(field, binding, if place == 0 { "[" } else { "," }, content)
            });
            let begin = variant.fields.is_empty().then(|| quote!(#content.text("[");));
            quote!(#begin #(#items)* #content.text("]");)
        }
        Shape::Struct if variant.fields.iter().any(|field| field.skip_if.is_some()) => {
            let fields = pieces.map(|(field, binding)| skippable(field, binding, content));
            quote!(#content.text("{"); #(#fields)* #content.text("}");)
        }
        Shape::Struct => {
            let fields = pieces.enumerate().map(|(place, (field, binding))| {
                let before = if place == 0 { "{" } else { "," };
                piece(field, binding, &(before.to_owned() + &json_key(&field.key.encode)), content)
            });
            let begin = variant.fields.is_empty().then(|| quote!(#content.text("{");));
            quote!(#begin #(#fields)* #content.text("}");)
        }
    }
}

// The turbofish carries the user's own tokens, so that rustc points at the field's type.
fn value(field: &Field, binding: &Ident, content: &Ident) -> TokenStream {
    let ty = &field.ty;
    match &field.with {
        None => quote!(#content.value::<#ty>(#binding);),
        Some(path) => {
            let serializer = local("__serializer");
            quote_spanned! {path.span()=>
                #content.value_with(|#serializer| #path::serialize(#binding, #serializer));
            }
        }
    }
}

/// A value and the JSON that stands before it, known when expanding.
fn piece(field: &Field, binding: &Ident, before: &str, content: &Ident) -> TokenStream {
    let ty = &field.ty;
    match &field.with {
        None => quote!(#content.piece::<#ty>(#before, #binding);),
        Some(_) => {
            let value = value(field, binding, content);
            quote!(#content.text(#before); #value)
        }
    }
}

/// A field of a variant whose fields may be skipped: only at run time is it known whether a
/// comma stands before it.
fn skippable(field: &Field, binding: &Ident, content: &Ident) -> TokenStream {
    let piece = piece(field, binding, &json_key(&field.key.encode), content);
    let written = quote!(#content.comma(); #piece);
    match &field.skip_if {
        None => written,
        Some(skip) => quote!(if !#skip(#binding) { #written }),
    }
}

/// A key of JSON with its quotes and its colon.
fn json_key(key: &str) -> String {
    let mut json = String::from("\"");
    for c in key.chars() {
        match c {
            '"' | '\\' => json.extend(['\\', c]),
            c if u32::from(c) < 0x20 => json.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => json.push(c),
        }
    }
    json + "\":"
}

/// A method that returns the field marked by a key.
struct Marked {
    key: fn(&Field) -> bool,
    method: TokenStream,
    returned: TokenStream,
    function: TokenStream,
}

impl Marked {
    fn id() -> Self {
        let p = runtime();
        Self {
            key: |field| field.id.is_some(),
            method: quote!(__id),
            returned: quote!(#p::EventId),
            function: quote!(#p::id_of),
        }
    }

    fn topic() -> Self {
        let p = runtime();
        Self {
            key: |field| field.topic.is_some(),
            method: quote!(__topic),
            returned: quote!(#p::str),
            function: quote!(#p::topic_of),
        }
    }
}

/// The method, or nothing where the one of the trait will do.
fn marked(sorted: &[&Variant], marked: &Marked) -> Option<TokenStream> {
    let p = runtime();
    let Marked { key, method, returned, function } = marked;
    let binding = local("__0");
    let arms: Vec<TokenStream> = sorted
        .iter()
        .filter_map(|variant| {
            let field = variant.fields.iter().find(|field| key(field))?;
            let pattern = pattern_of(variant, field, &binding);
            let ty = &field.ty;
            Some(quote!(#pattern => #function::<#ty>(#binding)))
        })
        .collect();
    if arms.is_empty() {
        return None;
    }
    let rest = (arms.len() < sorted.len()).then(|| quote!(_ => #p::Option::None));
    Some(quote! {
        fn #method(&self) -> #p::Option<&#returned> {
            match self {
                #(#arms,)*
                #rest
            }
        }
    })
}
