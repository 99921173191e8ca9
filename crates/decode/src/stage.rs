use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use encoding_rs::Encoding;
use serde_json::json;
use taosha_core::{
    Body, Document, Edited, Error, Kind, Mark, Output, Record, Repair, Report, Result, Script,
    Settings, Span, SpanKind, Stage, StageType, simplify_and_share,
};

use crate::anchored::Anchored;
use crate::breaks_off::breaks_off;
use crate::html::Page;
use crate::indents::{self, Indents};
use crate::markdown::Markdown;
use crate::office::Extracted;
use crate::sniff::Format;
use crate::{
    DecodeConfig, charset, chrome, damage, error_page, headings, html, labels, lines, main_text,
    markdown, masks, mojibake, office, page, page_pieces, repair, rules, running_heads, site_name,
    sniff, tidy,
};

/// Makes a report of the bytes of a page.
#[derive(Debug)]
pub struct Decode {
    charset: Option<&'static Encoding>,
    main_text: bool,
    chrome: bool,
    repair: bool,
    lines: bool,
}

/// Offsets are 32 bits wide.
const MAX_BYTES: u64 = u32::MAX as u64;

/// A page whose text is shorter says nothing: a lone sign, a page number.
const LEAST_CHARS: usize = 2;

/// Fewer characters that differ between the scripts tell nothing about the script.
const LEAST_TELLING: usize = 5;

/// A converted page keeps a few simplified characters; a simplified one quotes a few traditional
/// ones.
const TRADITIONAL: f64 = 0.8;
const SIMPLIFIED: f64 = 0.2;

/// The rule over running heads and page numbers of a file.
const RUNNING: &str = "running_head";

/// The page shows names of other pages and no sentence of its own.
const LIST: &str = "list";

/// A server says that there is no such page.
const ERROR_PAGE: &str = "error_page";

/// What a page turned out to be.
enum Found {
    Report(Box<Report>),
    /// No text of anybody's, and why.
    Nothing(&'static str),
}

/// The bytes as text, before white space is tidied.
struct Source {
    edited: Edited,
    charset: String,
    format: &'static str,
    /// What the tags said.
    html: Option<Page>,
    /// Running heads and page numbers of a file.
    running: Vec<Range<usize>>,
}

/// What the places of words told, before white space was tidied.
struct Layout {
    /// Running heads and page numbers of a file, where they are now.
    running: Vec<Range<usize>>,
    indents: Indents,
}

impl Decode {
    /// Checks the options.
    ///
    /// # Errors
    /// [`Config`](taosha_core::ErrorKind::Config) when the charset is unknown.
    pub fn new(config: &DecodeConfig) -> Result<Self> {
        let charset = match &config.charset {
            None => None,
            Some(label) => Some(labels::for_label(label).ok_or_else(|| {
                let known = "`utf-8`, `gb18030`, `gbk`, `big5`, `utf-16le`, `windows-1252`";
                let message = format!("read pages in charset `{label}`: known are {known} and the other labels of the WHATWG Encoding Standard");
                Error::config("decode.charset", message).for_option("charset")
            })?),
        };
        Ok(Decode {
            charset,
            main_text: config.main_text,
            chrome: config.chrome,
            repair: config.repair,
            lines: config.lines,
        })
    }

