use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use schemars::SchemaGenerator;
use taosha_core::{
    Guarantee, Keeps, Kind, Options, OptionsError, Port, Position, Record, Registry, Settings,
    Sink, Source, StageForm,
};
use toml::de::DeTable;

use crate::file::{Entry, PipelineFile, Word, Wrong, parse, properties, read_all, remove_unknown};
use crate::fingerprint::fingerprint;
use crate::making::making;
use crate::store::is_same_folder;
use crate::suggest::unknown;
use crate::{Diagnostic, PipelineText, RunOptions, ScheduleOptions, Severity};

/// A pipeline that can be run: every part built, every reader knowing what it reads.
pub struct Plan {
    /// The pipeline's name.
    pub name: String,
    /// Name and fingerprint of the configuration; the `run` column of tables.
    pub run_id: Arc<str>,
    /// The `[run]` table.
    pub options: RunOptions,
    /// The `[schedule]` table.
    pub schedule: Option<ScheduleOptions>,
    /// The folder for what a run keeps.
    pub state: PathBuf,
    /// Sources, then stages, then sinks, each in the order of the file.
    pub nodes: Vec<Node>,
    pub(crate) sources: Vec<Box<dyn Source>>,
    pub(crate) stages: Vec<PlannedStage>,
    pub(crate) sinks: Vec<PlannedSink>,
}

/// A source, stage or sink of a plan.
#[derive(Clone, Debug)]
pub struct Node {
    /// Its id.
    pub id: Arc<str>,
    /// Its `type`.
    pub kind_name: String,
    /// Which of the three it is.
    pub kind: NodeKind,
    /// What it reads: the id of a stage and a port, `None` for the main one. Empty for sources; the
    /// first stage reads all sources.
    pub reads: Vec<(Arc<str>, Option<&'static str>)>,
}

/// Which of the three a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeKind {
    /// Produces records.
    Source,
    /// Turns records into records.
    Stage,
    /// Writes tables.
    Sink,
}

pub(crate) struct PlannedStage {
    pub(crate) id: Arc<str>,
    pub(crate) form: StageForm,
    pub(crate) input: Input,
    pub(crate) drops: &'static [&'static str],
}

pub(crate) struct PlannedSink {
    pub(crate) id: Arc<str>,
    pub(crate) sink: Box<dyn Sink>,
    pub(crate) input: Input,
}

/// Where a reader gets its records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Input {
    /// All sources, one after the other.
    Sources,
    /// A stage, by its place in the plan, and one of its ports.
    Stage(usize, Option<&'static str>),
}

/// What one path from the sources to a sink promises.
#[derive(Clone, Debug)]
pub struct PathGuarantee {
    /// Ids from the source to the sink.
    pub path: Vec<Arc<str>>,
    /// The promise.
    pub guarantee: Guarantee,
}

/// What became of a pipeline file.
pub struct Loaded {
    /// The plan, unless there are errors.
    pub plan: Option<Plan>,
    /// Errors and warnings, in the order of the file.
    pub diagnostics: Vec<Diagnostic>,
}

/// Understands `text` and builds everything it names from `registry`.
///
/// Options are read and checked; nothing is opened, fetched or written.
pub fn load(text: &PipelineText, registry: &Registry) -> Loaded {
    load_with_targets(text, registry, None)
}

/// As [`load`], with the targets of every sink below `scratch/ID` instead of where the file says.
pub fn load_with_targets(
    text: &PipelineText,
    registry: &Registry,
    scratch: Option<PathBuf>,
) -> Loaded {
    let mut diagnostics = Vec::new();
    let Some(file) = parse(text, &mut diagnostics) else {
        return Loaded {
            plan: None,
            diagnostics,
        };
    };
    let plan = Planner {
        registry,
        text,
        scratch,
        diagnostics: &mut diagnostics,
    }
    .plan(file);
    diagnostics.sort_by_key(|d| d.span.as_ref().map_or(usize::MAX, |span| span.start));
    let failed = diagnostics.iter().any(|d| d.severity == Severity::Error);
    Loaded {
        plan: plan.filter(|_| !failed),
        diagnostics,
    }
}

struct Planner<'a> {
    registry: &'a Registry,
    text: &'a PipelineText,
    scratch: Option<PathBuf>,
    diagnostics: &'a mut Vec<Diagnostic>,
}

/// What later readers must know of a stage.
struct Offer {
    id: String,
    gives: Kind,
    ports: &'static [Port],
}

