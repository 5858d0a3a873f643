//! The fields of a variant.

use syn::ext::IdentExt as _;

use super::{
    keys::{self, Keys, Place},
    serde,
};
use crate::{
    errors::Errors,
    event::model::{Directions, EnumKeys, Field},
};

pub(super) fn read(input: &syn::Field, container: &EnumKeys, errors: &mut Errors) -> Field {
    let found = Keys::read(&input.attrs, Place::Field, errors);
    let attributes = serde::on_field(&input.attrs, input.ident.is_some(), errors);
    let name = input.ident.as_ref().map(|ident| ident.unraw().to_string()).unwrap_or_default();
    let mut key = Directions {
        encode: container.fields.encode.field(&name),
        decode: container.fields.decode.field(&name),
    };
    let mut key_token = None;
    if let Some((names, token)) = attributes.rename {
        key.encode = names.encode.unwrap_or(key.encode);
        key.decode = names.decode.unwrap_or(key.decode);
        key_token = Some(token);
    }
    Field {
        ident: input.ident.clone(),
        ty: input.ty.clone(),
        id: found.flag(keys::ID, errors),
        topic: found.flag(keys::TOPIC, errors),
        key,
        key_token,
        default: attributes.default,
        skip_if: attributes.skip_if,
        with: attributes.with,
    }
}
