use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize};

use crate::{
    Chunk, Document, Fact, Mark, Passage, PassageUse, Period, PeriodBasis, RawRange, Reading,
    Section, Span, SpanKind, Superseded,
};

/// A stretch of a document that is one report, with what the stages found in it.
///
/// `decode` makes one report of the whole page; `segment` cuts it into the reports it holds.
/// Cloning is cheap in text: reports of one page share the document. Reports that were written and
/// read again have a document each.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "Written")]
pub struct Report {
    document: Arc<Document>,
    span: Span,
    marks: Vec<Mark>,
    /// Made when asked for; any new mark makes it anew.
    #[serde(skip_serializing)]
    reading: OnceLock<Arc<Reading>>,
    /// What is known about the report as a whole.
    pub meta: ReportMeta,
    /// The outline, in order of the text; empty until `segment`.
    pub sections: Vec<Section>,
    /// The sentences, in order of the text; empty until `segment`. Headings are sentences too.
    pub sentences: Vec<Span>,
    /// Sentences put together, in order of the text; empty unless `segment` was told to.
    pub chunks: Vec<Chunk>,
    /// Passages that are told of here: this report is the first to show that they are shared, though
    /// not always the first that has them.
    pub passages: Vec<Passage>,
    /// Where passages stand, in order of the text.
    pub passage_uses: Vec<PassageUse>,
    /// Earlier reports that this one stands for from now on.
    pub supersedes: Vec<Superseded>,
    /// The figures, in order of the text; empty until `extract`.
    pub facts: Vec<Fact>,
}

/// What is known about a report as a whole. Unknown is `None`, never an empty string.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportMeta {
    /// Its title, without the site's additions.
    pub title: Option<String>,
    /// The unit that speaks: `常州市教育局`.
    pub publisher: Option<String>,
    /// The place it speaks of.
    pub place: Option<String>,
    /// The time it reports on.
    pub period: Option<Period>,
    /// How that time is known.
    pub period_basis: Option<PeriodBasis>,
    /// When it was put up, ISO 8601.
    pub published: Option<String>,
    /// False when text is known to be missing, `None` when nothing tells.
    pub complete: Option<bool>,
}

impl Report {
    /// The whole of `document` as one report.
    pub fn whole(document: Arc<Document>) -> Self {
        let span = Span::unchecked(0..document.text().len(), SpanKind::Report);
        Report::over(document, span)
    }

    fn over(document: Arc<Document>, span: Span) -> Self {
        Report {
            document,
            span,
            marks: Vec::new(),
            reading: OnceLock::new(),
            meta: ReportMeta::default(),
            sections: Vec::new(),
            sentences: Vec::new(),
            chunks: Vec::new(),
            passages: Vec::new(),
            passage_uses: Vec::new(),
            supersedes: Vec::new(),
            facts: Vec::new(),
        }
    }

    /// The part of this report under `span`, with the marks that lie in it and nothing else.
    ///
    /// # Panics
    /// When `span` reaches out of this report.
    #[must_use]
    pub fn part(&self, span: Span) -> Report {
        assert!(
            self.span.contains(&span),
            "{span:?} is not inside {:?}",
            self.span
        );
        let span = Span::unchecked(span.range(), SpanKind::Report);
        let mut part = Report::over(self.document.clone(), span);
        let inside = |mark: &&Mark| mark.span.overlaps(&span) || span.contains(&mark.span);
        part.marks = self.marks.iter().filter(inside).cloned().collect();
        part
    }

    /// The text this report is a stretch of.
    pub fn document(&self) -> &Arc<Document> {
        &self.document
    }

    /// Where the report stands on its page.
    pub fn span(&self) -> Span {
        self.span
    }

    /// What was found in it, in no particular order.
    pub fn marks(&self) -> &[Mark] {
        &self.marks
    }

    /// Adds findings. Marks that cut or replace change what [`reading`](Self::reading) returns.
    pub fn mark(&mut self, marks: impl IntoIterator<Item = Mark>) {
        self.marks.extend(marks);
        self.reading = OnceLock::new();
    }

    /// The text as it is read: without chrome, with masks in place.
    pub fn reading(&self) -> &Reading {
        self.reading
            .get_or_init(|| Arc::new(Reading::new(self.document.text(), self.span, &self.marks)))
    }

    /// The bytes of the page that `span` was made from.
    pub fn raw_range(&self, span: Span) -> RawRange {
        self.document.raw_range(span)
    }
}

/// A report as it is written, before anyone knows that what was found lies in its document.
#[derive(Deserialize)]
struct Written {
    document: Arc<Document>,
    span: Span,
    marks: Vec<Mark>,
    meta: ReportMeta,
    sections: Vec<Section>,
    sentences: Vec<Span>,
    /// Records written before there were any have none.
    #[serde(default)]
    chunks: Vec<Chunk>,
    passages: Vec<Passage>,
    passage_uses: Vec<PassageUse>,
    /// Letters that were written before this was known have none.
    #[serde(default)]
    supersedes: Vec<Superseded>,
    facts: Vec<Fact>,
}

impl TryFrom<Written> for Report {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let report = Report {
            document: written.document,
            span: written.span,
            marks: written.marks,
            reading: OnceLock::new(),
            meta: written.meta,
            sections: written.sections,
            sentences: written.sentences,
            chunks: written.chunks,
            passages: written.passages,
            passage_uses: written.passage_uses,
            supersedes: written.supersedes,
            facts: written.facts,
        };
        report.check()?;
        Ok(report)
    }
}

impl Report {
    /// Every promise that a later stage would panic over.
    fn check(&self) -> Result<(), String> {
        let marks = self.marks.iter().map(|mark| mark.span);
        let sections = self.sections.iter().map(|section| section.span);
        let uses = self.passage_uses.iter().map(|passage_use| passage_use.span);
        let facts = self.facts.iter().map(|fact| fact.evidence);
        let found = marks.chain(sections).chain(uses).chain(facts);
        for span in found
            .chain(self.sentences.iter().copied())
            .chain(self.chunks.iter().map(|chunk| chunk.span))
            .chain([self.span])
        {
            self.document.check(span)?;
        }
        for (index, section) in self.sections.iter().enumerate() {
            if section.parent.is_some_and(|parent| parent >= index) {
                return Err(format!(
                    "section {index} stands before the one it is part of"
                ));
            }
        }
        for (index, chunk) in self.chunks.iter().enumerate() {
            if chunk.section.is_some_and(|i| i >= self.sections.len()) {
                return Err(format!("chunk {index} names a section that is not there"));
            }
        }
        for (index, fact) in self.facts.iter().enumerate() {
            let lacks = |place: Option<usize>, len| place.is_some_and(|place| place >= len);
            if lacks(fact.section, self.sections.len()) || lacks(fact.base_fact, self.facts.len()) {
                return Err(format!(
                    "fact {index} names a section or fact that is not there"
                ));
            }
        }
        Ok(())
    }
}