impl Planner<'_> {
    fn plan(mut self, file: PipelineFile<'_>) -> Option<Plan> {
        self.check_ids(&file);
        for (list, name) in [(&file.sources, "source"), (&file.sinks, "sink")] {
            if list.is_empty() {
                let message = format!("the pipeline has no `[[{name}]]`");
                self.diagnostics.push(Diagnostic::error(message, None));
            }
        }

        let stages = file.stages.iter().map(|entry| {
            let from = entry.from.as_ref().map(|from| from.text.as_str());
            (entry.kind.text.as_str(), from, entry.options.get_ref())
        });
        let run_id: Arc<str> = format!("{}@{}", file.name, fingerprint(stages)).into();
        let making = making(&file, self.text, &run_id);
        let (base, scratch) = (self.text.base(), self.scratch.clone());
        let settings = |id: &Word| Settings {
            id: id.text.as_str().into(),
            base: base.clone(),
            run: run_id.clone(),
            scratch: scratch.as_ref().map(|scratch| scratch.join(&id.text)),
        };

        let (mut nodes, mut sources, mut stages, mut sinks) = (vec![], vec![], vec![], vec![]);
        for entry in file.sources {
            if let Some(from) = &entry.from {
                let message = "a source reads nothing, so it has no `from`";
                self.diagnostics
                    .push(Diagnostic::error(message, from.span.clone()));
            }
            let node = self.node(&entry, NodeKind::Source, Vec::new());
            if let Some(source) = self.source(entry, &settings) {
                nodes.push(node);
                sources.push(source);
            }
        }

        let state = file.run.state.clone();
        let state = base.join(state.unwrap_or_else(|| format!("state/{}", file.name)));
        let offers = self.offers(&file.stages);
        for (index, entry) in file.stages.into_iter().enumerate() {
            let before = &offers[..index];
            let input = self.input(&entry, before, NodeKind::Stage);
            let node = self.node(&entry, NodeKind::Stage, reads(input, &offers, &nodes));
            let id: Arc<str> = entry.id.text.as_str().into();
            let drops = self
                .registry
                .stages()
                .get(&*entry.kind.text)
                .map_or(&[][..], |e| e.drops);
            let span = entry.kind.span.clone();
            if let Some(form) = self.stage(entry, &settings) {
                self.check_others(&form, &state, span);
                nodes.push(node);
                stages.push(PlannedStage {
                    id,
                    form,
                    input,
                    drops,
                });
            }
        }
        for entry in file.sinks {
            let input = self.input(&entry, &offers, NodeKind::Sink);
            let node = self.node(&entry, NodeKind::Sink, reads(input, &offers, &nodes));
            let id: Arc<str> = entry.id.text.as_str().into();
            if let Some(mut sink) = self.sink(entry, &settings) {
                sink.made_by(&making);
                nodes.push(node);
                sinks.push(PlannedSink { id, sink, input });
            }
        }

        let plan = Plan {
            run_id,
            state,
            options: file.run,
            schedule: file.schedule,
            name: file.name,
            nodes,
            sources,
            stages,
            sinks,
        };
        // With a part missing, what reads what cannot be told.
        if !self
            .diagnostics
            .iter()
            .any(|d| d.severity == Severity::Error)
        {
            self.check_unread(&plan, &offers);
        }
        self.check_required(&plan, file.require_span);
        Some(plan)
    }

    fn check_ids(&mut self, file: &PipelineFile<'_>) {
        let mut seen: BTreeMap<&str, &Word> = BTreeMap::new();
        for entry in file.sources.iter().chain(&file.stages).chain(&file.sinks) {
            let id = &entry.id;
            if id.text.contains('.') {
                let message = format!("the id `{}` holds a dot, which names a port", id.text);
                self.diagnostics
                    .push(Diagnostic::error(message, id.span.clone()));
            }
            if let Some(first) = seen.insert(&id.text, id) {
                let before = self.text.text().get(..first.span.start).unwrap_or_default();
                let line = before.lines().count().max(1);
                let message = format!("two parts of the pipeline have the id `{}`", id.text);
                let diagnostic = Diagnostic::error(message, id.span.clone())
                    .label(format!("also the id of the one in line {line}"))
                    .help("give one of them an `id` of its own; without it the `type` is the id");
                self.diagnostics.push(diagnostic);
            }
        }
    }

    fn offers(&self, stages: &[Entry<'_>]) -> Vec<Offer> {
        let offer = |entry: &Entry<'_>| {
            let known = self.registry.stages().get(&*entry.kind.text);
            Offer {
                id: entry.id.text.clone(),
                // An unknown type has been reported; what it would give does not matter.
                gives: known.map_or(Kind::Report, |known| known.gives),
                ports: known.map_or(&[], |known| known.ports),
            }
        };
        stages.iter().map(offer).collect()
    }

    /// What `entry` reads, given the stages `before` it.
    fn input(&mut self, entry: &Entry<'_>, before: &[Offer], kind: NodeKind) -> Input {
        let input = match &entry.from {
            Some(from) => self.named_input(from, before),
            None => before
                .len()
                .checked_sub(1)
                .map_or(Some(Input::Sources), |last| Some(Input::Stage(last, None))),
        };
        let Some(input) = input else {
            return Input::Sources;
        };

        let (gives, giver) = match input {
            Input::Sources => (Kind::Raw, "the sources"),
            Input::Stage(index, None) => (before[index].gives, before[index].id.as_str()),
            Input::Stage(index, Some(port)) => {
                let gives = before[index].ports.iter().find(|p| p.name == port);
                (
                    gives.map_or(Kind::Report, |port| port.gives),
                    before[index].id.as_str(),
                )
            }
        };
        let takes = match kind {
            NodeKind::Stage => self
                .registry
                .stages()
                .get(&*entry.kind.text)
                .map(|e| e.takes),
            NodeKind::Sink | NodeKind::Source => Some(Kind::Report),
        };
        if let Some(takes) = takes.filter(|&takes| takes != gives) {
            let id = &entry.id.text;
            let message = format!(
                "`{id}` takes {} records, but {giver} give{} {}",
                takes.name(),
                if giver == "the sources" { "" } else { "s" },
                gives.name()
            );
            let help = match gives {
                Kind::Raw => "put a stage between them that decodes pages, such as `decode`",
                Kind::Report => "pages are decoded once: take one of the two stages out",
            };
            self.diagnostics
                .push(Diagnostic::error(message, entry.kind.span.clone()).help(help));
        }
        input
    }

    fn named_input(&mut self, from: &Word, before: &[Offer]) -> Option<Input> {
        let (id, port) = match from.text.split_once('.') {
            Some((id, port)) => (id, Some(port)),
            None => (from.text.as_str(), None),
        };
        let Some(index) = before.iter().position(|offer| offer.id == id) else {
            let ids: Vec<&str> = before.iter().map(|offer| offer.id.as_str()).collect();
            let (label, help) = unknown(id, &ids);
            let message = format!("there is no stage `{id}` before this one");
            let diagnostic = Diagnostic::error(message, from.span.clone())
                .label(label)
                .help(help);
            self.diagnostics.push(diagnostic);
            return None;
        };
        let Some(port) = port else {
            return Some(Input::Stage(index, None));
        };
        let ports = before[index].ports;
        let Some(port) = ports.iter().find(|known| known.name == port) else {
            let names: Vec<&str> = ports.iter().map(|port| port.name).collect();
            let (label, help) = unknown(port, &names);
            let message = format!("stage `{id}` has no port `{port}`");
            let help = if names.is_empty() {
                format!("it has only its main port: write `from = \"{id}\"`")
            } else {
                help
            };
            let diagnostic = Diagnostic::error(message, from.span.clone())
                .label(label)
                .help(help);
            self.diagnostics.push(diagnostic);
            return None;
        };
        Some(Input::Stage(index, Some(port.name)))
    }

    fn node(
        &self,
        entry: &Entry<'_>,
        kind: NodeKind,
        reads: Vec<(Arc<str>, Option<&'static str>)>,
    ) -> Node {
        let id = entry.id.text.as_str().into();
        Node {
            id,
            kind_name: entry.kind.text.clone(),
            kind,
            reads,
        }
    }

    fn source(
        &mut self,
        entry: Entry<'_>,
        settings: &dyn Fn(&Word) -> Settings,
    ) -> Option<Box<dyn Source>> {
        let registry = self.registry;
        let Some(known) = registry.sources().get(&*entry.kind.text) else {
            let names: Vec<&str> = registry.sources().keys().copied().collect();
            return self.unknown_type("source", &entry.kind, &names);
        };
        self.build(entry, known.schema, settings, &*known.build)
    }

    fn stage(
        &mut self,
        entry: Entry<'_>,
        settings: &dyn Fn(&Word) -> Settings,
    ) -> Option<StageForm> {
        let registry = self.registry;
        let Some(known) = registry.stages().get(&*entry.kind.text) else {
            let names: Vec<&str> = registry.stages().keys().copied().collect();
            return self.unknown_type("stage", &entry.kind, &names);
        };
        self.build(entry, known.schema, settings, &*known.build)
    }

    fn sink(
        &mut self,
        entry: Entry<'_>,
        settings: &dyn Fn(&Word) -> Settings,
    ) -> Option<Box<dyn Sink>> {
        let registry = self.registry;
        let Some(known) = registry.sinks().get(&*entry.kind.text) else {
            let names: Vec<&str> = registry.sinks().keys().copied().collect();
            return self.unknown_type("sink", &entry.kind, &names);
        };
        self.build(entry, known.schema, settings, &*known.build)
    }

    fn unknown_type<T>(&mut self, what: &str, kind: &Word, known: &[&str]) -> Option<T> {
        let (label, help) = unknown(&kind.text, known);
        let message = format!("unknown {what} type `{}`", kind.text);
        let diagnostic = Diagnostic::error(message, kind.span.clone())
            .label(label)
            .help(help);
        self.diagnostics.push(diagnostic);
        None
    }

    fn build<T>(
        &mut self,
        entry: Entry<'_>,
        schema: fn(&mut SchemaGenerator) -> schemars::Schema,
        settings: &dyn Fn(&Word) -> Settings,
        build: &dyn for<'f> Fn(Options<'f>, &Settings) -> Result<T, OptionsError>,
    ) -> Option<T> {
        let (span, settings) = (entry.options.span(), settings(&entry.id));
        let mut table: DeTable<'_> = entry.options.into_inner();
        let schema = schema(&mut SchemaGenerator::default());
        let what = format!("option of `{}`:", entry.kind.text);
        remove_unknown(
            &mut table,
            &properties(schema.as_value()),
            &what,
            self.diagnostics,
        );
        let places: BTreeMap<String, Range<usize>> = table
            .iter()
            .map(|(key, value)| (key.get_ref().to_string(), value.span()))
            .collect();
        let kind = entry.kind.span;
        read_all(table, span, self.diagnostics, |value| {
            build(Options(value), &settings).map_err(|error| match error {
                OptionsError::Shape { message, span } => Wrong { message, span },
                OptionsError::Value(error) => {
                    let place = error
                        .option()
                        .and_then(|option| places.get(option).cloned());
                    let span = Some(place.unwrap_or_else(|| kind.clone()));
                    Wrong {
                        message: format!("failed to {error}"),
                        span,
                    }
                }
            })
        })
    }

    /// That a stage reads beside its own state none but those of other pipelines. Asked here and not of the
    /// folder a run opens, which for a trial is another one.
    fn check_others(&mut self, form: &StageForm, own: &Path, span: Range<usize>) {
        let StageForm::Stateful(stage) = form else {
            return;
        };
        let reads = stage.reads().iter();
        for folder in reads.filter(|folder| is_same_folder(folder, own)) {
            let message = format!(
                "failed to read the state `{}`: it is the state of this pipeline; name that of another one",
                folder.display()
            );
            self.diagnostics
                .push(Diagnostic::error(message, span.clone()));
        }
    }

    fn check_unread(&mut self, plan: &Plan, offers: &[Offer]) {
        for (index, stage) in plan.stages.iter().enumerate() {
            let is_read = |port| {
                let input = Input::Stage(index, port);
                plan.stages.iter().any(|stage| stage.input == input)
                    || plan.sinks.iter().any(|sink| sink.input == input)
            };
            if !plan.sinks.is_empty() && !is_read(None) {
                let message = format!("nothing reads what stage `{}` gives", stage.id);
                self.diagnostics.push(
                    Diagnostic::error(message, None)
                        .help("a sink reads the last stage unless its `from` says otherwise"),
                );
            }
            let ports = offers
                .iter()
                .find(|offer| *offer.id == *stage.id)
                .map_or(&[][..], |o| o.ports);
            for port in ports.iter().filter(|port| !is_read(Some(port.name))) {
                let name = format!("{}.{}", stage.id, port.name);
                let message = format!("nothing reads `{name}`: what leaves there is dropped");
                let help = format!("write it aside with a sink that has `from = \"{name}\"`");
                self.diagnostics
                    .push(Diagnostic::warning(message, None).help(help));
            }
        }
    }

    fn check_required(&mut self, plan: &Plan, span: Option<Range<usize>>) {
        let Some(require) = plan.options.require else {
            return;
        };
        for path in plan.guarantees(self.registry) {
            if path.guarantee < require.guarantee() {
                let message = format!(
                    "`require` asks for {}, but {} is {}",
                    require.guarantee().name(),
                    path.path.join(" → "),
                    path.guarantee.name()
                );
                self.diagnostics
                    .push(Diagnostic::error(message, span.clone()));
            }
        }
    }
}

