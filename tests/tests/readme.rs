//! What README.md says is there: the tests that it names exist, and CI runs the commands that
//! it shows. (Its Rust code is compiled as documentation tests.)

use std::{fs, path::Path};

/// Where README.md lies, and what it names is looked for.
fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

fn read(path: &str) -> Result<String, String> {
    let text = fs::read_to_string(root().join(path)).map_err(|error| format!("{path}: {error}"))?;
    Ok(text.replace("\r\n", "\n"))
}

#[test]
fn every_test_that_the_readme_names_exists() {
    let readme = read("README.md").unwrap();
    let names = named_files(&readme);
    assert!(
        names.iter().any(|name| name.contains(".rs::")),
        "README.md names no test: the table of the handbook is missing"
    );
    let wrong: Vec<String> = names.iter().filter_map(|name| missing(name)).collect();
    assert!(wrong.is_empty(), "README.md:\n{}", wrong.join("\n"));
}

#[test]
fn every_command_of_the_readme_runs_in_ci() {
    let scripts = [".ci/run", "tests/foreign/run.sh"].map(|script| read(script).unwrap());
    let run: Vec<String> = scripts.iter().flat_map(|script| script.lines()).map(command).collect();
    let wrong: Vec<String> = commands(&read("README.md").unwrap())
        .into_iter()
        .filter(|shown| !is_run(shown, &run))
        .collect();
    assert!(wrong.is_empty(), "CI does not run what README.md shows:\n{}", wrong.join("\n"));
}

/// What stands in backticks, outside blocks of code, and looks like a file of this
/// repository: `tests/tests/demo.rs::a_test`, `tests/ui/derive/fail/no_source.rs`.
fn named_files(readme: &str) -> Vec<&str> {
    const FOLDERS: [&str; 4] = ["tests/", "examples/", "sse-macros/", "sse-runtime/"];
    let mut names = Vec::new();
    let mut in_code = false;
    for line in readme.lines() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        } else if !in_code {
            // The odd pieces stand between backticks.
            let quoted = line.split('`').skip(1).step_by(2);
            names.extend(quoted.filter(|name| {
                let is_file = FOLDERS.iter().any(|folder| name.starts_with(folder));
                is_file && !name.contains([' ', '*', '<'])
            }));
        }
    }
    names
}

/// Why what is named is not there.
fn missing(name: &str) -> Option<String> {
    let (file, test) = match name.split_once("::") {
        Some((file, test)) => (file, Some(test)),
        None => (name, None),
    };
    if !root().join(file).exists() {
        return Some(format!("`{name}`: there is no {file}"));
    }
    let test = test?;
    match read(file) {
        Ok(text) if has_test(&text, test) => None,
        Ok(_) => Some(format!("`{name}`: no such test")),
        Err(error) => Some(error),
    }
}

/// Whether a file has a test of this name, perhaps in a module.
fn has_test(text: &str, path: &str) -> bool {
    let name = path.rsplit("::").next().unwrap_or(path);
    let lines: Vec<&str> = text.lines().map(str::trim_start).collect();
    lines.iter().enumerate().any(|(at, line)| {
        let declared = line.split_once("fn ").is_some_and(|(_, rest)| {
            rest.strip_prefix(name).is_some_and(|rest| rest.starts_with(['(', '<']))
        });
        let above = lines[..at].iter().rev();
        let attributes = above.take_while(|above| above.starts_with(['#', '/']));
        declared && attributes.into_iter().any(|line| line.contains("test"))
    })
}

/// The lines of shell blocks that call cargo.
fn commands(readme: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut block: Option<&str> = None;
    for line in readme.lines() {
        if let Some(fence) = line.trim().strip_prefix("```") {
            block = if block.is_some() { None } else { Some(fence) };
        } else if block.is_some_and(|kind| ["console", "sh", "bash", "shell"].contains(&kind)) {
            let command = command(line);
            if command.starts_with("cargo ") {
                found.push(command);
            }
        }
    }
    found
}

