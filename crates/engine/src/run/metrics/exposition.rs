use std::fmt;
use std::sync::Arc;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{
    DescriptorEncoder, EncodeCounterValue, EncodeGaugeValue, NoLabelSet,
};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::exemplar::Exemplar;
use prometheus_client::registry::{Registry, Unit};

use super::format::{Dialect, as_text};
use crate::ledger::SEAL_SECS;
use crate::run::Shared;
use crate::{Counts, NodeCounts, NodeKind, Seals};

/// What a scrape sees: the run at one moment.
#[derive(Clone, Debug)]
pub(super) struct Look {
    run: Arc<str>,
    counts: Counts,
    nodes: Vec<NodeCounts>,
    seals: Seals,
    taken_bytes: u64,
    total_bytes: u64,
    n_in_flight: u64,
    waiting: Vec<(String, usize)>,
}

impl Look {
    pub(super) fn at(shared: &Shared) -> Look {
        Look {
            run: shared.run_id.clone(),
            counts: shared.ledger.counts(),
            nodes: shared.ledger.nodes(),
            seals: shared.ledger.seals(),
            taken_bytes: shared.budget.taken_bytes(),
            total_bytes: shared.budget.total_bytes(),
            n_in_flight: shared.in_flight.count(),
            waiting: shared.waiting(),
        }
    }

    pub(super) fn text(self, dialect: Dialect) -> String {
        let mut registry = Registry::with_prefix("taosha");
        registry.register_collector(Box::new(self));
        let mut text = String::new();
        encode(&mut text, &registry).expect("a string takes all that is written to it");
        match dialect {
            Dialect::OpenMetrics => text,
            Dialect::Text => as_text(&text),
        }
    }

    fn of_kind(&self, kinds: &[NodeKind]) -> impl Iterator<Item = &NodeCounts> {
        let is_one = |node: &&NodeCounts| kinds.contains(&node.node.kind);
        self.nodes.iter().filter(is_one)
    }
}

/// The label of a source, stage or sink: the same word as in the log.
fn stage(node: &NodeCounts) -> Labels<'_> {
    vec![("stage", &node.node.id)]
}

impl Collector for Look {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut page = Page(encoder);
        self.run(&mut page)?;
        self.records(&mut page)?;
        self.parts(&mut page)?;
        self.memory(&mut page)?;
        self.epochs(&mut page)?;
        self.sinks(&mut page)
    }
}

impl Look {
    fn run(&self, page: &mut Page<'_>) -> fmt::Result {
        let help = "The program and the configuration that runs.";
        let labels = [("version", env!("CARGO_PKG_VERSION")), ("run", &*self.run)];
        page.0
            .encode_descriptor("build", help, None, MetricType::Info)?
            .encode_info(&labels)
    }

    fn records(&self, page: &mut Page<'_>) -> fmt::Result {
        let counts = &self.counts;
        page.counter(
            "pages_read",
            "Pages the sources gave, with those that could not be read.",
            counts.read,
        )?;
        let bytes = [(Vec::new(), counts.read_bytes)];
        page.counters(
            "pages_read",
            "Bytes of those pages.",
            Some(Unit::Bytes),
            bytes,
        )?;
        page.counter(
            "pages_unchanged",
            "Pages that an earlier run had handled, and that are the same still.",
            counts.unchanged,
        )?;
        page.counter(
            "letters_retried",
            "Dead letters that were taken from the outbox and tried again.",
            counts.retried,
        )?;
        page.counter(
            "records_split",
            "Records that came to be by cutting one into several, or by a branch.",
            counts.split,
        )?;
        page.counter(
            "records_written",
            "Records that became rows of documents.",
            counts.written,
        )?;
        let collapsed = counts.collapsed.iter();
        page.counters(
            "records_collapsed",
            "Copies, by their relation to the one that stays.",
            None,
            collapsed.map(|(relation, n)| (vec![("relation", &**relation)], *n)),
        )?;
        let dropped = counts.dropped.iter().map(|(name, n)| {
            // Ids hold no dot.
            let (stage, reason) = name.split_once('.').unwrap_or((name, ""));
            (vec![("stage", stage), ("reason", reason)], *n)
        });
        page.counters(
            "records_dropped",
            "Records that a stage dropped.",
            None,
            dropped,
        )?;
        let dead = counts.dead.iter();
        page.counters(
            "records_dead",
            "Dead letters, by their code.",
            None,
            dead.map(|(code, n)| (vec![("code", &**code)], *n)),
        )?;
        let rows = counts.rows.iter();
        page.counters(
            "rows",
            "Rows that were made, by their table.",
            None,
            rows.map(|(table, n)| (vec![("table", table.name())], *n)),
        )
    }

    fn parts(&self, page: &mut Page<'_>) -> fmt::Result {
        let stages = self.of_kind(&[NodeKind::Stage]);
        page.counters(
            "records_in",
            "Records that came into a stage.",
            None,
            stages.map(|node| (stage(node), node.taken)),
        )?;
        let givers = self.of_kind(&[NodeKind::Source, NodeKind::Stage]);
        page.counters(
            "records_out",
            "Records that left a source or stage, by any port.",
            None,
            givers.map(|node| (stage(node), node.given)),
        )?;
        let sinks = self.of_kind(&[NodeKind::Sink]);
        page.counters(
            "rows_delivered",
            "Rows that a sink took.",
            None,
            sinks.map(|node| (stage(node), node.taken)),
        )?;
        page.counters(
            "busy",
            "Time that a source, stage or sink spent working, added up over all workers.",
            Some(Unit::Seconds),
            self.nodes
                .iter()
                .map(|node| (stage(node), node.busy.as_secs_f64())),
        )?;
        page.counters(
            "retries",
            "How often a source or sink was asked again because something was away.",
            None,
            self.of_kind(&[NodeKind::Source, NodeKind::Sink])
                .map(|node| (stage(node), node.retries)),
        )
    }

