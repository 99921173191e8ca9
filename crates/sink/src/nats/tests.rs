//! Against a real server, whose address is in `TAOSHA_NATS_URL`; said loudly when it is not.

use async_nats::jetstream;
use serde_json::json;

use super::*;
use crate::sample::{epochs, expected};

/// A stream of one test.
struct Scene {
    name: String,
    url: String,
    context: jetstream::Context,
}

impl Scene {
    /// None, said loudly, when there is no server.
    async fn new(test: &str) -> Option<Scene> {
        let Ok(url) = std::env::var("TAOSHA_NATS_URL") else {
            eprintln!("SKIPPED {test}: TAOSHA_NATS_URL names no NATS server");
            return None;
        };
        let context = jetstream::new(async_nats::connect(&url).await.unwrap());
        let name = format!("taosha_test_{test}_{}", std::process::id());
        let _ = context.delete_stream(&name).await;
        Some(Scene { name, url, context })
    }

    fn sink(&self) -> Nats {
        built(json!({ "url": self.url, "stream": self.name, "prefix": self.name, "batch_rows": 7 }))
            .unwrap()
    }

    /// What the stream has, as [`expected`] tells it; and how many messages that are.
    async fn held(&self) -> (Vec<(Table, String)>, u64) {
        let mut stream = self.context.get_stream(&self.name).await.unwrap();
        let state = stream.info().await.unwrap().state.clone();
        let mut rows: Vec<(Table, String)> = Vec::new();
        for sequence in state.first_sequence..=state.last_sequence {
            let message = stream.get_raw_message(sequence).await.unwrap();
            let body = String::from_utf8(message.payload.to_vec()).unwrap();
            let table = message.subject.rsplit('.').next().unwrap().to_owned();
            let table = Table::named(&table).unwrap();
            match message.headers.get("Taosha-Change").unwrap().as_str() {
                "removed" => {
                    let start = body.strip_suffix('}').unwrap();
                    rows.retain(|(table, row)| *table != Table::Dead || !row.starts_with(start));
                }
                _ => rows.push((table, body)),
            }
        }
        rows.sort_by_key(|(table, _)| *table);
        (rows, state.messages)
    }

    async fn done(self) {
        self.context.delete_stream(&self.name).await.unwrap();
    }
}

fn built(options: serde_json::Value) -> Result<Nats> {
    let config = serde_json::from_value(options).unwrap();
    let settings = Settings {
        id: "nats".into(),
        base: ".".into(),
        run: "test".into(),
        scratch: None,
    };
    Nats::build(config, &settings)
}

#[tokio::test]
async fn rows_are_in_the_stream_once_also_when_epochs_come_again() {
    let Some(scene) = Scene::new("once").await else {
        return;
    };
    let epochs = epochs(&[9, 0, 20]);
    // Every process is killed behind its epoch and before anybody notes that, save for the last.
    for n in 0..epochs.len() {
        let mut sink = scene.sink();
        assert_eq!(sink.open().await.unwrap(), Holding::Unknown);
        for epoch in &epochs[n.saturating_sub(1)..=n] {
            sink.deliver(epoch).await.unwrap();
        }
    }
    let (rows, n_messages) = scene.held().await;
    assert!(rows == expected(&epochs));
    let sent = epochs
        .iter()
        .map(|epoch| epoch.rows.len() + epoch.retried.len());
    assert_eq!(n_messages, sent.sum::<usize>() as u64);
    scene.done().await;
}

#[tokio::test]
async fn a_stream_that_takes_other_subjects_is_refused() {
    let Some(scene) = Scene::new("subjects").await else {
        return;
    };
    let config = jetstream::stream::Config {
        name: scene.name.clone(),
        subjects: vec![format!("{}.other", scene.name)],
        ..Default::default()
    };
    scene.context.create_stream(config).await.unwrap();
    let error = scene.sink().open().await.unwrap_err();
    assert_eq!(error.code(), "sink.stream");
    assert!(error.to_string().contains(".other`; add `"), "{error}");
    scene.done().await;
}

