//! Tags to lines: the visible text of a page, with what the tags tell about each piece.
//!
//! There is no tree. Open elements stand on a stack of bounded depth, and every piece of text
//! between two tags is kept or cut as it comes by; so a page of a hundred thousand nested tags
//! costs what its bytes cost.

mod blocks; // pieces of text and their containers
mod cell; // is the content of a cell one line?
mod grid; // where the cells of a table stand
mod hidden; // articles nobody sees
mod invisible; // styles that hide words
mod references; // &nbsp;
mod stack; // open elements
mod tags; // what each tag does to a line
mod tokens; // tags, comments and text
mod veiled; // sections behind a tab or a button

pub(crate) use blocks::{Block, Container, Page};
pub(crate) use references::next as next_reference;
pub(crate) use veiled::Veiled;

use taosha_core::Edited;

use blocks::Builder;
use tokens::{Token, Tokens};

/// The visible text of `edited`, which is HTML, and its blocks with ranges of the new text.
///
/// Of a page that shows next to nothing the largest hidden text is read instead.
///
/// Sections behind a tab or a button are read in their place; the bytes of what a style hides come
/// third.
pub(crate) fn read(edited: Edited) -> (Edited, Page, Veiled) {
    let (text, mut page) = scan(&edited, &[]);
    let least = least_hidden(&page);
    let hidden = page.hidden.take().filter(|hidden| hidden.n_chars >= least);
    if let Some(html) = hidden.and_then(|hidden| hidden::html(&edited, &hidden, least)) {
        let (text, found) = scan(&html, &[]);
        page.blocks = found.blocks;
        page.containers = found.containers;
        return (text, page, Veiled::default());
    }
    let veiled = Veiled::of(edited.text(), text.text(), &page.veiled);
    if veiled.kept.is_empty() {
        return (text, page, veiled.over(&edited));
    }
    let starts: Vec<usize> = veiled.kept.iter().map(|range| range.start).collect();
    let (text, page) = scan(&edited, &starts);
    (text, page, veiled.over(&edited))
}

/// How many characters a hidden text must have to be taken for the article of `page`.
fn least_hidden(page: &Page) -> usize {
    /// Fewer are a message.
    const LEAST_CHARS: usize = 60;
    /// An article is this many times as long as all that can be seen and may be sentences.
    const TIMES: usize = 4;
    /// In bytes: 25 Han characters.
    const LONG_LINE: usize = 75;
    let is_long = |block: &&Block| {
        block.range.len() >= LONG_LINE && (block.n_link as usize) * 2 < block.range.len()
    };
    let seen = page
        .blocks
        .iter()
        .filter(is_long)
        .map(|block| block.range.len());
    (seen.sum::<usize>() / '一'.len_utf8() * TIMES).max(LEAST_CHARS)
}

