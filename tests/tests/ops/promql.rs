//! What a text says of our metrics. It is scanned, not parsed: a name that begins with `sse_`, the
//! braces right behind it, and the labels of `by (...)`.

use sse_runtime::{
    Reason, ResetReason, ResumeOutcome,
    client::Row,
    names::{
        Backend, ClientOutcome, ClientPhase, ClientState, DeliveryPhase, Metric, PublishOutcome,
        PublishPhase, Rejection, ServerState,
    },
};

/// What Prometheus adds to each series.
const OUTSIDE: [&str; 2] = ["job", "instance"];
/// Labels whose words are not ours: of the program, or of its operator.
const FREE: [&str; 6] = ["job", "instance", "endpoint", "stream", "version", "le"];

/// A name, and what stands in its braces.
#[derive(Debug, PartialEq)]
struct Selector<'t> {
    name: &'t str,
    matchers: Vec<Matcher<'t>>,
}

#[derive(Debug, PartialEq)]
struct Matcher<'t> {
    label: &'t str,
    /// Of a regular expression: each of its alternatives.
    words: Vec<&'t str>,
}

/// The metrics of ours that a text names, as it spells them.
pub(crate) fn metrics(text: &str) -> Vec<&str> {
    selectors(text).into_iter().filter_map(Result::ok).map(|selector| selector.name).collect()
}

/// What a text says of our metrics and is not so.
pub(crate) fn faults(text: &str) -> Vec<String> {
    let selectors = selectors(text).into_iter().flat_map(|selector| match selector {
        Ok(selector) => faults_of(&selector),
        Err(fault) => vec![fault],
    });
    selectors.chain(grouped(text).filter_map(unknown_label)).collect()
}

fn faults_of(Selector { name, matchers }: &Selector<'_>) -> Vec<String> {
    let Some(metric) = metric(name) else { return vec![format!("there is no metric {name}")] };
    let fault = |matcher: &Matcher<'_>| -> Vec<String> {
        let Matcher { label, words } = matcher;
        let is_le = *label == "le" && name.ends_with("_bucket");
        if !(is_le || OUTSIDE.contains(label) || metric.labels.contains(label)) {
            return vec![format!("{name} has no label {label}")];
        }
        if FREE.contains(label) {
            return Vec::new();
        }
        let known = known_words(metric.name, label);
        let wrong = words.iter().filter(|word| !known.contains(word));
        wrong.map(|word| format!("{name}: {label} is never {word}")).collect()
    };
    matchers.iter().flat_map(fault).collect()
}

/// The metric that a series belongs to.
fn metric(series: &str) -> Option<&'static Metric> {
    Metric::ALL.iter().find(|metric| {
        let rest = series.strip_prefix(metric.name);
        rest == Some("")
            || (!metric.kind.buckets().is_empty()
                && matches!(rest, Some("_bucket" | "_sum" | "_count")))
    })
}

/// The words that a label of a metric can have.
fn known_words(metric: &str, label: &str) -> Vec<&'static str> {
    macro_rules! words {
        ($list:ty) => {
            <$list>::ALL.iter().map(|word| word.as_str()).collect::<Vec<_>>()
        };
    }
    match (metric, label) {
        ("sse_connections", "state") => words!(ServerState),
        ("sse_client_state", "state") => words!(ClientState),
        ("sse_connections_opened_total", "resume") => words!(ResumeOutcome),
        ("sse_connections_closed_total" | "sse_client_closed_total", "reason") => words!(Reason),
        ("sse_connections_rejected_total", "reason") => words!(Rejection),
        ("sse_client_reconnects_total", "reason") => words!(Row),
        ("sse_resumes_total", "reason") => [words!(ResetReason), vec!["none"]].concat(),
        ("sse_resumes_total" | "sse_client_resumes_total", "outcome") => words!(ResumeOutcome),
        ("sse_events_published_total", "outcome") => words!(PublishOutcome),
        ("sse_client_events_total", "outcome") => words!(ClientOutcome),
        ("sse_delivery_duration_seconds", "phase") => words!(DeliveryPhase),
        ("sse_publish_duration_seconds", "phase") => words!(PublishPhase),
        ("sse_publish_duration_seconds" | "sse_store_up", "backend") => words!(Backend),
        ("sse_client_duration_seconds", "phase") => words!(ClientPhase),
        ("sse_connections_limit", "scope") => vec!["all", "address", "principal"],
        _ => Vec::new(),
    }
}

