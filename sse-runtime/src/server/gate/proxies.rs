//! Who a client is, where proxies stand between.

use std::net::IpAddr;

use http::HeaderMap;
use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use super::hops::hops;

/// No way through proxies is longer; what a header says beyond is not read.
const MOST_HOPS: usize = 64;

/// The header in which a trusted proxy notes the address that it was asked from.
///
/// Take the one that *your* proxy sets. The other is ignored, because a proxy passes on what it
/// does not know, and a client may have forged it. As text `x-forwarded-for` and `forwarded`.
///
/// ```
/// use sse_runtime::serve::ForwardedHeader;
///
/// let header: ForwardedHeader = serde_json::from_str("\"forwarded\"")?;
/// assert_eq!(header, ForwardedHeader::Forwarded);
/// assert_eq!(ForwardedHeader::default(), ForwardedHeader::XForwardedFor);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ForwardedHeader {
    /// `X-Forwarded-For`, which nearly every proxy and load balancer sets. The default.
    #[default]
    XForwardedFor,
    /// `Forwarded`, the one that is standardised (RFC 7239).
    Forwarded,
}

/// The proxies that are believed what they say of their clients.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::server) struct Proxies {
    networks: Vec<IpNet>,
    header: ForwardedHeader,
}

impl Proxies {
    /// Networks such as `10.0.0.0/8` and `fd00::/8`, or single addresses, and the header that
    /// the proxies in them set. The faults are sentences, one for each entry that is wrong. An
    /// empty list is none: the client is whoever has opened the connection.
    pub(in crate::server) fn listed(
        entries: &[String],
        header: ForwardedHeader,
    ) -> Result<Self, Vec<String>> {
        let mut networks = Vec::new();
        let mut faults = Vec::new();
        for entry in entries {
            match network(entry) {
                Ok(network) => networks.push(network),
                Err(fault) => faults.push(fault),
            }
        }
        if faults.is_empty() { Ok(Self { networks, header }) } else { Err(faults) }
    }

    /// The client behind a connection: the peer, unless that is a trusted proxy; then the
    /// nearest address in the header that is none. Where an entry is no address, or the header
    /// ends, it is the last proxy that was still known.
    ///
    /// Never the first address of the header, which is the custom and which everybody can forge.
    pub(in crate::server) fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer.to_canonical();
        for hop in hops(headers, self.header).take(MOST_HOPS) {
            match hop {
                Some(address) if self.trusts(client) => client = address,
                _ => break,
            }
        }
        client
    }

    /// Whether the address, which is not IPv4 written as IPv6, is of a trusted proxy.
    fn trusts(&self, address: IpAddr) -> bool {
        self.networks.iter().any(|network| network.contains(&address))
    }
}

fn network(entry: &str) -> Result<IpNet, String> {
    if let Ok(address) = entry.parse::<IpAddr>() {
        return Ok(IpNet::from(address.to_canonical()));
    }
    let Ok(network) = entry.parse::<IpNet>() else {
        return Err(format!(
            "`{entry}` is no network: write one such as `10.0.0.0/8` or `fd00::/8`, or a single \
             address; names are not looked up"
        ));
    };
    if network.prefix_len() == 0 {
        return Err(format!(
            "`{entry}` trusts everybody, so that everybody could pass for anybody: write the \
             networks that your proxies are in"
        ));
    }
    if network != network.trunc() {
        return Err(format!(
            "`{entry}` is an address within a network: write `{}` for the network, or `{}` for \
             the address alone",
            network.trunc(),
            network.addr()
        ));
    }
    Ok(canonical(network))
}

