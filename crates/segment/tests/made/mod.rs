//! Made reports and compilations with known answers, in the states of decay that sites leave them in.

#![allow(dead_code, unreachable_pub)] // Every test takes what it needs.
#![allow(clippy::string_slice)] // A wrong offset shall fail the test.

pub mod words;

use words::Bank;

/// A small generator of numbers, so that a failure can be repeated.
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self, n: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % n
    }

    pub fn pick<T: Copy>(&mut self, words: &[T]) -> T {
        words[self.roll(words.len())]
    }
}

/// A heading as the truth has it: where it begins, its level, its number as written.
pub type Truth = (usize, u8, String);

/// A report or page with what is known about it. Offsets are bytes.
#[derive(Clone, Debug, Default)]
pub struct Made {
    pub text: String,
    pub headings: Vec<Truth>,
    /// Where reports begin.
    pub starts: Vec<usize>,
    pub titles: Vec<String>,
}

pub fn han(n: usize) -> String {
    const DIGITS: [&str; 10] = ["", "一", "二", "三", "四", "五", "六", "七", "八", "九"];
    match (n / 10, n % 10) {
        (0, ones) => DIGITS[ones].to_owned(),
        (1, ones) => format!("十{}", DIGITS[ones]),
        (tens, ones) => format!("{}十{}", DIGITS[tens], DIGITS[ones]),
    }
}

/// A way to number headings.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Form {
    Part,
    Chapter,
    HanStop,
    HanBracket,
    ArabicDot,
    ArabicStop,
    Decimal,
    ArabicBracket,
    ArabicHalf,
    Circled,
    /// 一是
    Spoken,
    /// 首先
    First,
    /// 第一,
    Ordinal,
    /// 【】
    Boxed,
}

/// The words of the number, the number itself, the level; `None` for the depth of the parent.
fn shown(form: Form, n: usize, above: usize) -> (String, String, Option<u8>) {
    let circled = char::from_u32('①' as u32 + n as u32 - 1).unwrap_or('①');
    let firsts = ["首先", "其次", "再次", "最后"];
    let (shown, number, level) = match form {
        Form::Part => (format!("第{}部分 ", han(n)), han(n), Some(1)),
        Form::Chapter => (format!("第{}章 ", han(n)), han(n), Some(1)),
        Form::HanStop => (format!("{}、", han(n)), han(n), Some(1)),
        Form::HanBracket => (format!("({})", han(n)), han(n), Some(2)),
        Form::ArabicDot => (format!("{n}."), n.to_string(), Some(3)),
        Form::ArabicStop => (format!("{n}、"), n.to_string(), Some(3)),
        Form::Decimal => (format!("{above}.{n} "), format!("{above}.{n}"), Some(4)),
        Form::ArabicBracket => (format!("({n})"), n.to_string(), Some(4)),
        Form::ArabicHalf => (format!("{n})"), n.to_string(), Some(4)),
        Form::Circled => (circled.to_string(), circled.to_string(), Some(5)),
        Form::Spoken => (format!("{}是", han(n)), han(n), None),
        Form::First => (
            format!("{},", firsts[n - 1]),
            firsts[n - 1].to_owned(),
            None,
        ),
        Form::Ordinal => (format!("第{},", han(n)), han(n), None),
        Form::Boxed => ("【".to_owned(), String::new(), None),
    };
    (shown, number, level)
}

/// Forms from the outermost to the innermost heading of one report.
pub const PLANS: [&[Form]; 15] = [
    &[Form::HanStop, Form::HanBracket, Form::ArabicDot],
    &[Form::HanStop, Form::HanBracket],
    &[Form::HanStop, Form::ArabicStop, Form::ArabicBracket],
    &[Form::HanStop],
    &[Form::HanStop, Form::ArabicDot, Form::Circled],
    &[Form::Part, Form::HanStop, Form::HanBracket],
    &[Form::Chapter, Form::HanStop, Form::ArabicDot],
    &[Form::ArabicDot, Form::Decimal],
    &[Form::HanBracket, Form::ArabicDot],
    &[Form::ArabicStop],
    &[Form::ArabicDot, Form::ArabicBracket, Form::Circled],
    &[Form::HanStop, Form::Spoken],
    &[Form::HanStop, Form::HanBracket, Form::Spoken],
    &[Form::HanStop, Form::First],
    &[Form::HanStop, Form::ArabicStop, Form::ArabicHalf],
];

/// Rarer forms, scored apart.
pub const RARE: [&[Form]; 4] = [
    &[Form::Ordinal],
    &[Form::Spoken],
    &[Form::Boxed, Form::ArabicDot],
    &[Form::Boxed, Form::HanStop],
];

