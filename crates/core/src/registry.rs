use std::collections::BTreeMap;
use std::ops::Range;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::DeserializeOwned;

use crate::{ErasedStateful, Error, Guarantee, Kind, Settings, Sink, Source, Stage, StatefulStage};

/// The sources, stages and sinks a binary knows, by the name used as `type` in the pipeline file.
///
/// Registration is explicit: a crate offers `pub fn register(registry: &mut Registry)` and the
/// binary calls it. What is not named there does not exist, and `taosha check` says so.
#[derive(Default)]
pub struct Registry {
    sources: BTreeMap<&'static str, SourceEntry>,
    stages: BTreeMap<&'static str, StageEntry>,
    sinks: BTreeMap<&'static str, SinkEntry>,
}

/// A port other than the main one, by which records leave a stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Port {
    /// Its name after the dot in `from = "stage.port"`.
    pub name: &'static str,
    /// What leaves there.
    pub gives: Kind,
}

/// A kind of source.
pub trait SourceType: Source + Sized + 'static {
    /// The `type` in the pipeline file.
    const NAME: &'static str;
    /// One line for people who choose.
    const ABOUT: &'static str;
    /// What it promises when a run is killed and started again. A source that can give everything
    /// once more leaves it to the sinks.
    const GUARANTEE: Guarantee = Guarantee::ExactlyOnce;
    /// What a user may set.
    type Config: DeserializeOwned + JsonSchema;

    /// Makes one; checks values, looks at nothing that costs time.
    ///
    /// # Errors
    /// [`Config`](crate::ErrorKind::Config) when a value cannot be.
    fn build(config: Self::Config, settings: &Settings) -> crate::Result<Self>;
}

/// A kind of stage that looks at one record at a time.
pub trait StageType: Stage + Sized {
    /// The `type` in the pipeline file.
    const NAME: &'static str;
    /// One line for people who choose.
    const ABOUT: &'static str;
    /// What it works on.
    const TAKES: Kind;
    /// What leaves by the main port.
    const GIVES: Kind;
    /// Further ports.
    const PORTS: &'static [Port] = &[];
    /// Every reason for which it drops a record.
    const DROPS: &'static [&'static str] = &[];
    /// What a user may set.
    type Config: DeserializeOwned + JsonSchema;

    /// Makes one; checks values.
    ///
    /// # Errors
    /// [`Config`](crate::ErrorKind::Config) when a value cannot be.
    fn build(config: Self::Config, settings: &Settings) -> crate::Result<Self>;
}

/// A kind of stage that remembers.
pub trait StatefulStageType: StatefulStage + Sized {
    /// The `type` in the pipeline file.
    const NAME: &'static str;
    /// One line for people who choose.
    const ABOUT: &'static str;
    /// What it works on.
    const TAKES: Kind;
    /// What leaves by the main port.
    const GIVES: Kind;
    /// Further ports.
    const PORTS: &'static [Port] = &[];
    /// Every reason for which it drops a record.
    const DROPS: &'static [&'static str] = &[];
    /// What a user may set.
    type Config: DeserializeOwned + JsonSchema;

    /// Makes one; checks values.
    ///
    /// # Errors
    /// [`Config`](crate::ErrorKind::Config) when a value cannot be.
    fn build(config: Self::Config, settings: &Settings) -> crate::Result<Self>;
}

/// A kind of sink.
pub trait SinkType: Sink + Sized + 'static {
    /// The `type` in the pipeline file.
    const NAME: &'static str;
    /// One line for people who choose.
    const ABOUT: &'static str;
    /// What it promises when a run is killed and started again.
    const GUARANTEE: Guarantee;
    /// What a user may set.
    type Config: DeserializeOwned + JsonSchema;

    /// Makes one; checks values, writes nothing.
    ///
    /// # Errors
    /// [`Config`](crate::ErrorKind::Config) when a value cannot be.
    fn build(config: Self::Config, settings: &Settings) -> crate::Result<Self>;
}

/// The options of one source, stage or sink, as read from the file but not yet understood.
#[derive(Clone, Debug)]
pub struct Options<'file>(pub toml::Spanned<toml::de::DeValue<'file>>);

/// Why options were refused.
#[derive(Debug)]
pub enum OptionsError {
    /// They do not have the shape of the config type.
    Shape {
        /// What is wrong.
        message: String,
        /// Bytes of the pipeline file.
        span: Option<Range<usize>>,
    },
    /// They do, but cannot be.
    Value(Error),
}

type Build<T> =
    Box<dyn for<'file> Fn(Options<'file>, &Settings) -> Result<T, OptionsError> + Send + Sync>;
type MakeSchema = fn(&mut SchemaGenerator) -> Schema;

/// What the registry knows about a kind of source.
pub struct SourceEntry {
    /// One line for people who choose.
    pub about: &'static str,
    /// What it promises when a run is killed and started again.
    pub guarantee: Guarantee,
    /// JSON Schema of its options.
    pub schema: MakeSchema,
    /// Makes one.
    pub build: Build<Box<dyn Source>>,
}

