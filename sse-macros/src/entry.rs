//! The keys of an attribute, each read on its own, so that one that cannot be read takes
//! none of the others with it.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{
    Attribute, Ident, LitStr, Meta, Path, Token,
    ext::IdentExt as _,
    parse::{ParseStream, Parser as _},
};

use crate::{duration, errors::Errors, suggest};

/// One of the keys in `#[sse(key, key = value, key(...))]`.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) key: Ident,
    pub(crate) value: Value,
}

/// What follows a key.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    None,
    /// What stands after `=`.
    Equals(TokenStream),
    /// What stands in parentheses, and the parentheses.
    List(TokenStream, TokenTree),
}

impl Entry {
    /// The key as text.
    pub(crate) fn name(&self) -> String {
        self.key.unraw().to_string()
    }

    /// A key that stands alone.
    pub(crate) fn flag(&self, attribute: &str, errors: &mut Errors) {
        let name = self.name();
        let message = format!("`{name}` takes no value: write `#[{attribute}({name})]`");
        match &self.value {
            Value::None => {}
            Value::Equals(value) if value.is_empty() => errors.at(&self.key, message),
            Value::Equals(value) => errors.at(value, message),
            Value::List(_, group) => errors.at(group, message),
        }
    }

    /// The path of the runtime, as a string or, since `$crate` of `macro_rules!` cannot stand
    /// in quotes, as a path.
    pub(crate) fn runtime(&self, errors: &mut Errors) -> Option<Path> {
        let form = "`crate` takes the path of the runtime: write `crate = \"::sse_runtime\"`";
        let Value::Equals(tokens) = &self.value else {
            errors.at(&self.key, form);
            return None;
        };
        let path = match string_literal(tokens) {
            Some(literal) => literal.parse_with(Path::parse_mod_style).ok(),
            None => Path::parse_mod_style.parse2(tokens.clone()).ok(),
        };
        if path.is_none() && tokens.is_empty() {
            errors.at(&self.key, form);
        } else if path.is_none() {
            errors.at(tokens, form);
        }
        path
    }

    /// A key with a string literal; `example` shows what belongs in the quotes.
    pub(crate) fn text(&self, example: &str, errors: &mut Errors) -> Option<LitStr> {
        let name = self.name();
        let form = format!("write `{name} = \"{example}\"`");
        match &self.value {
            Value::None => {
                errors.at(&self.key, format!("`{name}` needs a value: {form}"));
                None
            }
            Value::List(_, group) => {
                errors.at(group, format!("`{name}` takes its value after `=`: {form}"));
                None
            }
            Value::Equals(tokens) if tokens.is_empty() => {
                errors.at(&self.key, format!("`{name}` needs a value after `=`: {form}"));
                None
            }
            Value::Equals(tokens) => match string_literal(tokens) {
                Some(literal) => Some(literal),
                None => {
                    match after_literal(tokens) {
                        Some(rest) => errors.at(rest, "expected a comma before the next key"),
                        None => {
                            errors.at(tokens, format!("`{name}` takes a string literal: {form}"));
                        }
                    }
                    None
                }
            },
        }
    }

    /// A key with a duration; it and its bounds are in milliseconds. `example` shows what
    /// belongs in the quotes.
    pub(crate) fn duration(
        &self,
        (least, most): (u64, u64),
        example: &str,
        errors: &mut Errors,
    ) -> Option<u64> {
        let literal = self.text(example, errors)?;
        duration::milliseconds(&literal.value(), least, most)
            .map_err(|fault| errors.at(&literal, format!("`{}`: {fault}", self.name())))
            .ok()
    }

    /// Whether the key stands among those before it, which is reported.
    pub(crate) fn repeats(&self, before: &[Self], errors: &mut Errors) -> bool {
        let name = self.name();
        let repeats = before.iter().any(|other| other.name() == name);
        if repeats {
            errors.at(&self.key, format!("`{name}` stands here twice: keep one"));
        }
        repeats
    }

