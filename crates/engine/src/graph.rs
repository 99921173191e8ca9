use std::fmt::Write;

use crate::{Node, NodeKind, Plan};

/// A language for drawing graphs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GraphFormat {
    /// <https://mermaid.js.org>, shown by GitHub and many editors.
    Mermaid,
    /// Graphviz.
    Dot,
}

/// The plan as a graph: one node per source, stage and sink, one arrow per reader.
pub fn graph(plan: &Plan, format: GraphFormat) -> String {
    let mut out = String::new();
    let number = |id: &str| {
        plan.nodes
            .iter()
            .position(|node| *node.id == *id)
            .unwrap_or(0)
    };
    let _ = match format {
        GraphFormat::Mermaid => writeln!(out, "flowchart LR"),
        GraphFormat::Dot => writeln!(out, "digraph \"{}\" {{\n  rankdir=LR;", quoted(&plan.name)),
    };
    for (index, node) in plan.nodes.iter().enumerate() {
        let label = label(node);
        let _ = match format {
            GraphFormat::Mermaid => {
                let (open, close) = match node.kind {
                    NodeKind::Source => ("([", "])"),
                    NodeKind::Stage => ("[", "]"),
                    NodeKind::Sink => ("[(", ")]"),
                };
                writeln!(out, "  n{index}{open}\"{label}\"{close}")
            }
            GraphFormat::Dot => {
                let shape = match node.kind {
                    NodeKind::Source => "ellipse",
                    NodeKind::Stage => "box",
                    NodeKind::Sink => "cylinder",
                };
                writeln!(out, "  n{index} [label=\"{label}\", shape={shape}];")
            }
        };
    }
    for (index, node) in plan.nodes.iter().enumerate() {
        for (id, port) in &node.reads {
            let from = number(id);
            let _ = match (format, port) {
                (GraphFormat::Mermaid, None) => writeln!(out, "  n{from} --> n{index}"),
                (GraphFormat::Mermaid, Some(port)) => {
                    writeln!(out, "  n{from} -- \"{port}\" --> n{index}")
                }
                (GraphFormat::Dot, None) => writeln!(out, "  n{from} -> n{index};"),
                (GraphFormat::Dot, Some(port)) => {
                    writeln!(out, "  n{from} -> n{index} [label=\"{port}\"];")
                }
            };
        }
    }
    if format == GraphFormat::Dot {
        out.push_str("}\n");
    }
    out
}

fn label(node: &Node) -> String {
    let label = if *node.id == *node.kind_name {
        node.id.to_string()
    } else {
        format!("{}: {}", node.id, node.kind_name)
    };
    quoted(&label)
}

fn quoted(text: &str) -> String {
    text.replace('"', "'")
}
