//! Every kind of request against a table that is written by hand.
//!
//! The table knows nothing of headers: it has a row for whose page asks and what it wants, and a
//! column for what the browser says of it. Each cell is tried with every spelling of its kind.

use http::{HeaderName, HeaderValue, Method, Request, header, request::Parts};
use proptest::{collection::vec, prelude::*};

use crate::server::gate::{
    Crossing, Hosts, Origins, decide,
    verdict::{Verdict, WrongHost},
};

/// What `Sec-Fetch-Site` says, in the order of the columns.
const SITES: [&[&str]; 6] = [
    &[],
    &["same-origin"],
    &["none"],
    &["same-site"],
    &["cross-site"],
    // Not a word of the standard, in another case, or said twice.
    &["", "Same-Origin", "none ", "same-origin, none", "same-origin|same-origin"],
];

/// `x`: refused. The rows of a kind of page are reading, writing and following a link; the columns
/// are no `Sec-Fetch-Site`, `same-origin`, `none`, `same-site`, `cross-site`, and any other word.
const TABLE: [(&str, &[&str], [&str; 3]); 4] = [
    ("no origin", &[], ["....xx", "...xxx", "......"]),
    ("listed", LISTED, ["......", "......", "......"]),
    ("own", OWN, ["...xxx", "...xxx", "......"]),
    ("foreign", FOREIGN, ["x..xxx", "x..xxx", "......"]),
];

/// The server is `shop.example`, and so every host below is the same origin as each of these.
const OWN: &[&str] = &["https://shop.example", "http://shop.example", "https://SHOP.example:443"];
const LISTED: &[&str] =
    &["https://admin.example", "https://ADMIN.example:443", "http://localhost:5173"];
const FOREIGN: &[&str] = &[
    "https://evil.example",
    "https://shop.example.evil.example",
    "https://shop.example:8443",
    "https://shop.example@evil.example",
    "http://admin.example",
    "https://sub.admin.example",
    "https://shop.example/",
    "null",
    "*",
    "",
    "https://shop.example|https://shop.example",
    "https://admin.example|https://admin.example",
    "https://shop.example, https://admin.example",
];

const OUR_HOSTS: &[&str] = &["shop.example", "Shop.Example", "shop.example."];
const OTHER_HOSTS: &[(&[&str], WrongHost, u16)] = &[
    (&[], WrongHost::Missing, 400),
    (&["shop.example|shop.example", "shop.example|evil.example"], WrongHost::Several, 400),
    (&["", "shop.example/", "user@shop.example", "shop.example:x"], WrongHost::Malformed, 400),
    (&["evil.example", "shop.example.evil.example", "127.0.0.1"], WrongHost::Foreign, 421),
];

const READ: &[Method] = &[Method::GET, Method::HEAD];
const WRITE: &[Method] = &[Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS];

/// A request with these headers; a bar parts two lines of one header.
fn request(method: &Method, headers: &[(HeaderName, Option<&'static str>)]) -> Parts {
    let mut request = Request::new(());
    *request.method_mut() = method.clone();
    for (name, value) in headers {
        for line in value.iter().flat_map(|value| value.split('|')) {
            request.headers_mut().append(name, HeaderValue::from_static(line));
        }
    }
    request.into_parts().0
}

fn hosts() -> Hosts {
    Hosts::listed(&["shop.example".to_owned()]).unwrap_or(Hosts::loopback())
}

fn origins() -> Origins {
    Origins::listed(["https://admin.example", "http://localhost:5173"]).unwrap_or_default()
}

/// Every spelling of a kind, or that the header is not there.
fn spellings(all: &'static [&'static str]) -> Vec<Option<&'static str>> {
    if all.is_empty() { vec![None] } else { all.iter().copied().map(Some).collect() }
}

/// A method, and what `Sec-Fetch-Mode` and `Sec-Fetch-Dest` say with it.
type Want = (Method, Option<&'static str>, Option<&'static str>);

/// What belongs to a row of the table.
fn wants(row: usize) -> Vec<Want> {
    let script = [(Some("cors"), Some("empty")), (None, None)];
    let link = [(Some("navigate"), Some("document")), (Some("navigate"), None)];
    // What a page shows as a part of itself is no link.
    let part = [
        (Some("navigate"), Some("object")),
        (Some("navigate"), Some("embed")),
        (Some("navigate|navigate"), None),
    ];
    let (methods, with) = match row {
        0 => (READ, [&script[..], &part].concat()),
        // A form that is sent navigates as well.
        1 => (WRITE, [script, link].concat()),
        _ => (READ, link.to_vec()),
    };
    let each =
        |method: &Method| with.iter().map(|w| (method.clone(), w.0, w.1)).collect::<Vec<_>>();
    methods.iter().flat_map(each).collect()
}

