//! The demo as a program: what it answers over a socket, and how it ends.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test may fail")]

mod program;

use std::process::Stdio;

use serde_json::{Value, json};

use self::program::{Demo, command, last_id, lefts};

#[tokio::test]
async fn what_is_no_event_is_refused() {
    let demo = Demo::start().await;
    let json = "application/json";
    let long = |length| json!({"type": "sold_out", "sku": "x".repeat(length)}).to_string();
    let event = json!({"type": "sold_out", "sku": "A-1"}).to_string();
    let padded = |length: usize| event.clone() + &" ".repeat(length - event.len());
    let cases: &[(&str, Vec<u8>, u16)] = &[
        (json, br#"{"type":"stock_changed","sku":"A-1","left":7}"#.into(), 204),
        (json, br#"{"type":"sold_out","sku":"\u0000\r\n\u2028"}"#.into(), 204),
        (json, long(64 * 1024).into(), 204),
        (json, padded(1024 * 1024).into(), 204),
        (json, br#"{"type":"#.into(), 400),
        (json, b"".into(), 400),
        (json, b"{\"type\":\"notice\",\"text\":\"\xff\"}".into(), 400),
        (json, br#"{"type":"notice","text":"\ud800"}"#.into(), 400),
        (json, br#"{"type":"notice","text":"x"} y"#.into(), 400),
        ("text/plain", br#"{"type":"sold_out","sku":"A-1"}"#.into(), 415),
        ("", br#"{"type":"sold_out","sku":"A-1"}"#.into(), 415),
        (json, br#"{"type":"moved","sku":"A-1"}"#.into(), 422),
        (json, br#"{"sku":"A-1"}"#.into(), 422),
        (json, br#"{"type":"stock_changed","sku":"A-1","left":-1}"#.into(), 422),
        (json, b"[]".into(), 422),
        (json, long(64 * 1024 + 1).into(), 422),
        (json, padded(1024 * 1024 + 1).into(), 413),
    ];
    for (kind, body, status) in cases {
        let answer = demo.post("/events/inventory", kind, body).await.read_to_end().await;
        let shown = String::from_utf8_lossy(&body[..body.len().min(80)]);
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{shown}: {answer}");
        let (_, reason) = answer.split_once("\r\n\r\n").unwrap();
        assert_eq!(reason.is_empty(), *status == 204, "{shown}: {answer}");
    }
}

#[tokio::test]
async fn text_arrives_as_sent() {
    let demo = Demo::start().await;
    let mut inventory = demo.get("/events/inventory", "").await;
    let mut all = demo.get("/events/all", "").await;
    inventory.read_until("sse.open").await;
    all.read_until("sse.open").await;

    let sku = "<img src=x onerror=alert(1)>\r\n\r\nevent: forged\ndata: \u{2028}\u{feff}\0";
    let event = json!({"type": "stock_changed", "sku": sku, "left": 7}).to_string();
    demo.post("/events/inventory", "application/json", event.as_bytes()).await.read_to_end().await;
    for stream in [&mut inventory, &mut all] {
        let frame = stream.read_until("\"left\":7}\n\n").await;
        let frame = &frame[frame.rfind("id: evt_").unwrap()..];
        let lines: Vec<&str> = frame.lines().collect();
        assert_eq!(lines[1..3], ["event: stock_changed", "source: inventory"], "{frame}");
        let data: Value = serde_json::from_str(lines[3].strip_prefix("data: ").unwrap()).unwrap();
        assert_eq!(data, json!({"sku": sku, "left": 7}));
        assert_eq!(lines[4], "", "{frame}");
    }
}

#[tokio::test]
async fn a_reader_that_was_cut_goes_on_right_after_its_position() {
    let demo = Demo::start().await;
    let mut stream = demo.get("/events/inventory", "").await;
    let open = stream.read_until("sse.open").await;
    assert!(!last_id(&open).is_empty(), "a reader that has seen nothing can come back: {open}");
    demo.publish(1..=2).await;
    let seen = stream.read_until("\"left\":2}\n\n").await;
    drop(stream);

    demo.publish(3..=5).await;
    let (header, query) = (format!("Last-Event-ID: {}\r\n", last_id(&seen)), last_id(&open));
    for (path, headers, left) in [
        ("/events/inventory".to_owned(), header.clone(), vec![3, 4, 5]),
        (format!("/events/inventory?last_event_id={query}"), String::new(), vec![1, 2, 3, 4, 5]),
        // A browser repeats its first address for ever: the header knows better.
        (format!("/events/inventory?last_event_id={query}"), header, vec![3, 4, 5]),
    ] {
        let mut back = demo.get(&path, &headers).await;
        let told = back.read_until("\"left\":5}\n\n").await;
        assert!(told.contains("\"resume\":\"exact\",\"missed\":0,"), "{path} {headers}: {told}");
        assert_eq!(lefts(&told), left, "{path} {headers}");
    }
}

#[tokio::test]
async fn a_position_of_another_run_is_a_reset_and_the_stream_goes_on() {
    let mut before = String::new();
    for run in 0..2 {
        let demo = Demo::start().await;
        demo.publish(1..=2).await;
        let mut stream = demo.get("/events/all", &before).await;
        let open = stream.read_until("request_id").await;
        assert!(open.contains("x-event-source: inventory,host\r\n"), "{open}");
        let reset = "\"resume\":\"reset\",\"missed\":0,\"reason\":\"epoch\"";
        assert_eq!(open.matches(reset).count(), run * 3, "the stream and each channel: {open}");
        // From here on, and not from the oldest that is kept.
        demo.publish(3..=3).await;
        let told = stream.read_until("\"left\":3}\n\n").await;
        assert_eq!(lefts(&told), [3]);
        before = format!("Last-Event-ID: {}\r\n", last_id(&told));
    }
}

#[tokio::test]
async fn a_position_that_cannot_be_read_is_a_reset() {
    let demo = Demo::start().await;
    let mut stream = demo.get("/events/all", "Last-Event-ID: evt_12345678\r\n").await;
    let open = stream.read_until("request_id").await;
    let reset = "\"resume\":\"reset\",\"missed\":0,\"reason\":\"invalid\"";
    assert!(open.contains(reset), "{open}");
    assert_eq!(last_id(&open).len(), "evt_".len() + 2 * 24, "a position in each channel: {open}");
}

#[tokio::test]
async fn a_stream_of_both_resumes_in_both() {
    let demo = Demo::start_with(&["--history", "3"]).await;
    let mut stream = demo.get("/events/all", "").await;
    stream.read_until("sse.open").await;
    demo.publish(1..=1).await;
    stream.read_until("\"left\":1}\n\n").await;
    let seen = stream.read_until("event: reading\n").await;
    drop(stream);

    let back = format!("Last-Event-ID: {}\r\n", last_id(&seen));
    demo.publish(2..=4).await;
    let told = demo.get("/events/all", &back).await.read_until("\"left\":4}\n\n").await;
    assert!(told.contains("{\"resume\":\"exact\",\"missed\":0,"), "{told}");
    assert_eq!(lefts(&told), [2, 3, 4]);

    demo.publish(5..=5).await;
    let told = demo.get("/events/all", &back).await.read_until("\"left\":5}\n\n").await;
    assert!(told.contains("{\"resume\":\"gap\",\"missed\":1,"), "{told}");
    assert!(told.contains(
        "\"channels\":[{\"sources\":[\"inventory\"],\"resume\":\"gap\",\"missed\":1},\
         {\"sources\":[\"host\"],\"resume\":\"exact\",\"missed\":0}]"
    ));
    assert_eq!(lefts(&told), [3, 4, 5]);
}

#[tokio::test]
async fn a_notice_moves_nobody_and_is_not_heard_later() {
    let demo = Demo::start().await;
    let mut stream = demo.get("/events/inventory", "").await;
    stream.read_until("sse.open").await;
    demo.publish(1..=1).await;
    let notice = json!({"type": "notice", "text": "noon"}).to_string();
    demo.post("/events/inventory", "application/json", notice.as_bytes()).await.read_to_end().await;
    let seen = stream.read_until("{\"text\":\"noon\"}\n\n").await;
    // Those of `sse.open` and of the stock event, and none of the notice.
    assert_eq!(seen.matches("id: evt_").count(), 2, "{seen}");
    drop(stream);

    let back = format!("Last-Event-ID: {}\r\n", last_id(&seen));
    let mut stream = demo.get("/events/inventory", &back).await;
    demo.publish(2..=2).await;
    let told = stream.read_until("\"left\":2}\n\n").await;
    assert!(told.contains("\"resume\":\"exact\"") && !told.contains("notice"), "{told}");
    assert_eq!(lefts(&told), [2]);
}

#[tokio::test]
async fn the_page_may_only_load_its_own_files() {
    let demo = Demo::start().await;
    for (path, kind) in [
        ("/", "text/html; charset=utf-8"),
        ("/app.js", "text/javascript; charset=utf-8"),
        ("/loss.js", "text/javascript; charset=utf-8"),
        ("/app.css", "text/css; charset=utf-8"),
        ("/icon.svg", "image/svg+xml"),
    ] {
        let answer = demo.get(path, "Connection: close\r\n").await.read_to_end().await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{path}: {answer}");
        assert!(answer.contains(&format!("content-type: {kind}\r\n")), "{path}: {answer}");
        assert!(answer.contains("content-security-policy: default-src 'none'; "), "{path}");
    }
}

#[tokio::test]
async fn head_starts_no_producer() {
    let mut demo = Demo::start().await;
    let head = "HEAD /events/all HTTP/1.1\r\nHost: localhost\r\nX-Request-ID: head.1\r\n\
                Connection: close\r\n\r\n";
    let answer = demo.send(head.as_bytes()).await.read_to_end().await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert!(answer.contains("content-type: text/event-stream\r\n"), "{answer}");
    assert!(answer.ends_with("\r\n\r\n"), "{answer}");

    // Each stream has a line at its end: here is that of the second, and none before it.
    let mut stream = demo.get("/events/all", "X-Request-ID: get.1\r\n").await;
    stream.read_until("sse.open").await;
    drop(stream);
    let log = demo.log_until("stream ended").await;
    assert!(log.contains("get.1") && !log.contains("head.1"), "{log}");
}

#[tokio::test]
async fn a_text_comes_back_word_by_word() {
    let demo = Demo::start().await;
    let mut stream = demo.post("/complete", "text/plain", "caf\u{e9} au  lait".as_bytes()).await;
    let answer = stream.read_to_end().await;
    for (place, word) in ["\"caf\u{e9}\"", "\"au\"", "\"lait\""].iter().enumerate() {
        let frame = format!("event: delta\nsource: assistant\ndata: {word}\n\n");
        assert!(answer.contains(&frame), "word {place}: {answer}");
    }
    assert_eq!(answer.matches("event: delta\n").count(), 3);
    assert!(answer.contains("event: done\n") && answer.contains("\"reason\":\"complete\""));

    let empty = demo.post("/complete", "text/plain", b" \n").await.read_to_end().await;
    assert!(empty.contains("event: done\n") && !empty.contains("event: delta\n"), "{empty}");
}

#[tokio::test]
async fn a_client_that_leaves_stops_the_producer() {
    let mut demo = Demo::start().await;
    let text = "word ".repeat(10_000);
    let mut stream = demo.post("/complete", "text/plain", text.as_bytes()).await;
    stream.read_until("event: delta\n").await;
    drop(stream);
    let log = demo.log_until("complete stopped producing").await;
    let line = log.lines().last().unwrap();
    assert!(line.contains("reason=\"client\""), "{line}");
    let words: u32 = line.rsplit("words=").next().unwrap().parse().unwrap();
    // All of them take ten minutes.
    assert!((1..1_000).contains(&words), "{line}");
}

#[tokio::test]
async fn an_address_in_use_is_one_line() {
    let demo = Demo::start().await;
    let second = command(&demo.address).stderr(Stdio::piped()).output().await.unwrap();
    assert_eq!(second.status.code(), Some(1));
    let told = String::from_utf8(second.stderr).unwrap();
    assert_eq!(told.lines().count(), 1, "{told}");
    assert!(told.contains(&format!("cannot listen on {}: ", demo.address)), "{told}");
}

#[tokio::test]
async fn on_loopback_only_loopback_names_are_answered_to() {
    let demo = Demo::start().await;
    for (host, status) in [
        ("localhost", 200),
        ("127.0.0.1:3000", 200),
        ("[::1]", 200),
        ("shop.example", 421),
        ("localhost.shop.example", 421),
    ] {
        let request = format!("GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        let answer = demo.send(request.as_bytes()).await.read_to_end().await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{host}: {answer}");
    }
    let stranger = "Sec-Fetch-Site: cross-site\r\nConnection: close\r\n";
    let answer = demo.get("/events/inventory", stranger).await.read_to_end().await;
    assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
}

#[tokio::test]
async fn on_every_address_any_name_is_answered_to() {
    let (demo, _log) = Demo::start_by(command("0.0.0.0:0")).await;
    let request = b"GET / HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n";
    let answer = demo.send(request).await.read_to_end().await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
}

#[cfg(unix)]
#[tokio::test]
async fn a_drain_is_told_on_every_stream() {
    let demo = Demo::start().await;
    let mut streams = Vec::new();
    for path in ["/events/inventory", "/events/host", "/events/all"].iter().cycle().take(20) {
        let mut stream = demo.get(path, "").await;
        stream.read_until("sse.open").await;
        streams.push(stream);
    }
    let report = demo.terminate().await;
    assert!(report.starts_with("20 streams, 0 cut, after "), "{report}");
    for mut stream in streams {
        let bye = stream.read_to_end().await;
        let (_, bye) = bye.split_once("event: sse.bye\n").unwrap();
        assert!(bye.contains("data: {\"reason\":\"drain\"}\n\n"), "{bye}");
        assert!(bye.ends_with("0\r\n\r\n"), "the body has an end: {bye}");
    }
}

#[tokio::test]
async fn it_serves_what_it_counts() {
    let demo = Demo::start().await;
    let mut stream = demo.get("/events/inventory", "").await;
    stream.read_until("sse.open").await;
    let ask = async |path| demo.get(path, "Connection: close\r\n").await.read_to_end().await;
    let page = ask("/metrics").await;
    let live = "sse_connections{endpoint=\"/events/inventory\",state=\"live\"} 1\n";
    assert!(page.starts_with("HTTP/1.1 200 ") && page.contains(live), "{page}");
    for path in ["/livez", "/readyz"] {
        assert!(ask(path).await.starts_with("HTTP/1.1 200 "), "{path}");
    }
    let page = ask("/inspector").await;
    assert!(page.contains("content-security-policy: default-src 'none'"), "{page}");
    let mut looks = demo.get("/inspector?stream", "").await;
    looks.read_until("\"endpoint\":\"/events/inventory\"").await;
}

#[cfg(unix)]
#[tokio::test]
async fn a_text_that_has_begun_is_told_to_its_end() {
    let demo = Demo::start().await;
    let text = "word ".repeat(12);
    let mut stream = demo.post("/complete", "text/plain", text.as_bytes()).await;
    stream.read_until("event: delta\n").await;
    let report = demo.terminate().await;
    assert!(report.starts_with("1 stream, 0 cut, after "), "{report}");
    let told = stream.read_to_end().await;
    assert_eq!(told.matches("event: delta\n").count(), 12, "{told}");
    assert!(told.contains("{\"reason\":\"complete\"}"), "{told}");
}

#[cfg(unix)]
#[tokio::test]
async fn who_does_not_read_is_cut_and_reported() {
    let demo = Demo::start().await;
    let stuck = demo.get("/events/inventory", "X-Request-ID: stuck.1\r\n").await;
    let mut stream = demo.get("/events/inventory", "").await;
    stream.read_until("sse.open").await;
    // More than the kernel holds for a reader that takes nothing.
    for left in 1..=100 {
        demo.publish_stock(&"x".repeat(60_000), left).await;
    }
    stream.read_until("\"left\":100}").await;
    let report = demo.terminate().await;
    assert!(report.starts_with("2 streams, 1 cut, after 1."), "{report}");
    assert!(report.ends_with(": stuck.1 from 127.0.0.1\n"), "{report}");
    drop(stuck);
}

#[cfg(unix)]
#[tokio::test]
async fn a_client_that_hangs_holds_up_nobody() {
    let demo = Demo::start().await;
    let hanging = demo.send(b"POST /complete HTTP/1.1\r\nHost: localhost\r\nContent-Le").await;
    let mut stream = demo.get("/events/inventory", "").await;
    stream.read_until("sse.open").await;
    let report = demo.terminate().await;
    assert!(report.starts_with("1 stream, 0 cut, after "), "{report}");
    drop(hanging);
}
