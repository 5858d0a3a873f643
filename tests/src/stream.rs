//! Reading the answer of a handler as bytes, and hearing what is logged.

use std::{
    cell::RefCell,
    io,
    sync::{Arc, Mutex, Once, OnceLock, PoisonError},
};

use axum::{
    body::Body,
    http::Request,
    response::{IntoResponse, Response},
};
use http_body_util::BodyExt as _;
use tracing::Level;
use tracing_subscriber::fmt::writer::MakeWriterExt as _;

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
///
/// One subscriber hears for all tests of a process, because one of a single thread makes
/// those of the others deaf now and then, and can miss what another thread has logged first.
#[derive(Debug, Clone, Default)]
pub struct Log(Arc<Mutex<Vec<u8>>>);

static OF_THIS_PROCESS: OnceLock<Log> = OnceLock::new();

thread_local! {
    static OF_THIS_THREAD: RefCell<Option<Log>> = const { RefCell::new(None) };
}

impl Log {
    /// The log of all threads, from `INFO` up, which begins with the first call. Whoever asks
    /// tells its lines by the request id.
    ///
    /// # Panics
    ///
    /// When somebody else has installed another subscriber.
    pub fn of_this_process() -> &'static Self {
        let log = OF_THIS_PROCESS.get_or_init(Self::default);
        hear();
        log
    }

    /// The finest log of this thread, which begins with the call and ends with the next.
    /// Every test has a thread of its own.
    ///
    /// # Panics
    ///
    /// When somebody else has installed another subscriber.
    #[must_use]
    pub fn of_this_thread() -> Self {
        let log = Self::default();
        OF_THIS_THREAD.set(Some(log.clone()));
        hear();
        log
    }

    /// The text so far.
    ///
    /// # Panics
    ///
    /// When it is none.
    #[must_use]
    #[allow(clippy::expect_used, reason = "tests")]
    pub fn text(&self) -> String {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8(bytes.clone()).expect("text")
    }

    /// The lines so far that hold this text.
    ///
    /// # Panics
    ///
    /// When the log is no text.
    #[must_use]
    pub fn lines_with(&self, text: &str) -> Vec<String> {
        self.text().lines().filter(|line| line.contains(text)).map(str::to_owned).collect()
    }
}

/// Installs the subscriber, once. What nobody has asked for goes to a log that nobody has.
#[allow(clippy::expect_used, reason = "tests")]
fn hear() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let of_this_process = || OF_THIS_PROCESS.get().cloned().unwrap_or_default();
        let of_this_thread = || OF_THIS_THREAD.with_borrow(Option::clone).unwrap_or_default();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(Level::TRACE)
            .with_ansi(false)
            .without_time()
            .with_writer(of_this_process.with_max_level(Level::INFO).and(of_this_thread))
            .finish();
        tracing::subscriber::set_global_default(subscriber).expect("the first");
        tracing::callsite::rebuild_interest_cache();
    });
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
