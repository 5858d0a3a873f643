//! What can be judged only from several attributes together. One function for each rule.

use std::collections::HashMap;

use syn::Ident;

use super::model::{Body, Event, Field, Variant};
use crate::errors::Errors;

pub(super) fn check(event: &Event, is_enum: bool, errors: &mut Errors) {
    directions(event, errors);
    merge(event, errors);
    match &event.body {
        Body::Events(variants) => {
            if is_enum {
                source(event, errors);
            }
            events(event, variants, errors);
        }
        Body::Parts(_) => parts(event, errors),
    }
}

fn events(event: &Event, variants: &[Variant], errors: &mut Errors) {
    names(variants, errors);
    for variant in variants {
        end(variant, errors);
        id(variant, errors);
        topic(variant, errors);
        keys_of_fields(event, variant, errors);
        if event.keys.decode_only.is_some() {
            never_sent(variant, errors);
        }
        if event.keys.encode_only.is_none() {
            super::borrow::check(variant, errors);
        }
    }
}

// #[sse(encode_only, decode_only)]
fn directions(event: &Event, errors: &mut Errors) {
    if let (Some(_), Some(second)) = (&event.keys.encode_only, &event.keys.decode_only) {
        errors.at(
            second,
            "`encode_only` and `decode_only` leave nothing: keep one, or none for both directions",
        );
    }
}

// #[sse(merge, source = "...")], #[sse(merge, rename_all = "...")], #[sse(qualify)]
fn merge(event: &Event, errors: &mut Errors) {
    let keys = &event.keys;
    if keys.merge.is_none() {
        if let (Some(qualify), false) = (&keys.qualify, keys.unclear) {
            errors.at(
                qualify,
                "`qualify` puts the sources of several enums in front of their names: write \
                 `#[sse(merge, qualify)]` on an enum of event enums",
            );
        }
        return;
    }
    if let Some(source) = &keys.source_key {
        errors.at(
            source,
            "a `merge` enum has the sources of the enums that it holds: remove `source`, or `merge`",
        );
    }
    if let Some(rename_all) = &keys.rename_all_key {
        errors.at(
            rename_all,
            "a `merge` enum has the names of the enums that it holds: write `rename_all` on those",
        );
    }
}

fn source(event: &Event, errors: &mut Errors) {
    let keys = &event.keys;
    if keys.source_key.is_some() || keys.decode_only.is_some() || keys.unclear {
        return;
    }
    let name = &event.ident;
    let example = super::case::Rule::Snake.variant(&name.to_string());
    let example = example.trim_end_matches("_events").trim_end_matches("_event");
    let example = if crate::grammar::source(example).is_ok() { example } else { "inventory" };
    errors.at(
        name,
        format!(
            "`{name}` does not say who sends it: write `#[sse(source = \"{example}\")]` on the enum"
        ),
    );
}

// #[sse(merge)] enum All<T> { ... }
fn parts(event: &Event, errors: &mut Errors) {
    if !event.generics.params.is_empty() {
        errors.at(
            &event.generics.params,
            "a `merge` enum takes no parameters: its events are compared when it is compiled",
        );
    }
}

/// Each name once, also without regard to case: people cannot tell such names apart.
fn names(variants: &[Variant], errors: &mut Errors) {
    let mut seen: HashMap<String, &Variant> = HashMap::new();
    for variant in variants.iter().filter(|variant| variant.name_is_sure) {
        let Some(first) = seen.get(&variant.name.to_ascii_lowercase()) else {
            seen.insert(variant.name.to_ascii_lowercase(), variant);
            continue;
        };
        if first.ident == variant.ident {
            errors.leave_to_rustc();
            continue;
        }
        let (name, first_name, first) = (&variant.name, &first.name, &first.ident);
        let message = if name == first_name {
            format!("`{first}` is called `{name}` already: give this event another name")
        } else {
            format!(
                "the name `{name}` differs only in case from `{first_name}`, the name of \
                 `{first}`: give this event another"
            )
        };
        match &variant.name_literal {
            Some(literal) => errors.at(literal, message),
            None => errors.at(&variant.ident, format!("{message}, `#[sse(name = \"...\")]`")),
        }
    }
}

// #[sse(ephemeral, terminal)]
fn end(variant: &Variant, errors: &mut Errors) {
    if let (Some(_), Some(second)) = (&variant.ephemeral, &variant.terminal) {
        errors.at(
            second,
            "an event that is `ephemeral` may be missed, and the end of a stream must not be: \
             keep one of the two",
        );
    }
}

// #[sse(ephemeral)] A { #[sse(id)] id: EventId }
fn id(variant: &Variant, errors: &mut Errors) {
    let Some(id) = only_one(variant, |field| field.id.as_ref(), "an event has one id", errors)
    else {
        return;
    };
    if variant.ephemeral.is_some() {
        errors.at(id, "an `ephemeral` event has no id: remove `id`, or `ephemeral` on the variant");
    } else if variant.terminal.is_some() {
        errors.at(
            id,
            "the id of a `terminal` event tells the reader not to come back, and is given by the \
             runtime: remove `id`, or `terminal` on the variant",
        );
    }
}

// A { #[sse(topic)] a: String, #[sse(topic)] b: String }
fn topic(variant: &Variant, errors: &mut Errors) {
    only_one(variant, |field| field.topic.as_ref(), "an event has one topic", errors);
}

fn only_one<'a>(
    variant: &'a Variant,
    key: impl Fn(&'a Field) -> Option<&'a Ident>,
    rule: &str,
    errors: &mut Errors,
) -> Option<&'a Ident> {
    let mut marked = variant.fields.iter().filter_map(key);
    let first = marked.next();
    for more in marked {
        let name = &variant.ident;
        errors.at(more, format!("{rule}, and a field of `{name}` is marked already: keep one"));
    }
    first
}

// A { a: u8, #[serde(rename = "a")] b: u8 }
fn keys_of_fields(event: &Event, variant: &Variant, errors: &mut Errors) {
    let mut written = HashMap::new();
    let mut read = HashMap::new();
    let (is_written, is_read) =
        (event.keys.decode_only.is_none(), event.keys.encode_only.is_none());
    for field in &variant.fields {
        let Some(ident) = &field.ident else { continue };
        let before = is_written.then(|| written.insert(&field.key.encode, ident)).flatten();
        let before = is_read.then(|| read.insert(&field.key.decode, ident)).flatten().or(before);
        if before == Some(ident) {
            errors.leave_to_rustc();
        } else if let Some(before) = before {
            let message = format!(
                "the fields `{before}` and `{ident}` have one key in the object: give one of \
                 them another by `#[serde(rename = \"...\")]`"
            );
            match &field.key_token {
                Some(token) => errors.at(token, message),
                None => errors.at(ident, message),
            }
        }
    }
}

/// Keys that say how an event is sent, where it never is.
fn never_sent(variant: &Variant, errors: &mut Errors) {
    let fields = variant.fields.iter().flat_map(|field| [&field.id, &field.topic]);
    for key in [&variant.retry_key].into_iter().chain(fields).flatten() {
        errors.at(
            key,
            format!("`{key}` concerns sending, and a `decode_only` enum is only read: remove one"),
        );
    }
}
