//! A host and perhaps a port, as they stand in `Host`, in `:authority` and in an origin.

use std::net::{IpAddr, Ipv6Addr};

/// `shop.example:8443`, read. Borrows, because it is read for every request.
///
/// Two are equal whatever the case of their letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Authority<'t> {
    pub(super) host: Host<'t>,
    pub(super) port: Option<u16>,
}

/// The part before the port.
#[derive(Debug, Clone, Copy, Eq)]
pub(super) enum Host<'t> {
    /// A DNS name, without the dot at its end: who owns a name owns it with the dot as well.
    Name(&'t str),
    /// An address; an IPv4 one that is written as IPv6 is IPv4.
    Ip(IpAddr),
}

impl<'t> Authority<'t> {
    /// `None` for everything that no browser would send: user names, paths, spaces, two ports,
    /// an IPv6 address without its brackets or with a zone, names in other than ASCII letters.
    pub(super) fn parse(text: &'t str) -> Option<Self> {
        let (host, rest) = if let Some(inside) = text.strip_prefix('[') {
            let (address, rest) = inside.split_once(']')?;
            (Host::Ip(IpAddr::V6(address.parse::<Ipv6Addr>().ok()?).to_canonical()), rest)
        } else {
            let (host, rest) = text.split_at(text.find(':').unwrap_or(text.len()));
            (Host::parse(host)?, rest)
        };
        let port = match rest.strip_prefix(':') {
            Some(digits) => Some(port(digits)?),
            None if rest.is_empty() => None,
            None => return None,
        };
        Some(Self { host, port })
    }
}

impl<'t> Host<'t> {
    fn parse(text: &'t str) -> Option<Self> {
        let text = text.strip_suffix('.').unwrap_or(text);
        if let Ok(address) = text.parse() {
            return Some(Self::Ip(IpAddr::V4(address)));
        }
        is_name(text).then_some(Self::Name(text))
    }
}

impl PartialEq for Host<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Name(one), Self::Name(two)) => one.eq_ignore_ascii_case(two),
            (Self::Ip(one), Self::Ip(two)) => one == two,
            _ => false,
        }
    }
}

/// Labels of DNS. The underscore is no part of a host name, but of many that are in use.
fn is_name(text: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    text.len() <= 253 && text.split('.').all(is_label) && !ends_in_a_number(text)
}

/// `127.1`, `0x7f000001`, `017700000001`: to a browser these are addresses, which it never sends
/// so. Taken for names, they would be a second spelling of an address.
fn ends_in_a_number(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or_default();
    let hex = last.strip_prefix("0x").or_else(|| last.strip_prefix("0X"));
    match hex {
        Some(digits) => digits.bytes().all(|byte| byte.is_ascii_hexdigit()),
        None => last.bytes().all(|byte| byte.is_ascii_digit()),
    }
}

/// Digits alone: the parser of the standard library takes `+80` as well.
pub(super) fn port(digits: &str) -> Option<u16> {
    let is_short = (1..=5).contains(&digits.len());
    if is_short && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        digits.parse().ok()
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_a_browser_sends_is_read() {
        let read = |text| Authority::parse(text).unwrap();
        assert_eq!(
            read("shop.example"),
            Authority { host: Host::Name("shop.example"), port: None }
        );
        assert_eq!(read("SHOP.example.:8443"), read("shop.EXAMPLE:8443"));
        assert_eq!(read("my_service:80").port, Some(80));
        assert_eq!(read("127.0.0.1:3000").host, Host::Ip("127.0.0.1".parse().unwrap()));
        assert_eq!(
            read("[::1]:3000"),
            Authority { host: Host::Ip("::1".parse().unwrap()), port: Some(3000) }
        );
        assert_eq!(read("[::ffff:127.0.0.1]"), read("127.0.0.1"));
        assert_ne!(read("127.0.0.1"), read("localhost"));
    }

    #[test]
    fn what_no_browser_sends_is_refused() {
        let long_label = "a".repeat(64);
        let long_name = "a.".repeat(127) + "bb";
        let refused = [
            "",
            ".",
            "..",
            ":80",
            "a..b",
            ".a",
            "a b",
            " a",
            "a ",
            "a/",
            "a/b",
            "a?b",
            "a#b",
            "a\\b",
            "user@a",
            "user:secret@a",
            "a@",
            "a:",
            "a:+80",
            "a:80:80",
            "a:65536",
            "a:000080",
            "a: 80",
            "a:8o",
            "::1",
            "[::1",
            "[::1]80",
            "[::1]:",
            "[127.0.0.1]",
            "[fe80::1%eth0]",
            "[a]",
            "a,b",
            "a%2eb",
            "caf\u{e9}",
            "127.1",
            "2130706433",
            "0x7f000001",
            "0X7F.1",
            "127.0.0.1.1",
            "a.0x",
            &long_label,
            &long_name,
        ];
        for text in refused {
            assert_eq!(Authority::parse(text), None, "{text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn any_text_is_read_or_refused(text in "\\PC*") {
            let _read = Authority::parse(&text);
        }

        #[test]
        fn case_means_nothing(text in "[a-zA-Z0-9.:\\[\\]-]{0,24}") {
            let upper = text.to_ascii_uppercase();
            prop_assert_eq!(Authority::parse(&text), Authority::parse(&upper));
        }
    }
}
