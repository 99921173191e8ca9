//! Against a real server, whose address is in `TAOSHA_PG_URL`; said loudly when it is not. What is
//! told of servers that refuse needs none.

mod disturbed; // connections that break
mod proxy; // a way to the server that can be cut
mod refusals; // servers that will not have us

use serde_json::json;
use taosha_core::{ErrorKind, Row};
use tokio_postgres::{Client, NoTls};

use super::*;
use crate::sample::{epochs, expected, held};

/// A schema of one test.
struct Schema {
    name: String,
    /// The server as the test runner knows it.
    url: String,
    /// Looks at the schema from outside.
    admin: Client,
}

impl Schema {
    /// None, said loudly, when there is no server.
    async fn new(test: &str) -> Option<Schema> {
        let Ok(url) = std::env::var("TAOSHA_PG_URL") else {
            eprintln!("SKIPPED {test}: TAOSHA_PG_URL names no PostgreSQL server");
            return None;
        };
        let (admin, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
        tokio::spawn(connection);
        let name = format!("taosha_test_{test}_{}", std::process::id());
        let schema = Schema { name, url, admin };
        schema.drop().await;
        Some(schema)
    }

    async fn drop(&self) {
        let drop = format!("DROP SCHEMA IF EXISTS \"{}\" CASCADE", self.name);
        self.run(&drop).await;
    }

    fn sink(&self) -> Postgres {
        self.sink_with(&self.url, json!({}))
    }

    fn sink_with(&self, url: &str, more: serde_json::Value) -> Postgres {
        let mut options = json!({ "url": url, "schema": self.name });
        let more = more.as_object().unwrap().clone();
        options.as_object_mut().unwrap().extend(more);
        sink(options, None).unwrap()
    }

    async fn opened(&self) -> (Postgres, Holding) {
        let mut sink = self.sink();
        let holding = sink.open().await.unwrap();
        (sink, holding)
    }

    async fn filled(&self, epochs: &[Epoch]) {
        let (mut sink, _) = self.opened().await;
        for epoch in epochs {
            sink.deliver(epoch).await.unwrap();
        }
        sink.close().await.unwrap();
    }

    /// Runs statements with the schema on the path.
    async fn run(&self, statements: &str) {
        let statements = format!("SET search_path = \"{}\"; {statements}", self.name);
        self.admin.batch_execute(&statements).await.unwrap();
    }

    /// The only cell of the answer, as text.
    async fn ask(&self, query: &str) -> String {
        self.run("").await;
        let row = self.admin.query_one(query, &[]).await.unwrap();
        row.get(0)
    }
}

fn sink(options: serde_json::Value, scratch: Option<&str>) -> Result<Postgres> {
    let config: PostgresConfig = serde_json::from_value(options).unwrap();
    let settings = Settings {
        id: "pg".into(),
        base: ".".into(),
        run: "test".into(),
        scratch: scratch.map(Into::into),
    };
    Postgres::build(config, &settings)
}

/// The server knows no order of rows but that of their keys.
fn sorted(mut rows: Vec<(Table, String)>) -> Vec<(Table, String)> {
    rows.sort();
    rows
}

fn holds(last: u64) -> Holding {
    match last {
        0 => Holding::Nothing,
        last => Holding::Epochs {
            state: "state-a".to_owned(),
            last,
        },
    }
}

#[tokio::test]
async fn rows_are_read_back_as_they_were_written() {
    let Some(schema) = Schema::new("back").await else {
        return;
    };
    let mut epochs = epochs(&[7, 4]);
    // In the epoch that comes last, so that nothing else refers to them.
    let numbers = [-0.0, f64::MIN_POSITIVE / 4.0, f64::MAX, 0.1 + 0.2, 1e300];
    let facts = epochs[1].rows.iter_mut().filter_map(|row| match row {
        Row::Fact(fact) => Some(fact),
        _ => None,
    });
    for (fact, number) in facts.zip(numbers) {
        fact.value = Some(number);
        fact.indicator = Some("␀\0␀".to_owned());
    }
    schema.filled(&epochs).await;
    let (mut sink, holding) = schema.opened().await;
    assert_eq!(holding, holds(2));
    let rows = held(&mut sink).await;
    assert!(sorted(rows.clone()) == sorted(expected(&epochs)));
    for table in Table::ALL {
        assert!(rows.iter().any(|(held, _)| *held == table), "{table:?}");
    }
    let in_documents = rows.iter().filter(|(table, _)| *table == Table::Documents);
    assert!(in_documents.is_sorted(), "documents are read by their ids");
    schema.drop().await;
}

#[tokio::test]
async fn values_have_the_types_that_sql_expects() {
    let Some(schema) = Schema::new("types").await else {
        return;
    };
    schema.filled(&epochs(&[3])).await;
    let ask = async |query: &str| schema.ask(query).await;
    let types = "SELECT string_agg(DISTINCT data_type, ' ' ORDER BY data_type)
        FROM information_schema.columns
        WHERE table_schema = current_schema() AND table_name NOT LIKE 'taosha%'";
    assert_eq!(
        ask(types).await,
        "bigint boolean bytea double precision jsonb text"
    );
    assert_eq!(ask("SELECT encode(raw, 'hex') FROM dead").await, "00ff01");
    // Offsets are right where U+0000 stands in the text, too.
    let start =
        "SELECT sum((substr(text, start::int + 1, (\"end\" - start)::int) = evidence)::int)::text
        FROM facts JOIN documents ON documents.id = document_id";
    assert_eq!(ask(start).await, "6");
    let signs = "SELECT (position('␀' IN text) > 0)::text || (SELECT count(*) > 0 FROM taosha_nuls)
        FROM documents LIMIT 1";
    assert_eq!(ask(signs).await, "truetrue");
    schema.drop().await;
}

#[tokio::test]
async fn rows_of_users_with_our_keys_are_replaced() {
    let Some(schema) = Schema::new("conflict").await else {
        return;
    };
    let mut epochs = epochs(&[3, 3]);
    // A row that comes twice in one epoch: the last one counts, as everywhere.
    let double = epochs[1].rows[0].clone();
    epochs[1].rows.push(double);
    schema.filled(&epochs[..1]).await;
    let (mut sink, _) = schema.opened().await;
    for row in &epochs[1].rows {
        if let Row::Passage(passage) = row {
            let insert = format!(
                "INSERT INTO passages VALUES ('{}', 'mine', 4, 'x') ON CONFLICT DO NOTHING",
                passage.id
            );
            schema.run(&insert).await;
        }
    }
    sink.deliver(&epochs[1]).await.unwrap();
    epochs[1].rows.pop();
    assert!(sorted(held(&mut sink).await) == sorted(expected(&epochs)));
    // What a constraint of the user's forbids is theirs to settle: nothing of the epoch is left.
    let next = crate::sample::epochs(&[3, 3, 3]).remove(2);
    schema
        .run("ALTER TABLE passages ADD CONSTRAINT mine CHECK (chars > 99) NOT VALID")
        .await;
    let error = sink.deliver(&next).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.code()),
        (ErrorKind::Config, "sink.not_writable")
    );
    assert!(error.to_string().contains("\"mine\""), "{error}");
    assert!(sorted(held(&mut sink).await) == sorted(expected(&epochs)));
    schema.drop().await;
}

