//! serde's attributes: what is honoured, what is left to serde, and an error for the rest.
//!
//! A user who writes one expects it to work, and so none is skipped silently.

use proc_macro2::TokenStream;
use quote::ToTokens as _;
use syn::{Attribute, Expr, ExprPath, LitStr};

use crate::{
    entry::{Entry, Value, entries, split},
    errors::Errors,
    event::{
        case::{Rule, SPELT},
        model::{Directions, Fallback},
    },
    suggest,
};

/// Attributes on the enum that concern the form which serde itself would give it, and that
/// form is never sent.
const OWN_FORM: &[&str] = &[
    "bound",
    "content",
    "crate",
    "default",
    "expecting",
    "field_identifier",
    "from",
    "into",
    "non_exhaustive",
    "remote",
    "rename",
    "rename_all",
    "tag",
    "transparent",
    "try_from",
    "untagged",
    "variant_identifier",
];

/// What serde's attributes on a field say.
#[derive(Default)]
pub(super) struct FieldAttributes {
    pub(super) rename: Option<(Directions<Option<String>>, TokenStream)>,
    pub(super) default: Option<Fallback>,
    pub(super) skip_if: Option<Expr>,
    pub(super) with: Option<ExprPath>,
}

/// What serde's attributes on a variant say.
#[derive(Default)]
pub(super) struct VariantAttributes {
    pub(super) rename: Option<(Entry, LitStr)>,
    pub(super) with: Option<(Entry, ExprPath)>,
}

/// The rule of `rename_all_fields` on the enum.
pub(super) fn on_enum(attributes: &[Attribute], errors: &mut Errors) -> Directions<Rule> {
    let mut rules = Directions { encode: Rule::Same, decode: Rule::Same };
    for entry in once_on_enum(attributes, errors) {
        let name = entry.name();
        if name == "rename_all_fields" {
            if let Some(spelt) = directions(&entry, "camelCase", errors) {
                rules.encode = rule(spelt.encode, errors);
                rules.decode = rule(spelt.decode, errors);
            }
        } else if !OWN_FORM.contains(&name.as_str()) {
            refuse(&entry, "an event enum", errors);
        }
    }
    rules
}

fn rule(literal: Option<LitStr>, errors: &mut Errors) -> Rule {
    let Some(literal) = literal else { return Rule::Same };
    read_rule(&literal, errors).unwrap_or(Rule::Same)
}

/// A rule by its name, or an error that lists them.
pub(super) fn read_rule(literal: &LitStr, errors: &mut Errors) -> Option<Rule> {
    let text = literal.value();
    let rule = Rule::from_spelt(&text);
    if rule.is_none() {
        let what = format!("rule `{}`", text.escape_debug());
        errors.at(literal, suggest::unknown(&what, &text, SPELT));
    }
    rule
}

pub(super) fn on_variant(attributes: &[Attribute], errors: &mut Errors) -> VariantAttributes {
    let mut found = VariantAttributes::default();
    for entry in once(attributes, errors) {
        match entry.name().as_str() {
            "rename" if matches!(entry.value, Value::List(..)) => {
                let message = "an event has one name, for sending and for reading: \
                               write `rename = \"...\"`";
                errors.at(&entry.key, message);
            }
            "rename" => {
                found.rename = entry.text("name", errors).map(|literal| (entry.clone(), literal));
            }
            "with" => found.with = path(&entry, errors).map(|path| (entry.clone(), path)),
            _ => refuse(&entry, "a variant of an event enum", errors),
        }
    }
    found
}

pub(super) fn on_field(
    attributes: &[Attribute],
    named: bool,
    errors: &mut Errors,
) -> FieldAttributes {
    let mut found = FieldAttributes::default();
    for entry in once(attributes, errors) {
        match entry.name().as_str() {
            "with" => found.with = path(&entry, errors),
            "rename" | "default" | "skip_serializing_if" if !named => without_key(&entry, errors),
            "rename" => found.rename = rename(&entry, errors),
            "default" => found.default = default(&entry, errors),
            "skip_serializing_if" => found.skip_if = function(&entry, errors),
            _ => refuse(&entry, "a field of an event", errors),
        }
    }
    found
}

