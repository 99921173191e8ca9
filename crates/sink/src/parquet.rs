mod folder; // the steps of a delivery
mod leaves; // rows as columns of values
mod manifest; // the files of a part
mod names; // what the files are called
mod part; // one file
mod partition; // folders by period and place
mod parts; // what tails become
mod reading; // a part as rows again
mod shape; // what the tables look like
mod side; // what is on record
mod tail; // rows that wait for their part

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;
use taosha_core::{
    ByteSize, Epoch, Error, Guarantee, Holding, Making, Result, Settings, Sink, SinkType, Table,
    async_trait,
};

use crate::blocking::Blocking;
use crate::card::{Card, CardConfig};
use crate::disk::RealDisk;
use crate::lines::{Delivery, delivery};
use crate::selection::select;
use folder::{Folder, Place};
pub use partition::ParquetPartition;

/// Options of `type = "parquet"`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ParquetConfig {
    /// The folder that gets one folder per table, relative to the pipeline file. Made when it is
    /// missing.
    pub dir: String,

    /// The tables to write. Default: all.
    #[serde(default)]
    pub tables: Option<Vec<String>>,

    /// How large a part grows before the next one begins, counted as the JSON its rows would be;
    /// the file is several times smaller.
    #[serde(default = "default_part_bytes")]
    pub part_bytes: ByteSize,

    /// Divides the tables that have these columns into folders by their values, as Hive does:
    /// `facts/period=2023/place=青禾县/part-00000.parquet`. Default: not at all.
    #[serde(default)]
    pub partition: Vec<ParquetPartition>,

    /// The dataset card, `README.md` beside the folders of the tables.
    #[serde(default)]
    pub card: CardConfig,
}

/// Parts of some tens of MB, packed: readers share them out among their threads, and a part is
/// read again and written anew in seconds.
fn default_part_bytes() -> ByteSize {
    ByteSize(256 << 20)
}

/// Parquet files, a folder per table.
///
/// Where an epoch ends does not show in them: rows wait in a hidden file until a part is full, and
/// what is left becomes the last part when the run ends. The next run goes on behind it and writes
/// the last part anew.
pub struct Parquet {
    selected: Vec<Table>,
    card: Card,
    folder: Blocking<Folder>,
}

impl SinkType for Parquet {
    const NAME: &'static str = "parquet";
    const ABOUT: &'static str = "Parquet files, a folder per table";
    const GUARANTEE: Guarantee = Guarantee::ExactlyOnce;
    type Config = ParquetConfig;

    fn build(config: ParquetConfig, settings: &Settings) -> Result<Self> {
        if config.dir.is_empty() {
            let error = Error::config("sink.dir", "write tables: `dir` is empty");
            return Err(error.for_option("dir"));
        }
        if config.part_bytes.0 == 0 {
            let error = Error::config("sink.part_bytes", "write tables: `part_bytes` is 0");
            return Err(error.for_option("part_bytes"));
        }
        let mut partition = config.partition.clone();
        partition.sort_unstable();
        partition.dedup();
        if partition.len() < config.partition.len() {
            let message = "write tables: `partition` names a column twice";
            return Err(Error::config("sink.partition", message).for_option("partition"));
        }
        let selected = select(config.tables.as_deref())?;
        let dir = settings.resolve_target(config.dir);
        let id = Arc::clone(&settings.id);
        let part_bytes = config.part_bytes.0;
        let tables = selected.clone();
        let disk = Arc::new(RealDisk);
        let folder = Folder::new(dir, tables, config.partition, id, part_bytes, disk);
        Ok(Parquet {
            selected,
            card: Card {
                config: config.card,
                ..Card::default()
            },
            folder: Blocking::new(folder),
        })
    }
}

#[async_trait]
impl Sink for Parquet {
    fn made_by(&mut self, making: &Making) {
        self.card.making = making.clone();
    }

    async fn open(&mut self) -> Result<Holding> {
        self.folder.run(Folder::open).await
    }

    async fn clear(&mut self) -> Result<()> {
        self.folder.run(Folder::clear).await
    }

    async fn deliver(&mut self, epoch: &Epoch) -> Result<()> {
        let delivery: Delivery = delivery(epoch, &self.selected)?;
        self.folder
            .run(move |folder| folder.deliver(&delivery))
            .await
    }

    async fn close(&mut self) -> Result<()> {
        let card = self.card.clone();
        self.folder.run(move |folder| folder.close(&card)).await
    }

    async fn read(
        &mut self,
        table: Table,
        each: &mut (dyn for<'row> FnMut(&'row str) + Send),
    ) -> Result<()> {
        let mut place = Some(Place::START);
        while let Some(at) = place {
            let read = self.folder.run(move |folder| folder.read(table, at));
            let (lines, next) = read.await?;
            lines.iter().for_each(|line| each(line));
            place = next;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
