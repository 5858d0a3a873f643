//! The macros and the runtime know the same ids, names and sources, and say the same of the
//! others. Neither crate can call the other for it, so this test holds both to one table.

use sse_runtime::{EventId, EventName, Source};

#[allow(dead_code, reason = "the names of others have no counterpart in the runtime")]
#[path = "../../sse-macros/src/grammar.rs"]
mod grammar;

/// Texts at every border of the three grammars.
fn texts() -> Vec<String> {
    let mut texts: Vec<String> = [
        "",
        "evt_",
        "evt",
        "EVT_00000001",
        "evt_00000001",
        " evt_00000001",
        "open",
        "OPEN",
        "error",
        "Error",
        "message",
        "mEssage",
        "opened",
        "sse",
        "SSE",
        "sse.",
        "sse.open",
        "Sse.x",
        "ssex",
        "sse-",
        "shop.inventory",
        "a,b",
        "stock:changed",
        "größe",
        "\u{FEFF}a",
        "a\u{2028}",
        "名",
    ]
    .map(String::from)
    .into();
    let around = |c: char| [format!("{c}"), format!("a{c}"), format!("evt_0000{c}0001")];
    texts.extend((0..=0x2FF).filter_map(char::from_u32).flat_map(around));
    texts.extend(['\u{200B}', '\u{2028}', '\u{FEFF}', '\u{10FFFF}'].into_iter().flat_map(around));
    for length in 0..=130 {
        texts.push("x".repeat(length));
        texts.push(format!("evt_{}", "x".repeat(length)));
    }
    texts
}

fn text<T, E: ToString>(result: Result<T, E>) -> Result<(), String> {
    result.map(|_| ()).map_err(|fault| fault.to_string())
}

#[test]
fn both_agree_on_every_text() {
    for candidate in texts() {
        let shown = candidate.escape_debug();
        let id = EventId::try_from(candidate.as_str());
        assert_eq!(grammar::event_id(&candidate), text(id), "id {shown}");
        let name = EventName::try_from(candidate.as_str());
        assert_eq!(grammar::event_name(&candidate), text(name), "name {shown}");
        let source = Source::try_from(candidate.as_str());
        assert_eq!(grammar::source(&candidate), text(source), "source {shown}");
    }
}

#[test]
fn the_names_of_others_are_what_a_line_can_carry() {
    for good in ["message", "error", "two words", "größe", "sse.open", " ", "\u{200B}", "a\0b"] {
        assert_eq!(grammar::foreign_name(good), Ok(()), "{good:?}");
    }
    assert!(grammar::foreign_name(&"x".repeat(1000)).is_ok());
    for bad in ["", "\r", "a\n"] {
        assert!(grammar::foreign_name(bad).is_err(), "{bad:?}");
    }
}