#[tokio::test]
async fn a_row_that_no_message_can_hold_is_told_with_the_cure() {
    let Some(scene) = Scene::new("large").await else {
        return;
    };
    let mut sink = scene.sink();
    sink.open().await.unwrap();
    let mut epoch = epochs(&[9]).remove(0);
    for row in &mut epoch.rows {
        if let taosha_core::Row::Document(row) = row {
            row.text = "长".repeat(30_000_000);
        }
    }
    let error = sink.deliver(&epoch).await.unwrap_err();
    assert_eq!(error.code(), "sink.refused");
    assert!(error.to_string().contains("`max_payload`"), "{error}");
    scene.done().await;
}

#[tokio::test]
async fn a_server_that_is_away_is_unavailable() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("nats://me:secret@{}", listener.local_addr().unwrap());
    drop(listener);
    let mut sink = built(json!({ "url": url })).unwrap();
    let error = sink.open().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.code()),
        (taosha_core::ErrorKind::Unavailable, "sink.connect")
    );
    assert!(!error.to_string().contains("secret"), "{error}");
}

#[test]
fn options_that_cannot_be_are_told() {
    for options in [
        json!({ "url": "nats://a", "stream": "a.b" }),
        json!({ "url": "nats://a", "prefix": "a.>" }),
        json!({ "url": "nats://a", "batch_rows": 0 }),
        json!({ "url": "nats://a", "timeout_secs": 0.0 }),
    ] {
        assert_eq!(
            built(options.clone()).err().unwrap().code(),
            "sink.option",
            "{options}"
        );
    }
}

/// A server of the test's own.
fn server(port: u16, folder: &std::path::Path) -> Option<std::process::Child> {
    let mut command = std::process::Command::new("nats-server");
    command.args(["-a", "127.0.0.1", "-p", &port.to_string(), "-js", "-sd"]);
    command
        .arg(folder)
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null());
    command.spawn().ok()
}

#[tokio::test]
async fn a_server_that_is_killed_and_started_loses_and_doubles_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let Some(mut child) = server(port, folder.path()) else {
        eprintln!("SKIPPED a server that is killed: there is no `nats-server`");
        return;
    };
    let url = format!("nats://127.0.0.1:{port}");
    let options = json!({ "url": url, "batch_rows": 3, "timeout_secs": 1.0 });
    let epochs = epochs(&[200, 200, 200]);
    let mut sink = built(options).unwrap();
    let pause = || tokio::time::sleep(std::time::Duration::from_millis(100));
    while sink.open().await.is_err() {
        pause().await;
    }
    let mut n_failed = 0;
    for epoch in &epochs {
        let killing = async {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            child.kill().unwrap();
            child.wait().unwrap();
            pause().await;
            child = server(port, folder.path()).unwrap();
        };
        let delivering = async {
            while let Err(error) = sink.deliver(epoch).await {
                assert_eq!(error.kind(), taosha_core::ErrorKind::Unavailable, "{error}");
                n_failed += 1;
                pause().await;
            }
        };
        futures::join!(killing, delivering);
    }
    let context = jetstream::new(async_nats::connect(&url).await.unwrap());
    pause().await;
    let scene = Scene {
        name: "taosha".to_owned(),
        url,
        context,
    };
    let (rows, n_messages) = scene.held().await;
    child.kill().unwrap();
    child.wait().unwrap();
    let sent = epochs
        .iter()
        .map(|epoch| epoch.rows.len() + epoch.retried.len());
    assert_eq!(
        n_messages,
        sent.sum::<usize>() as u64,
        "behind {n_failed} failures"
    );
    assert!(rows == expected(&epochs));
    assert!(n_failed > 0, "it was killed while nothing was under way");
}
