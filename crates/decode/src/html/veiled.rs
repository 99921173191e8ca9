//! Sections of an article behind a tab or a button: hidden until somebody asks for them.
//!
//! Sites hide copies of the article, adverts and forms in the same way. So a hidden section is read
//! only when it has several sentences of a report that the page does not show anyway.

use std::collections::HashSet;
use std::ops::Range;

use taosha_core::{Edited, Map, simplify};

use super::scan;
use crate::chrome;

/// What a style hides, as bytes of the page.
#[derive(Debug, Default)]
pub(crate) struct Veiled {
    /// Read in its place.
    pub(crate) kept: Vec<Range<usize>>,
    /// Not in the text.
    pub(crate) left_out: Vec<Range<usize>>,
}

/// Fewer sentences, or characters in them, are a notice.
const LEAST_SENTENCES: usize = 3;
const LEAST_CHARS: usize = 60;

/// A shorter sentence may stand twice on a page by chance.
const LEAST_SENTENCE: usize = 8;

impl Veiled {
    /// Which of `hidden`, in order and apart, is a section of the article in `source`, of which
    /// `shown` can be seen.
    pub(super) fn of(source: &str, shown: &str, hidden: &[Range<usize>]) -> Self {
        let mut veiled = Veiled::default();
        if hidden.is_empty() {
            return veiled;
        }
        let mut known: HashSet<String> = sentences(shown).map(bare).collect();
        for range in hidden {
            let html = source.get(range.clone()).unwrap_or_default().to_owned();
            let map = Map::identity(html.len());
            let (text, page) = scan(&Edited::new(html, map), &[]);
            let n_link: usize = page.blocks.iter().map(|block| block.n_link as usize).sum();
            let is_links = n_link * 2 > text.text().len();
            if !is_links && is_section(text.text(), &known) {
                known.extend(sentences(text.text()).map(bare));
                veiled.kept.push(range.clone());
            } else {
                veiled.left_out.push(range.clone());
            }
        }
        veiled
    }

    /// The same as bytes of what `edited` was made from.
    pub(super) fn over(self, edited: &Edited) -> Self {
        let over = |ranges: Vec<Range<usize>>| {
            let raw = ranges.into_iter().map(|range| edited.raw_range(range));
            raw.map(|raw| raw.start..raw.end).collect()
        };
        Veiled {
            kept: over(self.kept),
            left_out: over(self.left_out),
        }
    }
}

/// True for several new sentences, most of them such as reports have.
fn is_section(text: &str, known: &HashSet<String>) -> bool {
    let (mut n_sentences, mut n_chars, mut n_news) = (0, 0, 0);
    for line in text.lines() {
        let (mut n_new, mut n_chars_new) = (0, 0);
        for sentence in sentences(line).map(bare) {
            let n = sentence.chars().count();
            if n >= LEAST_SENTENCE && sentence.ends_with('。') && !known.contains(&sentence) {
                n_new += 1;
                n_chars_new += n;
            }
        }
        n_sentences += n_new;
        n_chars += n_chars_new;
        let simple = simplify(line);
        if n_new > 0 && chrome::has_news(&simple) && !speaks_of_site(&simple) {
            n_news += n_chars_new;
        }
    }
    n_sentences >= LEAST_SENTENCES && n_chars >= LEAST_CHARS && n_news * 2 > n_chars
}

/// True for what a site tells its readers: 请登录后下载本文。
fn speaks_of_site(line: &str) -> bool {
    const SITE: &[&str] = &[
        "本站",
        "本网",
        "本文",
        "版权",
        "侵权",
        "登录",
        "注册",
        "下载",
        "会员",
        "支付",
        "扫码",
        "您",
        "小编",
        "转载",
        "浏览器",
        "Cookie",
        "cookie",
    ];
    SITE.iter().any(|word| line.contains(word))
}

/// The sentences of `text`, each with its stop.
fn sentences(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive(['。', '\n'])
}

/// `sentence` without white space.
fn bare(sentence: &str) -> String {
    sentence.split_whitespace().collect()
}

#[cfg(test)]
mod tests {
    use super::super::{read, tests::lines};
    use taosha_core::{Edited, Map};

    const SEEN: &str = "<h1>青禾县农业农村局2021年工作总结</h1><p>一、粮食生产。全年完成播种面积32万亩，总产达到14万吨。</p><p>二、耕地保护。新建高标准农田2.1万亩，完成投资3100万元。</p>";
    const SECTION: &str = "<p>三、乡村建设。完成户厕改造1200户，新建公厕35座。</p><p>四、执法监管。出动执法人员820人次，检查门店310家，立案12起。</p><p>五、存在问题。农业龙头企业数量偏少，带动能力不强，群众增收渠道不宽。</p>";

    #[test]
    fn a_section_behind_a_tab_or_a_button_is_read_in_its_place() {
        for open in [
            "<div style='display:none'>",
            "<div class=tab-pane hidden>",
            "<div id=more style='DISPLAY: none; color:red'>",
            "<span style='display:none'>",
        ] {
            let close = if open.starts_with("<span") {
                "</span>"
            } else {
                "</div>"
            };
            let html = format!("{SEEN}{open}{SECTION}{close}<p>青禾县农业农村局</p>");
            let text = lines(&html);
            assert!(text.contains("立案12起。\n五、"), "{open} {text}");
            assert!(
                text.ends_with("渠道不宽。\n青禾县农业农村局"),
                "{open} {text}"
            );
            let (_, _, veiled) = read(Edited::new(html.clone(), Map::identity(html.len())));
            assert_eq!(veiled.kept.len(), 1);
            assert_eq!(html.get(veiled.kept[0].clone()), Some(SECTION));
        }
    }

    #[test]
    fn what_is_no_section_stays_hidden_and_is_told() {
        for hidden in [
            SEEN.to_owned(),
            "<p>全年完成播种面积32万亩。</p><p>青禾县好文网为您整理了最新的农业农村局工作总结范文，欢迎阅读，希望对您的写作有所帮助，更多范文请关注本栏目的更新。</p>".to_owned(),
            "<p>本站所有文章均由会员上传，共收录12万篇。如需下载请登录，注册会员每月30元。如有侵权请联系我们，我们会在3日内删除。本站不承担任何责任，请谨慎使用。请在24小时内删除。</p>".to_owned(),
            "<a href=1>青禾县2019年完成投资3100万元的工作总结报告。</a><a href=2>东屏区2020年完成户厕改造1200户的工作总结报告。</a><a href=3>东屏区2021年立案12起的执法工作总结报告，共35页。</a><a href=4>东屏区2022年清理河道垃圾320吨的年度工作总结报告。</a>".to_owned(),
        ] {
            let html = format!("{SEEN}<div style='display:none'>{hidden}</div><p>完</p>");
            let (text, _, veiled) = read(Edited::new(html.clone(), Map::identity(html.len())));
            assert!(text.text().ends_with("3100万元。\n完"), "{hidden}");
            assert_eq!((veiled.kept.len(), veiled.left_out.len()), (0, 1));
        }
    }
}
