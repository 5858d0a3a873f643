//! The variants of a `merge` enum.

use syn::{Attribute, Fields};

use super::serde;
use crate::{entry::entries, errors::Errors, event::model::Part};

pub(super) fn read(input: &syn::Variant, errors: &mut Errors) -> Option<Part> {
    no_keys(&input.attrs, errors);
    input.fields.iter().for_each(|field| no_keys(&field.attrs, errors));
    match &input.fields {
        Fields::Unnamed(fields) if fields.unnamed.len() == 1 => {
            Some(Part { ident: input.ident.clone(), ty: fields.unnamed[0].ty.clone() })
        }
        _ => {
            let name = &input.ident;
            errors.at(
                name,
                format!(
                    "a variant of a `merge` enum holds one event enum: write `{name}(TheEnum)`"
                ),
            );
            None
        }
    }
}

fn no_keys(attributes: &[Attribute], errors: &mut Errors) {
    for entry in entries(attributes, "sse", errors) {
        let name = entry.name();
        errors.at(
            &entry.key,
            format!(
                "`{name}` has no place inside a `merge` enum: write it on the enum that \
                 declares the events"
            ),
        );
    }
    serde::nowhere(attributes, errors);
}