    fn memory(&self, page: &mut Page<'_>) -> fmt::Result {
        page.gauge(
            "memory_in_flight",
            "What the pages in flight take of the memory budget.",
            Some(Unit::Bytes),
            self.taken_bytes,
        )?;
        page.gauge(
            "memory_budget",
            "The memory budget, `run.memory`.",
            Some(Unit::Bytes),
            self.total_bytes,
        )?;
        page.gauges(
            "channel_records",
            "Records that wait to be taken by a stage, or to be made rows.",
            None,
            self.waiting
                .iter()
                .map(|(to, n)| (vec![("to", &**to)], *n as u64)),
        )
    }

    fn epochs(&self, page: &mut Page<'_>) -> fmt::Result {
        let seals = &self.seals;
        page.counter(
            "epochs_sealed",
            "Epochs that this run sealed.",
            seals.n_sealed,
        )?;
        let mut bounds = SEAL_SECS.to_vec();
        bounds.push(f64::INFINITY);
        let times: Vec<(f64, u64)> = bounds.into_iter().zip(seals.times).collect();
        let help = "How long it took to seal an epoch.";
        page.0
            .encode_descriptor(
                "epoch_seal",
                help,
                Some(&Unit::Seconds),
                MetricType::Histogram,
            )?
            .encode_histogram::<NoLabelSet>(
                seals.time.as_secs_f64(),
                seals.n_sealed,
                &times,
                None,
            )?;
        page.gauge(
            "last_sealed_epoch",
            "The last sealed epoch, also of an earlier run.",
            None,
            seals.last,
        )?;
        page.gauges(
            "last_sealed_timestamp",
            "When that epoch was sealed, in Unix time.",
            Some(Unit::Seconds),
            seals
                .last_at
                .map(|at| (Vec::new(), at.as_duration().as_secs_f64())),
        )?;
        page.gauge(
            "epochs_in_flight",
            "Epochs that are cut, and not sealed yet or not held by every sink.",
            None,
            self.n_in_flight,
        )?;
        page.gauge(
            "outbox",
            "What the kept epochs take on disk.",
            Some(Unit::Bytes),
            seals.outbox_bytes,
        )
    }

    fn sinks(&self, page: &mut Page<'_>) -> fmt::Result {
        let seals = &self.seals;
        let sink = |id| vec![("stage", id)];
        page.gauges(
            "sink_delivered_epoch",
            "The last epoch that a sink holds.",
            None,
            seals
                .delivered
                .iter()
                .map(|(id, held)| (sink(&**id), *held)),
        )?;
        let lag = |held: &u64| seals.last.saturating_sub(*held);
        page.gauges(
            "sink_lag_epochs",
            "Sealed epochs that a sink does not hold yet.",
            None,
            seals
                .delivered
                .iter()
                .map(|(id, held)| (sink(&**id), lag(held))),
        )
    }
}

type Labels<'a> = Vec<(&'static str, &'a str)>;

/// Writes metrics one under the other.
struct Page<'a>(DescriptorEncoder<'a>);

impl Page<'_> {
    fn counter(&mut self, name: &str, help: &str, value: u64) -> fmt::Result {
        self.counters(name, help, None, [(Vec::new(), value)])
    }

    fn counters<'v, N: EncodeCounterValue>(
        &mut self,
        name: &str,
        help: &str,
        unit: Option<Unit>,
        values: impl IntoIterator<Item = (Labels<'v>, N)>,
    ) -> fmt::Result {
        let kind = MetricType::Counter;
        let mut metric = self.0.encode_descriptor(name, help, unit.as_ref(), kind)?;
        let exemplar = None::<&Exemplar<NoLabelSet, f64>>;
        for (labels, value) in values {
            match labels.is_empty() {
                true => metric.encode_counter(&value, exemplar)?,
                false => metric
                    .encode_family(&labels)?
                    .encode_counter(&value, exemplar)?,
            }
        }
        Ok(())
    }

    fn gauge(&mut self, name: &str, help: &str, unit: Option<Unit>, value: u64) -> fmt::Result {
        self.gauges(name, help, unit, [(Vec::new(), value)])
    }

    fn gauges<'v, N: EncodeGaugeValue>(
        &mut self,
        name: &str,
        help: &str,
        unit: Option<Unit>,
        values: impl IntoIterator<Item = (Labels<'v>, N)>,
    ) -> fmt::Result {
        let kind = MetricType::Gauge;
        let mut metric = self.0.encode_descriptor(name, help, unit.as_ref(), kind)?;
        for (labels, value) in values {
            match labels.is_empty() {
                true => metric.encode_gauge(&value)?,
                false => metric.encode_family(&labels)?.encode_gauge(&value)?,
            }
        }
        Ok(())
    }
}
