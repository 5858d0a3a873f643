//! Whether a request is let in: for a name that is ours, and from a page that may.
//!
//! Nobody has to think of tokens against forged requests (CSRF) as long as no request of a
//! stranger's page reaches a handler. The browser says whose page it is; a program says nothing,
//! and has no cookies of a visitor to misuse.

use std::fmt;

use http::StatusCode;

use super::{
    authority::Authority,
    crossing::{Crossing, Line},
    hosts::Hosts,
    origins::{Origin, Origins},
};

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::server) enum Verdict {
    Allowed,
    /// It is not for this server.
    Host(WrongHost),
    /// It is from a page that has no business here.
    Origin(WrongOrigin),
}

/// What is wrong with `Host` or `:authority`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::server) enum WrongHost {
    Missing,
    /// More than one, or two that differ, or not in ASCII.
    Several,
    /// Not a host.
    Malformed,
    /// Not one of ours.
    Foreign,
}

/// Which header says that the page is another's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::server) enum WrongOrigin {
    /// `Sec-Fetch-Site`: another site, or a word that is not known.
    CrossSite,
    /// `Sec-Fetch-Site`: another origin of this site, that wants more than to read.
    SameSite,
    /// `Origin`, of a browser without `Sec-Fetch-Site`: neither listed nor our own.
    Foreign,
}

impl Verdict {
    /// The status to refuse with, `None` if the request is let in. 421, because RFC 9110 has it
    /// for a server that does not answer to a name; 400 is what RFC 9112 asks for.
    pub(in crate::server) const fn status(self) -> Option<StatusCode> {
        match self {
            Self::Allowed => None,
            Self::Host(WrongHost::Foreign) => Some(StatusCode::MISDIRECTED_REQUEST),
            Self::Host(_) => Some(StatusCode::BAD_REQUEST),
            Self::Origin(_) => Some(StatusCode::FORBIDDEN),
        }
    }

    /// The header that was wrong, for the log line.
    pub(in crate::server) const fn header(self) -> Option<&'static str> {
        match self {
            Self::Allowed => None,
            Self::Host(_) => Some("host"),
            Self::Origin(WrongOrigin::CrossSite | WrongOrigin::SameSite) => Some("sec-fetch-site"),
            Self::Origin(WrongOrigin::Foreign) => Some("origin"),
        }
    }
}

/// Why, for the log line and the answer: nothing of what was sent stands in it.
impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Allowed => "let in",
            Self::Host(WrongHost::Missing) => "no host is named",
            Self::Host(WrongHost::Several) => {
                "more than one host is named, or one in strange bytes"
            }
            Self::Host(WrongHost::Malformed) => "what is named is no host",
            Self::Host(WrongHost::Foreign) => "the server does not answer to the host",
            Self::Origin(WrongOrigin::CrossSite) => "a page of another site, and not listed",
            Self::Origin(WrongOrigin::SameSite) => "a page of a sibling, and not listed",
            Self::Origin(WrongOrigin::Foreign) => "a page of another origin, and not listed",
        })
    }
}

/// The host first: a name that is not ours makes everything else that a browser says mean
/// another server.
pub(in crate::server) fn decide(
    request: &Crossing<'_>,
    hosts: &Hosts,
    origins: &Origins,
) -> Verdict {
    if let Some(wrong) = wrong_host(request, hosts) {
        return Verdict::Host(wrong);
    }
    match wrong_origin(request, origins) {
        Some(wrong) => Verdict::Origin(wrong),
        None => Verdict::Allowed,
    }
}

fn wrong_host(request: &Crossing<'_>, hosts: &Hosts) -> Option<WrongHost> {
    if hosts.is_any() {
        return None;
    }
    match request.host {
        Line::Absent => Some(WrongHost::Missing),
        Line::Unusable => Some(WrongHost::Several),
        Line::One(host) => match Authority::parse(host) {
            None => Some(WrongHost::Malformed),
            Some(host) => (!hosts.answers_to(host)).then_some(WrongHost::Foreign),
        },
    }
}

fn wrong_origin(request: &Crossing<'_>, origins: &Origins) -> Option<WrongOrigin> {
    let is_listed = matches!(request.origin, Line::One(origin) if origins.allows(origin));
    if is_listed || is_navigation(request) {
        return None;
    }
    match request.site {
        // A form of our own page may come with `Origin: null`, if its policy on referrers says
        // so; that is why this is asked before the origin. `none` is a bookmark or the address
        // bar.
        Line::One("same-origin" | "none") => None,
        // A sibling may link to us and show our pictures. That a handler behind GET has no side
        // effects is what HTTP promises to everybody.
        Line::One("same-site") if request.is_read && request.origin == Line::Absent => None,
        Line::One("same-site") => Some(WrongOrigin::SameSite),
        Line::One(_) | Line::Unusable => Some(WrongOrigin::CrossSite),
        Line::Absent => (!is_of_its_host(request)).then_some(WrongOrigin::Foreign),
    }
}

/// A link from another site is no attack. Not what the other page shows as a part of itself by
/// `<object>` or `<embed>`; whether it may by a frame is for the response to say
/// (`frame-ancestors`), because a frame can also be followed from within.
fn is_navigation(request: &Crossing<'_>) -> bool {
    request.is_read
        && request.mode == Line::One("navigate")
        && !matches!(request.dest, Line::One("object" | "embed") | Line::Unusable)
}

/// For what does not send `Sec-Fetch-Site`: programs, browsers before 2023, and every browser
/// over plain HTTP to another machine. `null` is nobody, and so no host is its own.
fn is_of_its_host(request: &Crossing<'_>) -> bool {
    match (request.origin, request.host) {
        (Line::Absent, _) => true,
        (Line::One(origin), Line::One(host)) => Origin::parse(origin)
            .zip(Authority::parse(host))
            .is_some_and(|(origin, host)| origin.is_of(host)),
        _ => false,
    }
}
