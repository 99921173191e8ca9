//! Outlines made here, shown as they arrive: line by line, on one line, with line breaks put
//! before every 一 to 四, with numbers that skip and repeat.

#![allow(clippy::string_slice)] // A wrong offset shall fail the test.

use taosha_core::{Output, Record, Settings, Stage, StageType};
use taosha_segment::{Segment, SegmentConfig};

/// A small generator of numbers, so that a failure can be repeated.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, n: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % n
    }

    fn pick<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.roll(words.len())]
    }
}

const TITLES: [&str; 14] = [
    "加强组织领导",
    "狠抓队伍建设,提高整体素质",
    "改善基础设施条件",
    "强化监督检查,确保安全稳定",
    "做好宣传教育工作",
    "推进信息公开",
    "完善管理制度,规范办事程序",
    "2020年主要工作完成情况",
    "存在的主要问题",
    "下一步工作打算",
    "“平安校园”创建成效明显",
    "职业教育发展",
    "四项制度全面落实",
    "三级网络基本建成",
];
const SENTENCES: [&str; 12] = [
    "全年共召开专题会议12次,印发文件35份。",
    "投入资金286.5万元,新建用房3处,维修道路4.2公里。",
    "组织干部职工1200余人次参加培训,参训率达98.6%。",
    "一是加强领导,成立专班;二是落实责任,签订责任书;三是强化督查,定期通报。",
    "参加竞赛的有四、五年级学生和初中一、二年级学生,共获奖17项。",
    "认真学习贯彻十九届四、五中全会精神和《条例》(2019年修订),撰写体会文章86篇。",
    "项目申报数为2、3、10个,结题3、5个,占总数的五分之二。",
    "根据(青教发〔2020〕12号)文件,完成了1.8万平方米的校舍改造。",
    "主要抓了三件事:1.开展隐患排查;2.组织应急演练;3.建立工作台账。",
    "会议于3月12日召开,表彰了一、二等奖获得者。",
    "全县小学、初中共设站点45个,覆盖率100%(其中乡镇12个)。",
    "首先,思想认识不断提高;其次,工作作风明显转变。",
];

struct Outline {
    text: String,
    /// Where headings begin, with level and number.
    headings: Vec<(usize, u8, String)>,
}

fn han(n: usize) -> &'static str {
    ["一", "二", "三", "四", "五", "六", "七", "八", "九", "十"][n - 1]
}

impl Outline {
    fn heading(&mut self, level: u8, n: usize, title: &str, run_in: bool, line_break: &str) {
        let number = if level <= 2 {
            han(n).to_owned()
        } else {
            n.to_string()
        };
        let shown = match level {
            1 => format!("{number}、"),
            2 => format!("({number})"),
            3 => format!("{number}."),
            _ => format!("({number})"),
        };
        self.headings.push((self.text.len(), level, number));
        self.text += &format!("{shown}{title}");
        self.text += if run_in { "。" } else { line_break };
    }

    fn prose(&mut self, dice: &mut Dice, n: usize, line_break: &str) {
        for _ in 0..n {
            self.text += dice.pick(&SENTENCES);
        }
        self.text += line_break;
    }
}

/// `line_break` is what is left of the line breaks.
fn outline(dice: &mut Dice, line_break: &str, with_skips: bool) -> Outline {
    let mut outline = Outline {
        text: format!("青禾县教育局工作总结{line_break}"),
        headings: Vec::new(),
    };
    let n_before = dice.roll(3);
    outline.text += "今年以来,我局做了以下工作。";
    outline.prose(dice, n_before, line_break);
    let mut first = 0;
    for _ in 0..2 + dice.roll(4) {
        first += 1 + usize::from(with_skips && dice.roll(6) == 0)
            - usize::from(with_skips && first > 0 && dice.roll(8) == 0);
        outline.heading(1, first.clamp(1, 10), dice.pick(&TITLES), false, line_break);
        match dice.roll(3) {
            0 => outline.prose(dice, 2, line_break),
            1 => {
                for second in 1..=1 + dice.roll(4) {
                    let run_in = dice.roll(2) == 0;
                    outline.heading(2, second, dice.pick(&TITLES), run_in, line_break);
                    for third in 1..=dice.roll(4) {
                        outline.heading(3, third, dice.pick(&TITLES), true, line_break);
                        outline.prose(dice, 1, line_break);
                    }
                    outline.prose(dice, 1, line_break);
                }
            }
            _ => {
                for third in 1..=2 + dice.roll(5) {
                    outline.heading(3, third, dice.pick(&TITLES), true, line_break);
                    outline.prose(dice, 1, line_break);
                }
            }
        }
    }
    outline
}

