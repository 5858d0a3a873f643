//! What ids, names and sources may hold.
//!
//! The same rules as in `sse-runtime/src/wire`, which checks values at run time; a macro
//! cannot call the crate that it expands into. A test holds both to one table.

/// What an event id begins with.
const ID_PREFIX: &str = "evt_";

/// Why a text is no event id of the default form.
pub(crate) fn event_id(text: &str) -> Result<(), String> {
    let form = "an event id is `evt_` and 8 to 32 ASCII letters or digits; this one";
    let Some(rest) = text.strip_prefix(ID_PREFIX) else {
        return Err(format!(
            "{form} does not begin with `evt_`: for an id made elsewhere write `EventId::opaque`"
        ));
    };
    if let Some(c) = rest.chars().find(|c| !c.is_ascii_alphanumeric()) {
        return Err(format!("{form} holds {}", shown(c)));
    }
    // Also one to five positions of a channel, 24 characters each.
    let positions = matches!(rest.len(), 24 | 48 | 72 | 96 | 120);
    if positions || (8..=32).contains(&rest.len()) {
        return Ok(());
    }
    Err(format!("{form} has {} after `evt_`", rest.len()))
}

/// Why a text is no event name.
pub(crate) fn event_name(text: &str) -> Result<(), String> {
    let form = "an event name is 1 to 64 of the characters `A-Z a-z 0-9 . _ : -`; this one";
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | ':' | '-');
    characters(form, text, 64, allowed)?;
    let is = |word: &str| text.eq_ignore_ascii_case(word);
    if is("open") || is("error") || is("message") {
        return Err(format!(
            "`{text}` is fired by an `EventSource` for reasons of its own: choose another event name"
        ));
    }
    if text.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("sse.")) {
        return Err(
            "names that begin with `sse.` belong to sse-runtime: choose another event name"
                .to_owned(),
        );
    }
    Ok(())
}

/// Why a text cannot be the name of an event of somebody else's stream.
pub(crate) fn foreign_name(text: &str) -> Result<(), String> {
    if text.is_empty() {
        return Err("an event name is not empty".to_owned());
    }
    match text.chars().find(|c| matches!(c, '\r' | '\n')) {
        Some(c) => Err(format!("no stream can carry this event name: it holds {}", shown(c))),
        None => Ok(()),
    }
}

/// Why a text is no source.
pub(crate) fn source(text: &str) -> Result<(), String> {
    let form = "a source is 1 to 32 of the characters `A-Z a-z 0-9 _ -`; this one";
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    characters(form, text, 32, allowed)?;
    if text.eq_ignore_ascii_case("sse") {
        return Err("the source `sse` belongs to sse-runtime: choose another".to_owned());
    }
    Ok(())
}

fn characters(
    form: &str,
    text: &str,
    longest: usize,
    allowed: impl Fn(char) -> bool,
) -> Result<(), String> {
    if text.is_empty() {
        return Err(format!("{form} is empty"));
    }
    if text.len() > longest {
        return Err(format!("{form} has {} bytes", text.len()));
    }
    match text.chars().find(|&c| !allowed(c)) {
        Some(c) => Err(format!("{form} holds {}", shown(c))),
        None => Ok(()),
    }
}

/// A character as a message can show it: one that nobody sees, by its number.
fn shown(c: char) -> String {
    if c.is_ascii_graphic() { format!("`{c}`") } else { format!("U+{:04X}", u32::from(c)) }
}
