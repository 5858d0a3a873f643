//! The example `tenants`: nobody hears of another's orders, and a stream ends with its session.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test may fail")]

#[path = "../tenants/app.rs"]
mod app;
mod reader;
#[path = "../tenants/session.rs"]
mod session;

use std::{net::SocketAddr, time::Duration};

use axum::http::StatusCode;
use sse_runtime::serve;
use tokio::net::{TcpListener, TcpStream};

use self::{
    app::App,
    reader::{Answer, ask, request},
};

const ADA: &str = "user=ada&password=lovelace";
const GRACE: &str = "user=grace&password=hopper";
const EDSGER: &str = "user=edsger&password=dijkstra";

struct Service(SocketAddr);

impl Service {
    async fn start(lasts: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(serve(listener, app::router(App::new(lasts))).into_future());
        Self(address)
    }

    async fn ask(&self, line: &str, headers: &[(&str, &str)], form: &'static str) -> Answer {
        let io = TcpStream::connect(self.0).await.unwrap();
        let form_type = ("content-type", "application/x-www-form-urlencoded");
        let request = request(line, &[headers, &[form_type]].concat());
        ask(io, request.map(|_| form.into())).await
    }

    async fn login(&self, form: &'static str) -> String {
        let answer = self.ask("POST /login", &[], form).await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT);
        let cookie = answer.headers["set-cookie"].to_str().unwrap();
        let (cookie, rest) = cookie.split_once("; ").unwrap();
        assert!(rest.starts_with("Path=/; HttpOnly; SameSite=Lax; Max-Age="), "{rest}");
        cookie.to_owned()
    }

    async fn orders(&self, cookie: &str) -> Answer {
        self.ask("GET /orders", &[("cookie", cookie)], "").await
    }

    /// A stream of orders that has begun.
    async fn stream(&self, cookie: &str) -> Answer {
        let mut stream = self.orders(cookie).await;
        stream.until("event: sse.open").await;
        stream
    }

    async fn place(&self, cookie: &str, order: &'static str) {
        let answer = self.ask("POST /orders", &[("cookie", cookie)], order).await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT);
    }
}

const HOUR: Duration = Duration::from_secs(3600);

#[tokio::test]
async fn a_tenant_hears_its_own_orders_alone() {
    let service = Service::start(HOUR).await;
    let (ada, edsger) = (service.login(ADA).await, service.login(EDSGER).await);
    let (mut acme, mut globex) = (service.stream(&ada).await, service.stream(&edsger).await);
    service.place(&ada, "number=1").await;
    service.place(&edsger, "number=2").await;
    let told = acme.until("\"number\":1,\"by\":\"ada\"").await;
    assert!(!told.contains("edsger"), "{told}");
    let told = globex.until("\"number\":2,\"by\":\"edsger\"").await;
    assert!(!told.contains("ada"), "{told}");
}

#[tokio::test]
async fn a_position_of_another_tenant_is_of_no_use() {
    let service = Service::start(HOUR).await;
    let (ada, edsger) = (service.login(ADA).await, service.login(EDSGER).await);
    let mut acme = service.stream(&ada).await;
    let told = acme.until("event: sse.open").await;
    let position = told.lines().find_map(|line| line.strip_prefix("id: ")).unwrap().to_owned();
    service.place(&ada, "number=1").await;

    let back = |cookie| [("cookie", cookie), ("last-event-id", &*position)];
    let mut own = service.ask("GET /orders", &back(&*ada), "").await;
    let told = own.until("\"number\":1").await;
    assert!(told.contains("\"resume\":\"exact\""), "{told}");
    let mut other = service.ask("GET /orders", &back(&*edsger), "").await;
    service.place(&edsger, "number=2").await;
    let told = other.until("\"number\":2").await;
    assert!(told.contains("\"resume\":\"reset\",\"missed\":0,\"reason\":\"epoch\""), "{told}");
    assert!(!told.contains("ada"), "{told}");
}

#[tokio::test]
async fn who_is_not_logged_in_is_told_so() {
    let service = Service::start(HOUR).await;
    let wrong = service.ask("POST /login", &[], "user=ada&password=hopper").await;
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    for cookie in ["", "session=", "session=4711", "session=0; session=1", "other=1"] {
        assert_eq!(service.orders(cookie).await.status, StatusCode::UNAUTHORIZED, "{cookie}");
    }
}

#[tokio::test]
async fn a_session_that_runs_out_ends_its_streams() {
    let service = Service::start(Duration::from_secs(1)).await;
    let ada = service.login(ADA).await;
    let mut tabs = [service.stream(&ada).await, service.stream(&ada).await];
    for tab in &mut tabs {
        let told = tab.whole().await;
        assert!(told.contains("{\"reason\":\"expired\"}"), "{told}");
    }
    assert_eq!(service.orders(&ada).await.status, StatusCode::UNAUTHORIZED);
    let again = service.login(ADA).await;
    service.stream(&again).await;
}

#[tokio::test]
async fn a_logout_ends_every_tab_and_nobody_elses() {
    let service = Service::start(HOUR).await;
    let (desk, phone) = (service.login(ADA).await, service.login(ADA).await);
    let grace = service.login(GRACE).await;
    let mut tabs = Vec::new();
    for cookie in [&desk, &desk, &phone] {
        tabs.push(service.stream(cookie).await);
    }
    let mut colleague = service.stream(&grace).await;

    let out = service.ask("POST /logout", &[("cookie", &desk)], "").await;
    assert_eq!(out.status, StatusCode::NO_CONTENT);
    assert!(out.headers["set-cookie"].to_str().unwrap().starts_with("session=; "));
    for tab in &mut tabs {
        let told = tab.whole().await;
        assert!(told.contains("{\"reason\":\"revoked\"}"), "{told}");
    }
    for cookie in [&desk, &phone] {
        assert_eq!(service.orders(cookie).await.status, StatusCode::UNAUTHORIZED);
    }
    service.place(&grace, "number=3").await;
    colleague.until("\"number\":3").await;
}
