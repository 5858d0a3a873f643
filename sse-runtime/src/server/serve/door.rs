//! What is checked of every request before the router sees it.

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, request::Parts};

use super::super::gate::{Cors, Crossing, Hosts, Origins, decide};

/// Lets in who asks for this server, and not from the page of a stranger.
#[derive(Debug)]
pub(super) struct Door {
    pub(super) hosts: Hosts,
    pub(super) origins: Origins,
    pub(super) cors: Cors,
}

impl Door {
    /// Whose page is to be told that it may read the answer; or the answer.
    pub(super) fn check(&self, parts: &Parts) -> Result<Option<HeaderValue>, Box<Response>> {
        let verdict = decide(&Crossing::read(parts), &self.hosts, &self.origins);
        if let Some(status) = verdict.status() {
            tracing::info!(
                status = status.as_u16(),
                header = verdict.header(),
                "a request was refused: {verdict}; see `allowed_hosts` and `allowed_origins`"
            );
            // With the cure for who runs the server: whoever was refused cannot apply it.
            let told = format!("{verdict}; see `allowed_hosts` and `allowed_origins`\n");
            let mut refusal = (status, told).into_response();
            self.decorate(None, refusal.headers_mut());
            return Err(Box::new(refusal));
        }
        match self.cors.preflight::<Body>(&parts.method, &parts.headers) {
            Some(preflight) => Err(Box::new(preflight)),
            None => Ok(self.cors.granted(&parts.headers)),
        }
    }

    /// What every answer says about the pages that may read it.
    pub(super) fn decorate(&self, granted: Option<HeaderValue>, headers: &mut HeaderMap) {
        self.cors.decorate(headers, granted);
    }
}