    /// Reports a key that nobody knows; `place` says where it stands, if that helps.
    pub(crate) fn unknown(&self, place: Option<&str>, known: &[&str], errors: &mut Errors) {
        let name = self.name();
        let place = place.map(|place| format!(" on {place}")).unwrap_or_default();
        let what = format!("key `{name}`{place}");
        errors.at(&self.key, suggest::unknown(&what, &name, known));
    }
}

/// What follows a string literal that stands at the begin: a comma is missing.
fn after_literal(tokens: &TokenStream) -> Option<TokenStream> {
    let mut rest = tokens.clone().into_iter();
    string_literal(&rest.next()?.into())?;
    let rest: TokenStream = rest.collect();
    (!rest.is_empty()).then_some(rest)
}

/// The one string literal that the tokens are; it may come in a group of `macro_rules!`.
pub(crate) fn string_literal(tokens: &TokenStream) -> Option<LitStr> {
    let literal: LitStr = syn::parse2(tokens.clone()).ok()?;
    literal.suffix().is_empty().then_some(literal)
}

/// The keys of the attributes of this name, in their order. One that cannot be read is
/// reported and left out.
pub(crate) fn entries(attributes: &[Attribute], name: &str, errors: &mut Errors) -> Vec<Entry> {
    let mut found = Vec::new();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident(name)) {
        match &attribute.meta {
            Meta::List(list) => split(list.tokens.clone(), name, errors, &mut found),
            Meta::Path(path) => {
                errors
                    .at(path, format!("`{name}` needs its keys in parentheses: `#[{name}(...)]`"));
            }
            Meta::NameValue(pair) => {
                errors
                    .at(pair, format!("`{name}` needs its keys in parentheses: `#[{name}(...)]`"));
            }
        }
    }
    found
}

/// The keys between the parentheses of an attribute or of a key.
pub(crate) fn split(tokens: TokenStream, name: &str, errors: &mut Errors, to: &mut Vec<Entry>) {
    for piece in pieces(tokens) {
        match (|input: ParseStream<'_>| read(input, name)).parse2(piece) {
            Ok(entry) => to.push(entry),
            Err(error) => errors.push(error),
        }
    }
}

/// Cuts at the commas. A comma too many is rustc's business in other places, and harmless.
fn pieces(tokens: TokenStream) -> Vec<TokenStream> {
    let mut pieces = vec![TokenStream::new()];
    for token in tokens {
        match (&token, pieces.last_mut()) {
            (TokenTree::Punct(punct), _) if punct.as_char() == ',' => {
                pieces.push(TokenStream::new());
            }
            (_, Some(last)) => last.extend([token]),
            (_, None) => {}
        }
    }
    pieces.retain(|piece| !piece.is_empty());
    pieces
}

fn read(input: ParseStream<'_>, name: &str) -> syn::Result<Entry> {
    if !input.peek(Ident::peek_any) {
        let rest: TokenStream = input.parse()?;
        return Err(syn::Error::new_spanned(rest, format!("expected a key of `#[{name}(...)]`")));
    }
    let key = input.call(Ident::parse_any)?;
    let value = if input.is_empty() {
        Value::None
    } else if input.peek(Token![=]) {
        input.parse::<Token![=]>()?;
        Value::Equals(input.parse()?)
    } else {
        list(input, &key)?
    };
    Ok(Entry { key, value })
}

fn list(input: ParseStream<'_>, key: &Ident) -> syn::Result<Value> {
    let tree: TokenTree = input.parse()?;
    let value = match &tree {
        TokenTree::Group(group) if group.delimiter() == proc_macro2::Delimiter::Parenthesis => {
            Value::List(group.stream(), tree.clone())
        }
        _ => {
            let mut rest = tree.to_token_stream();
            rest.extend(input.parse::<TokenStream>()?);
            let message = format!("expected `=` or a comma after `{}`", key.unraw());
            return Err(syn::Error::new_spanned(rest, message));
        }
    };
    if input.is_empty() {
        return Ok(value);
    }
    let rest: TokenStream = input.parse()?;
    Err(syn::Error::new_spanned(rest, "expected a comma before the next key"))
}