/// Any attribute of serde at all.
pub(super) fn nowhere(attributes: &[Attribute], errors: &mut Errors) {
    for entry in once(attributes, errors) {
        let name = entry.name();
        errors.at(
            &entry.key,
            format!(
                "`#[serde({name})]` is not honoured inside a `merge` enum: write it on the enum \
                 that declares the events"
            ),
        );
    }
}

/// The attributes, each once: the second of a pair would silently win.
fn once(attributes: &[Attribute], errors: &mut Errors) -> Vec<Entry> {
    let all = entries(attributes, "serde", errors);
    each_once(all, |_| false, errors)
}

/// The same on the enum, where those that serde alone reads are left to serde.
fn once_on_enum(attributes: &[Attribute], errors: &mut Errors) -> Vec<Entry> {
    let all = entries(attributes, "serde", errors);
    each_once(all, |entry| OWN_FORM.contains(&entry.name().as_str()), errors)
}

fn each_once(
    entries: Vec<Entry>,
    is_left_alone: impl Fn(&Entry) -> bool,
    errors: &mut Errors,
) -> Vec<Entry> {
    let mut kept: Vec<Entry> = Vec::new();
    for entry in entries {
        if is_left_alone(&entry) || !entry.repeats(&kept, errors) {
            kept.push(entry);
        }
    }
    kept
}

fn refuse(entry: &Entry, place: &str, errors: &mut Errors) {
    let name = entry.name();
    errors.at(
        &entry.key,
        format!(
            "`#[serde({name})]` is not honoured on {place}: put the payload in a struct of its \
             own, with serde's derives, and let a variant hold it"
        ),
    );
}

fn without_key(entry: &Entry, errors: &mut Errors) {
    let name = entry.name();
    errors.at(
        &entry.key,
        format!(
            "`#[serde({name})]` has no meaning without a key: name the field, `{{ name: Type }}`"
        ),
    );
}

fn rename(entry: &Entry, errors: &mut Errors) -> Option<(Directions<Option<String>>, TokenStream)> {
    let spelt = directions(entry, "key", errors)?;
    let token = match &entry.value {
        Value::Equals(tokens) => tokens.clone(),
        _ => entry.key.to_token_stream(),
    };
    let value = |literal: Option<LitStr>| literal.map(|literal| literal.value());
    Some((Directions { encode: value(spelt.encode), decode: value(spelt.decode) }, token))
}

/// `key = "..."`, or `key(serialize = "...", deserialize = "...")`.
fn directions(
    entry: &Entry,
    example: &str,
    errors: &mut Errors,
) -> Option<Directions<Option<LitStr>>> {
    let Value::List(tokens, _) = &entry.value else {
        let literal = entry.text(example, errors)?;
        return Some(Directions { encode: Some(literal.clone()), decode: Some(literal) });
    };
    let mut inner = Vec::new();
    split(tokens.clone(), "serde", errors, &mut inner);
    if inner.is_empty() {
        errors.at(&entry.key, format!("`{0}()` says nothing: write `{0} = \"...\"`", entry.name()));
    }
    let mut found = Directions { encode: None, decode: None };
    for entry in each_once(inner, |_| false, errors) {
        let literal = entry.text(example, errors);
        match entry.name().as_str() {
            "serialize" => found.encode = literal,
            "deserialize" => found.decode = literal,
            _ => entry.unknown(None, &["serialize", "deserialize"], errors),
        }
    }
    Some(found)
}

fn default(entry: &Entry, errors: &mut Errors) -> Option<Fallback> {
    match &entry.value {
        Value::None => Some(Fallback::OfType),
        _ => function(entry, errors).map(Fallback::Function),
    }
}

/// A module in quotes, or a type with such functions, as serde takes it.
fn path(entry: &Entry, errors: &mut Errors) -> Option<ExprPath> {
    let literal = entry.text("module", errors)?;
    let path = literal.parse::<ExprPath>();
    if path.is_err() {
        errors.at(&literal, "this is no path of a module: write one such as \"crate::as_text\"");
    }
    path.ok()
}

/// A function in quotes, as serde takes it: a path, which may carry generic arguments.
fn function(entry: &Entry, errors: &mut Errors) -> Option<Expr> {
    let literal = entry.text("path", errors)?;
    let path = literal.parse::<ExprPath>().map(Expr::Path);
    if path.is_err() {
        errors.at(&literal, "this is no path: write one such as \"module::function\"");
    }
    path.ok()
}
