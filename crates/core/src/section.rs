use serde::{Deserialize, Serialize};

use crate::Span;

/// A node of a report's outline.
///
/// The sections of a report, in order, tile it: each runs from its heading to the next heading of
/// any level, so joining them gives the text back. The tree is in `parent`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Section {
    /// 1 for 一、, 2 for （一）, 3 for 1., 4 for （1）, 5 for ①; 0 for text under no heading: before the
    /// first one, and the closing lines.
    pub level: u8,
    /// The number as written, without its brackets and stops: `三`, `4`, `⑴`.
    pub number: Option<String>,
    /// The heading's words; `None` for a numbered paragraph that has none.
    pub title: Option<String>,
    /// Heading and text.
    pub span: Span,
    /// Index of the enclosing section in the report's list, always smaller than the own index.
    pub parent: Option<usize>,
    /// What the section is for, where that is clear.
    pub role: Option<Role>,
}

/// Whole sentences of a report, put together for search and language models.
///
/// Chunks are in order of the text; with an overlap, one begins before the one in front of it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chunk {
    /// From the first sentence to the end of the last.
    pub span: Span,
    /// Index of the section it begins in.
    pub section: Option<usize>,
}

/// What a section is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// 总体情况
    Overview,
    /// 主要工作、成绩
    WorkDone,
    /// 存在的问题
    Problems,
    /// 下一步打算、工作计划
    Plan,
    /// 落款、总之
    Closing,
}

impl Role {
    /// The name used in tables.
    pub fn name(self) -> &'static str {
        match self {
            Role::Overview => "overview",
            Role::WorkDone => "work_done",
            Role::Problems => "problems",
            Role::Plan => "plan",
            Role::Closing => "closing",
        }
    }
}
