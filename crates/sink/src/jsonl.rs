use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Deserialize;
use taosha_core::{Epoch, Error, Guarantee, Result, Settings, Sink, SinkType, Table, async_trait};
use tokio::fs::{self, File, OpenOptions};
use tokio::io::{AsyncSeekExt, AsyncWriteExt};

use crate::selection::select;

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
}

/// One JSON object per line, one file per table.
///
/// Rows go to `.TABLE.jsonl.partial` and take the table's name when the run is complete, so readers
/// never see half a run and a killed run leaves the tables of the one before.
pub struct Jsonl {
    dir: PathBuf,
    tables: Vec<Table>,
    /// Open from [`Sink::open`] to [`Sink::close`].
    files: BTreeMap<Table, Partial>,
}

/// A table on its way.
struct Partial {
    file: File,
    /// Bytes of the epochs delivered so far; what lies behind them is of a delivery that failed.
    len: u64,
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
        let tables = select(config.tables.as_deref())?;
        Ok(Jsonl {
            dir: settings.resolve(config.dir),
            tables,
            files: BTreeMap::new(),
        })
    }
}

#[async_trait]
impl Sink for Jsonl {
    async fn open(&mut self) -> Result<()> {
        let failed = |doing: &str, path: &Path, error| {
            let message = format!("{doing} `{}`", path.display());
            Error::config("sink.not_writable", message).because(error)
        };
        fs::create_dir_all(&self.dir)
            .await
            .map_err(|e| failed("make folder", &self.dir, e))?;
        for &table in &self.tables {
            let path = self.partial(table);
            let mut options = OpenOptions::new();
            let opened = options
                .write(true)
                .create(true)
                .truncate(false)
                .open(&path)
                .await;
            let file = opened
                .map_err(|e| failed("write", &path, e))?
                .into_std()
                .await;
            // Held until the table has its name: two sinks in one folder would mix their rows.
            if file.try_lock().is_err() {
                let message = format!(
                    "write `{}`: another sink or run writes there",
                    path.display()
                );
                return Err(Error::config("sink.not_writable", message).for_option("dir"));
            }
            file.set_len(0).map_err(|e| failed("write", &path, e))?;
            self.files.insert(
                table,
                Partial {
                    file: File::from_std(file),
                    len: 0,
                },
            );
        }
        Ok(())
    }

    async fn deliver(&mut self, epoch: &Epoch) -> Result<()> {
        let mut lines: BTreeMap<Table, Vec<u8>> = BTreeMap::new();
        for row in epoch
            .rows
            .iter()
            .filter(|row| self.files.contains_key(&row.table()))
        {
            let json = row.to_json();
            let json = json.map_err(|e| Error::defect("sink.json", "write a row").because(e))?;
            let lines = lines.entry(row.table()).or_default();
            lines.extend_from_slice(json.as_bytes());
            lines.push(b'\n');
        }
        for (table, lines) in &lines {
            let Some(partial) = self.files.get_mut(table) else {
                continue;
            };
            if let Err(error) = partial.append(lines).await {
                let error = self.write_failed(*table, error);
                self.undo().await;
                return Err(error);
            }
        }
        for (table, lines) in &lines {
            if let Some(partial) = self.files.get_mut(table) {
                partial.len += lines.len() as u64;
            }
        }
        Ok(())
    }

    async fn close(&mut self) -> Result<()> {
        for (&table, partial) in &self.files {
            let synced = partial.file.sync_all().await;
            synced.map_err(|error| self.write_failed(table, error))?;
        }
        // Every table is on disk before the first one changes its name. A table that has changed
        // it leaves the list, so that closing can be tried again.
        while let Some((&table, _)) = self.files.first_key_value() {
            let renamed = fs::rename(self.partial(table), self.path(table)).await;
            renamed.map_err(|error| self.write_failed(table, error))?;
            self.files.remove(&table);
        }
        sync_folder(&self.dir).await.map_err(|error| {
            let message = format!("write folder `{}`", self.dir.display());
            Error::unavailable("sink.write", message).because(error)
        })
    }
}

/// A run that fails takes its half-written tables with it; one that is killed leaves them to the
/// next run, which begins them anew.
impl Drop for Jsonl {
    fn drop(&mut self) {
        for &table in self.files.keys() {
            let _ = std::fs::remove_file(self.partial(table));
        }
    }
}

impl Jsonl {
    fn path(&self, table: Table) -> PathBuf {
        self.dir.join(format!("{}.jsonl", table.name()))
    }

    fn partial(&self, table: Table) -> PathBuf {
        self.dir.join(format!(".{}.jsonl.partial", table.name()))
    }

    fn write_failed(&self, table: Table, error: std::io::Error) -> Error {
        let message = format!("write `{}`", self.path(table).display());
        Error::unavailable("sink.write", message).because(error)
    }

