//! Redirects, as a function: 301, 302, 303, 307 and 308.
//!
//! Where a redirect led is not remembered: the next attempt begins at the URL that was asked for
//! (rule 22 of the standard's list leaves it open). A target that was to be left behind may be
//! gone by then, and one that was meant for good is told again.

use std::fmt;

use http::{HeaderName, HeaderValue, Method, header};
use url::Url;

/// Why a redirect is not followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RedirectError {
    /// There were as many as are allowed (`max_redirects`, 10).
    TooMany {
        /// How many were followed.
        followed: u32,
    },
    /// The answer has no `Location`.
    NoLocation,
    /// `Location` is no URL.
    BadLocation,
    /// `Location` has another scheme than `http` or `https`.
    Scheme,
}

impl fmt::Display for RedirectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooMany { followed } => write!(
                f,
                "redirected more than {followed} times: ask for the last URL, or mend the loop"
            ),
            Self::NoLocation => f.write_str("redirected to nowhere: `Location` is missing"),
            Self::BadLocation => f.write_str("redirected to nowhere: `Location` is no URL"),
            Self::Scheme => f.write_str("redirected to something else than `http` and `https`"),
        }
    }
}

impl std::error::Error for RedirectError {}

/// The way of one attempt through redirects: what is asked next.
#[derive(Debug, Clone)]
pub(crate) struct Route {
    pub(crate) url: Url,
    pub(crate) method: Method,
    /// Whether the body goes with it, and the headers that describe it.
    pub(crate) body: bool,
    /// Whether the credentials go with it: those of [`is_credential`], and whatever the header
    /// hook gave, of which nobody knows what it is. Once lost they stay lost on this way.
    pub(crate) credentials: bool,
    followed: u32,
    most: u32,
}

impl Route {
    /// The begin of every attempt.
    pub(crate) const fn new(url: Url, method: Method, most: u32) -> Self {
        Self { url, method, body: true, credentials: true, followed: 0, most }
    }

    /// Whether a status says that the way goes on elsewhere. 300, 304, 305 and 306 do not.
    pub(crate) const fn goes_on(status: u16) -> bool {
        matches!(status, 301 | 302 | 303 | 307 | 308)
    }

    /// Goes where an answer with such a status leads.
    ///
    /// As browsers do: 301 and 302 make a GET of a POST, 303 of everything but a HEAD, and 307
    /// and 308 repeat what was asked. Credentials stay with their origin (scheme, host and
    /// port), so that neither another host nor a step back to `http` is told a secret.
    ///
    /// # Errors
    ///
    /// [`RedirectError`], and this stays where it was.
    pub(crate) fn follow(
        &mut self,
        status: u16,
        location: Option<&HeaderValue>,
    ) -> Result<(), RedirectError> {
        if self.followed >= self.most {
            return Err(RedirectError::TooMany { followed: self.followed });
        }
        let location = location.ok_or(RedirectError::NoLocation)?;
        // Bytes above ASCII are seen in the wild; they mean UTF-8.
        let location =
            str::from_utf8(location.as_bytes()).map_err(|_| RedirectError::BadLocation)?;
        let mut url = self.url.join(location).map_err(|_| RedirectError::BadLocation)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(RedirectError::Scheme);
        }
        if url.origin() != self.url.origin() {
            self.credentials = false;
        }
        // Nobody but the user gives a name and a password; one that the server invents would
        // become a header. Neither can fail where there is a host, as `http` has.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        url.set_fragment(None);
        let to_get = match status {
            301 | 302 => self.method == Method::POST,
            303 => self.method != Method::GET && self.method != Method::HEAD,
            _ => false,
        };
        if to_get {
            self.method = Method::GET;
            self.body = false;
        }
        self.url = url;
        self.followed += 1;
        Ok(())
    }
}

/// Whether a header is a credential by its name.
pub(crate) fn is_credential(name: &HeaderName) -> bool {
    [header::AUTHORIZATION, header::COOKIE, header::PROXY_AUTHORIZATION].contains(name)
}

