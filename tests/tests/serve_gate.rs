//! Which names a server answers to and whose pages may use it, as the wire shows it.
#![allow(clippy::expect_used, clippy::panic, reason = "tests")]

mod serving;

use axum::{
    Router,
    http::{HeaderValue, header},
    routing::{any, get},
};
use futures_util::stream::{self, Stream};
use serving::{Ask, Client, Head, Server};
use sse_runtime::{Access, Cx, SseEvent, serve::ServeConfig, sse_handler};
use tokio::net::TcpListener;

#[derive(SseEvent)]
#[sse(source = "host")]
enum Host {
    Tick(u32),
}

#[sse_handler]
async fn ticks() -> impl Stream<Item = Host> {
    stream::pending()
}

#[sse_handler]
async fn expired(cx: Cx) -> impl Stream<Item = Host> {
    cx.allow(Access::anonymous().expires_at(std::time::SystemTime::UNIX_EPOCH));
    stream::pending()
}

/// Says itself what its answer depends on.
async fn varies() -> ([(header::HeaderName, HeaderValue); 1], &'static str) {
    ([(header::VARY, HeaderValue::from_static("Accept-Language"))], "hello")
}

fn router() -> Router {
    Router::new()
        .route("/", any(|| async { "hello" }))
        .route("/varies", get(varies))
        .route("/ticks", get(ticks))
        .route("/expired", get(expired))
}

/// Sends it by a connection that is kept.
async fn ask(client: &mut Client, ask: &Ask) -> Head {
    client.send(ask).await;
    let head = client.answer().await;
    let vary = head.get("vary").unwrap_or_default().to_ascii_lowercase();
    assert_eq!(vary.matches("origin").count(), 1, "{ask:?}: {head:?}");
    head
}

async fn connect(server: &Server) -> Client {
    let mut client = server.ask(&Ask::get("/").header("host", "localhost")).await;
    client.answer().await;
    client
}

#[tokio::test]
async fn on_loopback_it_answers_to_loopback_names_alone() {
    let server = Server::start(ServeConfig::new(), router()).await;
    let mut client = connect(&server).await;
    let own = server.address.to_string();
    let ours =
        ["localhost", "LocalHost:9", "app.localhost", "127.0.0.1", "127.1.2.3:80", "[::1]:3"];
    for host in ours.into_iter().chain([own.as_str()]) {
        let head = ask(&mut client, &Ask::get("/").header("host", host)).await;
        assert_eq!(head.status, 200, "{host}");
    }
    let foreign = [
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "xlocalhost",
        "192.168.0.1",
        "0.0.0.0",
        "[::2]",
    ];
    for host in foreign {
        for path in ["/", "/ticks", "/nowhere"] {
            // A page that has made its own name point here, and believes to be at home.
            let rebound = Ask::get(path)
                .header("host", host)
                .header("origin", format!("http://{host}"))
                .header("sec-fetch-site", "same-origin");
            assert_eq!(ask(&mut client, &rebound).await.status, 421, "{host}{path}");
        }
    }
    for host in ["", "a b", "user@localhost", "localhost:x", "localhost:80:80", "127.1", "::1"] {
        let head = ask(&mut client, &Ask::get("/").header("host", host)).await;
        assert_eq!(head.status, 400, "{host}");
    }
    for (nobody, status) in [
        (Ask::get("/").without("host"), 400),
        (Ask::get("/").header("Host", "localhost"), 400), // the second one
        (Ask::get("http://evil.example/"), 400),
        (Ask::get("http://evil.example/").without("host"), 421),
        (Ask::get("http://localhost/"), 200),
    ] {
        assert_eq!(ask(&mut client, &nobody).await.status, status, "{nobody:?}");
    }
    server.has_open(0).await;
}

