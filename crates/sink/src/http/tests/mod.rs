mod server; // a server with bad days

use std::time::Duration;

use serde_json::json;
use taosha_core::ErrorKind;

use super::*;
use crate::sample::{epochs, expected};
use server::{Reply, Server};

fn built(options: serde_json::Value, scratch: Option<&str>) -> Result<Http> {
    let config = serde_json::from_value(options).unwrap();
    let settings = Settings {
        id: "http".into(),
        base: ".".into(),
        run: "test".into(),
        scratch: scratch.map(Into::into),
    };
    Http::build(config, &settings)
}

/// A sink that posts to `server`, and does not wait long.
fn sink(server: &Server, more: serde_json::Value) -> Http {
    let mut options = json!({ "url": server.url, "retry_secs": 0.01, "batch_rows": 3 });
    let more = more.as_object().unwrap().clone();
    options.as_object_mut().unwrap().extend(more);
    built(options, None).unwrap()
}

/// What `server` has, as [`expected`] tells it.
fn held(server: &Server) -> Vec<(Table, String)> {
    let rows = server.rows().into_iter();
    let mut rows: Vec<_> = rows
        .map(|(table, row)| (Table::named(&table).unwrap(), row))
        .collect();
    rows.sort_by_key(|(table, _)| *table);
    rows
}

#[tokio::test]
async fn rows_are_posted_in_order_with_what_they_are() {
    let server = Server::start();
    let epochs = epochs(&[9, 0, 30]);
    let mut sink = sink(&server, json!({ "headers": { "X-Tenant": "baita" } }));
    assert_eq!(sink.open().await.unwrap(), Holding::Unknown);
    for epoch in &epochs {
        sink.deliver(epoch).await.unwrap();
    }
    assert!(held(&server) == expected(&epochs));
    let taken = server.taken();
    let (headers, body) = &taken[0];
    let key = format!("{}-1-documents-added-0-3", epochs[0].state);
    for (name, value) in [
        ("content-type", "application/x-ndjson"),
        ("idempotency-key", key.as_str()),
        ("taosha-table", "documents"),
        ("taosha-epoch", "1"),
        ("taosha-state", &*epochs[0].state),
        ("x-tenant", "baita"),
    ] {
        assert_eq!(headers[name], value, "{name}");
    }
    assert_eq!(body.lines().count(), 3);
    let of_first = taken
        .iter()
        .filter(|(headers, _)| headers["taosha-epoch"] == "1");
    let parts: Vec<_> = of_first
        .map(|(headers, _)| headers["taosha-part"].clone())
        .collect();
    let n = parts.len();
    let counted: Vec<_> = (1..=n).map(|part| format!("{part}/{n}")).collect();
    assert_eq!(parts, counted);
    assert!(
        taken
            .iter()
            .any(|(headers, _)| headers["taosha-change"] == "removed")
    );
}

#[tokio::test]
async fn a_server_with_bad_days_has_every_row_once() {
    let server = Server::start();
    let epochs = epochs(&[9, 20, 30]);
    let mut sink = sink(&server, json!({}));
    sink.open().await.unwrap();
    for epoch in &epochs {
        server.then([
            Reply::Status(500, None),
            Reply::Status(503, None),
            Reply::TakenThenHangup,
            Reply::Hangup,
            Reply::Status(429, Some("0")),
            Reply::TakenThenHangup,
        ]);
        // As the engine does.
        while let Err(error) = sink.deliver(epoch).await {
            assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
        }
    }
    assert!(held(&server) == expected(&epochs));
}

#[tokio::test]
async fn a_server_that_asks_for_a_pause_gets_it() {
    let server = Server::start();
    server.then([Reply::Status(429, Some("1"))]);
    let mut sink = sink(&server, json!({}));
    sink.deliver(&epochs(&[9])[0]).await.unwrap();
    let asked = server.asked();
    assert_eq!(
        asked[0].headers["idempotency-key"],
        asked[1].headers["idempotency-key"]
    );
    assert!(asked[1].at - asked[0].at >= Duration::from_secs(1));
}

