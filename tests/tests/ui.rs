//! What does not compile, and what the compiler says; and what does compile.
//!
//! Each case is named after its rule. The texts beside the failing cases are those of one
//! compiler; under another the cases must fail as well, and their texts are not compared,
//! because rustc words its own part of a message anew now and then.
//!
//! To write the texts again: `TRYBUILD=overwrite cargo test -p sse-tests --test ui`, with
//! that compiler; then read each of them.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test")]

use std::{
    env,
    fmt::Write as _,
    fs,
    panic::catch_unwind,
    path::{Path, PathBuf},
    process::Command,
};

/// The compiler that the texts belong to.
const COMPILER: &str = "rustc 1.95.";

/// Set for the process that runs copies of the cases, to the folder of the copies.
const COPIES: &str = "SSE_UI_COPIES";

#[test]
fn derive_fail() {
    fail("derive_fail", "ui/derive/fail", 60);
}

#[test]
fn derive_pass() {
    pass("ui/derive/pass", 20);
}

#[test]
fn attribute_fail() {
    fail("attribute_fail", "ui/attribute/fail", 70);
}

#[test]
fn attribute_pass() {
    pass("ui/attribute/pass", 16);
}

fn pass(folder: &str, least: usize) {
    cases(Path::new(folder), least);
    trybuild::TestCases::new().pass(format!("{folder}/*.rs"));
}

fn fail(test: &str, folder: &str, least: usize) {
    let cases = cases(Path::new(folder), least);
    if let Some(copies) = env::var_os(COPIES) {
        let pattern = Path::new(&copies).join("*.rs");
        trybuild::TestCases::new().compile_fail(pattern);
    } else if is_the_compiler() {
        trybuild::TestCases::new().compile_fail(format!("{folder}/*.rs"));
    } else {
        fail_without_texts(test, &cases);
    }
}

/// Runs copies of the cases, whose texts are written instead of compared. That is a mode of
/// `trybuild` for the whole process, and so it takes a process of its own.
fn fail_without_texts(test: &str, cases: &[PathBuf]) {
    let copies = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    if copies.exists() {
        fs::remove_dir_all(&copies).unwrap();
    }
    fs::create_dir_all(&copies).unwrap();
    for case in cases {
        fs::copy(case, copies.join(case.file_name().unwrap())).unwrap();
    }
    let status = Command::new(env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(COPIES, &copies)
        .env("TRYBUILD", "overwrite")
        .status()
        .unwrap();
    assert!(status.success(), "a case of {test} compiles with this compiler");
}

fn is_the_compiler() -> bool {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("--version").output().unwrap();
    String::from_utf8_lossy(&output.stdout).starts_with(COMPILER)
}

/// The cases of a folder. Fewer than these, and somebody has lost them.
fn cases(folder: &Path, least: usize) -> Vec<PathBuf> {
    let is_case = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "rs");
    let cases: Vec<PathBuf> = files(folder).into_iter().filter(is_case).collect();
    let (found, folder) = (cases.len(), folder.display());
    assert!(found >= least, "{folder} holds {found} cases, and at least {least} are expected");
    cases
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries =
        fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    entries.map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn cases_that_are_lost_are_missed() {
    let empty = Path::new(env!("CARGO_TARGET_TMPDIR")).join("no_cases");
    fs::create_dir_all(&empty).unwrap();
    for folder in [empty.join("not_there"), empty] {
        assert!(catch_unwind(|| cases(&folder, 1)).is_err(), "{}", folder.display());
    }
}

/// Enums of enums are compared when compiling; ten large ones must neither take long nor
/// run into rustc's own limit for that, which is an error.
#[test]
fn derive_pass_large() {
    let mut case = String::from("#![allow(dead_code)]\nuse sse_runtime::SseEvent;\n");
    let mut whole = String::from("#[derive(SseEvent)]\n#[sse(merge)]\nenum Whole {\n");
    for part in 0..10 {
        writeln!(whole, "    Part{part}(Part{part}),").unwrap();
        let keys = format!("#[derive(SseEvent)]\n#[sse(source = \"part{part}\")]");
        writeln!(case, "{keys}\nenum Part{part} {{").unwrap();
        for event in 0..200 {
            // Names that are alike for long, and that the parts hold by turns.
            writeln!(case, "    OrderOfTheCustomerUpdated{event}TimesBy{part}(u32),").unwrap();
        }
        case.push_str("}\n");
    }
    case.push_str(&whole);
    case.push_str("}\nfn main() {\n    assert_eq!(Whole::CATALOGUE.events().len(), 2000);\n}\n");
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("ten_enums_of_two_hundred_events.rs");
    fs::write(&path, case).unwrap();
    trybuild::TestCases::new().pass(path);
}

/// A case without its text would be written anew instead of compared, and a text without
/// its case holds nothing up.
#[test]
fn each_failing_case_has_its_text() {
    for folder in ["ui/derive/fail", "ui/attribute/fail"] {
        for path in files(Path::new(folder)) {
            let other = match path.extension().and_then(|extension| extension.to_str()) {
                Some("rs") => "stderr",
                Some("stderr") => "rs",
                _ => panic!("{} is neither a case nor a text", path.display()),
            };
            assert!(path.with_extension(other).exists(), "{} stands alone", path.display());
        }
    }
}
