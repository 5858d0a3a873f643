//! The order of the house: a floor of `sse-runtime/src` uses only the floors below it, and
//! some things are written nowhere in the two crates.
//!
//! The sources are read as tokens, and so comments, documentation and texts do not count,
//! nor does what is compiled for tests alone. Each rule has a test that it can fail.

#[path = "floors/rules.rs"]
mod rules;
#[path = "floors/source.rs"]
mod source;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use source::Source;

type Rule = fn(&Source) -> Vec<String>;

/// What breaks the rule in a crate.
fn broken(krate: &str, rule: Rule) -> Result<Vec<String>, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(krate).join("src");
    let mut files = Vec::new();
    collect(&root, &mut files).map_err(|error| format!("{}: {error}", root.display()))?;
    let mut wrong = Vec::new();
    for file in files {
        let inside = file.strip_prefix(&root).unwrap_or(&file).display().to_string();
        let text = fs::read_to_string(&file).map_err(|error| format!("{inside}: {error}"))?;
        wrong.extend(rule(&Source::parse(&inside.replace('\\', "/"), &text)?));
    }
    Ok(wrong)
}

#[track_caller]
fn check(krate: &str, rule: Rule) {
    let wrong = broken(krate, rule);
    assert!(wrong.as_ref().is_ok_and(Vec::is_empty), "in {krate}/src: {wrong:#?}");
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    Ok(())
}

#[test]
fn a_floor_uses_only_the_floors_below() {
    check("sse-runtime", rules::floors);
}

#[test]
fn nothing_panics_without_a_reason() {
    check("sse-runtime", rules::no_panic);
    check("sse-macros", rules::no_panic);
}

#[test]
fn nothing_unsafe_lossy_or_unbounded() {
    check("sse-runtime", rules::nothing_unwanted);
    check("sse-macros", rules::nothing_unwanted);
}

#[test]
fn no_file_is_too_long() {
    check("sse-runtime", rules::short_enough);
    check("sse-macros", rules::short_enough);
}

/// Whether each of the rules finds what it is there for, and nothing else.
#[cfg(test)]
mod the_rules {
    use super::{Rule, Source, rules};

    fn broken(rule: Rule, path: &str, text: &str) -> Vec<String> {
        rule(&Source::parse(path, text).unwrap())
    }

    #[track_caller]
    fn refuses(rule: Rule, path: &str, texts: &[&str]) {
        for text in texts {
            assert!(!broken(rule, path, text).is_empty(), "{path} says: {text}");
        }
    }

    #[track_caller]
    fn accepts(rule: Rule, path: &str, texts: &[&str]) {
        for text in texts {
            let wrong = broken(rule, path, text);
            assert!(wrong.is_empty(), "{path} says: {text}\n{wrong:?}");
        }
    }

    #[test]
    fn find_a_path_to_a_floor_above() {
        let up = [
            "use crate::server::Cx;",
            "use crate::{names::Reason, server};",
            "use crate::{names::Reason, server::{Cx, Drain}};",
            "use crate::server::*;",
            "use super::super::server::Cx;",
            "use super::super::{names, server};",
            "fn f() { let cx = crate::server::Cx::detached(); }",
            "fn f(cx: &crate::server::Cx) {}",
            "fn f() { vec![crate::server::Cx::detached()]; }",
            "mod inner { use super::super::super::server::Cx; }",
            "use ::sse_runtime::server::Cx;",
            "pub(in crate::server) struct X;",
            "macro_rules! m { () => { $crate::server::Cx }; }",
            "impl crate::channel::Publish for X {}",
        ];
        refuses(rules::floors, "event/encode.rs", &up);
    }

    #[test]
    fn find_a_path_to_a_neighbour() {
        refuses(rules::floors, "server/body.rs", &["use crate::client::Client;"]);
        refuses(rules::floors, "client/mod.rs", &["use super::server::Cx;"]);
        refuses(rules::floors, "observe/mod.rs", &["use crate::testing::Kit;"]);
        refuses(rules::floors, "names/reason.rs", &["use crate::wire::EventId;"]);
    }

    #[test]
    fn find_a_way_round_by_the_root() {
        let round = [
            "use crate::EventStream;",
            "use crate::__private::Call;",
            "use crate::*;",
            "use super::super::*;",
            "use crate as root;",
            "use crate::{self as root};",
            "use super::super as root;",
        ];
        refuses(rules::floors, "event/encode.rs", &round);
        refuses(rules::floors, "attic/encode.rs", &["struct X;"]);
    }

