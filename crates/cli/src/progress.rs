use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use taosha_engine::{Ledger, NodeCounts, NodeKind};
use tracing::info;

use crate::terminal::Terminal;

/// The part of the terminal that is drawn over itself. Without a terminal it shows nothing.
#[derive(Clone)]
pub(crate) struct Screen {
    lines: MultiProgress,
    terminal: Terminal,
}

/// How often lines are drawn: often enough to look alive, seldom enough to cost nothing.
const REDRAW: Duration = Duration::from_millis(150);

/// How often progress is logged where it cannot be drawn.
const LOG_EVERY: Duration = Duration::from_secs(30);

impl Screen {
    pub(crate) fn new(terminal: Terminal) -> Self {
        let target = if terminal.is_interactive {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        Screen {
            lines: MultiProgress::with_draw_target(target),
            terminal,
        }
    }

    /// Prints `line` above what is being drawn.
    pub(crate) fn above(&self, line: &str) {
        self.lines.suspend(|| self.terminal.error(line));
    }

    /// Shows how `ledger` grows, until dropped.
    pub(crate) async fn watch(&self, ledger: Arc<Ledger>) {
        if !self.terminal.is_interactive {
            loop {
                tokio::time::sleep(LOG_EVERY).await;
                let counts = ledger.counts();
                info!(
                    read = counts.read,
                    written = counts.written,
                    collapsed = counts.n_collapsed(),
                    dead = counts.n_dead(),
                    "running"
                );
            }
        }
        let nodes = ledger.nodes();
        let width = nodes
            .iter()
            .map(|n| n.node.id.chars().count())
            .max()
            .unwrap_or_default();
        let bars: Vec<Bar> = nodes
            .iter()
            .map(|node| Bar(self.lines.add(Bar::style(node, width))))
            .collect();
        loop {
            tokio::time::sleep(REDRAW).await;
            let total = ledger.total().records;
            for (bar, node) in bars.iter().zip(ledger.nodes()) {
                bar.show(&node, total);
            }
        }
    }
}

/// The line of one node; wiped when dropped.
struct Bar(ProgressBar);

impl Bar {
    fn style(node: &NodeCounts, width: usize) -> ProgressBar {
        let template = match node.node.kind {
            NodeKind::Source => {
                "{prefix}  {human_pos:>8} of {human_len} pages  {wide_bar:.cyan/dim}  \
                 {rate:>10}  {eta:>4} left"
            }
            NodeKind::Stage => "{prefix}  {human_pos:>8} records  {rate:>10}  {msg}",
            NodeKind::Sink => "{prefix}  {human_pos:>8} rows  {rate:>10}",
        };
        let style = ProgressStyle::with_template(template);
        let style = style.expect("the templates above are well formed");
        let rate = |state: &ProgressState, out: &mut dyn Write| {
            let _ = write!(out, "{:.0}/s", state.per_sec());
        };
        // Hidden until it stands among the others, or it would draw itself at once.
        let bar = ProgressBar::hidden();
        bar.set_style(style.with_key("rate", rate));
        bar.set_prefix(format!("{:width$}", node.node.id));
        bar
    }

    fn show(&self, node: &NodeCounts, total: Option<u64>) {
        match node.node.kind {
            NodeKind::Source => {
                self.0
                    .set_length(total.unwrap_or(node.given).max(node.given));
                self.0.set_position(node.given);
            }
            NodeKind::Stage => {
                self.0.set_position(node.taken);
                let busy = node.busy.as_secs_f64();
                self.0
                    .set_message(format!("{} out  {busy:.1} s of work", node.given));
            }
            NodeKind::Sink => self.0.set_position(node.taken),
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
