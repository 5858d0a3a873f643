//! The bounds that an implementation adds for generic payloads.

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote};
use syn::{Generics, Type, WhereClause, WherePredicate};

use super::runtime;
use crate::{
    event::model::{Event, Fallback, Field, Variant},
    tokens::mentions,
};

/// The user's clause, and that each payload can be written.
pub(super) fn encode(event: &Event, variants: &[&Variant]) -> WhereClause {
    let p = runtime();
    clause(event, variants, |field, predicates| {
        if field.with.is_none() {
            predicates.push((&field.ty, quote!(#p::Payload)));
        }
    })
}

/// The user's clause, and that each payload can be read.
pub(super) fn decode(event: &Event, variants: &[&Variant]) -> WhereClause {
    let p = runtime();
    clause(event, variants, |field, predicates| {
        if field.with.is_none() {
            predicates.push((&field.ty, quote!(#p::OwnedPayload)));
        }
        if matches!(field.default, Some(Fallback::OfType)) {
            predicates.push((&field.ty, quote!(#p::Default)));
        }
    })
}

/// Adds bounds for the types alone that mention a type parameter: of the others rustc
/// speaks at the field itself, and a bound would only repeat it.
fn clause<'a>(
    event: &Event,
    variants: &[&'a Variant],
    bounds: impl Fn(&'a Field, &mut Vec<(&'a Type, TokenStream)>),
) -> WhereClause {
    let mut wanted = Vec::new();
    for field in variants.iter().flat_map(|variant| &variant.fields) {
        if mentions_parameter(&event.generics, field.ty.to_token_stream()) {
            bounds(field, &mut wanted);
        }
    }
    let mut generics = event.generics.clone();
    let clause = generics.make_where_clause();
    let mut seen: Vec<String> = Vec::new();
    for (ty, bound) in wanted {
        let predicate: WherePredicate = syn::parse_quote!(#ty: #bound);
        let spelt = predicate.to_token_stream().to_string();
        if !seen.contains(&spelt) {
            seen.push(spelt);
            clause.predicates.push(predicate);
        }
    }
    clause.clone()
}

fn mentions_parameter(generics: &Generics, ty: TokenStream) -> bool {
    mentions(ty, &|ident| generics.type_params().any(|parameter| parameter.ident == *ident))
}
