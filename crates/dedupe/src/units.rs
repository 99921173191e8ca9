//! The paragraphs and sentences of a report, which may stand in others.

use std::ops::Range;

use crate::comparison::Form;
use crate::signature::hash_of;

/// A paragraph, or a sentence of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unit {
    /// The hash of its form: the same whatever its figures, script and punctuation.
    pub(crate) key: u64,
    /// Where it stands in the form.
    pub(crate) form: Range<usize>,
    /// Where it stands in the text, in bytes, without white space at its ends.
    pub(crate) text: Range<usize>,
    /// So many of the units that follow are its sentences. A sentence has none.
    pub(crate) n_sentences: usize,
}

/// The paragraphs of `text` with at least `least` characters of `form`, each before its sentences
/// of that length. The only sentence of a paragraph is the paragraph.
pub(crate) fn units(text: &str, form: &Form, least: usize) -> Vec<Unit> {
    let mut units = Vec::new();
    let mut paragraph = Start::default();
    let mut sentence = Start::default();
    let mut sentences: Vec<Unit> = Vec::new();
    let mut unit = |from: Start, to: Start, sentences: &mut Vec<Unit>| {
        let Some(whole) = unit(text, form, from, to, least) else {
            return;
        };
        if sentences.len() == 1 && sentences.iter().all(|only| only.key == whole.key) {
            sentences.clear();
        }
        units.push(Unit {
            n_sentences: sentences.len(),
            ..whole
        });
        units.append(sentences);
    };
    for end in &form.breaks {
        let to = Start {
            form: end.place as usize,
            text: end.at as usize,
        };
        sentences.extend(self::unit(text, form, sentence, to, least));
        sentence = to;
        if end.ends_paragraph {
            unit(paragraph, to, &mut sentences);
            paragraph = to;
        }
    }
    let end = Start {
        form: form.len(),
        text: text.len(),
    };
    sentences.extend(self::unit(text, form, sentence, end, least));
    unit(paragraph, end, &mut sentences);
    units
}

/// A place in the form and the text.
#[derive(Clone, Copy, Default)]
struct Start {
    form: usize,
    text: usize,
}

fn unit(text: &str, form: &Form, from: Start, to: Start, least: usize) -> Option<Unit> {
    let characters = form.characters.get(from.form..to.form)?;
    if characters.len() < least {
        return None;
    }
    let words = text.get(from.text..to.text)?;
    let lead = words.len() - words.trim_start().len();
    let trail = words.len() - words.trim_end().len();
    Some(Unit {
        key: hash_of(characters),
        form: from.form..to.form,
        text: from.text + lead..(to.text - trail).max(from.text + lead),
        n_sentences: 0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<(&str, usize)> {
        let units = units(text, &Form::of(text), 4);
        let shown = |unit: &Unit| (text.get(unit.text.clone()).unwrap(), unit.n_sentences);
        units.iter().map(shown).collect()
    }

    #[test]
    fn a_paragraph_comes_before_its_sentences() {
        let text = "青禾县\n  青禾县新建校舍。“云岭县改造危房！”好。\n只有一句的一段\n";
        assert_eq!(
            shown(text),
            [
                ("青禾县新建校舍。“云岭县改造危房！”好。", 2),
                ("青禾县新建校舍。", 0),
                ("“云岭县改造危房！”", 0),
                ("只有一句的一段", 0),
            ]
        );
        assert_eq!(shown(""), []);
    }

    #[test]
    fn other_figures_and_signs_have_the_same_key() {
        let key = |text: &str| units(text, &Form::of(text), 4)[0].key;
        let one = key("新建校舍12所，改造危房47间。");
        assert_eq!(one, key("新建校舍三十所,改造危房xx间!"));
        assert_ne!(one, key("新建校舍12所，改造旧房47间。"));
    }
}
