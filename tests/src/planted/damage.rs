//! What happens to a report on its way from site to site, one class at a time.

use std::sync::LazyLock;

use opencc_fmmseg::OpenCC;

use super::Random;
use super::prose::Report;

static OPENCC: LazyLock<OpenCC> = LazyLock::new(OpenCC::new);

/// A class of damage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "`name` says it")]
pub enum Damage {
    None,
    Chrome,
    Watermarks,
    Masks,
    Dropped,
    Moved,
    Traditional,
    Repunctuated,
    OneLine,
    Truncated,
    Typos,
    Renumbered,
    Mixed,
    /// Characters lost in a conversion; only before a clean copy, as in [`super::FULL_LATER`].
    Broken,
}

impl Damage {
    /// Those that copies are made with.
    pub const ALL: [Damage; 13] = [
        Damage::None,
        Damage::Chrome,
        Damage::Watermarks,
        Damage::Masks,
        Damage::Dropped,
        Damage::Moved,
        Damage::Traditional,
        Damage::Repunctuated,
        Damage::OneLine,
        Damage::Truncated,
        Damage::Typos,
        Damage::Renumbered,
        Damage::Mixed,
    ];

    /// As scores show it.
    pub fn name(self) -> &'static str {
        match self {
            Damage::None => "verbatim",
            Damage::Chrome => "chrome",
            Damage::Watermarks => "watermarks",
            Damage::Masks => "masks",
            Damage::Dropped => "dropped paragraphs",
            Damage::Moved => "moved paragraphs",
            Damage::Traditional => "traditional",
            Damage::Repunctuated => "re-punctuated",
            Damage::OneLine => "one line",
            Damage::Truncated => "truncated",
            Damage::Typos => "typos",
            Damage::Renumbered => "renumbered",
            Damage::Mixed => "mixed",
            Damage::Broken => "broken",
        }
    }

    pub(super) fn applied(self, report: &Report, random: &mut Random) -> String {
        match self {
            Damage::Dropped | Damage::Moved => rearranged(self, report.lines(), random).join("\n"),
            Damage::Mixed => mixed(report, random),
            _ => self.on_text(&report.text(), report, random),
        }
    }

    fn on_text(self, text: &str, report: &Report, random: &mut Random) -> String {
        match self {
            Damage::Chrome => chrome(text, random),
            Damage::Watermarks => watermarks(text, random),
            Damage::Masks => masks(text, report, random),
            Damage::Traditional => traditional(text, random),
            Damage::Repunctuated => repunctuated(text, random),
            Damage::OneLine => text.replace('\n', random.of(&["", " ", "　　"])),
            Damage::Truncated => {
                let n = text.chars().count();
                let kept = n * (25 + random.below(45)) / 100;
                text.chars().take(kept).collect()
            }
            Damage::Typos => typos(text, random),
            Damage::Renumbered => renumbered(text, random),
            Damage::Broken => broken(text, random),
            _ => text.to_owned(),
        }
    }
}

/// Two or three classes at once, without truncation.
fn mixed(report: &Report, random: &mut Random) -> String {
    let rearrangement = random.of(&[&Damage::Dropped, &Damage::Moved, &Damage::None]);
    let mut text = rearranged(*rearrangement, report.lines(), random).join("\n");
    let mut classes = vec![
        Damage::Renumbered,
        Damage::Masks,
        Damage::Typos,
        Damage::Traditional,
        Damage::Repunctuated,
        Damage::Watermarks,
        Damage::OneLine,
        Damage::Chrome,
    ];
    while classes.len() > 2 {
        classes.remove(random.below(classes.len()));
    }
    for class in classes {
        text = class.on_text(&text, report, random);
    }
    text
}

fn rearranged(damage: Damage, mut lines: Vec<String>, random: &mut Random) -> Vec<String> {
    match damage {
        Damage::Dropped => {
            let n = (lines.len() * (10 + random.below(20)) / 100).max(1);
            for _ in 0..n {
                lines.remove(1 + random.below(lines.len() - 1));
            }
        }
        Damage::Moved => {
            for _ in 0..2 + random.below(2) {
                let line = lines.remove(random.below(lines.len()));
                lines.insert(random.below(lines.len() + 1), line);
            }
        }
        _ => {}
    }
    lines
}

fn chrome(text: &str, random: &mut Random) -> String {
    let heads = [
        "您的位置：首页 > 文库 > 总结报告 > 正文\n",
        "万叶范文 工作总结频道 更新时间:2019-03-12 浏览:1833次 字号：大 中 小\n",
        "",
    ];
    let tails = [
        "\n上一篇：春季植树活动方案\n下一篇：秋季运动会开幕词\n相关文章 热门推荐 发表评论",
        "\n本文由网友上传，如有侵权请联系我们删除。文档为doc格式，下载后可编辑。",
        "\n【打印本页】【关闭窗口】 版权所有 万叶范文 京公网安备 联系邮箱 关于我们 网站地图",
    ];
    format!("{}{text}{}", random.of(&heads), random.of(&tails))
}

