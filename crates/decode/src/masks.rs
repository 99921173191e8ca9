//! Names and numbers hidden by `XX`, `**`, `____` and their like.

use taosha_core::{Mark, Span, SpanKind};

use crate::{gate, rules};

/// The masks in `text`, in order; `simple` is the same text in simplified characters, and `open` the
/// rules that may match in it.
pub(crate) fn find(text: &str, simple: &str, open: gate::Rules) -> Vec<Mark> {
    let rules = &*rules::MASKS;
    let mut found: Vec<_> = rules
        .of(open)
        .flat_map(|rule| rule.find_in(simple).map(move |range| (range, rule)))
        .collect();
    // The longest of those that start together says most: 20xx is a year before xx is a name.
    found.sort_by_key(|(range, _)| (range.start, usize::MAX - range.end));
    let mut end = 0;
    found.retain(|(range, _)| {
        let is_free = range.start >= end;
        if is_free {
            end = range.end;
        }
        is_free
    });
    let mark = |range| Span::new(text, range, SpanKind::Mask);
    found
        .into_iter()
        .map(|(range, rule)| Mark::note(mark(range), rule.name.as_str()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use taosha_core::simplify;

    fn masked(text: &str) -> Vec<&str> {
        let simple = simplify(text);
        find(text, &simple, rules::GATE.rules(&simple))
            .iter()
            .map(|mark| text.get(mark.span.range()).unwrap())
            .collect()
    }

    #[test]
    fn masks_are_found_in_both_scripts() {
        assert_eq!(masked("XX县20xx年x月有X所"), ["XX", "20xx", "x", "X"]);
        assert_eq!(
            masked("《**縣辦法》、鄧**理論,接待2xxxx次"),
            ["**", "**", "2xxxx"]
        );
        assert_eq!(masked("反腐__工作,××局"), ["__", "××"]);
    }

    #[test]
    fn words_and_formulas_are_no_masks() {
        for text in [
            "Xbox与X光",
            "2 x 3 = 6",
            "3×5米",
            "第IX类",
            "二○○二年",
            "max(x, y)",
            "a*b*c",
            "10*20",
        ] {
            assert_eq!(masked(text), Vec::<&str>::new(), "{text}");
        }
    }
}