/// Each spelling of each with each.
fn requests(
    hosts: &'static [&'static str],
    origins: &'static [&'static str],
    sites: &'static [&'static str],
    wants: &[Want],
) -> Vec<Parts> {
    let mut all = Vec::new();
    for host in spellings(hosts) {
        for origin in spellings(origins) {
            for site in spellings(sites) {
                let with = |(method, mode, dest): &Want| {
                    request(method, &headers(host, origin, site, *mode, *dest))
                };
                all.extend(wants.iter().map(with));
            }
        }
    }
    all
}

#[test]
fn every_kind_of_request_is_judged_as_the_table_says() {
    let mut cases = 0;
    for (page, page_origins, rows) in TABLE {
        for (row, cells) in rows.into_iter().enumerate() {
            assert_eq!(cells.len(), SITES.len(), "{page}");
            for (sites, cell) in SITES.into_iter().zip(cells.chars()) {
                for parts in requests(OUR_HOSTS, page_origins, sites, &wants(row)) {
                    let verdict = decide(&Crossing::read(&parts), &hosts(), &origins());
                    let is_let_in = verdict == Verdict::Allowed;
                    assert_eq!(is_let_in, cell == '.', "{page}: {parts:?}");
                    let status = verdict.status().map(|status| status.as_u16());
                    assert_eq!(status, (!is_let_in).then_some(403));
                    cases += 1;
                }
            }
        }
    }
    assert!(cases >= 200, "{cases}");
}

#[test]
fn a_host_that_is_not_ours_is_refused_whatever_the_page() {
    let mut cases = 0;
    let wants = [wants(0), wants(1), wants(2)].concat();
    for (spelled, wrong, status) in OTHER_HOSTS {
        for (page_origins, sites) in TABLE.iter().flat_map(|(_, page, _)| SITES.map(|s| (page, s)))
        {
            for parts in requests(spelled, page_origins, sites, &wants) {
                let verdict = decide(&Crossing::read(&parts), &hosts(), &origins());
                assert_eq!(verdict, Verdict::Host(*wrong), "{parts:?}");
                assert_eq!(verdict.status().map(|status| status.as_u16()), Some(*status));
                cases += 1;
            }
        }
    }
    assert!(cases >= 200, "{cases}");
}

#[test]
fn where_any_host_will_do_the_page_is_judged_all_the_same() {
    let any = |host, origin, site| {
        let parts = request(&Method::GET, &headers(host, origin, site, None, None));
        decide(&Crossing::read(&parts), &Hosts::any(), &Origins::none()) == Verdict::Allowed
    };
    assert!(any(None, None, None));
    assert!(any(Some("a|b"), None, None));
    assert!(any(Some("evil.example"), Some("https://evil.example"), None));
    assert!(!any(Some("a.example"), Some("https://evil.example"), None));
    // No host is nobody's own.
    assert!(!any(None, Some("https://evil.example"), None));
    assert!(!any(Some("a.example|a.example"), Some("https://a.example"), None));
    assert!(!any(Some("a.example"), None, Some("cross-site")));
}

fn headers(
    host: Option<&'static str>,
    origin: Option<&'static str>,
    site: Option<&'static str>,
    mode: Option<&'static str>,
    dest: Option<&'static str>,
) -> [(HeaderName, Option<&'static str>); 5] {
    let fetch = HeaderName::from_static;
    [
        (header::HOST, host),
        (header::ORIGIN, origin),
        (fetch("sec-fetch-site"), site),
        (fetch("sec-fetch-mode"), mode),
        (fetch("sec-fetch-dest"), dest),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn arbitrary_bytes_are_judged(lines in vec((0_usize..5, vec(any::<u8>(), 0..40)), 0..8)) {
        let mut parts = request(&Method::GET, &[]);
        let names = headers(None, None, None, None, None);
        for (name, bytes) in lines {
            let value = HeaderValue::from_bytes(&bytes);
            if let (Some((name, _)), Ok(value)) = (names.get(name), value) {
                parts.headers.append(name, value);
            }
        }
        let verdict = decide(&Crossing::read(&parts), &hosts(), &origins());
        prop_assert_eq!(verdict.status().is_none(), verdict == Verdict::Allowed);
        prop_assert_eq!(verdict.header().is_none(), verdict == Verdict::Allowed);
    }
}
