//! Servers that will not have us: most are played here, and say what real ones say.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;

/// A server that answers the first message with these bytes, and its address.
async fn played(answer: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut first = [0; 1024];
            let _ = stream.read(&mut first).await;
            let _ = stream.write_all(&answer).await;
            let _ = stream.read(&mut first).await;
        }
    });
    format!("postgres://me:hidden@127.0.0.1:{port}/reports")
}

/// An error as the server writes it.
fn fatal(code: &str, message: &str) -> Vec<u8> {
    let fields = format!("SFATAL\0VFATAL\0C{code}\0M{message}\0\0");
    let mut bytes = vec![b'E'];
    bytes.extend((fields.len() as u32 + 4).to_be_bytes());
    bytes.extend(fields.bytes());
    bytes
}

async fn refused(options: serde_json::Value) -> Error {
    let error = sink(options, None).unwrap().open().await.unwrap_err();
    assert!(!error.to_string().contains("hidden"), "{error}");
    error
}

#[tokio::test]
async fn a_wrong_password_stops_the_run_before_it_starts() {
    for (code, message) in [
        ("28P01", "password authentication failed for user \"me\""),
        ("28000", "no pg_hba.conf entry for host"),
        ("3D000", "database \"reports\" does not exist"),
    ] {
        let url = played(fatal(code, message)).await;
        let error = refused(json!({ "url": url })).await;
        assert_eq!(
            (error.kind(), error.code(), error.option()),
            (ErrorKind::Config, "sink.login", Some("url"))
        );
        let told = error.to_string();
        for part in ["127.0.0.1", "/reports", "`me`", message] {
            assert!(told.contains(part), "{told}");
        }
    }
}

#[tokio::test]
async fn a_server_that_starts_or_is_full_is_asked_again() {
    for (code, message) in [
        ("57P03", "the database system is starting up"),
        ("53300", "sorry, too many clients already"),
    ] {
        let error = refused(json!({ "url": played(fatal(code, message)).await })).await;
        assert_eq!(
            (error.kind(), error.code()),
            (ErrorKind::Unavailable, "sink.connect")
        );
        assert!(error.to_string().contains(message), "{error}");
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_asked_again() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let place = free.local_addr().unwrap();
    drop(free);
    let error = refused(json!({ "url": format!("postgres://me:hidden@{place}/reports") })).await;
    assert_eq!(
        (error.kind(), error.code()),
        (ErrorKind::Unavailable, "sink.connect")
    );
    assert!(
        error.to_string().contains(&format!("`{place}/reports`")),
        "{error}"
    );
}

#[tokio::test]
async fn a_server_without_tls_is_not_talked_to_where_tls_was_asked_for() {
    let url = played(b"N".to_vec()).await;
    for tls in ["verify", "unverified"] {
        let error = refused(json!({ "url": url, "tls": tls })).await;
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(
            error.to_string().contains("does not support TLS"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_handshake_that_fails_names_the_options_for_it() {
    let mut answer = b"S".to_vec();
    answer.extend(b"this is no TLS at all");
    let error = refused(json!({ "url": played(answer).await, "tls": "verify" })).await;
    assert_eq!(
        (error.kind(), error.code(), error.option()),
        (ErrorKind::Config, "sink.tls", Some("tls"))
    );
    assert!(error.to_string().contains("`ca`"), "{error}");
}

#[tokio::test]
async fn a_file_without_certificates_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ca.pem");
    let ca = path.to_str().unwrap();
    let options = json!({ "url": "postgres://me@localhost/x", "tls": "verify", "ca": ca });
    for _ in 0..2 {
        let error = refused(options.clone()).await;
        assert_eq!(
            (error.kind(), error.option()),
            (ErrorKind::Config, Some("ca"))
        );
        assert!(error.to_string().contains("ca.pem"), "{error}");
        std::fs::write(&path, "no certificate").unwrap();
    }
}

#[test]
fn a_name_that_is_none_for_a_schema_is_refused() {
    for schema in ["", "pg_catalog", &"长".repeat(22)] {
        let options = json!({ "url": "postgres://me@localhost/x", "schema": schema });
        let error = sink(options, None).err().unwrap();
        assert_eq!(error.option(), Some("schema"));
    }
}

#[tokio::test]
async fn a_right_that_is_missing_is_named_with_the_statement_that_gives_it() {
    let Some(schema) = Schema::new("rights").await else {
        return;
    };
    let role = &schema.name;
    // The role needs no password: the connection takes it on.
    let make = format!("DROP ROLE IF EXISTS \"{role}\"; CREATE ROLE \"{role}\"");
    schema.run(&make).await;
    let base = &schema.url;
    let glue = if base.contains('?') { '&' } else { '?' };
    let url = format!("{base}{glue}options=-c%20role%3D{role}");
    let open = async || {
        let mut sink = schema.sink_with(&url, json!({}));
        sink.open().await.unwrap_err()
    };
    let error = open().await;
    assert_eq!(
        (error.kind(), error.code()),
        (ErrorKind::Config, "sink.rights")
    );
    assert!(
        error.to_string().contains("GRANT CREATE ON DATABASE"),
        "{error}"
    );
    schema.run(&format!("CREATE SCHEMA \"{role}\"")).await;
    let error = open().await;
    assert_eq!(
        (error.kind(), error.code()),
        (ErrorKind::Config, "sink.rights")
    );
    assert!(error.to_string().contains("ON SCHEMA"), "{error}");
    schema
        .run(&format!(
            "GRANT CREATE, USAGE ON SCHEMA \"{role}\" TO \"{role}\""
        ))
        .await;
    let mut sink = schema.sink_with(&url, json!({}));
    sink.open().await.unwrap();
    let epochs = epochs(&[2]);
    schema
        .run(&format!("REVOKE INSERT ON facts FROM \"{role}\""))
        .await;
    let error = sink.deliver(&epochs[0]).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.code()),
        (ErrorKind::Config, "sink.rights")
    );
    assert!(error.to_string().contains("table facts"), "{error}");
    sink.close().await.unwrap();
    schema.run(&format!("DROP OWNED BY \"{role}\"")).await;
    schema.drop().await;
    schema.run(&format!("DROP ROLE \"{role}\"")).await;
}