/// The visible text of `html`, and its blocks with ranges of that text; hidden elements whose content
/// starts at one of `unveiled` are seen.
fn scan(html: &Edited, unveiled: &[usize]) -> (Edited, Page) {
    let mut builder = Builder::new(html, unveiled);
    let mut tokens = Tokens::new(html.text());
    while let Some(token) = tokens.next() {
        match token {
            Token::Text(range) => builder.text(range),
            Token::Start(range) if !tokens.is_unclosed() => {
                builder.start_tag(&tokens.tag, range);
            }
            Token::End(name, range) => builder.end_tag(name, range.start),
            Token::Start(_) | Token::Comment(_) => {}
        }
    }
    builder.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use taosha_core::Map;

    pub(super) fn lines(html: &str) -> String {
        read(Edited::new(html.to_owned(), Map::identity(html.len())))
            .0
            .text()
            .to_owned()
    }

    #[test]
    fn blocks_and_breaks_become_lines() {
        let html = "<html><body><h1>总结</h1>\n<p>一、<b>工</b>作\n 情况<br>二、计划</p><div>完</div></body>";
        assert_eq!(lines(html), "总结\n一、工作 情况\n二、计划\n完");
    }

    #[test]
    fn the_cells_of_a_row_stand_on_one_line() {
        let html =
            "<table><tr><th>学校</th><th>人数</th></tr><tr><td> 一中 </td><td>30</td></tr></table>";
        assert_eq!(lines(html), "学校\t人数\n一中\t30");
    }

    #[test]
    fn cells_keep_their_columns() {
        for (html, rows) in [
            (
                "<table><tr><td></td><td>2019年</td><td>2020年</td></tr><tr><td>学校</td><td></td><td>37</td></tr></table>",
                "\t2019年\t2020年\n学校\t\t37",
            ),
            (
                "<table><tr><th rowspan=2>学校<th colspan=2>人数<th>备注<tr><th>男<th>女<th>无<tr><td>一中<td>3<td>4<td></table>",
                "学校\t人数\t\t备注\n\t男\t女\t无\n一中\t3\t4",
            ),
            (
                "<table><tr><td rowspan=3>甲<td>1<td>2<tr><td>3<td>4<tr><td>5<td>6<tr><td>乙<td>7<td>8</table>",
                "甲\t1\t2\n\t3\t4\n\t5\t6\n乙\t7\t8",
            ),
        ] {
            let scanned = scan(
                &Edited::new(html.to_owned(), Map::identity(html.len())),
                &[],
            )
            .0;
            let text = scanned.text();
            // At the start of a page nothing stands before the first words.
            assert_eq!(text, rows.trim_start_matches('\t'), "{html}");
        }
    }

    #[test]
    fn a_paragraph_in_a_cell_is_the_cell() {
        let html = "<table><tr><td><p>信息</p><p>内容</p></td><td><p>件数</p></td></tr>\
                    <tr><td><p>一、规范性文件</p></td><td><p><span>5</span></p></td></tr>\
                    <tr><td><p></p></td><td><p>6</p></td><td><div><p>7</p></div></td></tr></table><p>下";
        assert_eq!(lines(html), "信息内容\t件数\n一、规范性文件\t5\n\t6\t7\n下");
        let html = "<table><tr><td><p>&nbsp;幼儿园</p></td><td><p>&nbsp;64</p></td><td><p>&nbsp;&nbsp;11,237</p></td></tr></table>";
        assert_eq!(lines(html), "\u{A0}幼儿园\t\u{A0}64\t\u{A0}\u{A0}11,237");
        let layout =
            "<table><tr><td><p>年终总结</p><p>全年完成。</p></td><td><p>导航</p></td></tr></table>";
        assert_eq!(lines(layout), "年终总结\n全年完成。\n导航");
    }

    #[test]
    fn margins_of_a_layout_are_no_cells() {
        let html = "<p>上</p><table><tr><td width=10></td><td>总结<br>全文</td><td></td></tr>\
                    <tr><td>&nbsp;</td><td><p>一、招生</p></td></tr></table>";
        assert_eq!(lines(html), "上\n总结\n全文\n\u{A0}\n一、招生");
        let nested = "<p>上</p><table><tr><td></td><td><table><tr><td>甲</td><td></td><td>乙</td></tr></table></td></tr></table>";
        assert_eq!(lines(nested), "上\n甲\t\t乙");
    }

    #[test]
    fn a_row_with_an_empty_first_cell_keeps_it() {
        let html = "<p>上</p><table><tr><td></td><td>2019年</td><td>2020年</td></tr></table><p>下";
        assert_eq!(lines(html), "上\n\t2019年\t2020年\n下");
        for odd in ["0", "-3", "x", "99999999999", "65535"] {
            let html =
                format!("<table><tr><td colspan={odd} rowspan={odd}>甲<td>乙<tr><td>丙</table>");
            let text = lines(&html);
            let words: String = text.chars().filter(|c| !c.is_whitespace()).collect();
            assert_eq!(words, "甲乙丙", "{odd}");
            assert!(text.len() < 300, "{odd}");
        }
    }

    #[test]
    fn numbers_of_lists_are_put_in_unless_they_stand_there() {
        let html =
            "<ol start=3><li>招生<li><p>就业</p></li></ol><ol><li>1、教学</ol><ul><li>食堂</ul>";
        assert_eq!(lines(html), "3.招生\n4.就业\n1、教学\n食堂");
    }

    #[test]
    fn what_a_reader_does_not_see_is_gone() {
        let html = "<head><title>站</title><style>p{}</style></head><p>甲<script>var a='<p>乙'</script>\
                    <span style='display : none'>丙</span><i hidden>丁</i><!-- 戊 -->\
                    <ruby>己<rp>(</rp><rt>jǐ</rt><rp>)</rp></ruby></p><noscript>庚</noscript>\
                    <template>辛</template><select><option>壬</select><p>癸";
        assert_eq!(lines(html), "甲己\n癸");
    }

    #[test]
    fn an_article_that_waits_for_a_script_is_read() {
        let html = "<h1>总结</h1><div id=a style='visibility:hidden'><p>甲</p></div>";
        assert_eq!(lines(html), "总结\n甲");
    }

    #[test]
    fn a_day_and_the_figure_of_the_next_span_are_two_words() {
        assert_eq!(
            lines("<p><span>2013-01-20</span><span>4.5分</span></p>"),
            "2013-01-20 4.5分"
        );
        assert_eq!(
            lines("<p>投入<span>2013-1</span><span>20万元</span></p>"),
            "投入2013-120万元"
        );
        assert_eq!(lines("<p><b>2013-01-20</b>日</p>"), "2013-01-20日");
    }

    #[test]
    fn character_references_are_resolved_once() {
        assert_eq!(
            lines("<p>A&amp;B&nbsp;&#19968;&#x4E8C;&amp;nbsp;&ldquo;x&bogus;1 & 2</p>"),
            "A&B\u{A0}一二&nbsp;“x&bogus;1 & 2"
        );
    }

    #[test]
    fn a_word_over_several_tags_stays_one_word_and_keeps_its_bytes() {
        let html = "<p>教<font>育</font>局</p>";
        let (edited, page, _) = read(Edited::new(html.to_owned(), Map::identity(html.len())));
        assert_eq!(edited.text(), "教育局");
        assert_eq!(edited.raw_range(3..6), 12..15);
        assert_eq!(page.blocks.len(), 1);
    }

    #[test]
    fn the_head_is_read_for_what_the_page_says_of_itself() {
        let html = "<head><title> 总结 &amp; 计划_某网</title><meta name=PubDate content=2019-05-02></head>\
                    <body>x<a href='b_2.html'>下一页</a>";
        let (_, page, _) = read(Edited::new(html.to_owned(), Map::identity(html.len())));
        assert_eq!(page.title.as_deref(), Some("总结 & 计划_某网"));
        assert_eq!(
            page.metas,
            [("pubdate".to_owned(), "2019-05-02".to_owned())]
        );
        assert_eq!(page.links, [("下一页".to_owned(), "b_2.html".to_owned())]);
    }

    #[test]
    fn broken_markup_is_read_to_its_end() {
        assert_eq!(lines("<p>甲</b></div>乙<p"), "甲乙");
        assert_eq!(lines("a < b 且 <3 ?<br>完</"), "a < b 且 <3 ?\n完</");
        assert_eq!(lines("<p>甲</p>\r\n<p>乙\r\n丙</p>"), "甲\n乙 丙");
    }

    #[test]
    fn a_line_of_the_source_may_end_inside_a_sentence() {
        let html = "<p>现有公办园31所，在园\r\n幼儿13682人，专任\n  教师<b>917</b>人，投入\n12万元，增长5.6\n%，建成\n“智慧校园”。</p>";
        let text = "现有公办园31所，在园幼儿13682人，专任教师917人，投入12万元，增长5.6%，建成“智慧校园”。";
        assert_eq!(lines(html), text);
        // Labels and links stand on lines of their own.
        let html = "<div>来源：教育局\n作者：李敏\n</div><p><a>首页</a>\n<a>通知</a></p><p>use\nrust，好\n的</p>";
        assert_eq!(
            lines(html),
            "来源：教育局 作者：李敏\n首页 通知\nuse rust，好的"
        );
    }

    #[test]
    fn numbers_above_the_line_stay_there() {
        let html = "<p>学校189<sup>1</sup>所，占地3.5km<sup>2</sup>，强度2.1×10<sup>-4</sup>，见<sup>[2]</sup><sup>注</sup></p>";
        let (edited, ..) = read(Edited::new(html.to_owned(), Map::identity(html.len())));
        let text = "学校189¹所，占地3.5km²，强度2.1×10⁻⁴，见[2]注";
        assert_eq!(edited.text(), text);
        let at = text.find('¹').unwrap();
        let raw = edited.raw_range(at..at + '¹'.len_utf8());
        assert_eq!(html.get(raw), Some("1"));
    }
}
