//! The addresses that proxies have noted, from the last to the first.
//!
//! Each proxy adds on the right, and so only the right is known to be well-formed: the left is
//! what a client sent. Reading from the left would let a client open a quoted string that
//! swallows all that follows; reading from the right stops before it.

use std::net::{IpAddr, Ipv6Addr};

use http::{HeaderMap, header};

use super::{authority::port, proxies::ForwardedHeader};

/// No node of either header is longer: an IPv6 address, brackets and a port.
const LONGEST_NODE: usize = 64;

/// What each proxy says of whom it was asked by, the nearest first; `None` for what is no
/// address (`unknown`, `_hidden`, or garbage).
pub(super) fn hops(
    headers: &HeaderMap,
    header: ForwardedHeader,
) -> impl Iterator<Item = Option<IpAddr>> {
    let is_forwarded = header == ForwardedHeader::Forwarded;
    let lines = match header {
        ForwardedHeader::XForwardedFor => headers.get_all("x-forwarded-for"),
        ForwardedHeader::Forwarded => headers.get_all(header::FORWARDED),
    };
    lines.iter().rev().flat_map(move |line| {
        let elements = Elements { rest: Some(line.as_bytes()), has_quotes: is_forwarded };
        elements.map(move |element| if is_forwarded { pairs(element) } else { node(element) })
    })
}

/// The elements of a list, from the right.
struct Elements<'h> {
    rest: Option<&'h [u8]>,
    has_quotes: bool,
}

impl<'h> Iterator for Elements<'h> {
    type Item = &'h [u8];

    fn next(&mut self) -> Option<&'h [u8]> {
        let rest = self.rest?;
        let mut is_quoted = false;
        for (at, &byte) in rest.iter().enumerate().rev() {
            match byte {
                b'"' if self.has_quotes => is_quoted = !is_quoted || is_escaped(rest, at),
                b',' if !is_quoted => {
                    let (left, right) = rest.split_at(at);
                    self.rest = Some(left);
                    return right.get(1..);
                }
                _ => {}
            }
        }
        self.rest.take()
    }
}

/// Whether an odd number of backslashes stands before it.
fn is_escaped(text: &[u8], at: usize) -> bool {
    text.iter().take(at).rev().take_while(|&&byte| byte == b'\\').count() % 2 == 1
}

/// The `for` of an element of `Forwarded` (RFC 7239): pairs, parted by semicolons.
fn pairs(element: &[u8]) -> Option<IpAddr> {
    let mut found = None;
    // A proxy may quote what a client sent (`host="..."`), and has escaped the quotes in it.
    let (mut is_quoted, mut is_escaped) = (false, false);
    let ends = |&byte: &u8| {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_quoted => is_escaped = true,
            b'"' => is_quoted = !is_quoted,
            b';' => return !is_quoted,
            _ => {}
        }
        false
    };
    for pair in element.split(ends).map(<[u8]>::trim_ascii).filter(|pair| !pair.is_empty()) {
        let equals = pair.iter().position(|&byte| byte == b'=')?;
        let (name, value) = pair.split_at(equals);
        if name.eq_ignore_ascii_case(b"for") {
            let node = node(unquoted(value.get(1..)?)?)?;
            // Two are one too many: which of them is meant?
            if found.replace(node).is_some() {
                return None;
            }
        }
    }
    found
}

/// A token as it is, a quoted string without its quotes.
fn unquoted(value: &[u8]) -> Option<&[u8]> {
    match value.strip_prefix(b"\"") {
        Some(inside) => inside.strip_suffix(b"\""),
        None => Some(value),
    }
}

/// An address, with or without a port; an IPv6 one in brackets, or as it is.
fn node(text: &[u8]) -> Option<IpAddr> {
    let text = text.trim_ascii();
    if text.len() > LONGEST_NODE {
        return None;
    }
    let text = std::str::from_utf8(text).ok()?;
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(address.to_canonical());
    }
    let (address, rest) = match text.strip_prefix('[') {
        Some(inside) => {
            let (address, rest) = inside.split_once(']')?;
            (IpAddr::V6(address.parse::<Ipv6Addr>().ok()?), rest)
        }
        None => {
            let (address, rest) = text.split_at(text.find(':')?);
            (IpAddr::V4(address.parse().ok()?), rest)
        }
    };
    (rest.is_empty() || rest.strip_prefix(':').is_some_and(is_port)).then(|| address.to_canonical())
}