#[tokio::test]
async fn what_users_add_to_the_schema_stays() {
    let Some(schema) = Schema::new("users").await else {
        return;
    };
    let epochs = epochs(&[4, 4]);
    schema.filled(&epochs[..1]).await;
    schema
        .run(
            "CREATE TABLE notes (note text); INSERT INTO notes VALUES ('mine');
            CREATE VIEW rates AS SELECT * FROM facts WHERE unit = '%';
            CREATE INDEX mine ON facts (place);
            ALTER TABLE documents ADD COLUMN note text",
        )
        .await;
    let (mut sink, holding) = schema.opened().await;
    assert_eq!(holding, holds(1));
    sink.deliver(&epochs[1]).await.unwrap();
    assert!(sorted(held(&mut sink).await) == sorted(expected(&epochs)));
    sink.clear().await.unwrap();
    assert_eq!(held(&mut sink).await, []);
    assert_eq!(schema.ask("SELECT note FROM notes").await, "mine");
    let index = "SELECT count(*)::text FROM pg_indexes
        WHERE schemaname = current_schema() AND indexname = 'mine'";
    assert_eq!(schema.ask(index).await, "1");
    schema.drop().await;
}

#[tokio::test]
async fn tables_of_unknown_origin_are_left_alone_until_they_are_cleared() {
    let Some(schema) = Schema::new("foreign").await else {
        return;
    };
    let create = format!(
        "CREATE SCHEMA \"{}\"; CREATE TABLE facts (a text); INSERT INTO facts VALUES ('mine')",
        schema.name
    );
    schema.run(&create).await;
    let (mut sink, holding) = schema.opened().await;
    assert_eq!(holding, Holding::Foreign);
    let epochs = epochs(&[2]);
    let error = sink.deliver(&epochs[0]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Defect);
    assert_eq!(schema.ask("SELECT a FROM facts").await, "mine");
    sink.clear().await.unwrap();
    sink.deliver(&epochs[0]).await.unwrap();
    assert!(sorted(held(&mut sink).await) == sorted(expected(&epochs)));
    schema.drop().await;
}

