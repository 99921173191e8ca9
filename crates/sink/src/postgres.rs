mod address; // where the server is, and how one gets there
mod copy; // rows as COPY takes them
mod database; // how an epoch gets there
mod nuls; // the one character that no text of PostgreSQL can hold
mod record; // what the schema says about itself
mod schema; // what the tables look like
mod session; // one connection
mod tls; // which servers are believed
mod told; // what the server says, for the person who must act
mod values; // rows as they are read back

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;
use taosha_core::{
    Epoch, Error, Guarantee, Holding, Id, Result, Secret, Settings, Sink, SinkType, Table,
    async_trait,
};

use crate::selection::select;
use address::Address;
use database::Database;

/// Options of `type = "postgres"`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PostgresConfig {
    /// The database, as `postgres://user:password@host:port/database`. Best `{ secret = "name" }`.
    pub url: Secret,

    /// The schema that gets the tables. Made when it is missing.
    #[serde(default = "default_schema")]
    pub schema: String,

    /// The tables to write. Default: all.
    #[serde(default)]
    pub tables: Option<Vec<String>>,

    /// Whether the connection is encrypted, and which servers are believed: "auto" is "off" on this
    /// machine and "verify" elsewhere; "unverified" encrypts, and believes any server.
    #[serde(default)]
    pub tls: PostgresTls,

    /// Certificates of the authorities that are believed, a PEM file relative to the pipeline file.
    /// Default: those that this machine trusts.
    #[serde(default)]
    pub ca: Option<String>,
}

/// Whether a connection is encrypted, and which servers are believed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PostgresTls {
    /// `Off` for a server on this machine and where the address says `sslmode=disable`, else
    /// `Verify`.
    #[default]
    Auto,
    /// Encrypted, with a server that proves its name.
    Verify,
    /// Encrypted, with whoever answers.
    Unverified,
    /// In the clear.
    Off,
}

fn default_schema() -> String {
    "public".to_owned()
}

/// Tables of a PostgreSQL server.
///
/// An epoch is one transaction, in which `taosha_epochs` is brought up to date as well. The user's
/// own tables, views and further columns in the schema are left alone.
///
/// For trials the tables are made in a schema of their own, named after the scratch folder, which
/// [`discard`](Sink::discard) drops.
pub struct Postgres {
    database: Database,
}

/// PostgreSQL cuts longer names off.
const MAX_NAME_BYTES: usize = 63;

impl SinkType for Postgres {
    const NAME: &'static str = "postgres";
    const ABOUT: &'static str = "tables of a PostgreSQL server";
    const GUARANTEE: Guarantee = Guarantee::ExactlyOnce;
    type Config = PostgresConfig;

    fn build(config: PostgresConfig, settings: &Settings) -> Result<Self> {
        let selected = select(config.tables.as_deref())?;
        let ca = config.ca.map(|ca| settings.resolve(ca));
        let address = Address::new(&config.url, config.tls, ca, &settings.id)?;
        let is_name = !config.schema.is_empty() && config.schema.len() <= MAX_NAME_BYTES;
        if !is_name || config.schema.starts_with("pg_") || config.schema.contains('\0') {
            let message = format!(
                "write tables: `{}` is no name for a schema: it must have 1 to {MAX_NAME_BYTES} \
                 bytes and not begin with `pg_`",
                config.schema
            );
            return Err(Error::config("sink.schema", message).for_option("schema"));
        }
        let schema = match &settings.scratch {
            None => config.schema,
            Some(folder) => {
                let digest = Id::of_raw(folder.as_os_str().as_encoded_bytes()).to_string();
                format!("taosha_trial_{digest}")
            }
        };
        let id = Arc::clone(&settings.id);
        let database = Database::new(address, schema, selected, id, settings.scratch.is_some());
        Ok(Postgres { database })
    }
}

#[async_trait]
impl Sink for Postgres {
    async fn open(&mut self) -> Result<Holding> {
        self.database.open().await
    }

    async fn clear(&mut self) -> Result<()> {
        self.database.clear().await
    }

    async fn deliver(&mut self, epoch: &Epoch) -> Result<()> {
        self.database.deliver(epoch).await
    }

    async fn close(&mut self) -> Result<()> {
        self.database.close().await;
        Ok(())
    }

    async fn read(
        &mut self,
        table: Table,
        each: &mut (dyn for<'row> FnMut(&'row str) + Send),
    ) -> Result<()> {
        self.database.read(table, each).await
    }

    async fn discard(&mut self) -> Result<()> {
        self.database.discard().await
    }
}

#[cfg(test)]
mod tests;
