//! A context, and what it is made of, as arguments of a handler.

use std::{convert::Infallible, net::SocketAddr, sync::atomic::Ordering};

use axum::extract::{ConnectInfo, FromRequestParts, MatchedPath};
use http::request::Parts;

use super::{
    super::{
        call::caught,
        drain::Installed,
        request::{LastEventId, Request},
        served::Served,
    },
    Cx, lock,
};
use crate::channel::Resume;

impl<S: Sync> FromRequestParts<S> for Cx {
    type Rejection = Infallible;

    /// The first extraction reads the request, every later one gets a clone. A middleware
    /// may have been the first, outside the layer of the drain: what was missing then is
    /// looked for again.
    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        let cx = match parts.extensions.get::<Self>() {
            Some(cx) => cx.clone(),
            None => Self::new(Request::read(parts, || fastrand::u8(..))),
        };
        if let Some(ConnectInfo(peer)) = parts.extensions.get::<ConnectInfo<SocketAddr>>() {
            let _known = cx.shared.peer.set(*peer);
        }
        if let Some(path) = parts.extensions.get::<MatchedPath>() {
            let _known = cx.shared.endpoint.set(path.as_str().into());
        }
        if let Some(Installed(drain)) = parts.extensions.get::<Installed>() {
            let _known = cx.shared.drain.set(Box::new(drain.clone()));
        }
        if let Some(served) = parts.extensions.get::<Served>() {
            let _known = cx.shared.served.set(served.clone());
            if let (Some(peer), Some(rules)) = (cx.peer(), cx.rules()) {
                let _known = cx.shared.client.set((rules.client)(peer.ip(), &parts.headers));
            }
            cx.name_principal(parts);
        }
        parts.extensions.insert(cx.clone());
        Ok(cx)
    }
}

/// Beside a plain `Stream` it says that the handler goes on after the position by itself; the
/// reader is then told `exact`.
impl<S: Sync> FromRequestParts<S> for Resume {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        Cx::from_request_parts(parts, state).await.map(|cx| cx.resume())
    }
}

impl Cx {
    /// Where the reader wants to go on, for a handler that asks.
    fn resume(&self) -> Resume {
        self.shared.resumes_itself.store(true, Ordering::Relaxed);
        match &self.shared.request.last_event_id {
            LastEventId::Absent => Resume::fresh(),
            LastEventId::Id(id) => Resume::after(id),
            LastEventId::Unreadable => Resume::unreadable(),
        }
    }

    /// Asks the server's hook who this is.
    fn name_principal(&self, parts: &Parts) {
        let Some(name) = self.rules().and_then(|rules| rules.principal.as_ref()) else { return };
        if lock(&self.shared.access).as_ref().is_some_and(|access| access.principal.is_some()) {
            return;
        }
        let named = caught(&self.span(), "the hook that names principals", || name(parts));
        if let Some(principal) = named.flatten() {
            lock(&self.shared.access).get_or_insert_default().principal = Some(principal);
        }
    }
}