#[tokio::test]
async fn what_is_refused_is_not_asked_for_again_and_told_with_its_place() {
    let server = Server::start();
    server.then([Reply::Status(422, None)]);
    let mut sink = sink(&server, json!({}));
    let epoch = &epochs(&[9])[0];
    let error = sink.deliver(epoch).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.code()),
        (ErrorKind::Config, "sink.refused")
    );
    let message = error.to_string();
    let told =
        "send rows 1 to 3 of `documents`, epoch 1: `127.0.0.1` refuses them with 422 (`busy`)";
    assert!(message.starts_with(told), "{message}");
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn what_was_taken_is_not_sent_again_when_the_engine_asks_again() {
    let server = Server::start();
    let epoch = &epochs(&[30])[0];
    let mut sink = sink(&server, json!({ "retries": 0 }));
    let n_parts = parts(epoch, &Table::ALL, 3, usize::MAX).unwrap().len();
    assert!(n_parts > 5);
    sink.deliver(epoch).await.unwrap();
    assert_eq!(server.asked().len(), n_parts);

    let server = Server::start();
    let mut sink = self::sink(&server, json!({ "retries": 0 }));
    server.then([Reply::TakenThenHangup, Reply::Status(500, None)]);
    let mut n_failed = 0;
    while let Err(error) = sink.deliver(epoch).await {
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        n_failed += 1;
    }
    assert_eq!((n_failed, server.asked().len()), (2, n_parts + 2));
    // A process that was killed knows of nothing, and sends all of it under the same keys.
    let mut sink = self::sink(&server, json!({}));
    sink.deliver(epoch).await.unwrap();
    assert_eq!(server.asked().len(), 2 * n_parts + 2);
    assert!(held(&server) == expected(std::slice::from_ref(epoch)));
}

#[tokio::test]
async fn a_server_that_is_away_or_silent_is_unavailable() {
    let server = Server::start();
    server.then([Reply::Silence]);
    let epoch = &epochs(&[9])[0];
    let mut sink = sink(&server, json!({ "timeout_secs": 0.2, "retries": 0 }));
    let error = sink.deliver(epoch).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.code()),
        (ErrorKind::Unavailable, "sink.write")
    );
    assert!(error.to_string().contains("`timeout_secs`"), "{error}");

    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/secret-path", listener.local_addr().unwrap());
    drop(listener);
    let mut sink = built(
        json!({ "url": url, "retries": 1, "retry_secs": 0.01 }),
        None,
    )
    .unwrap();
    let error = sink.deliver(epoch).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.code()),
        (ErrorKind::Unavailable, "sink.connect")
    );
    assert!(!error.to_string().contains("secret-path"), "{error}");
}

#[tokio::test]
async fn a_trial_sends_nothing_and_tables_are_not_cleared() {
    let server = Server::start();
    let options = json!({ "url": server.url });
    let mut trial = built(options.clone(), Some("/tmp/trial")).unwrap();
    trial.clear().await.unwrap();
    trial.deliver(&epochs(&[9])[0]).await.unwrap();
    assert!(server.asked().is_empty());
    let error = built(options, None).unwrap().clear().await.unwrap_err();
    assert_eq!(error.code(), "sink.cannot_clear");
}

#[test]
fn options_that_cannot_be_are_told() {
    let url = "https://a.example/rows";
    for (options, code) in [
        (json!({ "url": "a.example/rows" }), "sink.url"),
        (json!({ "url": "ftp://a.example/rows" }), "sink.url"),
        (json!({ "url": url, "batch_rows": 0 }), "sink.batch"),
        (json!({ "url": url, "timeout_secs": 0.0 }), "sink.option"),
        (json!({ "url": url, "retry_secs": -1.0 }), "sink.option"),
        (
            json!({ "url": url, "proxy": "nowhere at all" }),
            "sink.proxy",
        ),
        (
            json!({ "url": url, "headers": { "a b": "c" } }),
            "sink.header",
        ),
        (
            json!({ "url": url, "headers": { "a": "key\n" } }),
            "sink.header",
        ),
        (
            json!({ "url": url, "headers": { "Taosha-Epoch": "7" } }),
            "sink.header",
        ),
        (json!({ "url": url, "tables": ["reports"] }), "sink.table"),
    ] {
        let error = built(options.clone(), None).err().unwrap();
        assert_eq!(error.code(), code, "{options}");
        assert!(!error.to_string().contains("key"), "{error}");
    }
}
