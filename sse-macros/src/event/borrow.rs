//! Payloads that borrow, which nothing can be read back into.
//!
//! rustc says of such a payload that "an implementation is not general enough", which
//! teaches nobody, and so references are found by their looks.

use syn::{GenericArgument, PathArguments, Type, TypePath};

use super::model::Variant;
use crate::errors::Errors;

/// Refuses references in the payload of a variant that is to be read back.
pub(super) fn check(variant: &Variant, errors: &mut Errors) {
    // A field with functions of its own is read by those.
    for field in variant.fields.iter().filter(|field| field.with.is_none()) {
        if borrows(&field.ty) {
            errors.at(
                &field.ty,
                "a payload that borrows cannot be read back: write `#[sse(encode_only)]` on the \
                 enum if it is only sent, or own the data, such as `String` for `&str`",
            );
        }
    }
}

fn borrows(ty: &Type) -> bool {
    match ty {
        Type::Reference(_) => true,
        Type::Array(array) => borrows(&array.elem),
        Type::Group(group) => borrows(&group.elem),
        Type::Paren(paren) => borrows(&paren.elem),
        Type::Tuple(tuple) => tuple.elems.iter().any(borrows),
        Type::Path(path) => argument_borrows(path),
        _ => false,
    }
}

/// Looks into the arguments of the types that everybody knows. What another type makes of
/// its arguments cannot be seen here.
fn argument_borrows(path: &TypePath) -> bool {
    let Some(last) = path.path.segments.last() else { return false };
    let known = ["Box", "Option", "Vec"].iter().any(|name| last.ident == name);
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return false };
    known
        && arguments.args.iter().any(|argument| match argument {
            GenericArgument::Type(ty) => borrows(ty),
            _ => false,
        })
}