/// A line without its prompt, the variables in front, a comment and a `&` behind.
fn command(line: &str) -> String {
    let line = line.trim().strip_prefix("$ ").unwrap_or(line.trim());
    let line = line.split(" # ").next().unwrap_or(line);
    let mut rest = line.trim().trim_end_matches('&').trim();
    while let Some((name, value)) = rest.split_once('=') {
        let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_uppercase() || c == '_');
        let end = match value.strip_prefix('"') {
            Some(quoted) => quoted.find('"').map(|end| end + 2),
            None => value.find(' '),
        };
        match end {
            Some(end) if is_name => rest = value[end..].trim_start(),
            _ => break,
        }
    }
    rest.to_owned()
}

/// Whether CI runs a command. Two kinds may differ from what CI runs: the arguments of a
/// program that `cargo run` starts are the program's, and a benchmark is only built, since
/// its figures mean nothing on a machine that is shared.
fn is_run(shown: &str, run: &[String]) -> bool {
    let started = |command: &str| command.split(" -- ").next().unwrap_or(command).to_owned();
    if shown.starts_with("cargo run") {
        return run.iter().any(|run| started(run) == started(shown));
    }
    if let Some((_, name)) = shown.split_once(" --bench ") {
        let is_there = root().join(format!("tests/benches/{name}.rs")).exists();
        return is_there && run.iter().any(|run| run == "cargo bench --workspace --no-run");
    }
    run.iter().any(|run| run == shown)
}

/// Whether each check can fail.
mod the_checks {
    use super::*;

    #[test]
    fn find_the_names_in_the_text() {
        let readme = "| P6 | `tests/tests/ids.rs::an_id` and `tests/ui/derive/fail/a.rs` |\n\
                      a `cargo test`, `sse-runtime`, `tests/*.rs`\n\
                      ```rust\nlet x = \"`tests/in_code.rs`\";\n```\n`examples/demo`";
        assert_eq!(
            named_files(readme),
            ["tests/tests/ids.rs::an_id", "tests/ui/derive/fail/a.rs", "examples/demo"]
        );
    }

    #[test]
    fn miss_what_is_not_there() {
        assert_eq!(missing("tests/tests/readme.rs"), None);
        assert_eq!(missing("tests/tests/readme.rs::the_checks::miss_what_is_not_there"), None);
        assert!(missing("tests/tests/nowhere.rs").is_some());
        assert!(missing("tests/tests/nowhere.rs::a").is_some());
        assert!(missing("tests/tests/readme.rs::no_such_test_here").is_some());
        assert!(missing("tests/tests/readme.rs::is_run").is_some(), "a helper is no test");
    }

    #[test]
    fn find_a_test_by_its_whole_name() {
        let text = "#[tokio::test]\nasync fn a_client_leaves() {}\n\nfn helper() {}";
        assert!(has_test(text, "a_client_leaves"));
        assert!(has_test(text, "module::a_client_leaves"));
        assert!(!has_test(text, "a_client"));
        assert!(!has_test(text, "helper"));
        assert!(!has_test("// fn a()\n", "a"));
    }

    #[test]
    fn find_the_commands_in_shell_blocks() {
        let readme = "```console\n$ cargo run\nlistening\n```\n```rust\ncargo no\n```\n\
                      ```sh\nRUSTDOCFLAGS=\"-D warnings\" A=b cargo doc # all of it\ncurl -N x\n```";
        assert_eq!(commands(readme), ["cargo run", "cargo doc"]);
    }

    #[test]
    fn miss_a_command_that_ci_does_not_run() {
        let run = [
            "cargo test --workspace",
            "cargo run -- --listen \"127.0.0.1:$port\" &",
            "cargo bench --workspace --no-run",
        ]
        .map(command);
        assert!(is_run("cargo test --workspace", &run));
        assert!(is_run("cargo run", &run));
        assert!(is_run("cargo run -- --listen 127.0.0.1:3000", &run));
        assert!(is_run("cargo bench -p sse-tests --bench encode", &run));
        assert!(!is_run("cargo test", &run));
        assert!(!is_run("cargo run -p other", &run));
        assert!(!is_run("cargo bench -p sse-tests --bench nowhere", &run));
        assert!(!is_run("cargo install sse-runtime", &run));
    }
}
