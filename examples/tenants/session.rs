//! Who is logged in: a random token in a cookie, and what it stands for in memory.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, StatusCode, header::COOKIE, request::Parts},
};
use sse_runtime::{Access, ChannelName, Cx, Verdict};

use crate::app::App;

/// The name of the cookie. Over TLS call it `__Host-session` and add `Secure`: a browser then
/// takes it from this very host alone, and no sibling can put its own there. Over plain HTTP, as
/// here, browsers refuse such a name.
const NAME: &str = "session";

/// Someone who is logged in. An extractor, too: with it among the arguments of a handler, the
/// answer to anybody else is a 401, and a stream ends when the session does.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(crate) user: String,
    /// The channel of the tenant, who is its scope. It comes from here and not from the request,
    /// so that there is nothing to guess.
    pub(crate) orders: ChannelName,
    pub(crate) ends: SystemTime,
}

impl Session {
    /// Whose streams they are. With the tenant, because two of them may have users of one name.
    pub(crate) fn principal(&self) -> String {
        format!("{}/{}", self.orders.scope(), self.user)
    }
}

/// The sessions that are open. Several machines would keep them where all can ask.
#[derive(Clone, Default)]
pub(crate) struct Sessions(Arc<Mutex<HashMap<String, Session>>>);

impl Sessions {
    /// Opens a session, and gives the cookie that stands for it.
    pub(crate) fn open(&self, session: Session) -> Result<String, getrandom::Error> {
        let mut random = [0; 32];
        getrandom::fill(&mut random)?;
        let token: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
        let now = SystemTime::now();
        let lasts = session.ends.duration_since(now).unwrap_or_default();
        let mut open = self.lock();
        open.retain(|_, session| session.ends > now);
        open.insert(token.clone(), session);
        Ok(cookie(&token, lasts))
    }

    pub(crate) fn find(&self, token: &str) -> Option<Session> {
        let session = self.lock().get(token).cloned();
        session.filter(|session| session.ends > SystemTime::now())
    }

    /// Closes every session of a principal.
    pub(crate) fn close(&self, principal: &str) {
        self.lock().retain(|_, session| session.principal() != principal);
    }

    /// Nothing is left half-done under this lock.
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Session>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl FromRequestParts<App> for Session {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, StatusCode> {
        let token = token(&parts.headers).ok_or(StatusCode::UNAUTHORIZED)?.to_owned();
        let session = app.sessions.find(&token).ok_or(StatusCode::UNAUTHORIZED)?;
        let Ok(cx) = Cx::from_request_parts(parts, app).await;
        // A session that was closed elsewhere, or is longer by now, is noticed within a minute.
        let sessions = app.sessions.clone();
        let ask = move || {
            let found = sessions.find(&token);
            async { found.map_or(Verdict::Revoked, |session| Verdict::Until(session.ends)) }
        };
        cx.allow(Access::new(session.principal()).expires_at(session.ends).reauthorize(ask));
        Ok(session)
    }
}

/// No script reads it, and no other site sends it along with anything but a link.
fn cookie(token: &str, lasts: Duration) -> String {
    let seconds = lasts.as_secs();
    format!("{NAME}={token}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}")
}

/// The cookie that makes a browser forget it.
pub(crate) fn no_cookie() -> String {
    cookie("", Duration::ZERO)
}

fn token(headers: &HeaderMap) -> Option<&str> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.split_once('='));
    pairs.find(|(name, _)| name.trim() == NAME).map(|(_, token)| token.trim())
}