/// A number, or a name that hides it.
fn is_port(text: &str) -> bool {
    let is_hidden = |name: &str| {
        !name.is_empty()
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
    };
    port(text).is_some() || text.strip_prefix('_').is_some_and(is_hidden)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use proptest::{collection::vec, prelude::*};

    use super::*;

    fn read(header: ForwardedHeader, lines: &[&[u8]]) -> Vec<Option<String>> {
        let name = match header {
            ForwardedHeader::XForwardedFor => "x-forwarded-for",
            ForwardedHeader::Forwarded => "forwarded",
        };
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(name, HeaderValue::from_bytes(line).unwrap());
        }
        hops(&headers, header).map(|hop| hop.map(|address| address.to_string())).collect()
    }

    fn forwarded(line: &str) -> Vec<Option<String>> {
        read(ForwardedHeader::Forwarded, &[line.as_bytes()])
    }

    fn x_forwarded_for(line: &str) -> Vec<Option<String>> {
        read(ForwardedHeader::XForwardedFor, &[line.as_bytes()])
    }

    fn some(addresses: &[&str]) -> Vec<Option<String>> {
        addresses.iter().map(|&address| Some(address.to_owned())).collect()
    }

    #[test]
    fn a_plain_list_is_read_from_the_right() {
        assert_eq!(
            x_forwarded_for(
                "192.0.2.1, 192.0.2.2:4711 ,2001:db8::1,[2001:db8::2],[2001:db8::3]:80"
            ),
            some(&["2001:db8::3", "2001:db8::2", "2001:db8::1", "192.0.2.2", "192.0.2.1"])
        );
        let lines: [&[u8]; 2] = [b"192.0.2.1, 192.0.2.2", b"192.0.2.3"];
        assert_eq!(
            read(ForwardedHeader::XForwardedFor, &lines),
            some(&["192.0.2.3", "192.0.2.2", "192.0.2.1"])
        );
        assert_eq!(x_forwarded_for("::ffff:192.0.2.1"), some(&["192.0.2.1"]));
    }

    #[test]
    fn pairs_are_read_from_the_right() {
        assert_eq!(
            forwarded("for=192.0.2.1;proto=http;by=203.0.113.43, For=\"[2001:db8::1]:4711\""),
            some(&["2001:db8::1", "192.0.2.1"])
        );
        assert_eq!(forwarded("proto=http; for=\"192.0.2.1:_hidden\" ;;"), some(&["192.0.2.1"]));
        assert_eq!(
            forwarded("for=192.0.2.1;host=\"a,b;c\",for=192.0.2.2"),
            some(&["192.0.2.2", "192.0.2.1"])
        );
        assert_eq!(
            forwarded("for=192.0.2.1;x=\"a\\\",b\\\\\",for=192.0.2.2").first(),
            some(&["192.0.2.2"]).first()
        );
    }

    #[test]
    fn what_hides_or_is_no_address_is_none() {
        for line in [
            "unknown",
            "_hidden",
            "",
            "192.0.2",
            "192.0.2.1:",
            "192.0.2.1:x",
            "192.0.2.1 192.0.2.2",
            "[::1",
            "[::1]x",
            "fe80::1%eth0",
            "\"192.0.2.1\"",
            "shop.example",
        ] {
            assert_eq!(x_forwarded_for(line), [None], "{line}");
        }
        for line in [
            "for=unknown",
            "for=\"_x\"",
            "proto=http",
            "for",
            "for=",
            "192.0.2.1",
            "for=192.0.2.1;for=192.0.2.1",
            "for=\"192.0.2.1",
            "for=192.0.2.1\"",
            "for =192.0.2.1",
        ] {
            assert_eq!(forwarded(line), [None], "{line}");
        }
    }

    #[test]
    fn an_open_quote_swallows_nothing_to_its_right() {
        assert_eq!(forwarded("for=\", for=192.0.2.1"), [Some("192.0.2.1".to_owned()), None]);
        assert_eq!(
            forwarded("for=192.0.2.9;x=\"\\, for=192.0.2.1")[0],
            Some("192.0.2.1".to_owned())
        );
    }

    #[test]
    fn what_a_proxy_quotes_of_a_client_is_no_pair() {
        let quoted = r#"for=192.0.2.1;host="a\", for=192.0.2.9, x;for=192.0.2.9;y=\"";proto=http"#;
        assert_eq!(forwarded(quoted), some(&["192.0.2.1"]));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn arbitrary_bytes_are_read(lines in vec(vec(any::<u8>(), 0..80), 0..4)) {
            let lines = lines.iter().filter(|line| HeaderValue::from_bytes(line).is_ok());
            let lines: Vec<&[u8]> = lines.map(Vec::as_slice).collect();
            for header in [ForwardedHeader::Forwarded, ForwardedHeader::XForwardedFor] {
                let _hops = read(header, &lines);
            }
        }

        /// Quotes, commas, backslashes and addresses in every order.
        #[test]
        fn what_is_added_on_the_right_is_read_first(
            forged in "[\",;\\\\= a-f0-9.:]{0,40}|(for=|\"|,|\\\\|192\\.0\\.2\\.9){0,12}"
        ) {
            let line = format!("{forged}, for=\"192.0.2.1:80\";proto=https");
            prop_assert_eq!(&forwarded(&line)[0], &Some("192.0.2.1".to_owned()));
            // What is forged and escaped is a string.
            let escaped = forged.replace('\\', "\\\\").replace('"', "\\\"");
            let line = format!("{forged},host=\"{escaped}\";for=192.0.2.1");
            prop_assert_eq!(&forwarded(&line)[0], &Some("192.0.2.1".to_owned()));
            let line = format!("{forged},192.0.2.1");
            prop_assert_eq!(&x_forwarded_for(&line)[0], &Some("192.0.2.1".to_owned()));
        }
    }
}