fn watermarks(text: &str, random: &mut Random) -> String {
    let mark = random.of(&[
        "[万叶-找范文]",
        "万.叶.网",
        "本文來源於萬葉",
        "(www.wanye.example)",
    ]);
    // One in two hundred characters is more than any page we saw.
    let insert = |c: char| match random.one_in(200) {
        true => format!("{c}{mark}"),
        false => c.to_string(),
    };
    text.chars().map(insert).collect()
}

fn masks(text: &str, report: &Report, random: &mut Random) -> String {
    let county = report.county.trim_end_matches(['县', '市', '区']);
    let mut text = text.replace(county, random.of(&["XX", "**", "某", "××", "__"]));
    if !random.one_in(3) {
        let century = report.year.get(..2).unwrap_or("20");
        let mask = random.of(&["?xx", "xx", "XX", "**"]).replace('?', century);
        text = text.replace(&report.year, &mask);
    }
    // From no figure to six in ten.
    let share = random.below(4) * 20;
    let mut masked = String::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let mut number = c.to_string();
        if c.is_ascii_digit() {
            while let Some(digit) = rest.next_if(char::is_ascii_digit) {
                number.push(digit);
            }
            if random.below(100) < share {
                number = random.of(&["x", "XX", "**", "_"]).to_owned();
            }
        }
        masked += &number;
    }
    masked
}

fn traditional(text: &str, random: &mut Random) -> String {
    let text = OPENCC.convert(text, random.of(&["s2t", "s2tw", "s2hk"]), false);
    if random.one_in(2) {
        return text;
    }
    let readings = [
        ('縣', "xiàn"),
        ('領', "lǐng"),
        ('導', "dǎo"),
        ('進', "jìn"),
        ('務', "wù"),
        ('學', "xué"),
        ('結', "jié"),
        ('處', "chù"),
        ('調', "diào"),
        ('財', "cái"),
        ('計', "jì"),
        ('廣', "guǎng"),
    ];
    let annotate = |c: char| match readings.iter().find(|(of, _)| *of == c) {
        Some((_, reading)) => format!("{c}({reading})"),
        None => c.to_string(),
    };
    text.chars().map(annotate).collect()
}

fn repunctuated(text: &str, random: &mut Random) -> String {
    let style = random.below(3);
    let sign = |c: char| match (c, style) {
        ('，', 0) => ",".to_owned(),
        ('。', 0) => ".".to_owned(),
        ('；', 0) => ";".to_owned(),
        ('，', 1) if random.one_in(3) => "、".to_owned(),
        ('。' | '；', 1) => random.of(&["。", "；", "！", "，"]).to_owned(),
        ('，', _) => " ".to_owned(),
        ('0'..='9', 2) => char::from_u32(c as u32 + 0xFEE0).unwrap_or(c).to_string(),
        ('\n', 2) => "\n\n　　".to_owned(),
        _ => c.to_string(),
    };
    text.chars().map(sign).collect()
}

fn typos(text: &str, random: &mut Random) -> String {
    let wrong = ["地", "再", "以", "它", "做", "象", "己", "未", "候", "作"];
    let write = |c: char| match (random.below(100), random.below(3)) {
        (0, 0) => String::new(),
        (0, 1) if !c.is_ascii_digit() => random.of(&wrong).to_owned(),
        (0, _) if !c.is_ascii_digit() => format!("{c}{c}"),
        _ => c.to_string(),
    };
    text.chars().map(write).collect()
}

fn renumbered(text: &str, random: &mut Random) -> String {
    let han = ["一", "二", "三", "四", "五", "六", "七", "八", "九"];
    let (shift, style) = (random.below(3), random.below(4));
    let mut text = text.to_owned();
    for index in (0..7).rev() {
        let number = index + shift;
        let new = match style {
            0 => format!("{}、", han[number]),
            1 => format!("{}.", number + 1),
            2 => format!("（{}）", han[number]),
            _ => format!("{}、", number + 1),
        };
        text = text.replace(&format!("\n{}、", han[index]), &format!("\n{new}"));
    }
    text
}

fn broken(text: &str, random: &mut Random) -> String {
    let sign = random.of(&["\u{FFFD}", "□", "?"]);
    let write = |c: char| match c != '\n' && random.one_in(60) {
        true => sign.to_owned(),
        false => c.to_string(),
    };
    text.chars().map(write).collect()
}
