//! The retry table (pitfall P9): what is done about everything that can happen.

use std::{collections::BTreeMap, fmt, fmt::Write as _};

use http::StatusCode;
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error as _, MapAccess, Visitor},
};

use super::{Failure, Row, Rule, ServerError};

/// What a client does about everything that can happen to a stream: a rule for each [`Row`],
/// and for single statuses where somebody says so.
///
/// The defaults are those of [`Row::default_rule`]; the
/// [guide](https://docs.rs/sse-runtime/latest/sse_runtime/guides/client/index.html) has the
/// whole table, printed from here.
///
/// ```
/// use sse_runtime::client::{RetryTable, Row, Rule};
///
/// let mut table = RetryTable::new();
/// table.set(Row::ServerError, Rule::Again); // every 500
/// table.set_status(404, Rule::Again); // a deploy takes the route away for a while
/// assert_eq!(table.rule(Row::ServerError), Rule::Again);
/// assert_eq!(table.status_rule(404), Rule::Again);
/// assert_eq!(table.status_rule(403), Rule::Fatal);
/// ```
///
/// In a configuration it is a map from the names of rows, or from statuses, to rules:
///
/// ```
/// use sse_runtime::client::{RetryTable, Row, Rule};
///
/// let table: RetryTable = toml::from_str("server_error = \"again\"\n404 = \"again\"")?;
/// assert_eq!(table.rule(Row::ServerError), Rule::Again);
/// assert_eq!(table.status_rule(404), Rule::Again);
/// # Ok::<(), toml::de::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RetryTable {
    /// Where it differs from the defaults, so that a written configuration says what somebody
    /// decided and nothing else.
    rows: BTreeMap<Row, Rule>,
    statuses: BTreeMap<u16, Rule>,
}

impl RetryTable {
    /// The defaults.
    #[must_use]
    pub const fn new() -> Self {
        Self { rows: BTreeMap::new(), statuses: BTreeMap::new() }
    }

    /// Changes a row.
    pub fn set(&mut self, row: Row, rule: Rule) {
        self.rows.insert(row, rule);
        if rule == row.default_rule() {
            self.rows.remove(&row);
        }
    }

    /// Changes what one status means, before the row that it belongs to. Of no use for 200,
    /// which is no failure ([`ClientConfig::check`](super::ClientConfig::check) says so).
    pub fn set_status(&mut self, status: u16, rule: Rule) {
        self.statuses.insert(status, rule);
    }

    /// What is done about a row.
    #[must_use]
    pub fn rule(&self, row: Row) -> Rule {
        self.rows.get(&row).copied().unwrap_or(row.default_rule())
    }

    /// What is done about a status: its own rule, or that of its row. A number that is no status
    /// is like one that nobody knows.
    #[must_use]
    pub fn status_rule(&self, status: u16) -> Rule {
        let row = StatusCode::from_u16(status).map_or(Row::Redirect, Row::of_status);
        self.statuses.get(&status).copied().unwrap_or_else(|| self.rule(row))
    }

    /// The table as Markdown, with the rules as they are in this one.
    ///
    /// ```
    /// let text = sse_runtime::client::RetryTable::new().markdown();
    /// assert!(text.contains("| `refused` | the connection is refused | transport | again |"));
    /// ```
    #[must_use]
    pub fn markdown(&self) -> String {
        let mut text =
            "| row | what happened | class | what is done |\n|---|---|---|---|\n".to_owned();
        for row in Row::ALL {
            let (what, class, rule) = (row.what(), row.class(), self.rule(*row));
            // Writing to a text cannot fail.
            let _ = writeln!(text, "| `{row}` | {what} | {class} | {rule} |");
        }
        for (status, rule) in &self.statuses {
            let _ = writeln!(text, "| `{status}` | {status} | status | {rule} |");
        }
        text
    }

    /// What is done about a failure.
    pub(super) fn rule_of(&self, failure: &Failure) -> Rule {
        match failure {
            Failure::Server(ServerError::Status(status)) => self.status_rule(status.as_u16()),
            other => self.rule(other.row()),
        }
    }