/// The labels that something is summed up by.
fn grouped(text: &str) -> impl Iterator<Item = &str> {
    let lists = [" by (", " on ("].into_iter().flat_map(|word| text.split(word).skip(1));
    lists.flat_map(|rest| rest.split(')').next().unwrap_or_default().split(',').map(str::trim))
}

fn unknown_label(label: &str) -> Option<String> {
    let ours = || Metric::ALL.iter().any(|metric| metric.labels.contains(&label));
    let is_known = label.is_empty() || label == "le" || OUTSIDE.contains(&label) || ours();
    (!is_known).then(|| format!("there is no label {label}"))
}

fn selectors(text: &str) -> Vec<Result<Selector<'_>, String>> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    let mut found = Vec::new();
    for (at, _) in text.match_indices("sse_") {
        if text[..at].ends_with(is_part) {
            continue; // the middle of another name
        }
        let rest = &text[at..];
        let (name, rest) = rest.split_at(rest.find(|c| !is_part(c)).unwrap_or(rest.len()));
        // The crate is no metric.
        if name == "sse_runtime" || name.starts_with("sse_runtime::") {
            continue;
        }
        let matchers = match rest.strip_prefix('{') {
            Some(inside) => matchers(inside),
            None => Some(Vec::new()),
        };
        let selector = matchers.map(|matchers| Selector { name, matchers });
        found.push(selector.ok_or_else(|| format!("{name}: its braces cannot be read")));
    }
    found
}

/// What stands in braces, up to the closing one: `label="word", label=~"one|other"`.
fn matchers(mut rest: &str) -> Option<Vec<Matcher<'_>>> {
    let mut found = Vec::new();
    loop {
        rest = rest.trim_start().trim_start_matches(',').trim_start();
        if rest.starts_with('}') {
            return Some(found);
        }
        let (label, value) = rest.split_once(['=', '!'])?;
        let (operator, value) = value.split_once('"')?;
        let (value, after) = value.split_once('"')?;
        if !matches!(operator, "" | "=" | "~") {
            return None;
        }
        let words = match operator {
            "~" => value.split('|').collect(),
            _ => vec![value],
        };
        found.push(Matcher { label: label.trim(), words });
        rest = after;
    }
}

/// Whether each check can fail.
mod the_checks {
    use super::*;

    #[test]
    fn find_names_and_braces() {
        let text = r#"`sse_connections` sse_runtime::serve a_sse_x job:sse_y /sse_runtime/
            rate(sse_resumes_total{outcome="reset", reason!~"epoch|ahead"}[5m])"#;
        assert_eq!(metrics(text), ["sse_connections", "sse_resumes_total"]);
        let matchers = |label, words| Matcher { label, words };
        assert_eq!(
            selectors(text)[1],
            Ok(Selector {
                name: "sse_resumes_total",
                matchers: vec![
                    matchers("outcome", vec!["reset"]),
                    matchers("reason", vec!["epoch", "ahead"]),
                ],
            })
        );
        assert_eq!(faults(text), Vec::<String>::new());
    }

    #[test]
    fn miss_what_the_code_does_not_have() {
        for (text, fault) in [
            ("sse_connection", "there is no metric sse_connection"),
            ("sse_connections_count", "there is no metric sse_connections_count"),
            ("sse_connections{phase=\"live\"}", "sse_connections has no label phase"),
            ("sse_connections{le=\"1\"}", "sse_connections has no label le"),
            ("sse_connections{state=\"up\"}", "sse_connections: state is never up"),
            ("sse_client_state{state=~\"up|live\"}", "sse_client_state: state is never live"),
            ("sse_client_state{state!=\"gone\"}", "sse_client_state: state is never gone"),
            (
                "sse_resumes_total{job=\"a\", reason=\"gap\"}",
                "sse_resumes_total: reason is never gap",
            ),
            (
                "sse_delivery_duration_seconds_bucket{phase=\"encode\", le=\"1\"}",
                "sse_delivery_duration_seconds_bucket: phase is never encode",
            ),
            ("sse_connections{state=\"live\"", "sse_connections: its braces cannot be read"),
            ("sum by (job, topic) (up)", "there is no label topic"),
        ] {
            assert_eq!(faults(text), [fault], "{text}");
        }
    }

    #[test]
    fn know_a_word_for_each_label_that_is_ours() {
        for metric in Metric::ALL {
            for label in metric.labels.iter().filter(|label| !FREE.contains(label)) {
                let words = known_words(metric.name, label);
                assert!(!words.is_empty(), "which words has {label} of {}?", metric.name);
            }
        }
    }
}