    fn decode(&self, record: &mut Record) -> Result<Found> {
        let origin = record.origin.clone();
        let raw = &origin.raw;
        if raw.is_empty() {
            return Err(Error::malformed(
                "decode.empty",
                "find text in a file of 0 bytes",
            ));
        }
        if raw.len() as u64 >= MAX_BYTES {
            return Err(too_large());
        }
        let source = match office::read(raw) {
            Some(file) => self.file(record, file?),
            None => self.page(record, raw)?,
        };
        let Source {
            edited,
            charset,
            format,
            html,
            running,
        } = source;
        let blocks = html.iter().flat_map(|page| &page.blocks);
        let places = blocks.map(|block| &block.range).chain(&running);
        let mut anchors: Vec<usize> = places.flat_map(|range| [range.start, range.end]).collect();
        // Lines of HTML start with a block, whose start is an anchor already.
        let indents = match &html {
            _ if !self.lines || !running.is_empty() => Vec::new(),
            Some(page) => indents::of_blocks(edited.text(), &page.blocks),
            None => indents::of_lines(edited.text(), &mut anchors),
        };
        let text = Anchored { edited, anchors };
        let (text, undone) = match self.repair {
            true => mojibake::undo(text),
            false => (text, Vec::new()),
        };
        let text = tidy::tidy(text, html.is_some());
        let (text, mut repairs) = match self.repair {
            true => repair::repair(text),
            false => (text, Vec::new()),
        };
        let undone = undone.into_iter();
        repairs.extend(undone.map(|undone| undone.repair(&text.edited)));
        repairs.sort_by_key(|repair| (repair.span.range().start, repair.raw.start));
        let indents = Indents::new(indents, &text.anchors);
        let running: Vec<Range<usize>> = match html {
            Some(_) => Vec::new(),
            None if running.is_empty() => Vec::new(),
            None => pairs(&text.anchors).collect(),
        };
        let html = html.map(|page| moved(page, &text.anchors));
        // The anchors take as much as the blocks, and have served.
        let Anchored { edited, anchors } = text;
        drop(anchors);
        let n_chars = edited
            .text()
            .chars()
            .filter(|c| c.is_alphanumeric())
            .take(LEAST_CHARS)
            .count();
        if n_chars < LEAST_CHARS {
            return Err(Error::malformed(
                "decode.no_text",
                format!("find words in the {format} page"),
            ));
        }
        let layout = Layout { running, indents };
        self.report(record, edited, html, &layout, repairs, charset)
    }

    /// The text of a page.
    fn page(&self, record: &mut Record, raw: &[u8]) -> Result<Source> {
        if let Some(format) = sniff::binary(raw) {
            let message = format!("read a {format} file as text");
            return Err(Error::malformed("decode.not_text", message));
        }
        let origin = record.origin.clone();
        let content_type = origin.header("content-type");
        let decoded = charset::decode(raw, content_type, self.charset);
        record.note("charset", decoded.evidence);
        // Three bytes of text may come from two of GBK, and from one broken byte.
        if decoded.edited.text().len() as u64 >= MAX_BYTES {
            return Err(too_large());
        }
        if !sniff::is_text(decoded.edited.text()) {
            let message = "read bytes as text: too many of them are no characters in any charset";
            return Err(Error::malformed("decode.not_text", message));
        }

        let format = sniff::format(decoded.edited.text(), content_type);
        let (edited, html) = match format {
            Format::Html => {
                let (edited, page, veiled) = html::read(decoded.edited);
                note_veiled(record, &veiled);
                (edited, Some(page))
            }
            Format::Plain => (decoded.edited, None),
        };
        Ok(Source {
            edited,
            charset: decoded.charset,
            format: format.name(),
            html,
            running: Vec::new(),
        })
    }

    /// The text of a file.
    fn file(&self, record: &mut Record, file: Extracted) -> Source {
        record.note("file", json!({ "format": file.format }));
        Source {
            edited: file.edited,
            charset: file.format.to_owned(),
            format: file.format,
            html: None,
            running: file.running,
        }
    }