    #[test]
    fn find_what_a_floor_must_not_know() {
        let foreign = [
            "use tokio::sync::mpsc;",
            "use serde::Serialize;",
            "fn f() { serde_json::to_string(&1); }",
            "use http::HeaderValue;",
            "use ::axum::Router;",
            "use std::time::Duration;",
            "use std::{fmt, time::Instant};",
            "fn f(now: Instant) {}",
            "#[derive(serde::Serialize)] struct X;",
        ];
        refuses(rules::floors, "wire/id.rs", &foreign);
        refuses(rules::floors, "names/reason.rs", &["use serde::Serialize;"]);
        refuses(rules::floors, "event/decode.rs", &["use std::io::Read;", "use tokio::spawn;"]);
        refuses(rules::floors, "channel/mod.rs", &["use axum::Router;"]);
        refuses(rules::floors, "client/mod.rs", &["use axum::Router;"]);
        refuses(rules::floors, "server/mod.rs", &["use reqwest::Client;"]);
    }

    #[test]
    fn let_a_floor_use_those_below() {
        let down = [
            "use crate::wire::{EventId, Frame};",
            "use crate::{names::Reason, wire};",
            "use super::{Content, EventInfo};",
            "use super::super::wire::EventId;",
            "use crate::event::Head;",
            "mod inner { use super::super::Head; }",
            "use std::{fmt, sync::Arc};",
            "use serde::Serialize;",
            "/// See [`crate::server::Cx`].\nstruct X;",
            "// crate::server::Cx\nconst TEXT: &str = \"crate::server::Cx\";",
            "pub(crate) struct X; pub(super) struct Y;",
            "#[cfg(test)] mod tests { use crate::server::Cx; }",
            "#[cfg(test)] use crate::server::Cx;",
        ];
        accepts(rules::floors, "event/encode.rs", &down);
        accepts(rules::floors, "wire/id.rs", &["use crate::names::metric;"]);
        accepts(rules::floors, "channel/config.rs", &["use crate::settings::duration;"]);
        accepts(rules::floors, "client/config.rs", &["use crate::settings::duration;"]);
        accepts(rules::floors, "lib.rs", &["pub use server::Cx; pub use crate::event::Head;"]);
    }

    #[test]
    fn find_what_panics() {
        let panics = [
            "fn f() { x.unwrap(); }",
            "fn f() { x\n    .expect(\"never\"); }",
            "fn f() { panic!(\"no\"); }",
            "fn f() { std::panic!(\"no\"); }",
            "fn f() { x.map(Option::unwrap); }",
            "fn f() { vec![x.unwrap()]; }",
            "fn f() { todo!() }",
            "fn f() { match x { _ => unreachable!() } }",
            "#[allow(clippy::unwrap_used)] fn f() { x.unwrap(); }",
            "#[allow(clippy::panic, reason = \"r\")] fn f() { x.unwrap(); }",
            "#[allow(clippy::unwrap_used, reason = \"r\")] fn f() {} fn g() { x.unwrap(); }",
            "#[cfg(test)] fn f() {} fn g() { x.unwrap(); }",
            "#[cfg(not(test))] fn g() { x.unwrap(); }",
        ];
        refuses(rules::no_panic, "event/encode.rs", &panics);
        refuses(rules::no_panic, "lib.rs", &panics);
    }

    #[test]
    fn let_stand_what_does_not_panic() {
        let fine = [
            "fn f() { x.unwrap_or_default(); x.unwrap_or(1); }",
            "/// `x.unwrap()`\nfn f() {}",
            "fn f() { \"panic!()\"; }",
            "struct X { unwrap: u8 } fn f(x: X) { x.unwrap; }",
            "#[allow(clippy::unwrap_used, reason = \"r\")] fn f() { x.unwrap(); }",
            "fn f() { #[allow(clippy::expect_used, reason = \"r\")] let y = x.expect(\"r\"); }",
            "#![allow(clippy::panic, reason = \"r\")] fn f() { panic!(); } fn g() { panic!(); }",
            "#[cfg(test)] mod tests { fn f() { x.unwrap(); } }",
            "#[cfg(test)] #[allow(unused)] mod tests { fn f() { x.unwrap(); } }",
            "fn f() { catch_panic(x); std::panic::catch_unwind(f); }",
        ];
        accepts(rules::no_panic, "event/encode.rs", &fine);
    }

    #[test]
    fn find_what_is_unwanted() {
        let unwanted = [
            "fn f() { unsafe { g() } }",
            "unsafe impl Send for X {}",
            "#[unsafe(no_mangle)] fn f() {}",
            "fn f() { String::from_utf8_lossy(b); }",
            "use tokio::sync::mpsc::unbounded_channel;",
            "fn f() { mpsc::unbounded_channel::<u8>(); }",
            "fn f() { futures::channel::mpsc::unbounded(); }",
        ];
        refuses(rules::nothing_unwanted, "server/sender.rs", &unwanted);
        let fine = [
            "#![forbid(unsafe_code)]",
            "fn f(t: Token![unsafe]) {}",
            "fn f() { mpsc::channel::<u8>(1); }",
        ];
        accepts(rules::nothing_unwanted, "server/sender.rs", &fine);
    }

    #[test]
    fn find_a_file_that_is_too_long() {
        let line = "// line\n";
        accepts(rules::short_enough, "lib.rs", &[&line.repeat(400)]);
        refuses(rules::short_enough, "lib.rs", &[&line.repeat(401)]);
    }
}