#[tokio::test]
async fn a_schema_that_was_changed_names_the_cure_which_works() {
    let Some(schema) = Schema::new("damage").await else {
        return;
    };
    let epochs = epochs(&[4]);
    schema.filled(&epochs).await;
    for damage in [
        "ALTER TABLE facts DROP COLUMN place",
        "ALTER TABLE facts ALTER COLUMN start TYPE integer",
        "DROP TABLE facts",
        "DROP TABLE taosha_nuls",
        "UPDATE taosha_epochs SET format = 2",
        "ALTER TABLE taosha_epochs DROP COLUMN format",
        "DELETE FROM taosha_epochs",
    ] {
        schema.run(damage).await;
        let mut sink = schema.sink();
        let error = sink.open().await.unwrap_err();
        assert_eq!(
            (error.kind(), error.code()),
            (ErrorKind::Config, "sink.damaged"),
            "{damage}: {error}"
        );
        let cure = "`taosha replay FILE --sink pg`";
        assert!(error.to_string().contains(cure), "{error}");
        sink.clear().await.unwrap();
        sink.deliver(&epochs[0]).await.unwrap();
        assert!(sorted(held(&mut sink).await) == sorted(expected(&epochs)));
    }
    schema.drop().await;
}

#[tokio::test]
async fn a_column_of_a_later_version_is_added() {
    let Some(schema) = Schema::new("migrate").await else {
        return;
    };
    let mut epochs = epochs(&[4, 3]);
    schema.filled(&epochs[..1]).await;
    // As a version that knew no `organisation` would have left it.
    schema
        .run(
            "ALTER TABLE facts DROP COLUMN organisation;
            UPDATE taosha_epochs SET columns = array_remove(columns, 'facts.organisation')",
        )
        .await;
    let (mut sink, holding) = schema.opened().await;
    assert_eq!(holding, holds(1));
    for row in &mut epochs[1].rows {
        if let Row::Fact(fact) = row {
            fact.organisation = Some("云岭县教育局".to_owned());
        }
    }
    sink.deliver(&epochs[1]).await.unwrap();
    assert!(sorted(held(&mut sink).await) == sorted(expected(&epochs)));
    // One that cannot be null has no honest value in the rows that are there.
    schema
        .run(
            "ALTER TABLE facts DROP COLUMN start;
            UPDATE taosha_epochs SET columns = array_remove(columns, 'facts.start')",
        )
        .await;
    let error = schema.sink().open().await.unwrap_err();
    assert_eq!(error.code(), "sink.damaged");
    assert!(
        error.to_string().contains("made without `start`"),
        "{error}"
    );
    schema.drop().await;
}

