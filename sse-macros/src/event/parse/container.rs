//! The keys on the enum.

use proc_macro2::TokenStream;
use quote::quote;
use syn::DeriveInput;

use super::{
    keys::{self, Keys, Place},
    serde,
};
use crate::{
    errors::Errors,
    event::{case::Rule, model::EnumKeys},
    grammar,
};

pub(super) fn read(input: &DeriveInput, errors: &mut Errors) -> EnumKeys {
    let found = Keys::read(&input.attrs, Place::Enum, errors);
    EnumKeys {
        runtime: runtime(&found, errors),
        unclear: found.unclear,
        source_key: found.token(keys::SOURCE),
        source: source(&found, errors),
        rename_all_key: found.token(keys::RENAME_ALL),
        rename_all: rename_all(&found, errors),
        merge: found.flag(keys::MERGE, errors),
        qualify: found.flag(keys::QUALIFY, errors),
        encode_only: found.flag(keys::ENCODE_ONLY, errors),
        decode_only: found.flag(keys::DECODE_ONLY, errors),
        fields: serde::on_enum(&input.attrs, errors),
    }
}

fn source(found: &Keys, errors: &mut Errors) -> Option<String> {
    let literal = found.text(keys::SOURCE, "inventory", errors)?;
    let text = literal.value();
    if let Err(fault) = grammar::source(&text) {
        errors.at(&literal, fault);
        return None;
    }
    Some(text)
}

fn rename_all(found: &Keys, errors: &mut Errors) -> Rule {
    found
        .text(keys::RENAME_ALL, "kebab-case", errors)
        .and_then(|literal| serde::read_rule(&literal, errors))
        .unwrap_or(Rule::Snake)
}

/// Where the expansion finds the runtime: beside the crate, or where `crate` says.
fn runtime(found: &Keys, errors: &mut Errors) -> TokenStream {
    let path = found.get(keys::CRATE).and_then(|entry| entry.runtime(errors));
    path.map_or_else(|| quote!(::sse_runtime), |path| quote!(#path))
}
