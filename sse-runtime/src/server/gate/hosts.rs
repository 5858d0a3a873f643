//! The names that a server answers to.
//!
//! A page of a stranger can make its own name point at a server of yours, and the browser then
//! believes that the two are one origin (DNS rebinding; RUSTSEC-2026-0189 is what it did to a
//! server on loopback). What it cannot do is to make the browser send another name than its own
//! in `Host`, and so the name is what is looked at.

use std::net::IpAddr;

use super::authority::{Authority, Host};

/// Which names a server answers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::server) struct Hosts(Rule);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Rule {
    Any,
    Loopback,
    Listed(Vec<Entry>),
}

/// One line of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    names: Names,
    /// Any port, where it is not said.
    port: Option<u16>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Names {
    One(String),
    /// Every name that ends in a dot and this, at any depth, and not the name itself.
    Under(String),
    Ip(IpAddr),
}

impl Hosts {
    /// Every name there is, and none at all.
    pub(in crate::server) const fn any() -> Self {
        Self(Rule::Any)
    }

    /// `localhost`, names under it, and the addresses of loopback, with any port: for a server
    /// that is bound to loopback and was given no list.
    pub(in crate::server) const fn loopback() -> Self {
        Self(Rule::Loopback)
    }

    /// The names of a list: `shop.example`, `*.shop.example`, an address; each with a port if
    /// only that one is meant. The faults are sentences, one for each entry that is wrong.
    pub(in crate::server) fn listed(entries: &[String]) -> Result<Self, Vec<String>> {
        let mut listed = Vec::new();
        let mut faults = Vec::new();
        for entry in entries {
            match Entry::parse(entry) {
                Ok(entry) => listed.push(entry),
                Err(fault) => faults.push(fault),
            }
        }
        if entries.is_empty() {
            faults.push(
                "a list of hosts without an entry answers to nobody: write the names that the \
                 server is reached by, such as `shop.example`"
                    .to_owned(),
            );
        }
        if faults.is_empty() { Ok(Self(Rule::Listed(listed))) } else { Err(faults) }
    }

    /// Whether every name is answered to, so that there is nothing to look at.
    pub(in crate::server) const fn is_any(&self) -> bool {
        matches!(self.0, Rule::Any)
    }

    /// Whether the server answers to what stands in `Host` or `:authority`. What is no host is
    /// no host of ours, unless any is.
    #[cfg(test)]
    pub(super) fn allows(&self, host: &str) -> bool {
        self.is_any() || Authority::parse(host).is_some_and(|host| self.answers_to(host))
    }

    pub(super) fn answers_to(&self, sent: Authority<'_>) -> bool {
        match &self.0 {
            Rule::Any => true,
            Rule::Loopback => match sent.host {
                Host::Name(name) => {
                    name.eq_ignore_ascii_case("localhost") || is_under(name, "localhost")
                }
                Host::Ip(address) => address.is_loopback(),
            },
            Rule::Listed(entries) => entries.iter().any(|entry| entry.answers_to(sent)),
        }
    }
}

impl Entry {
    fn parse(text: &str) -> Result<Self, String> {
        // Without brackets an IPv6 address has no port, and people write it so.
        if let Ok(address) = text.parse::<IpAddr>() {
            return Ok(Self { names: Names::Ip(address.to_canonical()), port: None });
        }
        let below = text.strip_prefix("*.");
        let Some(read) = Authority::parse(below.unwrap_or(text)) else { return Err(fault(text)) };
        let names = match (read.host, below) {
            (Host::Name(name), None) => Names::One(name.to_owned()),
            (Host::Name(name), Some(_)) => Names::Under(name.to_owned()),
            (Host::Ip(address), None) => Names::Ip(address),
            (Host::Ip(_), Some(_)) => return Err(fault(text)),
        };
        Ok(Self { names, port: read.port })
    }

    fn answers_to(&self, sent: Authority<'_>) -> bool {
        let is_name = match (&self.names, sent.host) {
            (Names::One(name), Host::Name(sent)) => name.eq_ignore_ascii_case(sent),
            (Names::Under(parent), Host::Name(sent)) => is_under(sent, parent),
            (Names::Ip(address), Host::Ip(sent)) => *address == sent,
            _ => false,
        };
        // A port that is not sent is 80 or 443, and which of the two is not known behind a
        // proxy; an entry with one of them means both ways to send it.
        let is_port = match (self.port, sent.port) {
            (None, _) | (Some(80 | 443), None) => true,
            (Some(port), sent) => Some(port) == sent,
        };
        is_name && is_port
    }
}

/// Both are names of ASCII, without a dot at the end.
fn is_under(name: &str, parent: &str) -> bool {
    let labels = name.len().checked_sub(parent.len()).and_then(|at| name.split_at_checked(at));
    labels.is_some_and(|(labels, end)| labels.ends_with('.') && end.eq_ignore_ascii_case(parent))
}