/// A network of IPv4 addresses that is written as IPv6 is one of IPv4, as the addresses are.
fn canonical(network: IpNet) -> IpNet {
    let v4 = match network.addr().to_canonical() {
        IpAddr::V4(address) if network.max_prefix_len() == 128 => network
            .prefix_len()
            .checked_sub(96)
            .and_then(|prefix| IpNet::new(IpAddr::V4(address), prefix).ok()),
        _ => None,
    };
    v4.unwrap_or(network)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use proptest::{collection::vec, prelude::*};

    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn proxies(header: ForwardedHeader) -> Proxies {
        let entries = ["10.0.0.0/8", "fd00::/8", "192.0.2.1", "::ffff:172.16.0.0/108"];
        Proxies::listed(&entries.map(str::to_owned), header).unwrap()
    }

    fn client(peer: &str, sent: &[(&'static str, &[u8])]) -> String {
        client_by(ForwardedHeader::XForwardedFor, peer, sent)
    }

    fn client_by(header: ForwardedHeader, peer: &str, sent: &[(&'static str, &[u8])]) -> String {
        let mut headers = HeaderMap::new();
        for (name, value) in sent {
            headers.append(*name, HeaderValue::from_bytes(value).unwrap());
        }
        proxies(header).client(ip(peer), &headers).to_string()
    }

    #[test]
    fn a_peer_that_is_no_proxy_is_the_client() {
        let sent: [(&str, &[u8]); 2] =
            [("x-forwarded-for", b"203.0.113.9"), ("forwarded", b"for=203.0.113.9")];
        assert_eq!(client("198.51.100.7", &sent), "198.51.100.7");
        assert_eq!(client("::ffff:198.51.100.7", &sent), "198.51.100.7");
        assert_eq!(Proxies::default().client(ip("10.0.0.1"), &HeaderMap::new()), ip("10.0.0.1"));
    }

    #[test]
    fn a_proxy_is_believed_and_only_its_own_header() {
        let both: [(&str, &[u8]); 2] =
            [("x-forwarded-for", b"203.0.113.9"), ("forwarded", b"for=198.51.100.7")];
        assert_eq!(client("10.0.0.1", &both), "203.0.113.9");
        assert_eq!(client_by(ForwardedHeader::Forwarded, "10.0.0.1", &both), "198.51.100.7");
        assert_eq!(client("10.0.0.1", &both[1..]), "10.0.0.1");
        for proxy in ["::ffff:10.0.0.1", "fd12::1", "192.0.2.1", "172.31.0.1"] {
            assert_eq!(client(proxy, &both), "203.0.113.9", "{proxy}");
        }
    }

    #[test]
    fn the_walk_ends_at_the_first_who_is_no_proxy() {
        let sent: [(&str, &[u8]); 2] = [
            ("x-forwarded-for", b"1.1.1.1, 203.0.113.9"),
            ("x-forwarded-for", b"10.0.0.3, 192.0.2.1"),
        ];
        assert_eq!(client("10.0.0.1", &sent), "203.0.113.9");
    }

    #[test]
    fn the_walk_ends_where_nothing_can_be_read() {
        for unreadable in ["unknown", "_hidden", "", "10.0.0.999", "caf\u{e9}"] {
            let line = format!("203.0.113.9, {unreadable}, 10.0.0.2");
            assert_eq!(client("10.0.0.1", &[("x-forwarded-for", line.as_bytes())]), "10.0.0.2");
        }
    }

    #[test]
    fn a_long_header_is_read_to_a_bound() {
        let hops = |count: usize| ["203.0.113.9"].into_iter().chain(vec!["10.0.0.2"; count]);
        let line = |count| hops(count).collect::<Vec<_>>().join(",");
        assert_eq!(client("10.0.0.1", &[("x-forwarded-for", line(63).as_bytes())]), "203.0.113.9");
        assert_eq!(client("10.0.0.1", &[("x-forwarded-for", line(64).as_bytes())]), "10.0.0.2");
    }

    #[test]
    fn each_fault_says_what_to_write() {
        let entries =
            ["10.0.0.0/33", "proxy.example", "0.0.0.0/0", "::/0", "10.1.2.3/8", "10.0.0.0/8"];
        let faults =
            Proxies::listed(&entries.map(str::to_owned), ForwardedHeader::default()).unwrap_err();
        assert_eq!(faults.len(), 5);
        assert!(faults[0].contains("`10.0.0.0/33` is no network"), "{}", faults[0]);
        assert!(faults[1].contains("names are not looked up"), "{}", faults[1]);
        assert!(faults[2].contains("trusts everybody") && faults[3].contains("trusts everybody"));
        assert!(
            faults[4].contains("`10.0.0.0/8`") && faults[4].contains("`10.1.2.3`"),
            "{}",
            faults[4]
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

        /// Whatever a client sends, its address is the one that the proxy in front of it saw.
        #[test]
        fn what_a_client_forges_changes_nothing(
            forged in vec(vec(any::<u8>(), 0..60), 0..4),
            near in "(10\\.0\\.0\\.2|fd00::2){0,1}",
            is_one_line in any::<bool>(),
        ) {
            for header in [ForwardedHeader::XForwardedFor, ForwardedHeader::Forwarded] {
                let (name, prefix) = match header {
                    ForwardedHeader::XForwardedFor => ("x-forwarded-for", ""),
                    ForwardedHeader::Forwarded => ("forwarded", "for="),
                };
                let mut noted = format!("{prefix}203.0.113.9");
                if !near.is_empty() {
                    noted = format!("{noted}, {prefix}{near}");
                }
                let mut lines: Vec<Vec<u8>> = forged.clone();
                match lines.last_mut().filter(|_| is_one_line) {
                    Some(line) => line.extend([b", ", noted.as_bytes()].concat()),
                    None => lines.push(noted.into_bytes()),
                }
                let mut headers = HeaderMap::new();
                let values = lines.iter().map(|line| {
                    let clean = line.iter().map(|&b| if b < 32 || b == 127 { b'"' } else { b });
                    HeaderValue::from_bytes(&clean.collect::<Vec<_>>())
                });
                for value in values.flatten() {
                    headers.append(name, value);
                }
                let client = proxies(header).client(ip("10.0.0.1"), &headers);
                prop_assert_eq!(client, ip("203.0.113.9"));
            }
        }
    }
}
