//! What a line reads like: a paragraph, a part of a report, the site's own words.

use std::sync::LazyLock;

use regex::Regex;
use taosha_core::simplify;

use crate::main_text::SITE_VOICE;

/// A paragraph has this many characters, and a stop or comma in it.
const LEAST_PROSE: usize = 25;

/// What a site says of itself is longer than this only where it speaks of itself twice.
const MAX_CHARS: usize = 60;

/// The longest disclaimer seen has 240 characters.
const MAX_SITE_CHARS: usize = 320;

/// True for a paragraph of somebody's text.
pub(crate) fn is_prose(line: &str) -> bool {
    is_paragraph(line) && !speaks_of_site(line)
}

/// True for a paragraph, whoever speaks in it.
pub(crate) fn is_paragraph(line: &str) -> bool {
    let n_chars = line.chars().count();
    let has_stop = line.contains(['，', '。', '；', '、', ',', '！', '？']);
    n_chars >= LEAST_PROSE && has_stop
}

/// True when a line speaks of sites twice: a report may do it once.
pub(crate) fn speaks_of_site(line: &str) -> bool {
    let is_short = line.len() <= MAX_SITE_CHARS * 4;
    is_short && SITE_VOICE.find_iter(&simplify(line)).nth(1).is_some()
}

/// True for a line that may be the site's, if the site repeats it: nothing about it is like a
/// heading, title, signature, date, address, table row or paragraph of a report.
pub(crate) fn may_be_site(line: &str) -> bool {
    if speaks_of_site(line) {
        return line.chars().count() <= MAX_SITE_CHARS;
    }
    let n_chars = line.chars().count();
    let simple = simplify(line);
    (2..=MAX_CHARS).contains(&n_chars) && !line.contains('\t') && !OF_REPORT.is_match(&simple)
}

/// Parts of reports that other reports of the same site may have word for word.
static OF_REPORT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?x)
        # figures, dates, marks of what was masked
        [0-9０-９〇○%％×＊*_□] | [一二三四五六七八九十]+[年月日]
        # numbers of headings
        | ^[（(【\[]?[第一二三四五六七八九十百]+[、章节条部项）)】\]．.] | ^[①-⑳●■◆※]
        # titles and headings
        | 总结|报告|计划|方案|要点|通知|意见|汇报|规划|公报|情况|讲话|打算|措施|成效|成绩|问题|建议|思想|目标|任务|经验|体会
        | 做法|工作|亮点|特点|原因|分析|基本|主要|存在|不足|下一步|今后|前言|结语|概况|简介|背景|意义|附件|附表|附录|说明
        # what an office puts around its papers
        | 抄送|抄报|主题词|印发|签发|联系人|盖章|公章|特此|此致|敬礼|汇报完毕|谢谢|同志们|各位
        # signatures
        | (?:局|委|会|院|校|学|办|室|处|科|队|心|府|园|站|所|公司|集团|中心|政府|小组|支部|总支|党组|镇|乡|街道|村|县|市|区|省)$
        # what goes on, and whom it is for
        | [:：,，、；;]$ | 。$",
    )
    .expect("a literal pattern compiles")
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_reports_repeat_is_none_of_the_site() {
        for line in [
            "2019年工作总结",
            "工作总结",
            "一、基本情况",
            "（二）抓好教学",
            "存在的问题",
            "下一步打算",
            "青禾县教育局",
            "云岭县人民医院",
            "二〇一九年十二月三日",
            "各乡镇人民政府:",
            "同志们：",
            "特此报告",
            "抄送：县委办",
            "学校\t人数",
            "在县委、县政府的正确领导下，在各部门的大力支持下，我局圆满完成任务。",
            "附件",
            "指導思想",
            "谢谢大家!",
        ] {
            assert!(!may_be_site(line), "{line}");
        }
    }

    #[test]
    fn what_sites_say_may_be_theirs() {
        for line in [
            "青禾文档之家 让写作更轻松",
            "好文章就在这里",
            "本站内容均来自网友上传，如有侵权请联系客服删除。",
            "微信扫一扫 收藏本页",
            "推薦閱讀",
            "返回列表",
        ] {
            assert!(may_be_site(line), "{line}");
        }
    }

    #[test]
    fn a_paragraph_is_prose_and_a_disclaimer_is_not() {
        assert!(is_prose(
            "全县各级各类学校认真贯彻落实上级文件精神，取得了明显成效。"
        ));
        assert!(!is_prose("青禾县教育局"));
        assert!(!is_prose(
            "本站内容均来自网友上传，版权归原作者所有，如有侵权请联系客服删除。"
        ));
    }
}
