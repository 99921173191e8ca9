//! Who the first lines say is speaking: the subject of the first sentence, or who holds the speech.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::kind::is_kind;
use super::{PLACES, is_phrase, slice, units_in};
use crate::rules::{self, HOLDERS, NO_OFFICES, OFFICES, UNITS};

/// A place, an office, and what offices do: 望溪乡综治办在乡党委的领导下.
static SUBJECT: LazyLock<Regex> = LazyLock::new(|| {
    rules::pattern(
        r"(?:^|[\s\u{3000},，、:：]|[年来度期间月])((?:[\u{3400}-\u{9fff}]{1,5}?|[xX×*]{1,4})(?:[省市县区州盟旗镇乡村]|街道)[\u{3400}-\u{9fff}]{1,14}?)(?:在|以|坚持|紧紧|紧扣|认真|充分|按照|深入|全面|围绕|积极|根据|进一步|始终|切实|严格|努力|狠抓|立足|着力|不断|全体|高度|结合|贯彻|牢固|主动|依法|扎实|通过)",
    )
});

/// Sentences in front of the one that says who did the work: 一年来,…。
const N_SENTENCES: usize = 2;

/// The office that is the subject of one of the first sentences of `lead`.
pub(super) fn subject(text: &str, lead: Range<usize>) -> Option<Range<usize>> {
    let words = slice(text, &lead);
    let end = words
        .match_indices('。')
        .nth(N_SENTENCES - 1)
        .map_or(words.len(), |(at, _)| at);
    let sentences = words.get(..end)?;
    let names = SUBJECT.captures_iter(sentences).take(20);
    let mut names = names.filter_map(|captures| captures.get(1));
    names
        .find(|name| is_office(name.as_str()))
        .map(|name| lead.start + name.start()..lead.start + name.end())
}

/// 本报告由青禾县教育局根据《…条例》编制, as reports on the disclosure of information begin.
pub(super) fn compiler(text: &str, lead: Range<usize>) -> Option<Range<usize>> {
    static BY: LazyLock<Regex> =
        LazyLock::new(|| rules::pattern(r"本(?:年度|年|工作)?报告(?:是|系)?由[\u{3400}-\u{9fff}]"));
    let words = slice(text, &lead);
    let found = BY.find(words)?;
    let at = lead.start + found.start() + found.as_str().rfind('由')? + '由'.len_utf8();
    let behind = at..at + crate::lines::prefix(text.get(at..lead.end)?, LONGEST_HOLDER).len();
    units_in(text, behind)
        .into_iter()
        .find(|unit| unit.start == at)
}

/// True for a whole name that ends as offices do and holds no other words.
pub(super) fn is_office(name: &str) -> bool {
    let is_unit = UNITS
        .find_iter(name)
        .last()
        .is_some_and(|unit| unit.end() == name.len());
    (is_unit || OFFICES.is_match(name))
        && !NO_OFFICES.is_match(name)
        && !is_phrase(name)
        && !is_kind(name)
        && !name.contains(|c| NOT_IN_OFFICES.contains(c))
}

/// Characters of sentences that no office has in its name. 中, 会 and 关 are in many.
const NOT_IN_OFFICES: &str = "在由对向以我各是为到于了从按被让给跟的";

/// The office whose head a line below the title names: 枫林县教育局局长 何志远.
pub(super) fn holder(text: &str, from: usize) -> Option<Range<usize>> {
    head_lines(text, from).find_map(|line| {
        let words = slice(text, &line);
        let is_name = words.chars().nth(LONGEST_HOLDER).is_none()
            && !words.contains(['。', ',', '，', '、', ':', '：']);
        let unit = units_in(text, line).into_iter().next()?;
        let behind = text.get(unit.end..)?;
        let behind = behind
            .trim_start_matches("代理")
            .trim_start_matches(['副', '代']);
        let holds = HOLDERS.find(behind).is_some();
        let is_named = UNITS
            .find(slice(text, &unit))
            .is_some_and(|kind| kind.start() > 0);
        (is_name && holds && is_named).then_some(unit)
    })
}

/// The office that stands alone on one of the first lines below the title: 青禾县教育局, and below it
/// the text.
pub(super) fn below_title(text: &str, from: usize) -> Option<Range<usize>> {
    /// The day, the session and the office.
    const N_LINES: usize = 3;
    head_lines(text, from).take(N_LINES).find_map(|line| {
        let words = slice(text, &line).trim_matches(['(', ')', '（', '）']);
        let is_name = (4..=LONGEST_HOLDER)
            .contains(&words.chars().take(LONGEST_HOLDER + 1).count())
            && words
                .chars()
                .all(|c| ('\u{3400}'..='\u{9fff}').contains(&c))
            && words.contains(|c| PLACES.contains(c))
            && is_office(words);
        let start = line.start + slice(text, &line).find(words)?;
        is_name.then_some(start..start + words.len())
    })
}

/// Office, post and name have fewer characters.
const LONGEST_HOLDER: usize = 36;

