//! The pages of others that may use a server: an allow-list of origins (RFC 6454).

use std::net::IpAddr;

use super::authority::{Authority, Host};

/// Exact origins: a scheme, a host and a port each.
///
/// No patterns: the usual way through one is a sibling domain that somebody else can write to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::server) struct Origins {
    /// As [`Origin::to_text`] writes them, so that one spelling is behind each.
    listed: Vec<String>,
}

impl Origins {
    /// No origin but the server's own.
    pub(in crate::server) const fn none() -> Self {
        Self { listed: Vec::new() }
    }

    /// The origins of a list, such as `https://shop.example` or `http://localhost:5173`. The
    /// faults are sentences, one for each entry that is wrong. An empty list is
    /// [`none`](Self::none).
    pub(in crate::server) fn listed<T: AsRef<str>>(
        entries: impl IntoIterator<Item = T>,
    ) -> Result<Self, Vec<String>> {
        let mut listed = Vec::new();
        let mut faults = Vec::new();
        for entry in entries {
            match Origin::parse(entry.as_ref()) {
                Some(origin) => listed.push(origin.to_text()),
                None => faults.push(fault(entry.as_ref())),
            }
        }
        if faults.is_empty() { Ok(Self { listed }) } else { Err(faults) }
    }

    pub(in crate::server) const fn is_empty(&self) -> bool {
        self.listed.is_empty()
    }

    /// Whether what stands in `Origin` is one of the list. `null` and what is no origin are not.
    pub(in crate::server) fn allows(&self, origin: &str) -> bool {
        !self.is_empty()
            && Origin::parse(origin).is_some_and(|origin| self.listed.contains(&origin.to_text()))
    }
}

/// An origin, read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Origin<'t> {
    scheme: &'t str,
    authority: Authority<'t>,
}

impl<'t> Origin<'t> {
    /// `None` for `null`, for paths (a slash at the end is one) and for what is no host.
    pub(super) fn parse(text: &'t str) -> Option<Self> {
        let (scheme, authority) = text.split_once("://")?;
        // Others than `http` come from pages in an application, such as `tauri://localhost`.
        let is_scheme = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'));
        if !is_scheme {
            return None;
        }
        Some(Self { scheme, authority: Authority::parse(authority)? })
    }

    /// Whether a page of this origin speaks to its own server at `host`.
    ///
    /// The scheme of the request is not known behind a proxy that ends TLS, so that host and
    /// port decide, and a port that is not said is that of the origin's scheme. A page that was
    /// loaded over `http://` thus passes at the `https://` server of the same name; only browsers
    /// without `Sec-Fetch-Site`, which tells the two apart, are judged so.
    pub(super) fn is_of(&self, host: Authority<'_>) -> bool {
        let Some(default) = self.default_port() else { return false };
        self.authority.host == host.host
            && self.authority.port.unwrap_or(default) == host.port.unwrap_or(default)
    }

    fn default_port(&self) -> Option<u16> {
        let is = |scheme| self.scheme.eq_ignore_ascii_case(scheme);
        if is("https") {
            Some(443)
        } else if is("http") {
            Some(80)
        } else {
            None
        }
    }

    /// One text for each origin: in small letters, without the port that its scheme has anyway.
    fn to_text(self) -> String {
        let scheme = self.scheme.to_ascii_lowercase();
        let host = match self.authority.host {
            Host::Name(name) => name.to_ascii_lowercase(),
            Host::Ip(IpAddr::V4(address)) => address.to_string(),
            Host::Ip(IpAddr::V6(address)) => format!("[{address}]"),
        };
        match self.authority.port.filter(|port| Some(*port) != self.default_port()) {
            Some(port) => format!("{scheme}://{host}:{port}"),
            None => format!("{scheme}://{host}"),
        }
    }
}