/// Whether a header describes the body, and is left out where it is.
pub(crate) fn is_of_body(name: &HeaderName) -> bool {
    [
        header::CONTENT_ENCODING,
        header::CONTENT_LANGUAGE,
        header::CONTENT_LENGTH,
        header::CONTENT_LOCATION,
        header::CONTENT_TYPE,
        header::TRANSFER_ENCODING,
    ]
    .contains(name)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn route(url: &str, method: Method) -> Route {
        Route::new(Url::parse(url).unwrap(), method, 10)
    }

    fn follow(route: &mut Route, status: u16, location: &str) -> Result<(), RedirectError> {
        route.follow(status, Some(&HeaderValue::from_str(location).unwrap()))
    }

    #[test]
    fn rule_8_301_and_307_are_followed_and_302_303_308_as_browsers_do() {
        let table = [
            (301, Method::POST, Method::GET),
            (302, Method::POST, Method::GET),
            (303, Method::POST, Method::GET),
            (307, Method::POST, Method::POST),
            (308, Method::POST, Method::POST),
            (301, Method::PUT, Method::PUT),
            (302, Method::PUT, Method::PUT),
            (303, Method::PUT, Method::GET),
            (303, Method::HEAD, Method::HEAD),
            (303, Method::GET, Method::GET),
            (308, Method::GET, Method::GET),
        ];
        for (status, asked, then) in table {
            let mut route = route("https://shop.example/events", asked.clone());
            assert!(Route::goes_on(status));
            assert_eq!(follow(&mut route, status, "/other"), Ok(()));
            assert_eq!((&route.method, route.body), (&then, asked == then), "{status} {asked}");
            assert_eq!(route.url.as_str(), "https://shop.example/other");
        }
        for status in [200, 300, 304, 305, 306, 309, 400] {
            assert!(!Route::goes_on(status), "{status}");
        }
    }

    #[test]
    fn credentials_stay_with_their_origin() {
        let table = [
            ("/elsewhere", true),
            ("https://shop.example:443/", true),
            ("//shop.example/x", true),
            ("https://shop.example:8443/", false),
            ("http://shop.example/", false),
            ("https://shop.example.evil.example/", false),
            ("https://evil.example/", false),
            ("//evil.example", false),
            ("https://shop.example@evil.example/", false),
            ("\\\\evil.example/", false),
        ];
        for (location, kept) in table {
            let mut route = route("https://shop.example/events", Method::GET);
            assert_eq!(follow(&mut route, 302, location), Ok(()), "{location}");
            assert_eq!(route.credentials, kept, "{location}");
            assert_eq!(route.url.username(), "");
        }
    }

    #[test]
    fn credentials_that_were_lost_do_not_come_back_on_the_way_home() {
        let mut route = route("https://shop.example/events", Method::GET);
        follow(&mut route, 302, "https://evil.example/#part").unwrap();
        assert_eq!(route.url.as_str(), "https://evil.example/");
        follow(&mut route, 302, "https://shop.example/events").unwrap();
        assert!(!route.credentials);
    }

    #[test]
    fn ten_are_followed_and_no_eleventh() {
        let mut route = route("https://shop.example/0", Method::GET);
        for hop in 1..=10 {
            assert_eq!(follow(&mut route, 307, &format!("/{hop}")), Ok(()));
        }
        assert_eq!(follow(&mut route, 307, "/11"), Err(RedirectError::TooMany { followed: 10 }));
        assert_eq!(route.url.path(), "/10");
    }

    #[test]
    fn what_leads_nowhere_is_told() {
        let mut route = route("https://shop.example/", Method::GET);
        assert_eq!(route.follow(302, None), Err(RedirectError::NoLocation));
        assert_eq!(follow(&mut route, 302, "https://"), Err(RedirectError::BadLocation));
        assert_eq!(follow(&mut route, 302, "javascript:alert(1)"), Err(RedirectError::Scheme));
        assert_eq!(follow(&mut route, 302, "file:///etc/passwd"), Err(RedirectError::Scheme));
        let bytes = HeaderValue::from_bytes(b"/\xff").unwrap();
        assert_eq!(route.follow(302, Some(&bytes)), Err(RedirectError::BadLocation));
        assert_eq!(route.url.as_str(), "https://shop.example/");
    }

    #[test]
    fn secrets_and_descriptions_are_known_by_name() {
        assert!(is_credential(&header::AUTHORIZATION) && is_credential(&header::COOKIE));
        assert!(!is_credential(&header::ACCEPT));
        assert!(is_of_body(&header::CONTENT_TYPE) && !is_of_body(&header::ACCEPT));
    }

    proptest! {
        #[test]
        fn no_location_panics_or_keeps_credentials_for_a_stranger(
            locations in proptest::collection::vec("(https?:)?[/\\\\]{0,3}[a-z.:@\\[\\]0-9%é/?#]{0,20}", 0..12),
            status in 300..310_u16,
        ) {
            let mut route = route("https://shop.example/events", Method::POST);
            let home = route.url.origin();
            for location in locations {
                let Ok(location) = HeaderValue::from_str(&location) else { continue };
                let _whatever = route.follow(status, Some(&location));
                prop_assert!(!route.credentials || route.url.origin() == home);
                prop_assert!(route.followed <= 10);
            }
        }
    }
}
