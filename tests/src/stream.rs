//! Reading the answer of a handler as bytes, and hearing what is logged.

use std::{
    io,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use axum::{
    body::Body,
    http::Request,
    response::{IntoResponse, Response},
};
use http_body_util::BodyExt as _;
use tracing_subscriber::fmt::MakeWriter;

/// A request of a reader, with headers.
///
/// # Panics
///
/// When a header is none.
#[must_use]
#[allow(clippy::expect_used, reason = "tests")]
pub fn request(uri: &str, headers: &[(&str, &str)]) -> Request<Body> {
    let mut request = Request::builder().uri(uri);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Body::empty()).expect("a request")
}

/// The body of a stream, chunk by chunk as the connection gets it.
#[derive(Debug)]
pub struct Chunks {
    body: Body,
}

impl Chunks {
    /// The body of an answer.
    #[must_use]
    pub fn of(answer: impl IntoResponse) -> Self {
        Self { body: answer.into_response().into_body() }
    }

    /// The next chunk; none at the end.
    ///
    /// # Panics
    ///
    /// When the body fails, or the chunk is no text.
    #[allow(clippy::expect_used, reason = "tests")]
    pub async fn next(&mut self) -> Option<String> {
        let frame = self.body.frame().await?.expect("bodies of streams never fail");
        let bytes = frame.into_data().expect("streams have no trailers");
        Some(String::from_utf8(bytes.to_vec()).expect("whole characters"))
    }

    /// Everything up to the end.
    pub async fn rest(mut self) -> String {
        let mut text = String::new();
        while let Some(chunk) = self.next().await {
            text.push_str(&chunk);
        }
        text
    }
}

/// The text of a response.
///
/// # Panics
///
/// When the body fails, or is no text.
#[allow(clippy::expect_used, reason = "tests")]
pub async fn text(response: Response) -> String {
    let bytes = response.into_body().collect().await.expect("a body").to_bytes();
    String::from_utf8(bytes.to_vec()).expect("text")
}

/// What is logged, line by line.
#[derive(Debug, Clone, Default)]
pub struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// The log of this process, which begins with the first call. One for all tests, because
    /// a subscriber of one thread makes those of the others deaf now and then; whoever asks
    /// tells its lines by the request id.
    ///
    /// # Panics
    ///
    /// When somebody else has installed another subscriber.
    #[allow(clippy::expect_used, reason = "tests")]
    pub fn of_this_process() -> &'static Self {
        static LOG: OnceLock<Log> = OnceLock::new();
        LOG.get_or_init(|| {
            let log = Self::default();
            let subscriber = tracing_subscriber::fmt()
                .with_ansi(false)
                .without_time()
                .with_writer(log.clone())
                .finish();
            tracing::subscriber::set_global_default(subscriber).expect("the first");
            log
        })
    }

    /// The lines so far that hold this text.
    #[must_use]
    pub fn lines_with(&self, text: &str) -> Vec<String> {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let lines = String::from_utf8_lossy(&bytes);
        lines.lines().filter(|line| line.contains(text)).map(str::to_owned).collect()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}
