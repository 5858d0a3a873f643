//! What the input says, once read: the tokens that a later stage may have to point at are
//! kept beside what they mean.

use proc_macro2::TokenStream;
use syn::{Expr, ExprPath, Generics, Ident, LitStr, Type};

use super::case::Rule;

/// The item that carries the derive.
pub(crate) struct Event {
    pub(crate) ident: Ident,
    pub(crate) generics: Generics,
    pub(crate) keys: EnumKeys,
    pub(crate) body: Body,
    /// Whether a lint about what is deprecated is spoken of, so that the expansion must
    /// keep quiet. Elsewhere it says nothing, because a crate may forbid to say anything.
    pub(crate) mentions_deprecated: bool,
}

/// What stands in the braces.
pub(crate) enum Body {
    /// Events of its own.
    Events(Vec<Variant>),
    /// Other enums of events, under `merge`.
    Parts(Vec<Part>),
}

/// The keys on the enum. A key that is there and wrong keeps its token and has no value.
pub(crate) struct EnumKeys {
    /// The path of the runtime.
    pub(crate) runtime: TokenStream,
    /// Whether a key could not be understood, so that none can be called missing.
    pub(crate) unclear: bool,
    pub(crate) source_key: Option<Ident>,
    pub(crate) source: Option<String>,
    pub(crate) rename_all_key: Option<Ident>,
    pub(crate) rename_all: Rule,
    pub(crate) merge: Option<Ident>,
    pub(crate) qualify: Option<Ident>,
    pub(crate) encode_only: Option<Ident>,
    pub(crate) decode_only: Option<Ident>,
    /// serde's `rename_all_fields`.
    pub(crate) fields: Directions<Rule>,
}

/// What may differ between writing and reading.
#[derive(Debug, Clone)]
pub(crate) struct Directions<T> {
    pub(crate) encode: T,
    pub(crate) decode: T,
}

/// A variant of an enum with events of its own.
pub(crate) struct Variant {
    pub(crate) ident: Ident,
    /// The name on the wire.
    pub(crate) name: String,
    /// Whether the name is good, and what the user meant: a key that cannot be read may have
    /// held it.
    pub(crate) name_is_sure: bool,
    /// Where the name was written; none when it comes from the variant.
    pub(crate) name_literal: Option<LitStr>,
    pub(crate) retry_key: Option<Ident>,
    pub(crate) retry_ms: Option<u64>,
    pub(crate) ephemeral: Option<Ident>,
    pub(crate) terminal: Option<Ident>,
    pub(crate) shape: Shape,
    pub(crate) fields: Vec<Field>,
}

/// How a variant is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Unit,
    Newtype,
    Tuple,
    Struct,
}

pub(crate) struct Field {
    /// None in a tuple.
    pub(crate) ident: Option<Ident>,
    pub(crate) ty: Type,
    pub(crate) id: Option<Ident>,
    pub(crate) topic: Option<Ident>,
    /// The key in the object; empty in a tuple.
    pub(crate) key: Directions<String>,
    /// Where the key was written; none when it comes from the field.
    pub(crate) key_token: Option<TokenStream>,
    pub(crate) default: Option<Fallback>,
    pub(crate) skip_if: Option<Expr>,
    pub(crate) with: Option<ExprPath>,
}

/// What stands in for a field that did not arrive.
pub(crate) enum Fallback {
    /// That of its type.
    OfType,
    /// What a function gives.
    Function(Expr),
}

/// A variant of a `merge` enum.
pub(crate) struct Part {
    pub(crate) ident: Ident,
    pub(crate) ty: Type,
}
