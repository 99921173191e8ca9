//! Connections that break, and servers that end them.

use std::time::Duration;

use super::proxy::{Proxy, Towards};
use super::*;

/// As the engine does: what is away is asked again.
async fn insist<T>(mut work: impl AsyncFnMut() -> Result<T>) -> (T, usize) {
    for n_failures in 0..50 {
        match work().await {
            Ok(done) => return (done, n_failures),
            Err(error) => assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}"),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the server did not come back");
}

/// Delivers all of `epochs`; when `is_kill`, another process goes on behind every failure.
async fn deliver(schema: &Schema, url: &str, epochs: &[Epoch], is_kill: bool) -> usize {
    let mut n_failures = 0;
    let mut sink = schema.sink_with(url, json!({}));
    let (mut holding, n) = insist(async || sink.open().await).await;
    n_failures += n;
    loop {
        let last = match holding {
            Holding::Nothing => 0,
            Holding::Epochs { last, .. } => last as usize,
            other => panic!("{other:?}"),
        };
        let Some(epoch) = epochs.get(last) else {
            sink.close().await.unwrap();
            return n_failures;
        };
        match sink.deliver(epoch).await {
            Ok(()) => holding = holds(last as u64 + 1),
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
                n_failures += 1;
                if is_kill {
                    sink = schema.sink_with(url, json!({}));
                    let (held, n) = insist(async || sink.open().await).await;
                    (holding, n_failures) = (held, n_failures + n);
                }
            }
        }
    }
}

/// Takes all epochs out, which is quicker than [`Sink::clear`]: no file is made anew.
async fn empty(schema: &Schema) {
    let tables = Table::ALL.map(|table| format!("DELETE FROM {}; ", table.name()));
    let all = format!(
        "{} DELETE FROM taosha_nuls; UPDATE taosha_epochs SET state = NULL, last_epoch = 0",
        tables.concat()
    );
    schema.run(&all).await;
}

#[tokio::test]
async fn a_connection_that_breaks_at_any_byte_leaves_no_trace() {
    /// Cuts in either direction. More take longer than they tell; the step is odd so that cuts fall
    /// into every part of the messages.
    const CUTS: u64 = 12;
    let Some(schema) = Schema::new("cut").await else {
        return;
    };
    let epochs = epochs(&[6, 5, 2]);
    let right = sorted(expected(&epochs));
    let (mut sink, _) = schema.opened().await;
    for towards in [Towards::Server, Towards::Sink] {
        let proxy = Proxy::new(&schema.url).await;
        empty(&schema).await;
        assert_eq!(deliver(&schema, &proxy.url, &epochs, false).await, 0);
        let step = (proxy.carried(towards) / CUTS) | 1;
        let mut n_failures = 0;
        for cut in 0..CUTS {
            empty(&schema).await;
            proxy.cut_after(cut * step + 1, towards);
            n_failures += deliver(&schema, &proxy.url, &epochs, cut % 2 == 0).await;
            assert!(proxy.is_cut(), "{towards:?} {cut}");
            sink.open().await.unwrap();
            assert!(sorted(held(&mut sink).await) == right, "{towards:?} {cut}");
        }
        assert!(n_failures >= CUTS as usize - 2, "{towards:?}: {n_failures}");
    }
    schema.drop().await;
}

#[tokio::test]
async fn a_server_that_ends_the_connection_is_asked_again() {
    let Some(schema) = Schema::new("ended").await else {
        return;
    };
    let epochs = epochs(&[120; 12]);
    let url = format!("{} application_name={}", as_words(&schema.url), schema.name);
    // Before anything is ended: tables are made but once.
    let mut sink = schema.sink_with(&url, json!({}));
    sink.open().await.unwrap();
    let (mut admin, connection) = tokio_postgres::connect(&schema.url, NoTls).await.unwrap();
    tokio::spawn(connection);
    let name = schema.name.clone();
    let ending = tokio::spawn(async move {
        let mut n_ended = 0;
        loop {
            tokio::time::sleep(Duration::from_millis(45)).await;
            n_ended += terminate(&mut admin, &name).await;
            if n_ended >= 20 {
                return n_ended;
            }
        }
    });
    let mut n_failures = 0;
    let mut round = 0;
    // Again and again, until the server has ended enough of them.
    while !ending.is_finished() || round == 0 {
        empty(&schema).await;
        n_failures += deliver(&schema, &url, &epochs, round % 2 == 0).await;
        insist(async || sink.open().await).await;
        round += 1;
    }
    assert!(ending.await.unwrap() >= 20);
    assert!(n_failures > 0, "no delivery was hit");
    assert!(sorted(held(&mut sink).await) == sorted(expected(&epochs)));
    schema.drop().await;
}

#[tokio::test]
async fn a_server_that_ends_the_connection_is_quoted() {
    let Some(schema) = Schema::new("quoted").await else {
        return;
    };
    let epochs = epochs(&[2]);
    let (mut sink, _) = schema.opened().await;
    let client = sink.database.session_of_tests().unwrap();
    let row = client.query_one("SELECT pg_backend_pid()", &[]);
    let pid: i32 = row.await.unwrap().get(0);
    // A transaction that holds the ledger keeps the delivery waiting in the server.
    schema.run("BEGIN; LOCK TABLE taosha_epochs").await;
    let (done, ()) = tokio::join!(sink.deliver(&epochs[0]), async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        let query = "SELECT pg_terminate_backend($1)";
        schema.admin.query(query, &[&pid]).await.unwrap();
    });
    schema.run("COMMIT").await;
    let error = done.unwrap_err();
    assert_eq!(
        (error.kind(), error.code()),
        (ErrorKind::Unavailable, "sink.write")
    );
    assert!(
        error.to_string().contains("administrator command"),
        "{error}"
    );
    sink.deliver(&epochs[0]).await.unwrap();
    assert!(sorted(held(&mut sink).await) == sorted(expected(&epochs)));
    schema.drop().await;
}

/// An address as `key=value`, so that more can follow.
fn as_words(url: &str) -> String {
    let config: tokio_postgres::Config = url.parse().unwrap();
    let host = match &config.get_hosts()[0] {
        tokio_postgres::config::Host::Tcp(name) => name.clone(),
        tokio_postgres::config::Host::Unix(path) => path.display().to_string(),
    };
    format!(
        "host='{host}' port={} user='{}' dbname='{}' password='{}' sslmode=disable",
        config.get_ports().first().copied().unwrap_or(5432),
        config.get_user().unwrap(),
        config.get_dbname().unwrap(),
        String::from_utf8_lossy(config.get_password().unwrap_or_default()),
    )
}

/// Ends the connections that call themselves `name`; how many there were.
async fn terminate(admin: &mut Client, name: &str) -> usize {
    let query =
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1";
    admin.query(query, &[&name]).await.unwrap().len()
}
