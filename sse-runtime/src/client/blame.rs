//! What an error of the transport means: which row of the retry table it is.

use std::{error::Error, io};

use super::{Failure, LocalError, RequestError, TransportError, resolver::NameNotFound};

/// What went wrong before the head of a response.
pub(super) fn of_request(error: &reqwest::Error) -> Failure {
    if error.is_builder() {
        // Never its text, which holds the URL.
        return RequestError::Url("the transport does not take it".into()).into();
    }
    of_chain(error).unwrap_or_else(|| TransportError::Reset.into())
}

/// What went wrong within a body. Whatever it is, what came so far is not the whole.
pub(super) fn of_body(error: &reqwest::Error) -> Failure {
    match of_chain(error) {
        Some(Failure::Local(error)) => error.into(),
        _ => TransportError::Cut.into(),
    }
}

/// The first error of the chain that means something.
fn of_chain(error: &(dyn Error + 'static)) -> Option<Failure> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(failure) = of_one(error) {
            return Some(failure);
        }
        next = error.source();
    }
    None
}

fn of_one(error: &(dyn Error + 'static)) -> Option<Failure> {
    if error.is::<NameNotFound>() {
        return Some(TransportError::Dns.into());
    }
    if let Some(error) = error.downcast_ref::<rustls::Error>() {
        return Some(of_tls(error).into());
    }
    let error = error.downcast_ref::<io::Error>()?;
    // An error within it is no part of the chain: `source` passes it over.
    if let Some(failure) = error.get_ref().and_then(|inner| of_chain(inner)) {
        return Some(failure);
    }
    of_io(error)
}

fn of_io(error: &io::Error) -> Option<Failure> {
    if is_out_of_files(error) {
        return Some(LocalError::OpenFiles.into());
    }
    let error = match error.kind() {
        io::ErrorKind::ConnectionRefused => TransportError::Refused,
        io::ErrorKind::HostUnreachable
        | io::ErrorKind::NetworkUnreachable
        | io::ErrorKind::NetworkDown
        | io::ErrorKind::AddrNotAvailable
        // Of the system, which asked often enough; the clocks of the client are its own.
        | io::ErrorKind::TimedOut => TransportError::Unreachable,
        io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::BrokenPipe
        | io::ErrorKind::UnexpectedEof => TransportError::Reset,
        _ => return None,
    };
    Some(error.into())
}

/// The kinds of `std` have no name for it.
fn is_out_of_files(error: &io::Error) -> bool {
    const ENFILE: i32 = 23;
    const EMFILE: i32 = 24;
    const WSAEMFILE: i32 = 10_024;
    match error.raw_os_error() {
        Some(code) if cfg!(windows) => code == WSAEMFILE,
        Some(code) => code == EMFILE || code == ENFILE,
        None => false,
    }
}

/// A certificate does not become better by asking again; everything else may.
fn of_tls(error: &rustls::Error) -> TransportError {
    use rustls::AlertDescription as Alert;
    match error {
        rustls::Error::InvalidCertificate(_)
        | rustls::Error::InvalidCertRevocationList(_)
        | rustls::Error::NoCertificatesPresented
        | rustls::Error::UnsupportedNameType => TransportError::Certificate,
        // The other end does not take ours.
        rustls::Error::AlertReceived(
            Alert::NoCertificate
            | Alert::BadCertificate
            | Alert::UnsupportedCertificate
            | Alert::CertificateRevoked
            | Alert::CertificateExpired
            | Alert::CertificateUnknown
            | Alert::CertificateRequired
            | Alert::UnknownCA
            | Alert::AccessDenied,
        ) => TransportError::Certificate,
        _ => TransportError::Tls,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_innermost_cause_decides_however_it_is_wrapped() {
        let expired = rustls::Error::InvalidCertificate(rustls::CertificateError::Expired);
        let wrapped = io::Error::other(io::Error::new(io::ErrorKind::InvalidData, expired));
        assert_eq!(of_chain(&wrapped), Some(TransportError::Certificate.into()));
        let alert = rustls::Error::AlertReceived(rustls::AlertDescription::HandshakeFailure);
        let wrapped = io::Error::new(io::ErrorKind::InvalidData, alert);
        assert_eq!(of_chain(&wrapped), Some(TransportError::Tls.into()));
        let name = NameNotFound(io::Error::other("nodename nor servname provided"));
        assert_eq!(of_chain(&io::Error::other(name)), Some(TransportError::Dns.into()));
        assert_eq!(of_chain(&io::Error::other("whatever")), None);
    }

    #[cfg(unix)]
    #[test]
    fn open_files_that_run_out_are_our_own_fault() {
        for code in [23, 24] {
            let error = io::Error::from_raw_os_error(code);
            assert_eq!(of_chain(&error), Some(LocalError::OpenFiles.into()));
        }
        let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
        assert_eq!(of_chain(&refused), Some(TransportError::Refused.into()));
    }
}
