//! The layer on a router, as a browser meets it.

use axum::{Router, body::Body, routing::get};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, header};
use tower_service::Service as _;

use crate::server::gate::{Cors, Origins};

const OURS: &str = "https://shop.example";

fn cors() -> Cors {
    Cors::new([OURS, "http://localhost:5173"]).unwrap_or_else(|_| Cors::of(Origins::none()))
}

fn app(cors: Cors) -> Router {
    let own = [(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"), (header::VARY, "accept, ORIGIN")];
    Router::new()
        .route("/plain", get(|| async { "text" }))
        .route("/varied", get(|| async { ([(header::VARY, "Accept, Cookie")], "text") }))
        .route("/star", get(|| async { ([(header::VARY, "*")], "text") }))
        .route("/own", get(move || async move { (own, "text") }))
        .layer(cors)
}

async fn ask(
    app: Router,
    method: Method,
    path: &str,
    headers: &[(HeaderName, &'static str)],
) -> Result<(StatusCode, HeaderMap), http::Error> {
    let mut request = Request::builder().method(method).uri(path).body(Body::empty())?;
    for (name, value) in headers {
        request.headers_mut().append(name, HeaderValue::from_static(value));
    }
    let mut app = app;
    let (parts, _) = match app.call(request).await {
        Ok(response) => response.into_parts(),
        Err(never) => match never {},
    };
    Ok((parts.status, parts.headers))
}

/// The values of a header, each on a line.
fn all(headers: &HeaderMap, name: HeaderName) -> Vec<&str> {
    headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).collect()
}

#[tokio::test]
async fn a_listed_origin_may_read() -> Result<(), http::Error> {
    let (status, headers) =
        ask(app(cors()), Method::GET, "/plain", &[(header::ORIGIN, OURS)]).await?;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(all(&headers, header::ACCESS_CONTROL_ALLOW_ORIGIN), [OURS]);
    assert_eq!(
        all(&headers, header::ACCESS_CONTROL_EXPOSE_HEADERS),
        ["X-Event-Source, X-Request-ID, Retry-After"]
    );
    assert_eq!(all(&headers, header::VARY), ["Origin"]);
    assert!(!headers.contains_key(header::ACCESS_CONTROL_ALLOW_CREDENTIALS));
    Ok(())
}

#[tokio::test]
async fn no_other_origin_is_told_anything() -> Result<(), http::Error> {
    let others: [&[(HeaderName, &str)]; 6] = [
        &[],
        &[(header::ORIGIN, "https://evil.example")],
        &[(header::ORIGIN, "null")],
        &[(header::ORIGIN, "*")],
        &[(header::ORIGIN, "http://shop.example")],
        &[(header::ORIGIN, OURS), (header::ORIGIN, OURS)],
    ];
    for sent in others {
        for method in [Method::GET, Method::OPTIONS] {
            let asks = (header::ACCESS_CONTROL_REQUEST_METHOD, "GET");
            let sent = [sent, &[asks]].concat();
            let (_, headers) = ask(app(cors().credentials()), method, "/plain", &sent).await?;
            assert!(headers.keys().all(|name| !name.as_str().starts_with("access-control-")));
            assert_eq!(all(&headers, header::VARY), ["Origin"], "{sent:?}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_preflight_is_answered_before_the_handler() -> Result<(), http::Error> {
    let sent = [
        (header::ORIGIN, OURS),
        (header::ACCESS_CONTROL_REQUEST_METHOD, "GET"),
        (header::ACCESS_CONTROL_REQUEST_HEADERS, "last-event-id"),
    ];
    for path in ["/plain", "/own", "/not-there"] {
        let (status, headers) =
            ask(app(cors().credentials()), Method::OPTIONS, path, &sent).await?;
        assert_eq!(status, StatusCode::NO_CONTENT);
        assert_eq!(all(&headers, header::ACCESS_CONTROL_ALLOW_ORIGIN), [OURS]);
        assert_eq!(all(&headers, header::ACCESS_CONTROL_ALLOW_CREDENTIALS), ["true"]);
        assert!(all(&headers, header::ACCESS_CONTROL_ALLOW_HEADERS)[0].contains("Last-Event-ID"));
        assert!(all(&headers, header::ACCESS_CONTROL_ALLOW_METHODS)[0].contains("POST"));
        assert_eq!(all(&headers, header::ACCESS_CONTROL_MAX_AGE), ["7200"]);
        assert_eq!(all(&headers, header::VARY), ["Origin"]);
    }
    Ok(())
}

#[tokio::test]
async fn other_requests_for_options_reach_the_handler() -> Result<(), http::Error> {
    let sent = [(header::ORIGIN, OURS)];
    let (status, headers) = ask(app(cors()), Method::OPTIONS, "/plain", &sent).await?;
    assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(all(&headers, header::ACCESS_CONTROL_ALLOW_ORIGIN), [OURS]);
    Ok(())
}

#[tokio::test]
async fn what_is_varied_on_is_added_to_and_never_doubled() -> Result<(), http::Error> {
    let vary = async |path: &str, cors: Cors| {
        let (_, headers) = ask(app(cors), Method::GET, path, &[]).await?;
        Ok::<_, http::Error>(all(&headers, header::VARY).join("|"))
    };
    assert_eq!(vary("/varied", cors()).await?, "Accept, Cookie|Origin");
    assert_eq!(vary("/own", cors()).await?, "accept, ORIGIN");
    assert_eq!(vary("/star", cors()).await?, "*");
    let (_, headers) = ask(app(cors()).layer(cors()), Method::GET, "/not-there", &[]).await?;
    assert_eq!(all(&headers, header::VARY), ["Origin"]);
    Ok(())
}

#[tokio::test]
async fn what_a_handler_says_itself_stands() -> Result<(), http::Error> {
    let sent = [(header::ORIGIN, OURS)];
    let (_, headers) = ask(app(cors().credentials()), Method::GET, "/own", &sent).await?;
    assert_eq!(all(&headers, header::ACCESS_CONTROL_ALLOW_ORIGIN), ["*"]);
    assert!(!headers.contains_key(header::ACCESS_CONTROL_ALLOW_CREDENTIALS));
    assert!(!headers.contains_key(header::ACCESS_CONTROL_EXPOSE_HEADERS));
    Ok(())
}

#[test]
fn every_fault_of_a_list_is_told() {
    let told =
        Cors::new(["*", "null", OURS]).map_or_else(|wrong| wrong.to_string(), |_| String::new());
    assert!(told.contains("`*` is no origin") && told.contains("`null` is the origin"), "{told}");
    assert!(!told.contains("shop.example` is no"), "{told}");
}
