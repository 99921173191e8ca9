//! `taosha` with sinks that do not keep their promise, so that a test can see `taosha torture` fail.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use taosha_core::{
    Epoch, Error, Guarantee, Holding, Registry, Result, Settings, Sink, SinkType, Table,
    async_trait,
};

fn main() -> ExitCode {
    taosha_cli::App::builtin().with(register).run()
}

fn register(registry: &mut Registry) {
    registry.sink::<Careless>();
    registry.sink::<Mute>();
}

/// Options of `type = "careless"`.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct CarelessConfig {
    /// The folder that gets `TABLE.rows`.
    dir: String,
    /// When the number of an epoch is written down.
    mark: Mark,
    /// Whether it reads its tables back.
    #[serde(default)]
    reads_back: bool,
}

#[derive(Clone, Copy, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Mark {
    /// Before its rows, which are lost when the run is killed between the two.
    Before,
    /// Behind its rows, which are written again when the run is killed between the two.
    Behind,
}

/// Writes the rows of an epoch and its number one after the other, as if nothing could come between.
struct Careless {
    config: CarelessConfig,
    dir: PathBuf,
}

/// Between the two: long enough that kills fall there.
const BETWEEN: Duration = Duration::from_millis(150);

impl SinkType for Careless {
    const NAME: &'static str = "careless";
    const ABOUT: &'static str = "loses or doubles rows when it is killed";
    const GUARANTEE: Guarantee = Guarantee::ExactlyOnce;
    type Config = CarelessConfig;

    fn build(config: CarelessConfig, settings: &Settings) -> Result<Self> {
        let dir = settings.resolve_target(&config.dir);
        Ok(Careless { config, dir })
    }
}

impl Careless {
    fn mark(&self, epoch: &Epoch) -> std::io::Result<()> {
        let mark = format!("{} {}", epoch.state, epoch.number);
        fs::write(self.dir.join(".mark"), mark)
    }

    fn append(&self, epoch: &Epoch) -> std::io::Result<()> {
        for row in &epoch.rows {
            let name = format!("{}.rows", row.table().name());
            let mut options = OpenOptions::new();
            let mut file = options
                .append(true)
                .create(true)
                .open(self.dir.join(name))?;
            writeln!(file, "{}", row.to_json()?)?;
        }
        Ok(())
    }

    fn write(&self, epoch: &Epoch) -> std::io::Result<()> {
        if self.config.mark == Mark::Before {
            self.mark(epoch)?;
            std::thread::sleep(BETWEEN);
        }
        self.append(epoch)?;
        if self.config.mark == Mark::Behind {
            std::thread::sleep(BETWEEN);
            self.mark(epoch)?;
        }
        Ok(())
    }
}

#[async_trait]
impl Sink for Careless {
    async fn open(&mut self) -> Result<Holding> {
        fs::create_dir_all(&self.dir).map_err(failed)?;
        let mark = fs::read_to_string(self.dir.join(".mark")).unwrap_or_default();
        let held = mark.split_once(' ').and_then(|(state, last)| {
            Some(Holding::Epochs {
                state: state.to_owned(),
                last: last.parse().ok()?,
            })
        });
        Ok(held.unwrap_or(Holding::Nothing))
    }

    async fn clear(&mut self) -> Result<()> {
        fs::remove_dir_all(&self.dir).map_err(failed)
    }

    async fn deliver(&mut self, epoch: &Epoch) -> Result<()> {
        self.write(epoch).map_err(failed)
    }

    async fn close(&mut self) -> Result<()> {
        Ok(())
    }

    async fn read(
        &mut self,
        table: Table,
        each: &mut (dyn for<'row> FnMut(&'row str) + Send),
    ) -> Result<()> {
        if !self.config.reads_back {
            let message = "read the tables back: not asked for";
            return Err(Error::config("sink.unreadable", message));
        }
        let path = self.dir.join(format!("{}.rows", table.name()));
        let rows = fs::read_to_string(path).unwrap_or_default();
        rows.lines().for_each(each);
        Ok(())
    }
}

fn failed(error: std::io::Error) -> Error {
    Error::config("sink.not_writable", "write tables").because(error)
}

/// Options of `type = "mute"`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct MuteConfig {}

/// Leaves nothing that could be compared, as a sink for a service somewhere else.
struct Mute;

impl SinkType for Mute {
    const NAME: &'static str = "mute";
    const ABOUT: &'static str = "tells nobody what it wrote";
    const GUARANTEE: Guarantee = Guarantee::AtLeastOnce;
    type Config = MuteConfig;

    fn build(_: MuteConfig, _: &Settings) -> Result<Self> {
        Ok(Mute)
    }
}

#[async_trait]
impl Sink for Mute {
    async fn open(&mut self) -> Result<Holding> {
        Ok(Holding::Unknown)
    }

    async fn clear(&mut self) -> Result<()> {
        Ok(())
    }

    async fn deliver(&mut self, _: &Epoch) -> Result<()> {
        Ok(())
    }

    async fn close(&mut self) -> Result<()> {
        Ok(())
    }
}