/// Where the text goes on behind 各乡镇人民政府、街道办事处: those who are spoken to say nothing.
pub(super) fn behind_addressees(text: &str, from: usize) -> usize {
    let is_addressed = |line: &Range<usize>| {
        let words = slice(text, line);
        let is_formula = ["将", "如下", "汇报", "总结", "报告"]
            .iter()
            .any(|word| words.contains(word));
        words.ends_with([':', '：']) && !words.contains('。') && !is_formula
    };
    head_lines(text, from)
        .filter(is_addressed)
        .last()
        .map_or(from, |line| line.end)
}

/// The lines behind `from` up to the first sentence.
fn head_lines(text: &str, from: usize) -> impl Iterator<Item = Range<usize>> {
    /// Date, post, name and addressee are fewer.
    const N_LINES: usize = 8;
    let mut at = from;
    std::iter::from_fn(move || {
        let line = crate::lines::line_start(text, at);
        (at < text.len()).then(|| {
            at = line.end + 1;
            crate::lines::trim(text, line)
        })
    })
    .take(N_LINES)
    .take_while(move |line| !slice(text, line).contains('。'))
    .filter(|line| !line.is_empty())
}

#[cfg(test)]
#[allow(clippy::string_slice)] // A wrong offset shall fail the test.
mod tests {
    use super::*;

    fn subject_of(text: &str) -> Option<&str> {
        subject(text, 0..text.len()).map(|range| &text[range])
    }

    #[test]
    fn the_first_sentence_says_who_did_the_work() {
        for (text, name) in [
            (
                "今年以来，望溪乡综治办在乡党委、政府的领导下，努力工作。",
                "望溪乡综治办",
            ),
            (
                "2016年，花桥镇司法所充分发挥职能作用，维护稳定。",
                "花桥镇司法所",
            ),
            (
                "在县委的领导下，白露县农技推广中心坚持服务三农。",
                "白露县农技推广中心",
            ),
            ("一年来，**镇敬老院认真做好供养工作。", "**镇敬老院"),
        ] {
            assert_eq!(subject_of(text), Some(name), "{text}");
        }
    }

    #[test]
    fn what_an_office_is_told_or_where_it_sits_is_no_subject() {
        for text in [
            "今年以来，我所在望溪乡综治办的领导下，努力工作。",
            "本学期，我校认真贯彻县教育局文件。",
            "各乡镇司法所认真履职。",
            "乡镇司法所认真履职。",
            "会议在花桥镇召开大会，全面部署。",
            "发展社区文化，积极开展活动。",
        ] {
            assert_eq!(subject_of(text), None, "{text}");
        }
    }

    #[test]
    fn the_head_of_an_office_speaks_for_it() {
        let text = "枫林县教育和体育局局长 何 志 远\n（2019年2月21日）\n同志们：\n现在开会。";
        let found = holder(text, 0).map(|range| &text[range]);
        assert_eq!(found, Some("枫林县教育和体育局"));
        let text = "丹水县第二中学副校长 徐文斌\n尊敬的各位老师：\n本人任教二十年。";
        let found = holder(text, 0).map(|range| &text[range]);
        assert_eq!(found, Some("丹水县第二中学"));
        for text in [
            "县教育局召开了局长会议。",
            "枫林县教育局文件\n现在开会。",
            "局长 何志远\n现在开会。",
            "会议由枫林县教育局局长主持，各校参加。",
        ] {
            assert_eq!(holder(text, 0), None, "{text}");
        }
    }

    #[test]
    fn an_office_below_the_title_speaks() {
        for (text, name) in [
            (
                "\n平湖县财政局\n各位代表：\n现将情况报告如下。",
                Some("平湖县财政局"),
            ),
            (
                "\n——2020年1月7日在平湖县第九届人民代表大会第一次会议上\n（平湖县财政局）\n各位代表：",
                Some("平湖县财政局"),
            ),
            (
                "\n县人大常委会调研组\n为推动工作，开展调研。",
                Some("县人大常委会调研组"),
            ),
            ("\n平湖县财政局：\n现将情况报告如下。", None),
            ("\n加强财政局建设工作会\n现将情况报告如下。", None),
            ("\n做了工作。\n平湖县财政局\n", None),
        ] {
            let found = below_title(text, 0).map(|range| &text[range]);
            assert_eq!(found, name, "{text}");
        }
    }

    #[test]
    fn who_compiled_a_report_is_named_in_its_first_words() {
        let of = |text: &str| compiler(text, 0..text.len()).map(|range| text[range].to_owned());
        let text = "本报告由云岭市水利局根据《信息公开条例》编制。";
        assert_eq!(of(text).as_deref(), Some("云岭市水利局"));
        assert_eq!(of("本报告由三部分组成，县水利局参加。"), None);
    }

    #[test]
    fn those_who_are_spoken_to_are_left_behind() {
        let text = "各乡镇人民政府、街道办事处：\n经县河长办同意，通报如下：\n一、情况。";
        assert!(text[behind_addressees(text, 0)..].starts_with("\n经县"));
        let text = "现将雁南县教育局2018年工作汇报如下：\n一、情况。";
        assert_eq!(behind_addressees(text, 0), 0);
        let text = "雁南县教育局紧抓三项工作。\n主要是：\n一、情况。";
        assert_eq!(behind_addressees(text, 0), 0);
    }
}
