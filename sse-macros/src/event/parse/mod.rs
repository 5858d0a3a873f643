//! From tokens to the model. What can be judged from one attribute is judged here.

mod container;
mod field;
mod keys;
mod part;
mod serde;
mod variant;

use quote::ToTokens as _;
use syn::{Data, DataEnum, DeriveInput};

use super::model::{Body, EnumKeys, Event};
use crate::{errors::Errors, tokens::mentions};

/// Reads the item; what is wrong goes to the errors, and the rest is still read.
pub(super) fn parse(input: &DeriveInput, errors: &mut Errors) -> Event {
    let keys = container::read(input, errors);
    let body = match &input.data {
        Data::Enum(data) => body(input, data, &keys, errors),
        Data::Struct(data) => not_an_enum(input, data.struct_token, "struct", errors),
        Data::Union(data) => not_an_enum(input, data.union_token, "union", errors),
    };
    Event {
        ident: input.ident.clone(),
        generics: input.generics.clone(),
        mentions_deprecated: mentions_deprecated(input),
        keys,
        body,
    }
}

fn body(input: &DeriveInput, data: &DataEnum, keys: &EnumKeys, errors: &mut Errors) -> Body {
    if data.variants.is_empty() {
        let name = &input.ident;
        errors.at(name, format!("`{name}` has no variants: each variant of the enum is an event"));
    }
    if keys.merge.is_some() {
        let parts = data.variants.iter().filter_map(|variant| part::read(variant, errors));
        return Body::Parts(parts.collect());
    }
    let variants = data.variants.iter().map(|variant| variant::read(variant, keys, errors));
    Body::Events(variants.collect())
}

fn not_an_enum(
    input: &DeriveInput,
    keyword: impl quote::ToTokens,
    what: &str,
    errors: &mut Errors,
) -> Body {
    let name = &input.ident;
    errors.at(
        keyword,
        format!(
            "`SseEvent` is derived on an enum, and `{name}` is a {what}: write \
             `enum {name} {{ ... }}` with a variant for each event"
        ),
    );
    Body::Events(Vec::new())
}

/// Whether an attribute of the item speaks of what is deprecated: to say that it is, or to
/// allow its use.
fn mentions_deprecated(input: &DeriveInput) -> bool {
    let variants = match &input.data {
        Data::Enum(data) => Some(&data.variants),
        Data::Struct(_) | Data::Union(_) => None,
    };
    let inside = variants.into_iter().flatten().flat_map(|variant| {
        variant.attrs.iter().chain(variant.fields.iter().flat_map(|field| &field.attrs))
    });
    input
        .attrs
        .iter()
        .chain(inside)
        .any(|attribute| mentions(attribute.meta.to_token_stream(), &|word| word == "deprecated"))
}
