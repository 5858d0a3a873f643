//! Looking through tokens whose meaning does not matter.

use proc_macro2::{Ident, TokenStream, TokenTree};

/// Whether one of the words is there, also inside parentheses.
pub(crate) fn mentions(tokens: TokenStream, is_meant: &dyn Fn(&Ident) -> bool) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => is_meant(&ident),
        TokenTree::Group(group) => mentions(group.stream(), is_meant),
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}