fn reads(input: Input, offers: &[Offer], nodes: &[Node]) -> Vec<(Arc<str>, Option<&'static str>)> {
    match input {
        Input::Sources => {
            let sources = nodes.iter().filter(|node| node.kind == NodeKind::Source);
            sources.map(|node| (node.id.clone(), None)).collect()
        }
        Input::Stage(index, port) => vec![(offers[index].id.as_str().into(), port)],
    }
}

impl Plan {
    /// What every path from a source to a sink promises.
    pub fn guarantees(&self, registry: &Registry) -> Vec<PathGuarantee> {
        let by_id = |id: &str| self.nodes.iter().find(|node| *node.id == *id);
        let sinks = self.nodes.iter().filter(|node| node.kind == NodeKind::Sink);
        sinks
            .map(|sink| {
                let mut path = vec![sink.id.clone()];
                let mut node = sink;
                while let Some((id, _)) = node.reads.first() {
                    path.push(id.clone());
                    let Some(next) = by_id(id) else { break };
                    node = next;
                }
                path.reverse();
                let known = registry.sinks().get(&*sink.kind_name);
                let guarantee = known.map_or(Guarantee::AtLeastOnce, |known| known.guarantee);
                // All sources stand before every sink.
                let of_sources = self
                    .nodes
                    .iter()
                    .filter(|node| node.kind == NodeKind::Source);
                let of_sources = of_sources
                    .filter_map(|node| registry.sources().get(&*node.kind_name))
                    .map(|known| known.guarantee);
                let guarantee = of_sources.fold(guarantee, Guarantee::min);
                PathGuarantee { path, guarantee }
            })
            .collect()
    }

