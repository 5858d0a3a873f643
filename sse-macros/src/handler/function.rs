//! The function under the attribute: its signature is read, its body is carried.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::{
    Attribute, Signature, Token, Visibility,
    parse::{Parse, ParseStream},
};

/// A function whose body is nobody's business here: rustc's own messages about it survive,
/// and an editor that sends half a body still knows the function.
pub(super) struct Function {
    pub(super) attributes: Vec<Attribute>,
    pub(super) visibility: Visibility,
    pub(super) signature: Signature,
    pub(super) body: TokenStream,
}

impl Function {
    pub(super) fn parse(item: TokenStream) -> syn::Result<Self> {
        syn::parse2(item)
    }
}

impl Parse for Function {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let visibility = input.parse()?;
        if !is_function(input) {
            let what: TokenStream = input.parse()?;
            let message = "`sse_handler` goes on an `async fn`";
            return Err(syn::Error::new_spanned(first(what), message));
        }
        let signature: Signature = input.parse()?;
        let body = body(input, &signature)?;
        Ok(Self { attributes, visibility, signature, body })
    }
}

fn is_function(input: ParseStream<'_>) -> bool {
    input.peek(Token![fn])
        || input.peek(Token![async])
        || input.peek(Token![unsafe])
        || input.peek(Token![extern])
        || (input.peek(Token![const]) && !input.peek2(syn::Ident))
}

fn first(tokens: TokenStream) -> TokenStream {
    tokens.into_iter().take(1).collect()
}

fn body(input: ParseStream<'_>, signature: &Signature) -> syn::Result<TokenStream> {
    let body: TokenStream = input.parse()?;
    let is_block = |token: TokenTree| matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace);
    if body.clone().into_iter().any(is_block) {
        return Ok(body);
    }
    Err(syn::Error::new_spanned(&signature.ident, "a handler needs a body"))
}