/// How the author and the site write.
#[derive(Clone, Copy, Debug)]
pub struct Dress {
    /// What is left of the line breaks.
    pub line_break: &'static str,
    /// In front of every paragraph.
    pub indent: &'static str,
    /// One number in so many repeats or skips; 0 for never.
    pub slips: usize,
}

pub const LINES: Dress = Dress {
    line_break: "\n",
    indent: "",
    slips: 0,
};

pub fn title(dice: &mut Dice, bank: &Bank) -> String {
    let year = match dice.roll(4) {
        0 | 1 => format!("{}年", 2015 + dice.roll(8)),
        2 => format!("{}年度", 2015 + dice.roll(8)),
        _ => String::new(),
    };
    let (place, unit, kind) = (
        dice.pick(bank.places),
        dice.pick(bank.units),
        dice.pick(bank.kinds),
    );
    match dice.roll(5) {
        0 if !year.is_empty() => format!("{year}{place}{unit}{kind}"),
        1 => format!("{place}{unit}关于{year}{}", kind),
        _ => format!("{place}{unit}{year}{kind}"),
    }
}

impl Made {
    fn prose(&mut self, dice: &mut Dice, bank: &Bank, dress: Dress, n: usize) {
        self.text += dress.indent;
        for _ in 0..n {
            self.text += dice.pick(bank.sentences);
        }
        self.text += dress.line_break;
    }

    fn sections(
        &mut self,
        dice: &mut Dice,
        bank: &Bank,
        dress: Dress,
        plan: &[Form],
        depth: usize,
        above: (usize, u8),
    ) {
        let Some((&form, inner)) = plan.split_first() else {
            return;
        };
        let most = match form {
            Form::First => 4,
            _ if depth == 0 => 6,
            _ => 5,
        };
        let n_sections = 2 + dice.roll(most - 1);
        let mut number = 0;
        for i in 0..n_sections {
            let slip = dress.slips > 0 && i > 0 && dice.roll(dress.slips) == 0;
            number += match slip {
                true if dice.roll(2) == 0 => 2,
                true => 0,
                false => 1,
            };
            let number = match form {
                Form::First => i + 1,
                _ => number,
            };
            let (words, shown_number, level) = shown(form, number, above.0);
            let level = level.unwrap_or(above.1 + 1);
            self.text += dress.indent;
            self.headings.push((self.text.len(), level, shown_number));
            let own = match depth {
                0 => dice.pick(bank.heads),
                _ => dice.pick(bank.subs),
            };
            self.text += &format!("{words}{own}");
            if form == Form::Boxed {
                self.text += "】";
            }
            let has_inner = !inner.is_empty() && dice.roll(3) > 0;
            let runs_in = depth > 0 && dice.roll(2) == 0
                || matches!(form, Form::Spoken | Form::First | Form::Ordinal)
                || dice.roll(9) == 0 && form != Form::Boxed;
            if runs_in {
                self.text += "。";
                for _ in 0..=dice.roll(3) {
                    self.text += dice.pick(bank.sentences);
                }
            }
            self.text += dress.line_break;
            let n_prose = match (has_inner, runs_in) {
                (true, _) => dice.roll(2),
                (false, true) => 0,
                (false, false) => 1 + dice.roll(2),
            };
            for _ in 0..n_prose {
                let n = 1 + dice.roll(4);
                self.prose(dice, bank, dress, n);
            }
            if has_inner {
                self.sections(dice, bank, dress, inner, depth + 1, (number, level));
            }
        }
    }
}

/// One report without its title.
pub fn body(dice: &mut Dice, bank: &Bank, dress: Dress, plan: &[Form]) -> Made {
    let mut made = Made::default();
    made.text += dress.indent;
    made.text += dice.pick(bank.openings);
    made.text += dress.line_break;
    if dice.roll(3) == 0 {
        let n = 1 + dice.roll(3);
        made.prose(dice, bank, dress, n);
    }
    made.sections(dice, bank, dress, plan, 0, (0, 0));
    if dice.roll(3) == 0 {
        made.text += dress.indent;
        made.text += dice.pick(bank.closings);
        made.text += dress.line_break;
    }
    made
}

/// One report on a page of its own.
pub fn report(dice: &mut Dice, bank: &Bank, dress: Dress, plan: &[Form]) -> Made {
    let title = title(dice, bank);
    let mut made = body(dice, bank, dress, plan);
    made.put_in_front(&format!("{title}{}", dress.line_break));
    if dice.roll(4) == 0 {
        made.text += &format!(
            "{}{}{}20{}年{}月{}日{}",
            dice.pick(bank.places),
            dice.pick(bank.units),
            dress.line_break,
            15 + dice.roll(8),
            1 + dice.roll(12),
            1 + dice.roll(28),
            dress.line_break
        );
    }
    made.starts = vec![0];
    made.titles = vec![title];
    made
}