    /// What its stages will keep on disk, by their ids, as far as they tell.
    pub fn keeps(&self) -> Vec<(Arc<str>, Keeps)> {
        let told = |stage: &PlannedStage| match &stage.form {
            StageForm::Stateful(form) => Some((stage.id.clone(), form.keeps()?)),
            StageForm::Stateless(_) => None,
        };
        self.stages.iter().filter_map(told).collect()
    }

    /// The state folders of other pipelines that its stages read, by their ids.
    pub fn reads(&self) -> Vec<(Arc<str>, Vec<PathBuf>)> {
        let told = |stage: &PlannedStage| match &stage.form {
            StageForm::Stateful(form) => Some((stage.id.clone(), form.reads().to_vec())),
            StageForm::Stateless(_) => None,
        };
        let reads = self.stages.iter().filter_map(told);
        reads.filter(|(_, folders)| !folders.is_empty()).collect()
    }

    /// How many items its sources have, if all of them know without looking.
    pub fn n_records(&self) -> Option<u64> {
        let sizes = self.sources.iter().map(|source| source.size().records);
        sizes.sum()
    }

    /// The page at `position` of the source called `source`, as it is now. `None` when there is no such
    /// source in the file, or it cannot go back.
    ///
    /// # Errors
    /// When the source could, but the page cannot be had.
    pub async fn again(
        &mut self,
        source: &str,
        position: &Position,
    ) -> taosha_core::Result<Option<Record>> {
        let of_sources = self
            .nodes
            .iter()
            .filter(|node| node.kind == NodeKind::Source);
        let index = of_sources.into_iter().position(|node| *node.id == *source);
        match index.and_then(|index| self.sources.get_mut(index)) {
            Some(source) => source.again(position).await,
            None => Ok(None),
        }
    }

    /// Its sinks by id, in the order of the file, for reading back what they hold.
    pub fn into_sinks(self) -> Vec<(Arc<str>, Box<dyn Sink>)> {
        let sinks = self.sinks.into_iter();
        sinks
            .map(|PlannedSink { id, sink, .. }| (id, sink))
            .collect()
    }

    /// The plan without its sinks, for trying out.
    #[must_use]
    pub fn without_sinks(mut self) -> Self {
        self.sinks.clear();
        self.nodes.retain(|node| node.kind != NodeKind::Sink);
        self
    }
}