    /// Marks what is found in the text.
    fn report(
        &self,
        record: &mut Record,
        edited: Edited,
        html: Option<Page>,
        layout: &Layout,
        repairs: Vec<Repair>,
        charset: String,
    ) -> Result<Found> {
        let (simple, share) = simplify_and_share(edited.text(), LEAST_TELLING);
        let script = script(edited.text(), share);
        let mut document = Document::new(edited, charset, script);
        document.page = page::read(document.text(), html.as_ref());
        count(
            record,
            "repairs",
            repairs.iter().map(|repair| &*repair.kind),
        );
        note_doubt(record, &repairs);
        document.repairs = repairs;
        let text = document.text();

        let mut marks = Vec::new();
        if let Some(page) = html.as_ref().filter(|_| self.main_text) {
            let main = main_text::find(text, page);
            let kept = (main.kept * 1000.0).round() / 1000.0;
            record.note("main_text", json!({ "method": main.method, "kept": kept }));
            if let Some(kind) = main.kind {
                record.note("page_kind", json!(kind));
            }
            if main.is_bare_list {
                return Ok(Found::Nothing(LIST));
            }
            marks = around(text, page, &main.left_out);
        }
        let markdown = match self.chrome && html.is_none() {
            true => markdown::find(text),
            false => Markdown::default(),
        };
        let signs = markdown.signs.iter().map(|sign| {
            let sign = document.span(sign.clone(), SpanKind::Chrome);
            Mark::cut(sign, "markdown")
        });
        marks.extend(signs);
        let mut open = None;
        if self.chrome {
            let cut = |range: &Range<usize>| document.span(range.clone(), SpanKind::Chrome);
            let is_left = |range: &&Range<usize>| !range.is_empty();
            let heads = match layout.running.is_empty() {
                true => running_heads::find(text),
                false => layout.running.clone(),
            };
            let pieces = page_pieces::find(text);
            let is_new = |range: &&Range<usize>| !is_marked(&marks, range);
            let cuts: Vec<Mark> = heads
                .iter()
                .filter(is_left)
                .filter(is_new)
                .map(|range| Mark::cut(cut(range), RUNNING))
                .chain(
                    pieces
                        .iter()
                        .map(|range| Mark::cut(cut(range), "page_piece")),
                )
                .collect();
            marks.extend(cuts);
            marks.sort_by_key(|mark| mark.span.start());
            // In order and apart, so one look at the last cut that starts before a line tells.
            let cuts: Vec<Range<usize>> = marks.iter().map(|mark| mark.span.range()).collect();
            let is_cut = |line: &Range<usize>| {
                let at = cuts.partition_point(|cut| cut.start <= line.start);
                at.checked_sub(1)
                    .and_then(|at| cuts.get(at))
                    .is_some_and(|cut| cut.end >= line.end)
            };
            let (found, may_match) = chrome::find(text, &simple, is_cut);
            open = Some(may_match);
            let title = html.as_ref().and_then(|page| page.title.as_deref());
            let names = site_name::find(text, &simple, title);
            let found: Vec<Mark> = found.into_iter().chain(names).collect();
            count(record, "chrome", found.iter().map(|mark| &*mark.rule));
            marks.extend(found);
        }
        note_left_out(record, &document, &marks);
        let open = open.unwrap_or_else(|| rules::GATE.rules(&simple));
        let mut masks = masks::find(text, &simple, open);
        // What stands for a lost character hides nothing.
        let mut own_signs: Vec<Range<usize>> = repair::lost(text, &document.repairs)
            .chain(mojibake::lost(text, &document.repairs))
            .collect();
        own_signs.extend(markdown.signs);
        own_signs.sort_unstable_by_key(|sign| sign.start);
        masks.retain(|mask| !is_any_in(&own_signs, mask.span.range()));
        count(record, "masks", masks.iter().map(|mark| &*mark.rule));
        marks.extend(masks);
        let lost = repair::lost(text, &document.repairs);
        let damage: Vec<Mark> = damage::find_with(text, lost)
            .into_iter()
            .map(|damage| Mark::note(document.span(damage.range, SpanKind::Damage), damage.rule))
            .collect();
        let lost = mojibake::lost(text, &document.repairs).map(|range| {
            let range = damage::with_digits(text, range);
            Mark::note(document.span(range, SpanKind::Damage), "lost_character")
        });
        let damage: Vec<Mark> = damage.into_iter().chain(lost).collect();
        count(record, "damage", damage.iter().map(|mark| &*mark.rule));
        marks.extend(damage);

        let shown = html.iter().flat_map(|page| headings::find(text, page));
        marks.extend(
            shown.map(|(range, rule)| Mark::note(document.span(range, SpanKind::Heading), rule)),
        );

        let titled = markdown.headings.into_iter();
        marks.extend(
            titled.map(|range| {
                Mark::note(document.span(range, SpanKind::Heading), "markdown_heading")
            }),
        );

        let published = document.page.published.clone();
        let mut report = Report::whole(Arc::new(document));
        report.mark(marks);
        report.meta.published = published;
        if report.reading().text().trim().is_empty() {
            return Err(Error::malformed(
                "decode.no_text",
                "find words on a page of nothing but site text",
            ));
        }
        if html.is_some()
            && error_page::is_link_to_file(report.document().text(), report.reading().text())
        {
            return Err(Error::malformed(
                "decode.no_text",
                "find words on a page of nothing but a link to a file",
            ));
        }
        let title = report.document().page.title.as_deref();
        if html.is_some() && error_page::is_one(title, report.reading().text()) {
            record.note("page_kind", json!("error"));
            return Ok(Found::Nothing(ERROR_PAGE));
        }
        if self.lines {
            mend_lines(record, &mut report, &layout.indents);
        }
        find_end(&mut report);
        Ok(Found::Report(Box::new(report)))
    }
}

/// Gives the report the line breaks its author put.
fn mend_lines(record: &mut Record, report: &mut Report, indents: &Indents) {
    let reading = report.reading();
    let text = reading.text();
    let indent = |at: usize| {
        let first = text.get(at..).and_then(|rest| rest.chars().next());
        let end = at + first.map_or(0, char::len_utf8);
        indents.at(reading.span(at..end, SpanKind::Repair).range().start)
    };
    let mends = lines::mend(text, indent);
    count(record, "lines", mends.iter().map(|mend| mend.rule));
    let marks: Vec<Mark> = mends
        .into_iter()
        .map(|mend| {
            let span = reading.span(mend.range, SpanKind::Repair);
            Mark::replace(span, mend.rule, mend.reads_as)
        })
        .collect();
    report.mark(marks);
}

/// Tells that text is missing where the site says so, and where the text just ends.
fn find_end(report: &mut Report) {
    let reading = report.reading();
    let end = breaks_off(reading.text()).map(|end| reading.span(end, SpanKind::Cut));
    report.mark(end.map(|end| Mark::note(end, "breaks_off")));
    let is_cut = |mark: &Mark| mark.span.kind() == SpanKind::Cut;
    report.meta.complete = report.marks().iter().any(is_cut).then_some(false);
}

/// True where one of `marks`, which are in order and apart, covers some of `range`.
fn is_marked(marks: &[Mark], range: &Range<usize>) -> bool {
    let next = marks.partition_point(|mark| mark.span.end() <= range.start);
    marks
        .get(next)
        .is_some_and(|mark| mark.span.start() < range.end)
}

/// True when one of `signs`, which are in order, lies in `range`.
fn is_any_in(signs: &[Range<usize>], range: Range<usize>) -> bool {
    let next = signs.partition_point(|sign| sign.start < range.start);
    signs.get(next).is_some_and(|sign| sign.start < range.end)
}

/// Writes down which bytes were cut, by rule, for whoever asks why words of a page are missing.
fn note_left_out(record: &mut Record, document: &Document, marks: &[Mark]) {
    /// A page of lists has hundreds; the first ones show what the rules took for site text.
    const MAX_NOTED: usize = 24;
    let mut ranges: BTreeMap<&str, Vec<[usize; 2]>> = BTreeMap::new();
    for mark in marks.iter().take(MAX_NOTED) {
        let raw = document.raw_range(mark.span);
        ranges
            .entry(&mark.rule)
            .or_default()
            .push([raw.start, raw.end]);
    }
    if !ranges.is_empty() {
        record.note("left_out", json!(ranges));
    }
}

/// Writes down what a style hides of the page, and what of it was read all the same.
fn note_veiled(record: &mut Record, veiled: &html::Veiled) {
    /// The first ones show what kind of page it is.
    const MAX_NOTED: usize = 24;
    let noted = |ranges: &[Range<usize>]| -> Vec<[usize; 2]> {
        let ranges = ranges.iter().take(MAX_NOTED);
        ranges.map(|range| [range.start, range.end]).collect()
    };
    let (kept, left_out) = (noted(&veiled.kept), noted(&veiled.left_out));
    if !kept.is_empty() || !left_out.is_empty() {
        record.note("hidden", json!({ "kept": kept, "left_out": left_out }));
    }
}

/// Writes down how sure the repairs are that chose between readings: bytes of the page, and from 0
/// to 1.
fn note_doubt(record: &mut Record, repairs: &[Repair]) {
    /// The first ones show how it went.
    const MAX_NOTED: usize = 24;
    let chosen = repairs.iter().filter(|repair| repair.confidence < 1.0);
    let noted: Vec<_> = chosen
        .take(MAX_NOTED)
        .map(|repair| {
            let confidence = (f64::from(repair.confidence) * 1000.0).round() / 1000.0;
            json!([repair.raw.start, repair.raw.end, confidence])
        })
        .collect();
    if !noted.is_empty() {
        record.note("repair_confidence", json!(noted));
    }
}

fn too_large() -> Error {
    Error::malformed(
        "decode.too_large",
        "keep offsets into a page of 4 GiB or more",
    )
}

/// Ranges whose ends stand one behind the other.
fn pairs(anchors: &[usize]) -> impl Iterator<Item = Range<usize>> {
    let pair = |ends: &[usize]| match ends {
        [start, end] => *start..*end.max(start),
        _ => 0..0,
    };
    anchors.chunks_exact(2).map(pair)
}

/// The blocks of `page` where their text is now; blocks that held no words are left empty.
fn moved(mut page: Page, anchors: &[usize]) -> Page {
    for (block, range) in page.blocks.iter_mut().zip(pairs(anchors)) {
        block.range = range;
    }
    page
}

/// Cuts over the blocks that are left out, each with the break behind it; neighbours that one rule
/// leaves out are one cut.
fn around(text: &str, page: &Page, left_out: &[Option<&'static str>]) -> Vec<Mark> {
    let starts = page.blocks.iter().map(|block| block.range.start);
    let ends = starts.skip(1).chain([text.len()]);
    let mut cuts: Vec<(Range<usize>, &'static str)> = Vec::new();
    let mut kept_end = 0;
    for ((block, end), rule) in page.blocks.iter().zip(ends).zip(left_out) {
        let Some(rule) = rule else {
            kept_end = block.range.end;
            continue;
        };
        match cuts.last_mut() {
            Some((cut, last)) if last == rule && cut.end == block.range.start => cut.end = end,
            _ => cuts.push((block.range.start..end, rule)),
        }
    }
    // What is left out to the end of the page takes the line break before it along.
    for (cut, _) in cuts
        .iter_mut()
        .rev()
        .take_while(|(cut, _)| cut.start >= kept_end)
        .take(1)
    {
        if cut.end == text.len() && kept_end > 0 {
            cut.start = cut.start.min(kept_end);
        }
    }
    let span = |range| Span::new(text, range, SpanKind::Chrome);
    cuts.into_iter()
        .filter(|(cut, _)| !cut.is_empty())
        .map(|(cut, rule)| Mark::cut(span(cut), rule))
        .collect()
}

/// The script of `text`, of whose telling characters `share` is traditional.
fn script(text: &str, share: Option<f64>) -> Script {
    match share {
        Some(share) if share >= TRADITIONAL => Script::Traditional,
        Some(share) if share <= SIMPLIFIED => Script::Simplified,
        Some(_) => Script::Mixed,
        None if text.chars().any(|c| ('\u{3400}'..='\u{9FFF}').contains(&c)) => Script::Mixed,
        None => Script::Other,
    }
}

/// Notes how often each rule was applied; nothing when none was.
fn count<'a>(record: &mut Record, decision: &'static str, rules: impl Iterator<Item = &'a str>) {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for rule in rules {
        *counts.entry(rule).or_default() += 1;
    }
    if !counts.is_empty() {
        record.note(decision, json!(counts));
    }
}

impl Stage for Decode {
    fn process(&self, mut record: Record, out: &mut Output) -> Result<()> {
        match self.decode(&mut record)? {
            Found::Report(report) => {
                record.body = Body::Report(report);
                out.emit(record);
            }
            Found::Nothing(reason) => out.drop(record, reason),
        }
        Ok(())
    }
}

impl StageType for Decode {
    const NAME: &'static str = "decode";
    const ABOUT: &'static str =
        "bytes to text: charset, the article, repairs; marks site text, masks and damage";
    const TAKES: Kind = Kind::Raw;
    const GIVES: Kind = Kind::Report;
    const DROPS: &'static [&'static str] = &[LIST, ERROR_PAGE];
    type Config = DecodeConfig;

    fn build(config: DecodeConfig, _settings: &Settings) -> Result<Self> {
        Decode::new(&config)
    }
}