impl Made {
    pub fn put_in_front(&mut self, words: &str) {
        self.text.insert_str(0, words);
        for heading in &mut self.headings {
            heading.0 += words.len();
        }
        for start in &mut self.starts {
            *start += words.len();
        }
    }

    pub fn append(&mut self, other: Made) {
        let at = self.text.len();
        self.text += &other.text;
        self.headings
            .extend(other.headings.into_iter().map(|(s, l, n)| (s + at, l, n)));
        self.starts.extend(other.starts.iter().map(|s| s + at));
        self.titles.extend(other.titles);
    }

    /// Every character `c` at `at` becomes `change(text, at, c)`; a place in front of it stays in
    /// front of the last character it became.
    pub fn changed(&self, mut change: impl FnMut(&str, usize, char) -> String) -> Made {
        let mut made = Made {
            titles: self.titles.clone(),
            ..Made::default()
        };
        let mut headings = self.headings.iter().peekable();
        let mut starts = self.starts.iter().peekable();
        for (at, c) in self.text.char_indices() {
            let new = change(&self.text, at, c);
            let last = new.chars().next_back().map_or(0, char::len_utf8);
            let place = made.text.len() + new.len() - last;
            while let Some((_, level, number)) = headings.next_if(|h| h.0 == at) {
                made.headings.push((place, *level, number.clone()));
            }
            while starts.next_if(|&&start| start == at).is_some() {
                made.starts.push(place);
            }
            made.text += &new;
        }
        made
    }

    /// Full-width signs.
    pub fn wide(&self) -> Made {
        self.changed(|_, _, c| {
            match c {
                ',' => '，',
                ';' => '；',
                ':' => '：',
                '(' => '（',
                ')' => '）',
                kept => kept,
            }
            .to_string()
        })
    }

    /// A line break before every 一 to 四 with 、 behind it, as some sites put it.
    pub fn falsely_broken(&self) -> Made {
        let mut before = '\n';
        self.changed(|text, at, c| {
            let opens = "一二三四".contains(c) && text[at + c.len_utf8()..].starts_with('、');
            let broken = opens && before != '\n';
            before = c;
            match broken {
                true => format!("\n{c}"),
                false => c.to_string(),
            }
        })
    }

    /// Lines of at most `width` characters, as mail programs left them.
    pub fn wrapped(&self, width: usize) -> Made {
        let mut n = 0;
        self.changed(|_, _, c| {
            n = if c == '\n' { 0 } else { n + 1 };
            if n > width && !"。,，;；:：)）”".contains(c) {
                n = 1;
                return format!("\n{c}");
            }
            c.to_string()
        })
    }

    /// The site put `year` in place of every year.
    pub fn years_rewritten(&self, year: &str) -> Made {
        let mut made = self.changed(|text, at, c| rewritten(text, at, c, year));
        for title in &mut made.titles {
            *title = title
                .char_indices()
                .map(|(at, c)| rewritten(title, at, c, year))
                .collect();
        }
        made
    }
}

/// `c`, or the digit of `year` in its place where it stands in 20xx年.
fn rewritten(text: &str, at: usize, c: char, year: &str) -> String {
    let is_year = |start: usize| {
        let digits = text.get(start..start + 4);
        digits.is_some_and(|d| d.starts_with("20") && d.bytes().all(|b| b.is_ascii_digit()))
            && text[start + 4..].starts_with('年')
    };
    let back = (0..4.min(at + 1)).find(|back| c.is_ascii_digit() && is_year(at - back));
    back.map_or(c.to_string(), |back| year[back..=back].to_owned())
}

/// How a site announces the reports of a page.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum MarkerForm {
    /// 第1篇 TITLE 3250字
    Declared,
    /// 【第1篇】TITLE, glued to the first sentence
    Bracketed,
    /// 篇一:TITLE
    PieceFirst,
    /// 范文一 and the title below
    Sample,
    /// 第一部分 TITLE
    Part,
    /// TITLE(一), the same title again and again
    Behind,
    /// 1、TITLE
    Listed,
    /// TITLE 篇1, the same title again and again
    BehindPiece,
}

pub const MARKER_FORMS: [MarkerForm; 8] = [
    MarkerForm::Declared,
    MarkerForm::Bracketed,
    MarkerForm::PieceFirst,
    MarkerForm::Sample,
    MarkerForm::Part,
    MarkerForm::Behind,
    MarkerForm::Listed,
    MarkerForm::BehindPiece,
];