#[tokio::test]
async fn other_tables_than_before_need_a_replay() {
    let Some(schema) = Schema::new("selection").await else {
        return;
    };
    schema.filled(&epochs(&[2])).await;
    let mut sink = schema.sink_with(&schema.url, json!({ "tables": ["facts"] }));
    let error = sink.open().await.unwrap_err();
    assert_eq!(error.option(), Some("tables"));
    assert!(error.to_string().contains("replay"), "{error}");
    sink.clear().await.unwrap();
    let tables = "SELECT string_agg(tablename, ' ' ORDER BY tablename)
        FROM pg_tables WHERE schemaname = current_schema()";
    assert_eq!(schema.ask(tables).await, "facts taosha_epochs taosha_nuls");
    schema.drop().await;
}

#[tokio::test]
async fn an_epoch_that_does_not_follow_is_refused() {
    let Some(schema) = Schema::new("gap").await else {
        return;
    };
    let epochs = epochs(&[1, 1, 1]);
    schema.filled(&epochs[..1]).await;
    let (mut sink, _) = schema.opened().await;
    let error = sink.deliver(&epochs[2]).await.unwrap_err();
    assert_eq!(error.code(), "sink.gap");
    let mut other = epochs[1].clone();
    other.state = "state-b".into();
    assert_eq!(sink.deliver(&other).await.unwrap_err().code(), "sink.gap");
    sink.deliver(&epochs[0]).await.unwrap();
    assert!(sorted(held(&mut sink).await) == sorted(expected(&epochs[..1])));
    schema.drop().await;
}

#[tokio::test]
async fn a_second_writer_is_found_out() {
    let Some(schema) = Schema::new("second").await else {
        return;
    };
    let epochs = epochs(&[1, 1]);
    let (mut first, _) = schema.opened().await;
    let (mut second, _) = schema.opened().await;
    first.deliver(&epochs[0]).await.unwrap();
    let error = second.deliver(&epochs[0]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.to_string().contains("another sink"), "{error}");
    first.deliver(&epochs[1]).await.unwrap();
    assert!(sorted(held(&mut first).await) == sorted(expected(&epochs)));
    schema.drop().await;
}

#[tokio::test]
async fn a_trial_has_a_schema_of_its_own_which_goes_with_it() {
    let Some(schema) = Schema::new("trial").await else {
        return;
    };
    let epochs = epochs(&[3]);
    schema.filled(&epochs).await;
    let folder = format!("/tmp/taosha-trial-{}/targets/pg", std::process::id());
    let options = json!({ "url": schema.url, "schema": schema.name });
    let trials = "SELECT count(*)::text FROM pg_namespace WHERE nspname LIKE 'taosha\\_trial\\_%'
        AND obj_description(oid) LIKE 'made by taosha torture%'";
    let before = schema.ask(trials).await;
    let mut trial = sink(options.clone(), Some(&folder)).unwrap();
    assert_eq!(trial.open().await.unwrap(), Holding::Nothing);
    assert_ne!(schema.ask(trials).await, before);
    trial.deliver(&epochs[0]).await.unwrap();
    trial.close().await.unwrap();
    let mut again = sink(options, Some(&folder)).unwrap();
    assert_eq!(again.open().await.unwrap(), holds(1));
    again.discard().await.unwrap();
    again.discard().await.unwrap();
    assert_eq!(schema.ask(trials).await, before);
    let (mut real, holding) = schema.opened().await;
    assert_eq!(holding, holds(1));
    real.discard().await.unwrap();
    assert!(sorted(held(&mut real).await) == sorted(expected(&epochs)));
    schema.drop().await;
}
