//! Counts the passages that were found in a planted corpus, in characters.

use std::collections::{HashMap, HashSet};

use taosha_core::Record;

use super::planted::{Paragraph, Planted};

/// Characters of paragraphs that an earlier report had, and of those in passages.
#[derive(Default, Clone, Copy)]
pub struct Coverage {
    pub planted: usize,
    pub found: usize,
}

impl Coverage {
    pub fn recall(&self) -> f64 {
        self.found as f64 / self.planted.max(1) as f64
    }
}

/// What is right and wrong of all passages.
#[derive(Default)]
pub struct Shared {
    /// With the same figures and names.
    pub verbatim: Coverage,
    /// With other figures.
    pub other_figures: Coverage,
    /// With the name of another place, and other figures.
    pub other_names: Coverage,
    /// Characters in passages, and those whose words the first report has, too.
    pub in_passages: usize,
    pub right: usize,
}

impl Shared {
    pub fn precision(&self) -> f64 {
        self.right as f64 / self.in_passages.max(1) as f64
    }
}

/// Looks at the reports that stayed and were planted undamaged.
pub fn shared(corpus: &[Planted], finished: &[Record]) -> Shared {
    let mut shared = Shared::default();
    // The texts that each paragraph had so far.
    let mut seen: HashMap<u64, HashSet<&str>> = HashMap::new();
    // Those that only a damaged report had, where it may or may not be as it was.
    let mut damaged: HashSet<u64> = HashSet::new();
    for (planted, record) in corpus.iter().zip(finished) {
        if record.collapse.is_some() {
            continue;
        }
        if planted.paragraphs.is_empty() {
            damaged.extend(&planted.words);
            continue;
        }
        let report = record.report().unwrap();
        let text = report.reading().text();
        let count = |range: std::ops::Range<usize>| text[range].chars().count();
        let uses: Vec<_> = report
            .passage_uses
            .iter()
            .map(|one| (report.reading().range(one.span), one.passage_id))
            .collect();
        for paragraph in &planted.paragraphs {
            let Some(texts) = seen.get(&paragraph.words) else {
                continue;
            };
            let words = &planted.text[paragraph.start..paragraph.end];
            let coverage = if texts.contains(words) {
                &mut shared.verbatim
            } else if paragraph.is_named {
                &mut shared.other_names
            } else {
                &mut shared.other_figures
            };
            coverage.planted += count(paragraph.start..paragraph.end);
            for (range, _) in &uses {
                let start = range.start.max(paragraph.start);
                let end = range.end.min(paragraph.end);
                if start < end {
                    coverage.found += count(start..end);
                }
            }
        }
        for (range, _) in &uses {
            let n = count(range.clone());
            shared.in_passages += n;
            let lies_in = |p: &&Paragraph| p.start < range.end && range.start < p.end;
            let mut of = planted.paragraphs.iter().filter(lies_in);
            if of.all(|p| seen.contains_key(&p.words) || damaged.contains(&p.words)) {
                shared.right += n;
            }
        }
        for paragraph in &planted.paragraphs {
            let words = &planted.text[paragraph.start..paragraph.end];
            seen.entry(paragraph.words).or_default().insert(words);
        }
    }
    shared
}
