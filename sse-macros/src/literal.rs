//! The literals that are checked when compiling: `event_id!`, `event_name!`, `source!`.

use proc_macro2::{TokenStream, TokenTree};
use quote::quote;
use syn::{
    LitStr,
    parse::{ParseStream, Parser as _},
};

use crate::{entry::string_literal, grammar};

/// One of the macros.
pub(crate) struct Literal {
    /// The name of the macro.
    pub(crate) name: &'static str,
    /// What a good literal looks like.
    pub(crate) example: &'static str,
    /// The function of the runtime that takes it.
    pub(crate) constructor: &'static str,
    pub(crate) check: fn(&str) -> Result<(), String>,
}

pub(crate) const EVENT_ID: Literal = Literal {
    name: "event_id",
    example: "evt_0000000000000001",
    constructor: "known_event_id",
    check: grammar::event_id,
};

pub(crate) const EVENT_NAME: Literal = Literal {
    name: "event_name",
    example: "stock_changed",
    constructor: "known_event_name",
    check: grammar::event_name,
};

pub(crate) const SOURCE: Literal = Literal {
    name: "source",
    example: "inventory",
    constructor: "known_source",
    check: grammar::source,
};

impl Literal {
    /// Expands `[$crate] "literal"`.
    pub(crate) fn expand(&self, input: TokenStream) -> TokenStream {
        self.checked(input).unwrap_or_else(|error| error.to_compile_error())
    }

    fn checked(&self, input: TokenStream) -> syn::Result<TokenStream> {
        let (runtime, argument) = crate_and_argument.parse2(input)?;
        let literal = self.literal(&argument)?;
        (self.check)(&literal.value()).map_err(|fault| syn::Error::new(literal.span(), fault))?;
        let constructor = syn::Ident::new(self.constructor, proc_macro2::Span::mixed_site());
        Ok(quote!(#runtime::__private::#constructor(#literal)))
    }

    fn literal(&self, argument: &TokenStream) -> syn::Result<LitStr> {
        let Self { name, example, .. } = self;
        let form = format!("`{name}!` takes one string literal: write `{name}!(\"{example}\")`");
        if argument.is_empty() {
            return Err(syn::Error::new(proc_macro2::Span::call_site(), form));
        }
        string_literal(argument).ok_or_else(|| syn::Error::new_spanned(argument, form))
    }
}

/// What the wrapper in the runtime puts in front, and what the user wrote.
fn crate_and_argument(input: ParseStream<'_>) -> syn::Result<(TokenStream, TokenStream)> {
    let first: TokenTree = input.parse()?;
    let rest = input.parse()?;
    match first {
        TokenTree::Group(group) => Ok((group.stream(), rest)),
        other => Err(syn::Error::new(other.span(), "call the macro of `sse_runtime`")),
    }
}