/// What the registry knows about a kind of stage.
pub struct StageEntry {
    /// One line for people who choose.
    pub about: &'static str,
    /// What it works on.
    pub takes: Kind,
    /// What leaves by the main port.
    pub gives: Kind,
    /// Further ports.
    pub ports: &'static [Port],
    /// Every reason for which it drops a record.
    pub drops: &'static [&'static str],
    /// JSON Schema of its options.
    pub schema: MakeSchema,
    /// Makes one.
    pub build: Build<StageForm>,
}

/// The two forms of stages.
pub enum StageForm {
    /// Looks at one record at a time.
    Stateless(Box<dyn Stage>),
    /// Remembers.
    Stateful(Box<dyn ErasedStateful>),
}

/// What the registry knows about a kind of sink.
pub struct SinkEntry {
    /// One line for people who choose.
    pub about: &'static str,
    /// What it promises when a run is killed and started again.
    pub guarantee: Guarantee,
    /// JSON Schema of its options.
    pub schema: MakeSchema,
    /// Makes one.
    pub build: Build<Box<dyn Sink>>,
}

impl Registry {
    /// An empty registry.
    pub fn new() -> Self {
        Registry::default()
    }

    /// Adds a kind of source.
    ///
    /// # Panics
    /// When the name is taken: two crates claim it, and silently preferring one would be a guess.
    pub fn source<T: SourceType>(&mut self) {
        let entry = SourceEntry {
            about: T::ABOUT,
            guarantee: T::GUARANTEE,
            schema: T::Config::json_schema,
            build: build_with(|config, settings| {
                Ok(Box::new(T::build(config, settings)?) as Box<dyn Source>)
            }),
        };
        let before = self.sources.insert(T::NAME, entry);
        assert!(before.is_none(), "two sources are called `{}`", T::NAME);
    }

    /// Adds a kind of stage.
    ///
    /// # Panics
    /// When the name is taken.
    pub fn stage<T: StageType>(&mut self) {
        let entry = StageEntry {
            about: T::ABOUT,
            takes: T::TAKES,
            gives: T::GIVES,
            ports: T::PORTS,
            drops: T::DROPS,
            schema: T::Config::json_schema,
            build: build_with(|config, settings| {
                Ok(StageForm::Stateless(Box::new(T::build(config, settings)?)))
            }),
        };
        self.insert_stage(T::NAME, entry);
    }

    /// Adds a kind of stage that remembers.
    ///
    /// # Panics
    /// When the name is taken.
    pub fn stateful_stage<T: StatefulStageType>(&mut self) {
        let entry = StageEntry {
            about: T::ABOUT,
            takes: T::TAKES,
            gives: T::GIVES,
            ports: T::PORTS,
            drops: T::DROPS,
            schema: T::Config::json_schema,
            build: build_with(|config, settings| {
                Ok(StageForm::Stateful(Box::new(T::build(config, settings)?)))
            }),
        };
        self.insert_stage(T::NAME, entry);
    }

    fn insert_stage(&mut self, name: &'static str, entry: StageEntry) {
        let before = self.stages.insert(name, entry);
        assert!(before.is_none(), "two stages are called `{name}`");
    }

    /// Adds a kind of sink.
    ///
    /// # Panics
    /// When the name is taken.
    pub fn sink<T: SinkType>(&mut self) {
        let entry = SinkEntry {
            about: T::ABOUT,
            guarantee: T::GUARANTEE,
            schema: T::Config::json_schema,
            build: build_with(|config, settings| {
                Ok(Box::new(T::build(config, settings)?) as Box<dyn Sink>)
            }),
        };
        let before = self.sinks.insert(T::NAME, entry);
        assert!(before.is_none(), "two sinks are called `{}`", T::NAME);
    }

    /// Kinds of sources by name.
    pub fn sources(&self) -> &BTreeMap<&'static str, SourceEntry> {
        &self.sources
    }

    /// Kinds of stages by name.
    pub fn stages(&self) -> &BTreeMap<&'static str, StageEntry> {
        &self.stages
    }

    /// Kinds of sinks by name.
    pub fn sinks(&self) -> &BTreeMap<&'static str, SinkEntry> {
        &self.sinks
    }
}

/// Reads the options as `C`, keeping the place of what is wrong, and builds.
fn build_with<C, T>(build: fn(C, &Settings) -> crate::Result<T>) -> Build<T>
where
    C: DeserializeOwned + 'static,
    T: 'static,
{
    Box::new(move |options: Options<'_>, settings: &Settings| {
        let config = C::deserialize(toml::de::ValueDeserializer::from(options.0)).map_err(|e| {
            OptionsError::Shape {
                message: e.message().to_owned(),
                span: e.span(),
            }
        })?;
        build(config, settings).map_err(OptionsError::Value)
    })
}
