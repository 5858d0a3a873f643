//! What is wrong with a compressed body.

use std::fmt;

/// Why the body of a response cannot be decoded.
///
/// ```
/// use sse_runtime::client::EncodingError;
///
/// let error = EncodingError::Unknown("br".to_owned());
/// assert_eq!(
///     error.to_string(),
///     "the body is encoded as `br`, which was not asked for: have the server, or what stands \
///      before it, send the stream as it is or as gzip"
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum EncodingError {
    /// `Content-Encoding` says this, which is none that was asked for.
    Unknown(String),
    /// It says gzip, and the body is none, or was changed on the way.
    Corrupt,
    /// The body ended in the middle: the connection was cut, or the server left without a word.
    /// What came before the end has been read.
    Unfinished,
    /// More came out than so many bytes for each one that came in. That is what is made to fill
    /// a memory, and no stream of events.
    Expansion {
        /// What was allowed.
        ratio: u32,
    },
}

impl fmt::Display for EncodingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(encoding) => write!(
                f,
                "the body is encoded as `{encoding}`, which was not asked for: have the server, \
                 or what stands before it, send the stream as it is or as gzip"
            ),
            Self::Corrupt => f.write_str(
                "the body is said to be gzip, and is not, or was changed on the way: have the \
                 server, or what stands before it, send the stream without compression",
            ),
            Self::Unfinished => {
                f.write_str("the compressed body was cut: what came before has been read")
            }
            Self::Expansion { ratio } => write!(
                f,
                "the body expands to more than {ratio} times its size, as what is made to fill \
                 a memory does: if its server is trusted, have it send the stream without \
                 compression"
            ),
        }
    }
}

impl std::error::Error for EncodingError {}
