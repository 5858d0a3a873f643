//! Payloads that borrow, which nothing can be read back into.
//!
//! rustc says of such a payload that "an implementation is not general enough", which
//! teaches nobody, and so references are found by their looks.

use syn::{GenericArgument, PathArguments, Type, TypePath, TypeReference};

use super::model::Variant;
use crate::errors::Errors;

/// Refuses references in the payload of a variant that is to be read back.
pub(super) fn check(variant: &Variant, errors: &mut Errors) {
    // A field with functions of its own is read by those.
    for field in variant.fields.iter().filter(|field| field.with.is_none()) {
        match reference(&field.ty) {
            None => {}
            Some(reference) if reference.lifetime.is_none() => errors.leave_to_rustc(),
            Some(_) => errors.at(
                &field.ty,
                "a payload that borrows cannot be read back: write `#[sse(encode_only)]` on the \
                 enum if it is only sent, or own the data, such as `String` for `&str`",
            ),
        }
    }
}

fn reference(ty: &Type) -> Option<&TypeReference> {
    match ty {
        Type::Reference(reference) => Some(reference),
        Type::Array(array) => reference(&array.elem),
        Type::Group(group) => reference(&group.elem),
        Type::Paren(paren) => reference(&paren.elem),
        Type::Tuple(tuple) => tuple.elems.iter().find_map(reference),
        Type::Path(path) => reference_in_arguments(path),
        _ => None,
    }
}

/// Looks into the arguments of the types that everybody knows. What another type makes of
/// its arguments cannot be seen here.
fn reference_in_arguments(path: &TypePath) -> Option<&TypeReference> {
    let last = path.path.segments.last()?;
    if !["Box", "Option", "Vec"].iter().any(|name| last.ident == name) {
        return None;
    }
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(ty) => reference(ty),
        _ => None,
    })
}