    /// What makes no sense in it.
    pub(super) fn faults(&self) -> impl Iterator<Item = String> + '_ {
        let wrong = self.statuses.keys().filter(|status| !(201..=599).contains(*status));
        wrong.map(|status| {
            format!("`retry` has a rule for {status}, and only 201 to 599 are statuses that fail")
        })
    }
}

impl Serialize for RetryTable {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let rows = self.rows.iter().map(|(row, rule)| (row.as_str().to_owned(), rule));
        let statuses = self.statuses.iter().map(|(status, rule)| (status.to_string(), rule));
        serializer.collect_map(rows.chain(statuses))
    }
}

impl<'de> Deserialize<'de> for RetryTable {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Rules)
    }
}

struct Rules;

impl<'de> Visitor<'de> for Rules {
    type Value = RetryTable;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("rules by the names of rows or by statuses, such as `refused = \"again\"`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RetryTable, A::Error> {
        let mut table = RetryTable::new();
        while let Some((key, rule)) = map.next_entry::<String, Rule>()? {
            match (Row::from_word(&key), key.parse()) {
                (Some(row), _) => table.set(row, rule),
                (None, Ok(status)) => table.set_status(status, rule),
                (None, Err(_)) => {
                    let known: Vec<&str> = Row::ALL.iter().map(|row| row.as_str()).collect();
                    return Err(A::Error::custom(format_args!(
                        "unknown row `{key}`: write a status or one of {}",
                        known.join(", ")
                    )));
                }
            }
        }
        Ok(table)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::TransportError;

    #[test]
    fn the_guide_has_the_table_as_the_code_has_it() {
        let guide = include_str!("../../docs/client.md");
        let table = RetryTable::new().markdown();
        assert!(guide.contains(&table), "`docs/client.md` lacks this table:\n\n{table}");
        assert_eq!(guide.matches("| row | what happened |").count(), 1);
    }

    #[test]
    fn every_row_can_be_changed_and_changed_back() {
        for row in Row::ALL {
            let mut table = RetryTable::new();
            let other = if row.default_rule() == Rule::Fatal { Rule::Again } else { Rule::Fatal };
            table.set(*row, other);
            assert_eq!(table.rule(*row), other);
            for untouched in Row::ALL.iter().filter(|another| *another != row) {
                assert_eq!(table.rule(*untouched), untouched.default_rule());
            }
            table.set(*row, row.default_rule());
            assert_eq!(table, RetryTable::new());
        }
    }

    #[test]
    fn a_status_goes_before_its_row() {
        let mut table = RetryTable::new();
        table.set(Row::Transient, Rule::Fatal);
        table.set_status(503, Rule::AgainUncharged);
        let rule = |status: StatusCode| table.rule_of(&ServerError::Status(status).into());
        assert_eq!(rule(StatusCode::SERVICE_UNAVAILABLE), Rule::AgainUncharged);
        assert_eq!(rule(StatusCode::BAD_GATEWAY), Rule::Fatal);
        assert_eq!(table.rule_of(&TransportError::Dns.into()), Rule::Again);
    }

    #[test]
    fn a_written_table_comes_back() {
        let mut table = RetryTable::new();
        table.set(Row::ByeRevoked, Rule::AskHeaders);
        table.set_status(418, Rule::Done);
        let text = toml::to_string(&table).unwrap();
        assert_eq!(text, "bye_revoked = \"ask_headers\"\n418 = \"done\"\n");
        assert_eq!(toml::from_str::<RetryTable>(&text).unwrap(), table);
        assert_eq!(toml::to_string(&RetryTable::new()).unwrap(), "");
    }

    #[test]
    fn what_nobody_knows_is_refused_with_what_to_write() {
        let told = |text| toml::from_str::<RetryTable>(text).unwrap_err().to_string();
        assert!(told("refuse = \"again\"").contains("unknown row `refuse`: write a status or one"));
        assert!(told("refused = \"agian\"").contains("unknown variant `agian`, expected one of"));
        assert!(told("70000 = \"again\"").contains("unknown row `70000`"));
    }
}