/// What else the site did to the page.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Decay {
    None,
    /// The marker of the first report was cut off, its title not.
    FirstMarkerLost,
    /// A marker in the middle was lost, its title not.
    MiddleMarkerLost,
    /// All years are the site's.
    YearsRewritten,
    /// Spaces in place of line breaks.
    Spaces,
    /// No line breaks at all.
    OneLine,
    /// The numbers begin anew in the middle.
    Restarted,
    /// Two reports have the same number.
    Repeated,
    /// A line break before every 一、 to 四、.
    FalseBreaks,
    /// Full-width signs and indents.
    Wide,
    /// An introduction, and links below.
    Framed,
}

pub const DECAYS: [Decay; 11] = [
    Decay::None,
    Decay::FirstMarkerLost,
    Decay::MiddleMarkerLost,
    Decay::YearsRewritten,
    Decay::Spaces,
    Decay::OneLine,
    Decay::Restarted,
    Decay::Repeated,
    Decay::FalseBreaks,
    Decay::Wide,
    Decay::Framed,
];

/// A page with `n_reports` reports.
pub fn compilation(
    dice: &mut Dice,
    bank: &Bank,
    form: MarkerForm,
    decay: Decay,
    n_reports: usize,
) -> Made {
    let dress = Dress {
        line_break: match decay {
            Decay::Spaces => " ",
            Decay::OneLine => "",
            _ => "\n",
        },
        indent: match decay {
            Decay::Wide => "\u{3000}\u{3000}",
            _ => "",
        },
        slips: 0,
    };
    let shared = title(dice, bank);
    let mut page = Made::default();
    if decay == Decay::Framed {
        page.text += "以下是小编为大家整理的范文,希望对你有所帮助,欢迎阅读与收藏。\n";
    }
    for i in 0..n_reports {
        let number = match decay {
            Decay::Restarted if i >= n_reports / 2 && n_reports > 3 => i - n_reports / 2 + 1,
            Decay::Repeated if i == n_reports / 2 => i.max(1),
            _ => i + 1,
        };
        // Reports that share the form of the markers are not told from them by any reader.
        let plan = match form {
            MarkerForm::Listed => dice.pick(&PLANS[..5]),
            MarkerForm::Part => dice.pick(&[PLANS[0], PLANS[1], PLANS[4], PLANS[8], PLANS[9]]),
            _ => dice.pick(&PLANS[..]),
        };
        let own = title(dice, bank);
        let (made_title, below) = match form {
            MarkerForm::Behind | MarkerForm::BehindPiece => (&shared, false),
            MarkerForm::Sample => (&own, true),
            _ => (&own, false),
        };
        let mut report = body(dice, bank, dress, plan);
        let glued = dress.line_break.is_empty() || form == MarkerForm::Bracketed;
        if glued {
            // A title is glued to years and openings only.
            report.put_in_front("xx年,我们认真履行职责。");
        }
        let lost = match decay {
            Decay::FirstMarkerLost => i == 0,
            Decay::MiddleMarkerLost => i > 0 && i == n_reports / 2,
            _ => false,
        };
        let marker = match form {
            _ if lost => String::new(),
            MarkerForm::Declared => format!("第{number}篇 "),
            MarkerForm::Bracketed => format!("【第{number}篇】"),
            MarkerForm::PieceFirst => format!("篇{}:", han(number)),
            MarkerForm::Sample => format!("范文{}", han(number)),
            MarkerForm::Part => format!("第{}部分 ", han(number)),
            MarkerForm::Listed => format!("{number}、"),
            MarkerForm::Behind | MarkerForm::BehindPiece => String::new(),
        };
        let behind = match form {
            _ if lost => String::new(),
            MarkerForm::Behind => format!("({})", han(number)),
            MarkerForm::BehindPiece => format!(" 篇{number}"),
            MarkerForm::Declared if dice.roll(2) == 0 => {
                let n_chars = report.text.chars().filter(|c| !c.is_whitespace()).count();
                format!(" {}字", n_chars * 97 / 100)
            }
            _ => String::new(),
        };
        let below = match below && !lost {
            true => dress.line_break,
            false => "",
        };
        let line_break = match form {
            MarkerForm::Bracketed => "",
            _ => dress.line_break,
        };
        report.put_in_front(&format!("{marker}{below}{made_title}{behind}{line_break}"));
        report.starts = vec![0];
        report.titles = vec![made_title.clone()];
        page.append(report);
    }
    match decay {
        Decay::YearsRewritten => page.years_rewritten("2024"),
        Decay::FalseBreaks => page.falsely_broken(),
        Decay::Wide => page.wide(),
        Decay::Framed => {
            page.text +=
                "【工作总结范文】相关文章:\n1.社区工作计划\n2.街道工作总结\n3.个人述职报告\n";
            page
        }
        _ => page,
    }
}