#[tokio::test]
async fn elsewhere_it_answers_to_any_name_unless_there_is_a_list() {
    let listener = TcpListener::bind("0.0.0.0:0").await.expect("a port");
    let server = Server::start_on(listener, ServeConfig::new(), router(), |server| server);
    let mut client = connect(&server).await;
    for host in ["shop.example", "192.168.0.1:80", "localhost"] {
        let head = ask(&mut client, &Ask::get("/").header("host", host)).await;
        assert_eq!(head.status, 200, "{host}");
    }
    let listed = ServeConfig::new().allowed_hosts(["shop.example", "*.shop.example:8443"]);
    let server = Server::start(listed, router()).await;
    let mut client = connect(&server).await;
    for (host, status) in [
        ("shop.example", 200),
        ("SHOP.example.:1234", 200),
        ("a.b.shop.example:8443", 200),
        ("a.shop.example", 421),
        ("a.shop.example:443", 421),
        ("xshop.example", 421),
        ("localhost", 421),
        ("127.0.0.1", 421),
    ] {
        let head = ask(&mut client, &Ask::get("/").header("host", host)).await;
        assert_eq!(head.status, status, "{host}");
    }
}

const LISTED: &str = "https://app.example";

/// What becomes of a request: by what stands in `Origin` (as a row) and in `Sec-Fetch-Site` (as a
/// column), for one that reads and for one that writes. `+` is let in, `-` is refused.
///
/// Written from what browsers do, and from nothing in the code: whoever reads from a listed
/// origin, from our own page or from no page at all comes in; a sibling may link and show
/// pictures, which send no origin and change nothing; everybody else stays out.
const SITES: [Option<&str>; 6] =
    [None, Some("none"), Some("same-origin"), Some("same-site"), Some("cross-site"), Some("odd")];
const TABLE: [(Origin, &str, &str); 6] = [
    // origin           reads     writes
    (Origin::Absent, "++++--", "+++---"),
    (Origin::Own, "+++---", "+++---"),
    (Origin::Listed, "++++++", "++++++"),
    (Origin::Foreign, "-++---", "-++---"),
    (Origin::Null, "-++---", "-++---"),
    (Origin::OwnOnAnotherPort, "-++---", "-++---"),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    Absent,
    Own,
    Listed,
    Foreign,
    Null,
    OwnOnAnotherPort,
}

impl Origin {
    fn text(self, host: &str) -> Option<String> {
        match self {
            Self::Absent => None,
            Self::Own => Some(format!("http://{host}")),
            Self::Listed => Some(LISTED.to_owned()),
            Self::Foreign => Some("https://evil.example".to_owned()),
            Self::Null => Some("null".to_owned()),
            Self::OwnOnAnotherPort => Some("http://localhost:1".to_owned()),
        }
    }
}

#[tokio::test]
async fn each_of_hundreds_of_requests_is_judged_as_the_table_says() {
    const METHODS: [(&str, bool); 5] =
        [("GET", true), ("HEAD", true), ("POST", false), ("DELETE", false), ("OPTIONS", false)];
    const HOSTS: [(&str, u16); 3] =
        [("localhost:3000", 200), ("127.0.0.1", 200), ("evil.example", 421)];
    let config = ServeConfig::new().allowed_origins([LISTED]).credentials(true);
    let server = Server::start(config, router()).await;
    let mut client = connect(&server).await;
    let mut asked = 0;
    for (origin, reads, writes) in TABLE {
        for (method, is_read) in METHODS {
            for ((column, site), (host, of_host)) in
                SITES.iter().enumerate().flat_map(|site| HOSTS.map(|host| (site, host)))
            {
                let mut request = Ask::get("/").method(method).header("host", host);
                if let Some(origin) = origin.text(host) {
                    request = request.header("origin", origin);
                }
                if let Some(site) = site {
                    request = request.header("sec-fetch-site", *site);
                }
                let line = if is_read { reads } else { writes };
                let is_in = line.as_bytes()[column] == b'+';
                let expected = match (of_host, is_in) {
                    (200, true) => 200,
                    (200, false) => 403,
                    (refused, _) => refused,
                };
                let head = ask(&mut client, &request).await;
                assert_eq!(head.status, expected, "{origin:?} {request:?}");
                // Whoever may read is told so, and nobody else is.
                let granted = (origin == Origin::Listed && expected == 200).then_some(LISTED);
                let told = head.get("access-control-allow-origin");
                assert_eq!(told.as_deref(), granted, "{request:?}");
                let may = granted.map(|_| "true");
                assert_eq!(head.get("access-control-allow-credentials").as_deref(), may);
                let exposed = head.get("access-control-expose-headers").unwrap_or_default();
                assert_eq!(exposed.contains("Retry-After"), granted.is_some(), "{request:?}");
                asked += 1;
            }
        }
    }
    assert_eq!(asked, 6 * 6 * 5 * 3);
    server.has_open(0).await;
}

