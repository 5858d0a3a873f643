//! The alert rules, their run books and their tests: line by line, as they are laid out.

/// Where the run books can be read, headings in small letters behind it.
const GUIDE: &str = "https://docs.rs/sse-runtime/latest/sse_runtime/guides/runbooks/index.html#";

/// An alert: its name, and its lines.
#[derive(Debug)]
pub(crate) struct Alert<'t> {
    name: &'t str,
    lines: Vec<&'t str>,
}

impl<'t> Alert<'t> {
    /// What stands behind a key.
    fn get(&self, key: &str) -> Option<&'t str> {
        let value = |line: &&'t str| line.strip_prefix(key)?.strip_prefix(':');
        self.lines.iter().find_map(value).map(str::trim)
    }

    /// What is wrong with it alone.
    fn faults(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        if !matches!(self.get("severity"), Some("critical" | "warning")) {
            wrong.push("severity");
        }
        if self.get("expr").is_none() {
            wrong.push("expr");
        }
        if self.get("summary").is_none() {
            wrong.push("summary");
        }
        if !self.get("description").is_some_and(|text| text.contains("$value")) {
            wrong.push("description with its value");
        }
        if self.get("runbook_url") != Some(&format!("{GUIDE}{}", self.name.to_lowercase())) {
            wrong.push("link to its run book");
        }
        wrong.into_iter().map(|what| format!("{} lacks a {what}", self.name)).collect()
    }
}

pub(crate) fn read(rules: &str) -> Vec<Alert<'_>> {
    let mut alerts: Vec<Alert<'_>> = Vec::new();
    for line in rules.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix("- alert: ") {
            alerts.push(Alert { name, lines: Vec::new() });
        } else if let Some(alert) = alerts.last_mut() {
            alert.lines.push(line);
        }
    }
    alerts
}

pub(crate) fn faults(rules: &str) -> Vec<String> {
    let alerts = read(rules);
    let mut names: Vec<_> = alerts.iter().map(|alert| alert.name).collect();
    names.sort_unstable();
    let twice = names.windows(2).filter(|pair| pair[0] == pair[1]);
    let twice = twice.map(|pair| format!("{} is there twice", pair[0]));
    alerts.iter().flat_map(Alert::faults).chain(twice).collect()
}

/// Each alert has a section, each section an alert, and a query to look at.
pub(crate) fn faults_of_runbooks(rules: &str, runbooks: &str) -> Vec<String> {
    let alerts = read(rules);
    let text = runbooks.replace("\r\n", "\n");
    let sections: Vec<_> = text.split("\n## ").skip(1).collect();
    let heading = |section: &str| section.lines().next().unwrap_or_default().to_owned();
    let has_section = |alert: &Alert<'_>| sections.iter().any(|text| heading(text) == alert.name);
    let without = alerts.iter().filter(|alert| !has_section(alert));
    let mut wrong: Vec<_> =
        without.map(|alert| format!("{} has no run book", alert.name)).collect();
    for section in &sections {
        let name = heading(section);
        if !alerts.iter().any(|alert| alert.name == name) {
            wrong.push(format!("{name} is no alert"));
        }
        for part in ["```promql\n", "**Check**", "**Do**", "**False alarm**"] {
            if !section.contains(part) {
                wrong.push(format!("the run book of {name} lacks {}", part.trim()));
            }
        }
    }
    wrong
}

/// Each alert is looked at where it fires and where it does not.
pub(crate) fn faults_of_tests(rules: &str, tests: &str) -> Vec<String> {
    let mut looked: Vec<(&str, bool)> = Vec::new();
    let mut name = None;
    for line in tests.lines().map(str::trim) {
        if let Some(alert) = line.strip_prefix("alertname: ") {
            name = Some(alert);
        } else if let Some(expected) = line.strip_prefix("exp_alerts:") {
            looked.extend(name.take().map(|name| (name, expected.trim() != "[]")));
        }
    }
    let alerts = read(rules);
    let strange = looked.iter().filter(|(name, _)| !alerts.iter().any(|alert| alert.name == *name));
    let strange = strange.map(|(name, _)| format!("{name} is tested, and is no alert"));
    let cases = |fires: bool, what: &'static str| {
        let looked = &looked;
        let missing = alerts.iter().filter(move |alert| !looked.contains(&(alert.name, fires)));
        missing.map(move |alert| format!("{} is not tested where it {what}", alert.name))
    };
    strange.chain(cases(true, "fires")).chain(cases(false, "is quiet")).collect()
}

/// Whether each check can fail.
mod the_checks {
    use super::*;

    const RULE: &str = "
      - alert: SseGaps
        expr: up > 0
        labels:
          severity: warning
        annotations:
          summary: \"a\"
          description: \"{{ $value }}\"
          runbook_url: https://docs.rs/sse-runtime/latest/sse_runtime/guides/runbooks/index.html#ssegaps
";
    const BOOK: &str =
        "# Run books\n\n## SseGaps\n\n```promql\nup\n```\n**Check** **Do** **False alarm**";
    const TEST: &str = "alertname: SseGaps\nexp_alerts: []\nalertname: SseGaps\nexp_alerts:\n  - a";

    #[test]
    fn find_nothing_where_nothing_is_wrong() {
        assert!(faults(RULE).is_empty());
        assert!(faults_of_runbooks(RULE, BOOK).is_empty());
        assert!(faults_of_tests(RULE, TEST).is_empty());
    }

    #[test]
    fn miss_what_an_alert_lacks() {
        for (part, other, fault) in [
            ("severity: warning", "severity: page", "SseGaps lacks a severity"),
            ("expr: up > 0", "", "SseGaps lacks a expr"),
            ("summary: ", "text: ", "SseGaps lacks a summary"),
            ("$value", "$labels.job", "SseGaps lacks a description with its value"),
            ("#ssegaps", "#ssegap", "SseGaps lacks a link to its run book"),
        ] {
            assert_eq!(faults(&RULE.replace(part, other)), [fault]);
        }
        assert_eq!(faults(&RULE.repeat(2)), ["SseGaps is there twice"]);
    }

    #[test]
    fn miss_a_run_book() {
        let other = BOOK.replace("## SseGaps", "## SseGap");
        assert_eq!(
            faults_of_runbooks(RULE, &other),
            ["SseGaps has no run book", "SseGap is no alert"]
        );
        let other = BOOK.replace("```promql", "```text");
        assert_eq!(faults_of_runbooks(RULE, &other), ["the run book of SseGaps lacks ```promql"]);
    }

    #[test]
    fn miss_a_test() {
        let quiet = "alertname: SseGaps\nexp_alerts: []";
        assert_eq!(faults_of_tests(RULE, quiet), ["SseGaps is not tested where it fires"]);
        let fires = "alertname: SseGaps\nexp_alerts:\n  - exp_labels:";
        assert_eq!(faults_of_tests(RULE, fires), ["SseGaps is not tested where it is quiet"]);
        let strange = format!("{TEST}\nalertname: SseGone\nexp_alerts: []");
        assert_eq!(faults_of_tests(RULE, &strange), ["SseGone is tested, and is no alert"]);
    }
}
