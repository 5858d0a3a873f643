//! What the guides say of the configurations is so: each key is in it, with
//! its default.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::collections::BTreeSet;

use serde::{Serialize, de::DeserializeOwned};
use sse_runtime::{ChannelConfig, client::ClientConfig, serve::ServeConfig};

const GUIDE: &str = include_str!("../../sse-runtime/docs/serving.md");

#[test]
fn every_key_of_a_server_is_in_the_guide_with_its_default() {
    assert_eq!(faults(&table(GUIDE, "ServeConfig"), &ServeConfig::new()), Vec::<String>::new());
}

#[test]
fn every_key_of_a_channel_is_in_the_guide_with_its_default() {
    assert_eq!(faults(&table(GUIDE, "ChannelConfig"), &ChannelConfig::new()), Vec::<String>::new());
}

#[test]
fn every_key_of_a_client_is_in_its_guide_with_its_default() {
    let guide = include_str!("../../sse-runtime/docs/client.md");
    assert_eq!(faults(&table(guide, "ClientConfig"), &ClientConfig::new()), Vec::<String>::new());
}

#[test]
fn the_table_of_channels_names_every_key_too() {
    let guide = include_str!("../../sse-runtime/docs/channels.md");
    for key in keys::<ChannelConfig>() {
        assert!(guide.contains(&format!("| `{key}` |")), "{key}");
    }
}

/// The keys and defaults of the table under the heading of a type, as they are written there:
/// a value of TOML, or none.
fn table<'g>(guide: &'g str, heading: &str) -> Vec<(&'g str, Option<&'g str>)> {
    let (_, section) = guide.split_once(&format!("### `{heading}`\n")).unwrap_or_default();
    let lines = section.lines().take_while(|line| !line.starts_with('#'));
    let rows = lines.filter_map(|line| line.strip_prefix("| `"));
    rows.map(|row| {
        let mut cells = row.split(" | ");
        let key = cells.next().unwrap_or_default().trim_end_matches('`');
        let default = cells.next().unwrap_or_default();
        (key, default.strip_prefix('`').and_then(|default| default.strip_suffix('`')))
    })
    .collect()
}

/// Where the table and the defaults differ.
fn faults<C>(table: &[(&str, Option<&str>)], defaults: &C) -> Vec<String>
where
    C: Serialize + DeserializeOwned,
{
    let defaults = toml::Table::try_from(defaults).unwrap();
    let listed: BTreeSet<String> = table.iter().map(|(key, _)| (*key).to_owned()).collect();
    let mut faults: Vec<String> = keys::<C>()
        .symmetric_difference(&listed)
        .map(|key| format!("only one has {key}"))
        .collect();
    for (key, written) in table {
        // Read as a whole and written again, so that `75s` and `1m 15s` are one.
        let written = written.map(|value| {
            let config: C = toml::from_str(&format!("{key} = {value}")).unwrap();
            toml::Table::try_from(config).unwrap()[*key].clone()
        });
        if written.as_ref() != defaults.get(*key) {
            faults.push(format!("{key} is {:?} and not {written:?}", defaults.get(*key)));
        }
    }
    faults
}

/// Every key there is, those without a default value included: what a wrong one is told.
fn keys<C: DeserializeOwned>() -> BTreeSet<String> {
    let told = toml::from_str::<C>("no-such-key = 1").err().unwrap().message().to_owned();
    let (_, expected) = told.split_once("expected one of ").unwrap();
    expected.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn a_key_that_is_missing_or_wrong_is_found() {
    let guide = "### `ChannelConfig`\n| key | default |\n|---|---|\n| `history` | `7` | events |\n\
                 | `linger` | none | time |\n| `history_bytes` | `4194304` | bytes |\n\
                 | `colour` | none | |\n## The end\n| `channels` | `100000` | |\n";
    let wrong = faults(&table(guide, "ChannelConfig"), &ChannelConfig::new());
    for part in ["only one has channels", "only one has colour", "history is ", "linger is "] {
        assert!(wrong.iter().any(|fault| fault.starts_with(part)), "{part}: {wrong:?}");
    }
    assert!(!wrong.iter().any(|fault| fault.contains("history_bytes")), "{wrong:?}");
}
