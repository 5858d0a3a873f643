//! Whose certificate a client has shown.

use std::{fmt, io, sync::Arc};

use axum::{
    extract::FromRequestParts,
    http::{StatusCode, request::Parts},
};
use tokio_rustls::rustls::pki_types::CertificateDer;
use x509_parser::{certificate::X509Certificate, prelude::FromDer as _};

/// The whole subject of a certificate, such as `CN=ada, O=Shop`: one part alone need not be
/// unique. An extractor, too, for handlers that are for such clients only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Subject(Arc<str>);

impl Subject {
    /// That of a certificate which the handshake has checked: this only reads it.
    pub(crate) fn of(certificate: &CertificateDer<'_>) -> io::Result<Self> {
        let (_, read) = X509Certificate::from_der(certificate).map_err(io::Error::other)?;
        Ok(Self(read.subject().to_string().into()))
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<S: Sync> FromRequestParts<S> for Subject {
    type Rejection = (StatusCode, &'static str);

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Self::Rejection> {
        let subject = parts.extensions.get::<Self>().cloned();
        subject.ok_or((StatusCode::FORBIDDEN, "a client certificate is needed here\n"))
    }
}
