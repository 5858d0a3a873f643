//! What lies in `sse-runtime/ops` names what is in the code: metrics, labels and their words. Each
//! alert has a run book and tests, and the dashboard can be drawn.
//!
//! (Whether the rules do what they say is for Prometheus to tell: `tests/foreign/rules.sh`.)
#![allow(clippy::unwrap_used, reason = "a test may fail")]

#[path = "ops/alerts.rs"]
mod alerts;
#[path = "ops/dashboard.rs"]
mod dashboard;
#[path = "ops/promql.rs"]
mod promql;

const ALERTS: &str = include_str!("../../sse-runtime/ops/alerts.yml");
const TESTS: &str = include_str!("../../sse-runtime/ops/alerts_test.yml");
const RUNBOOKS: &str = include_str!("../../sse-runtime/ops/runbooks.md");
const DASHBOARD: &str = include_str!("../../sse-runtime/ops/dashboard.json");

const NONE: [String; 0] = [];

#[test]
fn every_metric_label_and_word_is_in_the_code() {
    // JSON writes a quote as two characters, so its texts are read first.
    let dashboard = dashboard::texts(DASHBOARD);
    for (file, text) in [
        ("alerts.yml", ALERTS),
        ("alerts_test.yml", TESTS),
        ("runbooks.md", RUNBOOKS),
        ("dashboard.json", &dashboard),
    ] {
        assert!(promql::metrics(text).len() > 20, "{file} was not read");
        assert_eq!(promql::faults(text), NONE, "{file}");
    }
}

#[test]
fn every_alert_says_how_bad_it_is_and_where_its_run_book_stands() {
    assert!(alerts::read(ALERTS).len() > 20);
    assert_eq!(alerts::faults(ALERTS), NONE);
    assert_eq!(alerts::faults_of_runbooks(ALERTS, RUNBOOKS), NONE);
}

#[test]
fn the_link_to_the_run_books_is_that_of_their_guide() {
    let lib = include_str!("../../sse-runtime/src/lib.rs");
    let guide = "#[doc = include_str!(\"../ops/runbooks.md\")]\n    pub mod runbooks {}";
    assert!(lib.replace("\r\n", "\n").contains(guide));
}

#[test]
fn every_alert_is_tested_where_it_fires_and_where_it_does_not() {
    assert_eq!(alerts::faults_of_tests(ALERTS, TESTS), NONE);
}

#[test]
fn the_dashboard_can_be_drawn() {
    assert_eq!(dashboard::faults(DASHBOARD), NONE);
}
