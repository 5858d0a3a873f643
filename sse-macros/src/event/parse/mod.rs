//! From tokens to the model. What can be judged from one attribute is judged here.

mod container;
mod field;
mod keys;
mod part;
mod serde;
mod variant;

use syn::{Data, DataEnum, DeriveInput};

use super::model::{Body, EnumKeys, Event};
use crate::errors::Errors;

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
        mentions_terminal: mentions_terminal(&body),
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

fn mentions_terminal(body: &Body) -> bool {
    match body {
        Body::Events(variants) => variants.iter().any(|variant| variant.terminal.is_some()),
        Body::Parts(_) => false,
    }
}