fn fault(entry: &str) -> String {
    match entry {
        "*" => "`*` is no origin, and would let every page in the world read with the cookies of \
                its visitor: write each origin that may, such as `https://shop.example`"
            .to_owned(),
        "null" => "`null` is the origin of every sandboxed frame and local file, whoever made \
                   it: write the origin of the page, such as `http://localhost:5173` for one \
                   under development"
            .to_owned(),
        _ => format!(
            "`{entry}` is no origin: {}",
            mended(entry).map_or_else(
                || {
                    "write scheme, host and the port where it is not the usual one, such as \
                     `https://shop.example` or `http://localhost:5173`; patterns are not possible"
                        .to_owned()
                },
                |mended| format!("write `{mended}`")
            )
        ),
    }
}

/// What was surely meant: a scheme added, or the path taken away.
fn mended(entry: &str) -> Option<String> {
    let (scheme, rest) = entry.split_once("://").unwrap_or(("https", entry));
    let authority = rest.split(['/', '?', '#']).next()?;
    let mended = format!("{scheme}://{authority}");
    Origin::parse(&mended).is_some().then_some(mended)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn listed() -> Origins {
        let entries = [
            "https://Shop.Example",
            "http://localhost:5173",
            "https://api.example:443",
            "https://[2001:db8::7]:8443",
            "tauri://localhost",
        ];
        Origins::listed(entries).unwrap()
    }

    #[test]
    fn a_listed_origin_is_known_in_every_spelling() {
        for ours in [
            "https://shop.example",
            "HTTPS://SHOP.example:443",
            "http://localhost:5173",
            "https://api.example",
            "https://[2001:db8:0::7]:8443",
            "tauri://localhost",
        ] {
            assert!(listed().allows(ours), "{ours}");
        }
    }

    #[test]
    fn an_origin_that_is_like_a_listed_one_is_another() {
        for foreign in [
            "http://shop.example",
            "https://shop.example:80",
            "https://shop.example:4430",
            "https://www.shop.example",
            "https://shop.example.evil.example",
            "https://evilshop.example",
            "https://shop.example@evil.example",
            "https://shop.example/",
            " https://shop.example",
            "https:shop.example",
            "//shop.example",
            "shop.example",
            "http://localhost",
            "http://localhost:5174",
            "https://[2001:db8::7]",
            "https://2001:db8::7:8443",
            "null",
            "*",
            "",
        ] {
            assert!(!listed().allows(foreign), "{foreign}");
            assert!(!Origins::none().allows(foreign), "{foreign}");
        }
    }

    #[test]
    fn a_page_speaks_to_its_own_server() {
        let is_of =
            |origin, host| Origin::parse(origin).unwrap().is_of(Authority::parse(host).unwrap());
        assert!(is_of("https://shop.example", "shop.example"));
        assert!(is_of("https://shop.example", "SHOP.example:443"));
        assert!(is_of("http://shop.example:80", "shop.example"));
        assert!(is_of("http://[::1]:3000", "[::1]:3000"));
        assert!(!is_of("http://shop.example", "shop.example:443"));
        assert!(!is_of("http://shop.example:3000", "shop.example"));
        assert!(!is_of("http://shop.example", "www.shop.example"));
        assert!(!is_of("tauri://localhost", "localhost"));
    }

    #[test]
    fn each_fault_says_what_to_write() {
        let entries =
            ["*", "null", "shop.example", "https://shop.example/", "https://*.shop.example"];
        let faults = Origins::listed(entries).unwrap_err();
        assert_eq!(faults.len(), 5);
        assert!(faults[0].contains("each origin that may"), "{}", faults[0]);
        assert!(faults[1].contains("sandboxed"), "{}", faults[1]);
        assert!(faults[2].ends_with("write `https://shop.example`"), "{}", faults[2]);
        assert!(faults[3].ends_with("write `https://shop.example`"), "{}", faults[3]);
        assert!(faults[4].contains("patterns are not possible"), "{}", faults[4]);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn any_text_is_answered(origin in "\\PC*", entry in "\\PC*") {
            let _ours = listed().allows(&origin);
            let _listed = Origins::listed([entry]);
        }

        #[test]
        fn what_is_listed_is_known_again(
            entry in "https?://[a-zA-Z0-9.-]{1,12}(:[0-9]{1,5})?"
        ) {
            if let Ok(origins) = Origins::listed([&entry]) {
                prop_assert!(origins.allows(&entry));
            }
        }
    }
}
