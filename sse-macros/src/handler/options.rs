//! What stands in the parentheses of the attribute.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::{Ident, LitBool, Path};

use crate::{
    duration::{RETRY_BOUNDS, milliseconds},
    entry::{Entry, Value, split},
    errors::Errors,
    suggest::did_you_mean,
};

const HEARTBEAT: &str = "heartbeat";
const NO_HEARTBEAT: &str = "no_heartbeat";
const HEARTBEAT_EVENT: &str = "heartbeat_event";
const RETRY: &str = "retry";
const FIRST: &str = "first";
const FINITE: &str = "finite";
const DRAIN: &str = "drain";
const CONTROL_EVENTS: &str = "control_events";
const SOURCE_FIELD: &str = "source_field";
const CRATE: &str = "crate";

const KEYS: &[&str] = &[
    HEARTBEAT,
    NO_HEARTBEAT,
    HEARTBEAT_EVENT,
    RETRY,
    FIRST,
    FINITE,
    DRAIN,
    CONTROL_EVENTS,
    SOURCE_FIELD,
    CRATE,
];

/// Bounds in milliseconds. A heartbeat must be shorter than the tightest common hop, 60 s,
/// a head must be out before such a hop gives up, and nobody waits for ever for a server
/// that is asked to stop.
const HEARTBEAT_BOUNDS: (u64, u64) = (1_000, 50_000);
const FIRST_BOUNDS: (u64, u64) = (0, 50_000);
const DRAIN_BOUNDS: (u64, u64) = (1_000, 600_000);

/// The options of a handler.
#[derive(Default)]
pub(super) struct Options {
    /// The key `finite`, where it stands.
    pub(super) finite: Option<Span>,
    krate: Option<Path>,
    /// Calls on the options of the runtime, in the order of the keys.
    calls: Vec<TokenStream>,
}

impl Options {
    pub(super) fn parse(arguments: TokenStream, errors: &mut Errors) -> Self {
        let mut entries = Vec::new();
        let before = errors.count();
        split(arguments, "sse_handler", errors, &mut entries);
        let is_read = errors.count() == before;
        let mut options = Self::default();
        for (at, entry) in entries.iter().enumerate() {
            if !entry.repeats(&entries[..at], errors) {
                options.take(entry, errors);
            }
        }
        check_heartbeat(&entries, errors);
        if is_read {
            // A key that could not be read may have been `finite`, and is reported.
            check_drain(&entries, errors);
        }
        options
    }

    fn take(&mut self, entry: &Entry, errors: &mut Errors) {
        match entry.name().as_str() {
            HEARTBEAT => self.heartbeat(entry, errors),
            NO_HEARTBEAT => self.flag(entry, errors, "no_heartbeat"),
            HEARTBEAT_EVENT => self.flag(entry, errors, "heartbeat_event"),
            RETRY => self.duration(entry, "3s", RETRY_BOUNDS, errors),
            FIRST => self.duration(entry, "10s", FIRST_BOUNDS, errors),
            FINITE => {
                entry.flag("sse_handler", errors);
                self.finite = Some(entry.key.span());
            }
            DRAIN => self.duration(entry, "30s", DRAIN_BOUNDS, errors),
            CONTROL_EVENTS => self.switch(entry, errors, "no_control_events"),
            SOURCE_FIELD => self.switch(entry, errors, "no_source_field"),
            CRATE => self.krate = entry.runtime(errors),
            _ => entry.unknown(None, KEYS, errors),
        }
    }

    fn heartbeat(&mut self, entry: &Entry, errors: &mut Errors) {
        let Some(literal) = entry.text("15s", errors) else { return };
        let text = literal.value();
        let is_none = ["never", "none", "off", ""].contains(&text.as_str());
        if is_none || milliseconds(&text, 0, 0).is_ok() {
            let message = "a stream without a heartbeat looks open when it is dead, and proxies cut it; \
                           if that is wanted, write `no_heartbeat` instead of this key";
            return errors.at(&literal, message);
        }
        self.duration(entry, "15s", HEARTBEAT_BOUNDS, errors);
    }

    fn duration(&mut self, entry: &Entry, example: &str, bounds: (u64, u64), errors: &mut Errors) {
        let Some(milliseconds) = entry.duration(bounds, example, errors) else { return };
        let method = Ident::new(&entry.name(), Span::call_site());
        self.calls.push(quote!(.#method(#milliseconds)));
    }

    fn flag(&mut self, entry: &Entry, errors: &mut Errors, method: &str) {
        entry.flag("sse_handler", errors);
        let method = Ident::new(method, Span::call_site());
        self.calls.push(quote!(.#method()));
    }

    /// A key that is on unless `= false` says otherwise.
    fn switch(&mut self, entry: &Entry, errors: &mut Errors, method: &str) {
        let literal = match &entry.value {
            Value::Equals(tokens) => syn::parse2::<LitBool>(tokens.clone()).ok(),
            Value::None | Value::List(..) => None,
        };
        match literal {
            Some(on) if on.value => {}
            Some(_) => {
                let method = Ident::new(method, Span::call_site());
                self.calls.push(quote!(.#method()));
            }
            None => {
                let name = entry.name();
                errors.at(
                    &entry.key,
                    format!("`{name}` is on by default: write `{name} = false` to switch it off"),
                );
            }
        }
    }

    /// The crate that the expansion calls.
    pub(super) fn krate(&self) -> TokenStream {
        match &self.krate {
            Some(path) => quote!(#path),
            None => quote!(::sse_runtime),
        }
    }

    /// The value of the options, put together when compiling.
    pub(super) fn value(&self) -> TokenStream {
        let (krate, calls) = (self.krate(), &self.calls);
        let base =
            Ident::new(if self.finite.is_some() { "FINITE" } else { "ENDLESS" }, Span::call_site());
        quote!(#krate::__private::Options::#base #(#calls)*)
    }
}

/// The keys of the heartbeat must agree with each other.
fn check_heartbeat(entries: &[Entry], errors: &mut Errors) {
    let Some(none) = given(entries, NO_HEARTBEAT) else { return };
    for key in [HEARTBEAT, HEARTBEAT_EVENT] {
        if given(entries, key).is_some() {
            errors.at(&none.key, format!("`{NO_HEARTBEAT}` contradicts `{key}`; leave one out"));
        }
    }
}

/// Only a stream with an end of its own can be waited for.
fn check_drain(entries: &[Entry], errors: &mut Errors) {
    let Some(drain) = given(entries, DRAIN) else { return };
    // One that is misspelt is reported as that.
    let means_finite = |entry: &Entry| did_you_mean(&entry.name(), KEYS) == Some(FINITE);
    if !entries.iter().any(means_finite) {
        let message = "`drain` waits for the end that a stream has of its own, and this one is \
                       endless: write `finite` as well, or leave `drain` out";
        errors.at(&drain.key, message);
    }
}

fn given<'a>(entries: &'a [Entry], name: &str) -> Option<&'a Entry> {
    entries.iter().find(|entry| entry.name() == name)
}
