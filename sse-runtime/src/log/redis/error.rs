//! What an error of the server means for whoever asked.

use redis::{ErrorKind, RedisError, ServerErrorKind};

use crate::log::store::{Nobody, StoreError};

/// Why the server did not do something, by what may be done now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    /// It said no, and did nothing.
    Refused(StoreError),
    /// It did nothing, and may do it in a moment.
    NotNow(String),
    /// The connection broke or was silent: it may have done it.
    Lost(String),
}

impl Fault {
    pub(super) fn into_error(self) -> StoreError {
        match self {
            Self::Refused(error) => error,
            Self::NotNow(why) | Self::Lost(why) => StoreError::Unavailable(why),
        }
    }

    /// An answer that is none of what the scripts say.
    pub(super) fn strange(what: &str) -> Self {
        Self::Refused(StoreError::Corrupt(format!("Redis answers with {what}")))
    }
}

impl From<Nobody> for Fault {
    fn from(nobody: Nobody) -> Self {
        Self::Refused(nobody.into())
    }
}

impl From<RedisError> for Fault {
    fn from(error: RedisError) -> Self {
        let why = said(&error);
        match error.kind() {
            // Whatever else was wrong with a connection, the next one may be better.
            ErrorKind::Io | ErrorKind::Client => Self::Lost(why),
            ErrorKind::AuthenticationFailed | ErrorKind::InvalidClientConfig => {
                Self::Refused(StoreError::Unusable(format!("Redis lets nobody in: {why}")))
            }
            ErrorKind::Server(kind) => of_server(kind, why),
            ErrorKind::Extension => of_code(error.code().unwrap_or_default(), why),
            _ => Self::Refused(StoreError::Corrupt(why)),
        }
    }
}

fn of_server(kind: ServerErrorKind, why: String) -> Fault {
    match kind {
        ServerErrorKind::BusyLoading
        | ServerErrorKind::TryAgain
        | ServerErrorKind::ClusterDown
        | ServerErrorKind::MasterDown
        // It was forgotten between loading it and calling it.
        | ServerErrorKind::NoScript => Fault::NotNow(why),
        ServerErrorKind::ReadOnly => Fault::Refused(StoreError::ReadOnly(why)),
        ServerErrorKind::NoPerm => Fault::Refused(StoreError::Unusable(format!(
            "the user of the address may not do what the store needs: {why}"
        ))),
        // Before version 7 an error within a script has its code in the text.
        _ => CODES
            .iter()
            .find(|code| why.contains(&format!("-{code} ")))
            .map_or_else(|| Fault::Refused(StoreError::Unusable(why.clone())), |code| {
                of_code(code, why.clone())
            }),
    }
}

const CODES: [&str; 7] = ["OOM", "MISCONF", "READONLY", "WRONGTYPE", "NOREPLICAS", "BUSY", "STALE"];

fn of_code(code: &str, why: String) -> Fault {
    match code {
        "OOM" => Fault::Refused(StoreError::Full),
        "MISCONF" | "READONLY" => Fault::Refused(StoreError::ReadOnly(why)),
        "WRONGTYPE" => Fault::Refused(StoreError::Corrupt(why)),
        "NOAUTH" | "WRONGPASS" => {
            Fault::Refused(StoreError::Unusable(format!("Redis lets nobody in: {why}")))
        }
        "NOREPLICAS" | "BUSY" | "UNKILLABLE" => Fault::NotNow(why),
        "STALE" => Fault::Lost(why),
        _ => Fault::Refused(StoreError::Unusable(why)),
    }
}

/// What it says about itself. It never has the address in it, which may hold a password.
fn said(error: &RedisError) -> String {
    match (error.code(), error.detail()) {
        (Some(code), Some(detail)) => format!("{code} {detail}"),
        (Some(code), None) => code.to_owned(),
        (None, Some(detail)) => detail.to_owned(),
        (None, None) => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use redis::make_extension_error;

    use super::*;

    #[test]
    fn who_can_change_it_is_told_apart() {
        let fault = |code: &str| Fault::from(make_extension_error(code.into(), Some("why".into())));
        assert_eq!(fault("OOM"), Fault::Refused(StoreError::Full));
        assert!(matches!(fault("MISCONF"), Fault::Refused(StoreError::ReadOnly(_))));
        assert!(matches!(fault("WRONGPASS"), Fault::Refused(StoreError::Unusable(_))));
        assert!(matches!(fault("BUSY"), Fault::NotNow(_)));
        let io = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
        assert!(matches!(Fault::from(RedisError::from(io)), Fault::Lost(_)));
    }

    #[test]
    fn a_code_within_the_text_of_a_script_is_found() {
        let why = "Error running script: -OOM command not allowed".to_owned();
        let fault = of_server(ServerErrorKind::ResponseError, why);
        assert_eq!(fault, Fault::Refused(StoreError::Full));
    }
}
