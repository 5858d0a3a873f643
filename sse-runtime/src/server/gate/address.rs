//! What kind of address it is, and whose.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether the address is of this machine or of a network of one's own: loopback, RFC 1918,
/// link-local, unique local (RFC 4193), and 100.64.0.0/10 (RFC 6598), where clusters and
/// overlay networks live. An IPv4 address that is written as IPv6 is judged as IPv4.
pub(in crate::server) fn is_private(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            v4.is_loopback() || v4.is_private() || v4.is_link_local() || is_shared(v4)
        }
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local(),
    }
}

const fn is_shared(address: Ipv4Addr) -> bool {
    matches!(address.octets(), [100, 64..=127, _, _])
}

/// The address that stands for a customer where connections are counted: an IPv4 address
/// itself, an IPv6 one its /64. A customer is given a whole /64 at the least, and could take
/// another address of it for each connection.
pub(in crate::server) fn bucket(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => IpAddr::V4(v4),
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn networks_of_ones_own_are_private() {
        for private in [
            "127.0.0.1",
            "127.255.255.255",
            "10.0.0.0",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.0",
            "100.127.255.255",
            "::1",
            "fc00::1",
            "fdff::1",
            "fe80::1",
            "febf::1",
            "::ffff:10.1.2.3",
        ] {
            assert!(is_private(ip(private)), "{private}");
        }
    }

    #[test]
    fn everything_else_is_public() {
        for public in [
            "126.255.255.255",
            "128.0.0.0",
            "11.0.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.167.1.1",
            "169.253.0.1",
            "100.63.255.255",
            "100.128.0.0",
            "0.0.0.0",
            "8.8.8.8",
            "::",
            "::2",
            "fbff::1",
            "fec0::1",
            "2001:db8::1",
            "::ffff:8.8.8.8",
        ] {
            assert!(!is_private(ip(public)), "{public}");
        }
    }

    #[test]
    fn a_customer_is_one_ipv4_address_or_a_64_of_ipv6() {
        assert_eq!(bucket(ip("192.0.2.7")), ip("192.0.2.7"));
        assert_eq!(bucket(ip("::ffff:192.0.2.7")), ip("192.0.2.7"));
        assert_eq!(bucket(ip("2001:db8:1:2:3:4:5:6")), ip("2001:db8:1:2::"));
        assert_ne!(bucket(ip("2001:db8:1:2::1")), bucket(ip("2001:db8:1:3::1")));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn a_bucket_is_its_own_bucket(address in any::<IpAddr>()) {
            prop_assert_eq!(bucket(bucket(address)), bucket(address));
        }
    }
}
