//! The variants of an enum with events of its own.

use syn::{Fields, LitStr, ext::IdentExt as _};

use super::{
    field,
    keys::{self, Keys, Place},
    serde::{self, VariantAttributes},
};
use crate::{
    duration::RETRY_BOUNDS,
    errors::Errors,
    event::model::{EnumKeys, Field, Shape, Variant},
    grammar,
};

pub(super) fn read(input: &syn::Variant, container: &EnumKeys, errors: &mut Errors) -> Variant {
    let found = Keys::read(&input.attrs, Place::Variant, errors);
    let attributes = serde::on_variant(&input.attrs, errors);
    let shape = shape(&input.fields);
    let mut fields: Vec<Field> =
        input.fields.iter().map(|input| field::read(input, container, errors)).collect();
    apply_with(&attributes, shape, &mut fields, errors);
    let name_literal = name_literal(&found, attributes, errors);
    let may_be_elsewhere = found.unclear || found.get(keys::NAME).is_some();
    let (name, name_is_sure) = match (&name_literal, may_be_elsewhere) {
        (None, true) => (default_name(input, container), false),
        _ => name(input, name_literal.as_ref(), container, errors),
    };
    Variant {
        ident: input.ident.clone(),
        name,
        name_is_sure,
        name_literal,
        retry_key: found.token(keys::RETRY),
        retry_ms: found.duration(keys::RETRY, RETRY_BOUNDS, "5s", errors),
        ephemeral: found.flag(keys::EPHEMERAL, errors),
        terminal: found.flag(keys::TERMINAL, errors),
        shape,
        fields,
    }
}

fn shape(fields: &Fields) -> Shape {
    match fields {
        Fields::Unit => Shape::Unit,
        Fields::Named(_) => Shape::Struct,
        Fields::Unnamed(fields) if fields.unnamed.len() == 1 => Shape::Newtype,
        Fields::Unnamed(_) => Shape::Tuple,
    }
}

/// The name as it was written, by one key or the other.
fn name_literal(
    found: &Keys,
    attributes: VariantAttributes,
    errors: &mut Errors,
) -> Option<LitStr> {
    let ours = found.text(keys::NAME, "stock_changed", errors);
    let Some((entry, theirs)) = attributes.rename else { return ours };
    if found.get(keys::NAME).is_some() {
        errors.at(
            &entry.key,
            "`#[sse(name)]` has named this event already: keep that, or this `#[serde(rename)]`",
        );
        return ours;
    }
    Some(theirs)
}

fn default_name(input: &syn::Variant, container: &EnumKeys) -> String {
    container.rename_all.variant(&input.ident.unraw().to_string())
}

/// The name on the wire, and whether it is good, which is checked where it comes from.
fn name(
    input: &syn::Variant,
    literal: Option<&LitStr>,
    container: &EnumKeys,
    errors: &mut Errors,
) -> (String, bool) {
    let name = literal.map_or_else(|| default_name(input, container), LitStr::value);
    let foreign = container.decode_only.is_some();
    let checked = if foreign { grammar::foreign_name(&name) } else { grammar::event_name(&name) };
    let is_good = checked.is_ok();
    match (checked, literal) {
        (Ok(()), _) => {}
        (Err(fault), Some(literal)) => errors.at(literal, fault),
        (Err(fault), None) => {
            let cure = "write `#[sse(name = \"...\")]` above the variant";
            errors.at(&input.ident, format!("{fault}; {cure}"));
        }
    }
    (name, is_good)
}

/// `#[serde(with)]` on a newtype variant means its only field.
fn apply_with(
    attributes: &VariantAttributes,
    shape: Shape,
    fields: &mut [Field],
    errors: &mut Errors,
) {
    let Some((entry, path)) = &attributes.with else { return };
    match (shape, fields) {
        (Shape::Newtype, [field]) if field.with.is_none() => field.with = Some(path.clone()),
        _ => errors.at(
            &entry.key,
            "`#[serde(with)]` is honoured on a field: write it in front of the field that it means",
        ),
    }
}
