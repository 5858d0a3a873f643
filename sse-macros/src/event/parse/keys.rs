//! The keys of `#[sse(...)]`, listed once.

use syn::{Attribute, Ident, LitStr};

use crate::{
    entry::{Entry, entries},
    errors::Errors,
};

pub(super) const SOURCE: &str = "source";
pub(super) const RENAME_ALL: &str = "rename_all";
pub(super) const MERGE: &str = "merge";
pub(super) const QUALIFY: &str = "qualify";
pub(super) const ENCODE_ONLY: &str = "encode_only";
pub(super) const DECODE_ONLY: &str = "decode_only";
pub(super) const CRATE: &str = "crate";
pub(super) const NAME: &str = "name";
pub(super) const RETRY: &str = "retry";
pub(super) const EPHEMERAL: &str = "ephemeral";
pub(super) const TERMINAL: &str = "terminal";
pub(super) const ID: &str = "id";
pub(super) const TOPIC: &str = "topic";

/// Where an attribute stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Enum,
    Variant,
    Field,
}

impl Place {
    const ALL: &'static [Self] = &[Self::Enum, Self::Variant, Self::Field];

    /// The keys that belong there.
    const fn keys(self) -> &'static [&'static str] {
        match self {
            Self::Enum => &[SOURCE, RENAME_ALL, MERGE, QUALIFY, ENCODE_ONLY, DECODE_ONLY, CRATE],
            Self::Variant => &[NAME, RETRY, EPHEMERAL, TERMINAL],
            Self::Field => &[ID, TOPIC],
        }
    }

    const fn called(self) -> &'static str {
        match self {
            Self::Enum => "the enum",
            Self::Variant => "a variant",
            Self::Field => "a field",
        }
    }
}

/// The keys of one item, each known, at its place, and once.
pub(super) struct Keys {
    entries: Vec<Entry>,
    /// Whether something there could not be understood. Then nobody can say that a key is
    /// missing: it may have been meant.
    pub(super) unclear: bool,
}

impl Keys {
    pub(super) fn read(attributes: &[Attribute], place: Place, errors: &mut Errors) -> Self {
        let before = errors.count();
        let mut kept: Vec<Entry> = Vec::new();
        for entry in entries(attributes, "sse", errors) {
            if !place.keys().contains(&entry.name().as_str()) {
                misplaced(&entry, place, errors);
            } else if !entry.repeats(&kept, errors) {
                kept.push(entry);
            }
        }
        Self { entries: kept, unclear: errors.count() > before }
    }

    pub(super) fn get(&self, name: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.name() == name)
    }

    /// The token of a key, whatever its value is worth.
    pub(super) fn token(&self, name: &str) -> Option<Ident> {
        self.get(name).map(|entry| entry.key.clone())
    }

    /// A key that stands alone.
    pub(super) fn flag(&self, name: &str, errors: &mut Errors) -> Option<Ident> {
        let entry = self.get(name)?;
        entry.flag("sse", errors);
        Some(entry.key.clone())
    }

    /// The string literal of a key.
    pub(super) fn text(&self, name: &str, example: &str, errors: &mut Errors) -> Option<LitStr> {
        self.get(name)?.text(example, errors)
    }

    /// The duration of a key, in milliseconds.
    pub(super) fn duration(
        &self,
        name: &str,
        bounds: (u64, u64),
        example: &str,
        errors: &mut Errors,
    ) -> Option<u64> {
        self.get(name)?.duration(bounds, example, errors)
    }
}

/// A key that does not belong where it stands.
fn misplaced(entry: &Entry, place: Place, errors: &mut Errors) {
    let name = entry.name();
    let here = place.called();
    let belongs = Place::ALL.iter().find(|other| other.keys().contains(&name.as_str()));
    match belongs {
        Some(other) => {
            let there = other.called();
            errors.at(&entry.key, format!("`{name}` belongs on {there}, not on {here}"));
        }
        None => entry.unknown(Some(here), place.keys(), errors),
    }
}
