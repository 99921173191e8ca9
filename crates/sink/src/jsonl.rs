mod dead; // dead letters that leave
mod packing; // plain, gzip or zstd
mod side; // what is on record
mod tables; // the steps of a delivery

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;
use taosha_core::{
    Epoch, Error, Guarantee, Holding, Making, Result, Settings, Sink, SinkType, Table, async_trait,
};

use crate::blocking::Blocking;
use crate::card::{Card, CardConfig};
use crate::disk::RealDisk;
use crate::lines::delivery;
use crate::selection::select;
pub use packing::JsonlCompress;
use tables::Tables;

/// Options of `type = "jsonl"`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JsonlConfig {
    /// The folder that gets one `TABLE.jsonl` per table, relative to the pipeline file. Made when
    /// it is missing.
    pub dir: String,

    /// The tables to write. Default: all.
    #[serde(default)]
    pub tables: Option<Vec<String>>,

    /// Packs the tables: `"gzip"` writes `TABLE.jsonl.gz`, `"zstd"` writes `TABLE.jsonl.zst`.
    #[serde(default)]
    pub compress: JsonlCompress,

    /// The dataset card, `README.md` beside the tables.
    #[serde(default)]
    pub card: CardConfig,
}

/// One JSON object per line, one file per table.
///
/// Rows are appended while the run goes on; `.taosha.json` beside the tables says how much of each
/// is complete. A reader that stops there never sees half an epoch.
pub struct Jsonl {
    selected: Vec<Table>,
    card: Card,
    tables: Blocking<Tables>,
}

impl SinkType for Jsonl {
    const NAME: &'static str = "jsonl";
    const ABOUT: &'static str = "JSON Lines, one file per table";
    const GUARANTEE: Guarantee = Guarantee::ExactlyOnce;
    type Config = JsonlConfig;

    fn build(config: JsonlConfig, settings: &Settings) -> Result<Self> {
        if config.dir.is_empty() {
            let error = Error::config("sink.dir", "write tables: `dir` is empty");
            return Err(error.for_option("dir"));
        }
        let selected = select(config.tables.as_deref())?;
        let dir = settings.resolve_target(config.dir);
        let id = Arc::clone(&settings.id);
        Ok(Jsonl {
            selected: selected.clone(),
            card: Card {
                config: config.card,
                ..Card::default()
            },
            tables: Blocking::new(Tables::new(
                dir,
                selected,
                config.compress,
                id,
                Arc::new(RealDisk),
            )),
        })
    }
}

#[async_trait]
impl Sink for Jsonl {
    fn made_by(&mut self, making: &Making) {
        self.card.making = making.clone();
    }

    async fn open(&mut self) -> Result<Holding> {
        self.tables.run(Tables::open).await
    }

    async fn clear(&mut self) -> Result<()> {
        self.tables.run(Tables::clear).await
    }

    async fn deliver(&mut self, epoch: &Epoch) -> Result<()> {
        let delivery = delivery(epoch, &self.selected)?;
        self.tables
            .run(move |tables| tables.deliver(&delivery))
            .await
    }

    async fn close(&mut self) -> Result<()> {
        let card = self.card.clone();
        let close = move |tables: &mut Tables| {
            tables.show(&card)?;
            tables.close();
            Ok(())
        };
        self.tables.run(close).await
    }

    async fn read(
        &mut self,
        table: Table,
        each: &mut (dyn for<'row> FnMut(&'row str) + Send),
    ) -> Result<()> {
        let mut at = 0;
        loop {
            let read = self.tables.run(move |tables| tables.read(table, at));
            let (lines, next) = read.await?;
            if next == at {
                return Ok(());
            }
            lines.iter().for_each(|line| each(line));
            at = next;
        }
    }
}

#[cfg(test)]
mod tests;
