//! Reading: `DecodeEvent`.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{Ident, Index, spanned::Spanned as _};

use super::{bindings, bounds, local, local_at, runtime, runtime_at};
use crate::event::model::{Event, Fallback, Field, Shape, Variant};

pub(super) fn expand(event: &Event, sorted: &[&Variant]) -> TokenStream {
    let (p, ident) = (runtime(), &event.ident);
    let (impl_generics, type_generics, _) = event.generics.split_for_impl();
    let clause = bounds::decode(event, sorted);
    let (name, data) = (local("__name"), local("__data"));
    let arms = sorted.iter().enumerate().map(|(place, variant)| {
        let place = Index::from(place);
        let value = value(variant);
        quote!(#place => #value)
    });
    quote! {
        #[automatically_derived]
        impl #impl_generics #p::DecodeEvent for #ident #type_generics #clause {
            fn __decode(
                #name: #p::Name<'_>,
                #data: &#p::str,
            ) -> #p::Result<Self, #p::DecodeError> {
                #p::Result::Ok(match #name.place(__EVENTS) {
                    #(#arms,)*
                    _ => return #p::Result::Err(#p::DecodeError::__unknown(#name)),
                })
            }
        }
    }
}

fn value(variant: &Variant) -> TokenStream {
    let (p, ident, name) = (runtime(), &variant.ident, &variant.name);
    let data = local("__data");
    let fields = variant.fields.iter();
    match variant.shape {
        Shape::Unit => quote!(Self::#ident),
        Shape::Newtype => {
            let values = fields.map(|field| newtype(variant, field));
            quote!(Self::#ident(#(#values)*))
        }
        Shape::Tuple => {
            let (found, length) = (local("__items"), Index::from(variant.fields.len()));
            let items = fields.enumerate().map(|(at, field)| item(at, field));
            quote!({
                let #found = #p::Items::read(#name, #data, #length)?;
                Self::#ident(#(#items),*)
            })
        }
        Shape::Struct => object(variant),
    }
}

/// A loop that puts each field into a place of its own, because a sender may write them in
/// any order.
fn object(variant: &Variant) -> TokenStream {
    let (p, ident, name) = (runtime(), &variant.ident, &variant.name);
    let (data, found, slots) = (local("__data"), local("__object"), bindings(variant));
    let keys = variant.fields.iter().map(|field| &field.key.decode);
    let idents = variant.fields.iter().map(|field| &field.ident);
    let arms = variant.fields.iter().zip(&slots).enumerate().map(|(at, (input, slot))| {
        let (at, read) = (Index::from(at), field(input, slot));
        quote!(#at => #read)
    });
    let read = (!slots.is_empty()).then(|| {
        quote! {
            loop {
                match #found.seek() {
                    #(#arms,)*
                    _ => break,
                }
            }
        }
    });
    quote!({
        let #found = &mut #p::Object::new(#name, #data, &[#(#keys),*]);
        #(let mut #slots = #p::Option::None;)*
        #read
        match (#found.is_whole(), #(#slots),*) {
            (true, #(#p::Option::Some(#slots)),*) => Self::#ident { #(#idents: #slots),* },
            _ => return #p::Result::Err(#found.fault()),
        }
    })
}

// What reads a payload is shown at its type, so that rustc points there and not at the
// derive.
fn newtype(variant: &Variant, field: &Field) -> TokenStream {
    let (name, ty, place) = (&variant.name, &field.ty, field.ty.span());
    let (p, data) = (runtime_at(place), local_at("__data", place));
    match reader(field) {
        None => quote_spanned!(place=> #p::value::<#ty>(#name, #data)?),
        Some(read) => quote_spanned!(place=> #p::value_with::<#ty, _>(#name, #data, #read)?),
    }
}

fn item(at: usize, field: &Field) -> TokenStream {
    let (ty, place, at) = (&field.ty, field.ty.span(), Index::from(at));
    let found = local_at("__items", place);
    match reader(field) {
        None => quote_spanned!(place=> #found.item::<#ty>(#at)?),
        Some(read) => quote_spanned!(place=> #found.item_with::<#ty, _>(#at, #read)?),
    }
}

fn field(field: &Field, slot: &Ident) -> TokenStream {
    let (ty, place) = (&field.ty, field.ty.span());
    let found = local_at("__object", place);
    match (reader(field), default(field)) {
        (None, None) => quote_spanned!(place=> #found.field::<#ty>(&mut #slot)),
        (None, Some(default)) => {
            quote_spanned!(place=> #found.field_or::<#ty>(&mut #slot, #default))
        }
        (Some(read), None) => {
            quote_spanned!(place=> #found.field_with::<#ty, _>(&mut #slot, #read))
        }
        (Some(read), Some(default)) => {
            quote_spanned!(place=> #found.field_with_or::<#ty, _>(&mut #slot, #read, #default))
        }
    }
}

/// `#[serde(with)]`: a closure, because a function of any deserializer cannot be handed
/// over as one of every lifetime.
fn reader(field: &Field) -> Option<TokenStream> {
    let deserializer = local("__deserializer");
    let path = field.with.as_ref()?;
    Some(quote_spanned!(path.span()=> |#deserializer| #path::deserialize(#deserializer)))
}

fn default(field: &Field) -> Option<TokenStream> {
    let (p, place) = (runtime_at(field.ty.span()), field.ty.span());
    match field.default.as_ref()? {
        Fallback::OfType => Some(quote_spanned!(place=> #p::Default::default)),
        Fallback::Function(path) => Some(quote!(#path)),
    }
}
