//! What a request says about where it comes from and whom it is for.

use http::{HeaderMap, HeaderName, Method, header, request::Parts};

/// The part of a request that decides whether it is let in, still in the request's own bytes.
#[derive(Debug, Clone, Copy)]
pub(in crate::server) struct Crossing<'r> {
    /// GET and HEAD, which are to have no side effects.
    pub(super) is_read: bool,
    pub(super) host: Line<'r>,
    pub(super) origin: Line<'r>,
    /// `Sec-Fetch-Site`, `-Mode` and `-Dest` (W3C, Fetch Metadata): set by browsers, and no
    /// script can.
    pub(super) site: Line<'r>,
    pub(super) mode: Line<'r>,
    pub(super) dest: Line<'r>,
}

/// A header that may be there once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Line<'r> {
    Absent,
    One(&'r str),
    /// More than once, or not in ASCII. Which of two counts is what two programs on the way
    /// disagree on, and so neither does.
    Unusable,
}

impl<'r> Crossing<'r> {
    pub(in crate::server) fn read(parts: &'r Parts) -> Self {
        let headers = &parts.headers;
        Self {
            is_read: matches!(parts.method, Method::GET | Method::HEAD),
            host: host(parts),
            origin: Line::of(headers, &header::ORIGIN),
            site: Line::of(headers, &HeaderName::from_static("sec-fetch-site")),
            mode: Line::of(headers, &HeaderName::from_static("sec-fetch-mode")),
            dest: Line::of(headers, &HeaderName::from_static("sec-fetch-dest")),
        }
    }
}

/// HTTP/2 says the host in `:authority`, and HTTP/1.1 may say it in the request line as well;
/// both end up in the URI. Where `Host` is there too, it has to say the same.
fn host(parts: &Parts) -> Line<'_> {
    let sent = Line::of(&parts.headers, &header::HOST);
    let Some(authority) = parts.uri.authority() else { return sent };
    match sent {
        Line::Absent => Line::One(authority.as_str()),
        Line::One(host) if authority.as_str().eq_ignore_ascii_case(host) => sent,
        Line::One(_) | Line::Unusable => Line::Unusable,
    }
}

impl<'r> Line<'r> {
    pub(super) fn of(headers: &'r HeaderMap, name: &HeaderName) -> Self {
        let mut lines = headers.get_all(name).iter();
        match (lines.next(), lines.next()) {
            (None, _) => Self::Absent,
            (Some(value), None) => value.to_str().map_or(Self::Unusable, Self::One),
            (Some(_), Some(_)) => Self::Unusable,
        }
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderValue, Request};

    use super::*;

    fn host_of(uri: &str, hosts: &[&[u8]]) -> String {
        let mut request = Request::builder().uri(uri);
        for host in hosts {
            request = request.header("host", HeaderValue::from_bytes(host).unwrap());
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        format!("{:?}", Crossing::read(&parts).host)
    }

    #[test]
    fn the_host_is_said_once_or_twice_the_same() {
        assert_eq!(host_of("/", &[]), "Absent");
        assert_eq!(host_of("/", &[b"a"]), "One(\"a\")");
        assert_eq!(host_of("http://a:1/", &[]), "One(\"a:1\")");
        assert_eq!(host_of("http://a/", &[b"A"]), "One(\"A\")");
    }

    #[test]
    fn two_hosts_are_none() {
        assert_eq!(host_of("/", &[b"a", b"a"]), "Unusable");
        assert_eq!(host_of("/", &[b"caf\xe9"]), "Unusable");
        assert_eq!(host_of("http://a/", &[b"b"]), "Unusable");
        assert_eq!(host_of("http://a/", &[b"a", b"a"]), "Unusable");
    }
}