fn fault(entry: &str) -> String {
    if entry == "*" {
        return "`*` in a list of hosts answers to every name, which is what the list is there to \
                prevent: write the names that the server is reached by"
            .to_owned();
    }
    if let Some((_, address)) = entry.split_once("://") {
        let host = address.split(['/', '?', '#']).next().unwrap_or_default();
        return format!("`{entry}` is an address, and a host is asked for: write `{host}`");
    }
    if !entry.is_ascii() {
        return format!(
            "`{entry}` is not how the name travels: write it in ASCII, as browsers send it \
             (`xn--...`)"
        );
    }
    format!(
        "`{entry}` is no host: write a name (`shop.example`), all names under one \
         (`*.shop.example`), or an address (`192.0.2.7`, `[2001:db8::7]`), with a port if only \
         that one is meant"
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn listed(entries: &[&str]) -> Hosts {
        Hosts::listed(&entries.iter().map(|&entry| entry.to_owned()).collect::<Vec<_>>()).unwrap()
    }

    fn faults(entries: &[&str]) -> Vec<String> {
        Hosts::listed(&entries.iter().map(|&entry| entry.to_owned()).collect::<Vec<_>>())
            .unwrap_err()
    }

    #[test]
    fn loopback_answers_to_its_own_names_alone() {
        let hosts = Hosts::loopback();
        for ours in [
            "localhost",
            "LocalHost:3000",
            "localhost.",
            "app.localhost:80",
            "127.0.0.1",
            "127.9.8.7:65535",
            "[::1]",
            "[::1]:3000",
            "[::ffff:127.0.0.1]",
        ] {
            assert!(hosts.allows(ours), "{ours}");
        }
        for foreign in [
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "notlocalhost",
            "192.168.0.1",
            "0.0.0.0",
            "[::]",
            "[::2]",
            "::1",
            "127.1",
            "2130706433",
            "",
            "user@localhost",
            "localhost@evil.example",
            "localhost:3000:1",
            "localhost/",
            ".localhost",
        ] {
            assert!(!hosts.allows(foreign), "{foreign}");
        }
    }

    #[test]
    fn a_list_answers_to_what_is_in_it() {
        let hosts = listed(&[
            "Shop.Example",
            "*.cdn.example:8443",
            "192.0.2.7",
            "2001:db8::7",
            "api.example:443",
        ]);
        for ours in [
            "shop.example",
            "SHOP.example.:1",
            "a.cdn.example:8443",
            "a.b.CDN.example:8443",
            "192.0.2.7:80",
            "[2001:db8::7]",
            "[2001:DB8:0::7]:80",
            "api.example",
            "api.example:443",
        ] {
            assert!(hosts.allows(ours), "{ours}");
        }
        for foreign in [
            "cdn.example:8443",
            "a.cdn.example",
            "a.cdn.example:8444",
            "acdn.example:8443",
            "www.shop.example",
            "shop.example.evil.example",
            "api.example:444",
            "192.0.2.8",
            "localhost",
            "127.0.0.1",
        ] {
            assert!(!hosts.allows(foreign), "{foreign}");
        }
    }

    #[test]
    fn any_is_any() {
        for host in ["evil.example", "", "user@host", "two words"] {
            assert!(Hosts::any().allows(host));
        }
    }

    #[test]
    fn each_fault_says_what_to_write() {
        let all = faults(&[
            "*",
            "https://shop.example/a",
            "b\u{fc}cher.example",
            "a b",
            "*.192.0.2.7",
            "fine.example",
        ]);
        assert_eq!(all.len(), 5);
        assert!(all[0].contains("write the names"), "{}", all[0]);
        assert!(all[1].ends_with("write `shop.example`"), "{}", all[1]);
        assert!(all[2].contains("xn--"), "{}", all[2]);
        for text in &all[3..] {
            assert!(text.contains("is no host") && text.contains("`*.shop.example`"), "{text}");
        }
        assert!(faults(&[])[0].contains("without an entry"));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn any_text_is_answered(host in "\\PC*", entry in "\\PC*") {
            let _loopback = Hosts::loopback().allows(&host);
            let _fault = Hosts::listed(&[entry]).map(|hosts| hosts.allows(&host));
        }

        /// Whatever is put in front of a listed name or behind it, it is another name.
        #[test]
        fn a_name_is_the_whole_name(more in "[a-z0-9.-]{1,12}") {
            let hosts = listed(&["shop.example"]);
            let before = format!("{more}shop.example");
            let after = format!("shop.example{more}");
            prop_assert!(!hosts.allows(&before));
            prop_assert_eq!(hosts.allows(&after), more == ".");
        }
    }
}
