//! Pages that a server shows in place of the one that was asked for, often with the status of a
//! sound one.

use taosha_core::simplify;

use crate::{line_like, rules};

/// What happened is told at the top.
const HEAD_LINES: usize = 10;

/// Longer lines are sentences that speak of such pages.
const MAX_LINE: usize = 60 * 3;

/// True when the page called `title`, of which `reading` is read, says that there is none, and has
/// no paragraph besides.
pub(crate) fn is_one(title: Option<&str>, reading: &str) -> bool {
    let lines = || {
        reading
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
    };
    let says = |line: &str| {
        let simple = simplify(line.trim());
        line.len() <= MAX_LINE && rules::ERRORS.all.iter().any(|rule| rule.is_line(&simple))
    };
    let is_told = title.is_some_and(says) || lines().take(HEAD_LINES).any(says);
    // What such a page says besides, it says to its reader.
    let speaks_to_reader = |line: &str| line.contains(['您', '你', '请', '請']);
    let tells = |line: &str| line_like::is_paragraph(line) && !speaks_to_reader(line);
    is_told && !lines().any(|line| tells(line) && !says(line))
}

/// True when the page `text` leads to a file, and all that is read of it is a title and the names of
/// file and office.
pub(crate) fn is_link_to_file(text: &str, reading: &str) -> bool {
    /// Titles of more lines have something to say.
    const MOST_LINES: usize = 4;
    const FILES: [&str; 12] = [
        ".pdf", ".doc", ".docx", ".wps", ".xls", ".xlsx", ".zip", ".rar", ".ofd", ".ppt", ".pptx",
        ".et",
    ];
    let lines = reading.lines().filter(|line| !line.trim().is_empty());
    let mut lines = lines.take(MOST_LINES + 1);
    let is_title = |line: &str| line.len() <= MAX_LINE && !line.contains(['。', '；']);
    if !lines.by_ref().take(MOST_LINES).all(is_title) || lines.next().is_some() {
        return false;
    }
    text.lines()
        .filter(|line| line.len() <= MAX_LINE)
        .any(|line| {
            let lower = line.trim().to_ascii_lowercase();
            FILES.iter().any(|ending| lower.ends_with(ending))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_is_not_there_says_so() {
        for (title, reading) in [
            (Some("404 Not Found"), "nginx"),
            (None, "404\n抱歉，您访问的页面不存在\n返回首页"),
            (
                Some("青禾县人民政府"),
                "對不起，您要查看的文章已被刪除！\n5秒后返回首页",
            ),
            (
                None,
                "页面未找到\n您可以返回首页，或者在五秒后由系统自动跳转，也可以联系管理员",
            ),
        ] {
            assert!(is_one(title, reading), "{title:?} {reading}");
        }
    }

    #[test]
    fn a_page_with_nothing_but_a_file_has_no_text() {
        let page = "首页
滨湖区教育局2020年工作总结
滨湖区教育局2020年工作总结.pdf";
        assert!(is_link_to_file(
            page,
            "滨湖区教育局2020年工作总结
主办：滨湖区教育局"
        ));
        assert!(is_link_to_file("附件：总结.DOCX", "附件：总结.DOCX"));
        for report in [
            "滨湖区教育局2020年工作总结\n各项工作完成。\n附件：1.总结.pdf",
            "滨湖区教育局2020年工作总结",
            "一、招生\n二、教学\n三、财务\n四、安全\n附件：总结.pdf",
        ] {
            assert!(!is_link_to_file(report, report), "{report}");
        }
    }

    #[test]
    fn a_report_that_speaks_of_such_pages_is_none() {
        let report = "一、检查情况\n全年抽查政府网站12个，发现2个网站首页打不开，3个栏目页面不存在，均已整改。";
        for (title, reading) in [
            (Some("关于网站无法访问问题的整改报告"), report),
            (Some("404医院2019年工作总结"), "404医院2019年工作总结"),
            (None, "404\n抽查记录"),
            // The title of the column was left over; the report is there.
            (Some("页面不存在"), report),
        ] {
            assert!(!is_one(title, reading), "{title:?} {reading}");
        }
    }
}