/// Puts a line break before every 一 to 四 with 、 behind it, as some sites do.
fn with_false_breaks(outline: Outline) -> Outline {
    let mut text = String::new();
    let mut headings = outline.headings.into_iter().peekable();
    let mut moved = Vec::new();
    let mut before = '\n';
    for (at, c) in outline.text.char_indices() {
        let opens = "一二三四".contains(c) && outline.text[at + c.len_utf8()..].starts_with('、');
        if opens && before != '\n' {
            text.push('\n');
        }
        if let Some((_, level, number)) = headings.next_if(|(start, ..)| *start == at) {
            moved.push((text.len(), level, number));
        }
        text.push(c);
        before = c;
    }
    Outline {
        text,
        headings: moved,
    }
}

/// The same with the full-width signs that most sites have.
fn full_width(outline: Outline) -> Outline {
    let mut text = String::new();
    let mut headings = outline.headings.into_iter().peekable();
    let mut moved = Vec::new();
    for (at, c) in outline.text.char_indices() {
        if let Some((_, level, number)) = headings.next_if(|(start, ..)| *start == at) {
            moved.push((text.len(), level, number));
        }
        text.push(match c {
            ',' => '，',
            ';' => '；',
            ':' => '：',
            '(' => '（',
            ')' => '）',
            kept => kept,
        });
    }
    Outline {
        text,
        headings: moved,
    }
}

/// Right, found and true headings.
fn score(outline: &Outline) -> (usize, usize, usize) {
    let settings = Settings {
        id: "segment".into(),
        base: ".".into(),
        run: "test".into(),
        scratch: None,
    };
    let segment = Segment::build(SegmentConfig::default(), &settings).expect("defaults build");
    let mut out = Output::new();
    segment
        .process(Record::from_text("memory:page", &outline.text), &mut out)
        .expect("a page is segmented");
    let starts = out.emissions().iter().map(|e| {
        let start = e.record.report().expect("a report").span().start();
        outline.text[start..].chars().take(30).collect::<String>()
    });
    let starts: Vec<String> = starts.collect();
    assert_eq!(starts.len(), 1, "{starts:?}");
    let report = out.emissions()[0].record.report().expect("a report");
    let found: Vec<_> = report
        .sections
        .iter()
        .filter(|section| section.level > 0)
        .map(|section| {
            (
                section.span.start(),
                section.level,
                section.number.clone().unwrap_or_default(),
            )
        })
        .collect();
    let n_right = found
        .iter()
        .filter(|heading| outline.headings.contains(heading))
        .count();
    (n_right, found.len(), outline.headings.len())
}

/// Makes an outline in one state of damage.
type Maker = fn(&mut Dice) -> Outline;

#[test]
fn outlines_are_read_in_every_state() {
    let states: [(&str, Maker, f64); 7] = [
        ("lines", |dice| outline(dice, "\n", false), 0.99),
        ("skips and repeats", |dice| outline(dice, "\n", true), 0.97),
        (
            "full width",
            |dice| full_width(outline(dice, "\n", false)),
            0.99,
        ),
        (
            "full width on one line",
            |dice| full_width(outline(dice, "", false)),
            0.95,
        ),
        ("one line", |dice| outline(dice, "", false), 0.95),
        (
            "spaces for line breaks",
            |dice| outline(dice, " ", false),
            0.95,
        ),
        (
            "false breaks",
            |dice| with_false_breaks(outline(dice, "\n", false)),
            0.97,
        ),
    ];
    for (name, make, least) in states {
        let mut dice = Dice(41);
        let (mut n_right, mut n_found, mut n_true) = (0, 0, 0);
        for _ in 0..200 {
            let (right, found, all) = score(&make(&mut dice));
            n_right += right;
            n_found += found;
            n_true += all;
        }
        let f1 = 2.0 * n_right as f64 / (n_found + n_true) as f64;
        println!("outline {name}: {n_right} right of {n_true}, {n_found} found, F1 {f1:.3}");
        assert!(f1 >= least, "{name}: {f1}");
    }
}