    /// Takes back what a failed delivery wrote, so that it can be tried again.
    async fn undo(&mut self) {
        for partial in self.files.values_mut() {
            // A disk that is full may still be cut; one that is gone fails the next try as well.
            let _ = partial.file.set_len(partial.len).await;
        }
    }
}

impl Partial {
    async fn append(&mut self, lines: &[u8]) -> std::io::Result<()> {
        self.file.seek(std::io::SeekFrom::Start(self.len)).await?;
        self.file.write_all(lines).await?;
        self.file.flush().await
    }
}

/// Makes renames in `folder` survive a power loss. Only Unix can open folders for this.
async fn sync_folder(folder: &Path) -> std::io::Result<()> {
    if cfg!(unix) {
        File::open(folder).await?.sync_all().await
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use taosha_core::{Record, Row, rows};

    fn sink(dir: &Path, options: &str) -> Result<Jsonl> {
        let config: JsonlConfig = toml::from_str(options).unwrap();
        let settings = Settings {
            id: "jsonl".into(),
            base: dir.into(),
            run: "test".into(),
        };
        Jsonl::build(config, &settings)
    }

    fn epoch(text: &str) -> Epoch {
        let rows: Vec<Row> = rows(&Record::from_text("memory:a", text), "test").unwrap();
        Epoch { number: 1, rows }
    }

    #[tokio::test]
    async fn tables_appear_only_when_the_run_is_complete() {
        let folder = tempfile::tempdir().unwrap();
        let table = folder.path().join("out/documents.jsonl");
        let mut sink = sink(folder.path(), "dir = 'out'").unwrap();
        sink.open().await.unwrap();
        sink.deliver(&epoch("第一份")).await.unwrap();
        assert!(!table.exists());
        sink.deliver(&epoch("第二份")).await.unwrap();
        sink.close().await.unwrap();
        let lines = std::fs::read_to_string(&table).unwrap();
        let texts: Vec<String> = lines
            .lines()
            .map(|line| {
                serde_json::from_str::<serde_json::Value>(line).unwrap()["text"].to_string()
            })
            .collect();
        assert_eq!(texts, ["\"第一份\"", "\"第二份\""]);
        assert_eq!(
            std::fs::read_to_string(folder.path().join("out/facts.jsonl")).unwrap(),
            ""
        );
        assert_eq!(
            std::fs::read_dir(folder.path().join("out"))
                .unwrap()
                .count(),
            7
        );
    }

    #[tokio::test]
    async fn a_run_that_fails_leaves_the_tables_of_the_last_one() {
        let folder = tempfile::tempdir().unwrap();
        let table = folder.path().join("out/documents.jsonl");
        std::fs::create_dir(folder.path().join("out")).unwrap();
        std::fs::write(&table, "before").unwrap();
        let mut sink = sink(folder.path(), "dir = 'out'\ntables = ['documents']").unwrap();
        sink.open().await.unwrap();
        sink.deliver(&epoch("新")).await.unwrap();
        drop(sink);
        assert_eq!(std::fs::read_to_string(&table).unwrap(), "before");
        assert_eq!(
            std::fs::read_dir(folder.path().join("out"))
                .unwrap()
                .count(),
            1
        );
    }

    #[tokio::test]
    async fn a_folder_that_cannot_be_made_stops_the_run_before_it_starts() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("out"), "a file").unwrap();
        let mut sink = sink(folder.path(), "dir = 'out/tables'").unwrap();
        let error = sink.open().await.unwrap_err();
        assert_eq!(error.kind(), taosha_core::ErrorKind::Config);
        assert!(error.to_string().contains("out/tables"), "{error}");
    }

    #[tokio::test]
    async fn two_sinks_cannot_write_to_one_folder() {
        let folder = tempfile::tempdir().unwrap();
        let mut first = sink(folder.path(), "dir = 'out'").unwrap();
        let mut second = sink(folder.path(), "dir = 'out'").unwrap();
        first.open().await.unwrap();
        let error = second.open().await.unwrap_err();
        assert!(error.to_string().contains("another sink"), "{error}");
    }

    #[tokio::test]
    async fn closing_can_be_tried_again() {
        let folder = tempfile::tempdir().unwrap();
        let mut sink = sink(folder.path(), "dir = 'out'").unwrap();
        sink.open().await.unwrap();
        sink.deliver(&epoch("正文")).await.unwrap();
        let in_the_way = folder.path().join("out/facts.jsonl");
        std::fs::create_dir(&in_the_way).unwrap();
        sink.close().await.unwrap_err();
        std::fs::remove_dir(&in_the_way).unwrap();
        sink.close().await.unwrap();
        assert!(in_the_way.is_file());
        assert!(folder.path().join("out/documents.jsonl").is_file());
    }

    #[test]
    fn an_unknown_table_lists_the_known_ones() {
        let result = sink(Path::new("."), "dir = 'out'\ntables = ['fact']");
        let error = result.err().expect("there is no table `fact`");
        assert!(error.to_string().contains("`facts`"), "{error}");
    }
}