#[tokio::test]
async fn a_link_from_anywhere_is_followed_and_what_is_embedded_is_not() {
    let server = Server::start(ServeConfig::new(), router()).await;
    let mut client = connect(&server).await;
    for (method, mode, dest, status) in [
        ("GET", "navigate", "document", 200),
        ("GET", "navigate", "iframe", 200),
        ("GET", "navigate", "object", 403),
        ("GET", "navigate", "embed", 403),
        ("POST", "navigate", "document", 403),
        ("GET", "no-cors", "image", 403),
        ("GET", "cors", "empty", 403),
    ] {
        let request = Ask::get("/")
            .method(method)
            .header("sec-fetch-site", "cross-site")
            .header("sec-fetch-mode", mode)
            .header("sec-fetch-dest", dest);
        assert_eq!(ask(&mut client, &request).await.status, status, "{request:?}");
    }
}

#[tokio::test]
async fn a_preflight_of_a_listed_origin_may_come_back_with_a_position() {
    let config = ServeConfig::new().allowed_origins([LISTED]);
    let server = Server::start(config, router()).await;
    let mut client = connect(&server).await;
    let preflight = |origin: &str| {
        Ask::get("/ticks")
            .method("OPTIONS")
            .header("origin", origin)
            .header("sec-fetch-site", "cross-site")
            .header("access-control-request-method", "GET")
            .header("access-control-request-headers", "last-event-id")
    };
    let head = ask(&mut client, &preflight(LISTED)).await;
    assert_eq!(head.status, 204);
    assert_eq!(head.get("access-control-allow-origin").as_deref(), Some(LISTED));
    let headers = head.get("access-control-allow-headers").expect("headers");
    assert!(headers.split(", ").any(|name| name == "Last-Event-ID"), "{headers}");
    let methods = head.get("access-control-allow-methods").expect("methods");
    assert!(methods.split(", ").any(|name| name == "GET"), "{methods}");
    assert_eq!(head.get("access-control-allow-credentials"), None);

    for origin in ["https://evil.example", "null", "https://app.example.evil.example"] {
        let head = ask(&mut client, &preflight(origin)).await;
        assert_eq!((head.status, head.get("access-control-allow-origin")), (403, None));
    }
}

#[tokio::test]
async fn a_page_may_read_every_answer_that_is_for_it_refusals_and_streams_included() {
    let config = ServeConfig::new().allowed_origins([LISTED]).max_streams(1);
    let server = Server::start(config, router()).await;
    let mut client = connect(&server).await;
    let from_page =
        |path: &str| Ask::get(path).header("origin", LISTED).header("sec-fetch-site", "cross-site");
    let is_told = |head: &Head| {
        assert_eq!(head.get("access-control-allow-origin").as_deref(), Some(LISTED), "{head:?}");
        assert!(
            head.get("access-control-expose-headers").is_some_and(|e| e.contains("X-Request-ID"))
        );
    };
    let mut stream = Client::ask(server.address, &from_page("/ticks")).await;
    let head = stream.head().await;
    is_told(&head);
    assert_eq!((head.status, head.get("vary").as_deref()), (200, Some("Origin")));
    stream.until("sse.open").await;
    for (path, status) in [("/nowhere", 404), ("/ticks", 503), ("/", 200), ("/varies", 200)] {
        let head = ask(&mut client, &from_page(path)).await;
        assert_eq!(head.status, status, "{path}");
        is_told(&head);
        // The same address gives everybody else an answer that says what it depends on.
        let head = ask(&mut client, &Ask::get(path)).await;
        assert_eq!((head.status, head.get("access-control-allow-origin")), (status, None));
    }
    let head = ask(&mut client, &Ask::get("/varies")).await;
    assert_eq!(head.get("vary").as_deref(), Some("Accept-Language, Origin"));
    drop(stream);
    server.has_open(0).await;
    let head = ask(&mut client, &from_page("/expired")).await;
    assert_eq!(head.status, 401);
    is_told(&head);
    let head = ask(&mut client, &from_page("/").method("TRACE")).await;
    is_told(&head);
}
