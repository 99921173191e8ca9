//! The comparison form: a text as it is looked up and compared, with the way back to the text.

use std::ops::Range;

use crate::Map;
use crate::phrases::{self, Placed};

/// A text in which two spellings of the same words look alike.
///
/// For comparing and looking up only: a document's own text is never converted. Every character
/// knows the characters of the text it was made from, so what is found in the form can be shown.
///
/// ```
/// use taosha_core::Form;
///
/// let text = "〔２０１９〕15號　《教育規劃》——著手";
/// let form = Form::of(text);
/// assert_eq!(form.text(), "〔2019〕15号《教育规划》-着手");
/// let found = form.text().find("2019").map(|at| at..at + 4);
/// assert_eq!(found.and_then(|range| text.get(form.range(range))), Some("２０１９"));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Form {
    text: String,
    /// Leads to bytes of the text the form was made of.
    map: Map,
}

/// What a form does to its text.
///
/// | rule | what becomes what | what stays |
/// |---|---|---|
/// | `zero_width` | soft hyphens, joiners, marks of direction, variation selectors: nothing | |
/// | `private_use` | sixteen characters of GB 18030-2005: their later code point; all others: nothing | |
/// | `width` | ＡＢＣ１２３，（）: ABC123,(); half-width ｡｢｣､: 。「」、 | 。、《》〔〕【】 |
/// | `compatibility` | radicals ⼯⻓: 工长; ﬁ: fi; unit and number signs stay | ①㎡Ⅲ㈠℃ |
/// | `quotes` | “”„「」『』«»: `"`; ‘’′: `'` | 《》〈〉 |
/// | `dashes` | one or more of -‐–—―－─: one `-`; ～〜: `~` | 一 |
/// | `spaces` | white space: one blank, one line break where it has any, none beside Chinese | |
/// | `script` | traditional to simplified, by words | simplified text |
///
/// They are applied in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormRule {
    /// Signs that show nothing.
    ZeroWidth,
    /// Code points that only some fonts know.
    PrivateUse,
    /// Full-width and half-width signs.
    Width,
    /// Signs that are there for old charsets and fonts.
    Compatibility,
    /// Quotation marks.
    Quotes,
    /// Dashes and hyphens.
    Dashes,
    /// White space.
    Spaces,
    /// The script, and the words that go with it: 程式 becomes 程序 in a traditional text. A
    /// simplified one stays as it is.
    Script,
    /// As `Script`, for what is known to be traditional though it may be too short to show it.
    Traditional,
}

impl FormRule {
    /// What a form is made by, in the order in which they are applied.
    pub const ALL: [FormRule; 8] = [
        FormRule::ZeroWidth,
        FormRule::PrivateUse,
        FormRule::Width,
        FormRule::Compatibility,
        FormRule::Quotes,
        FormRule::Dashes,
        FormRule::Spaces,
        FormRule::Script,
    ];

    /// The name used in tables and messages.
    pub fn name(self) -> &'static str {
        match self {
            FormRule::ZeroWidth => "zero_width",
            FormRule::PrivateUse => "private_use",
            FormRule::Width => "width",
            FormRule::Compatibility => "compatibility",
            FormRule::Quotes => "quotes",
            FormRule::Dashes => "dashes",
            FormRule::Spaces => "spaces",
            FormRule::Script => "script",
            FormRule::Traditional => "traditional",
        }
    }

    fn apply(self, text: Vec<Placed>) -> Vec<Placed> {
        match self {
            FormRule::ZeroWidth => replaced(text, |c| (!is_zero_width(c)).then_some(c)),
            FormRule::PrivateUse => replaced(text, public),
            FormRule::Width => replaced(text, |c| Some(usual_width(c))),
            FormRule::Compatibility => compatible(text),
            FormRule::Quotes => replaced(text, |c| Some(plain_quote(c))),
            FormRule::Dashes => dashes(text),
            FormRule::Spaces => spaces(text),
            FormRule::Script => phrases::to_simplified(text),
            FormRule::Traditional => phrases::from_traditional(text),
        }
    }
}

impl Form {
    /// The form of `text` by all rules.
    pub fn of(text: &str) -> Self {
        Form::by(text, &FormRule::ALL)
    }

    /// The form of `text` by `rules`, in their order. Linear in the text.
    ///
    /// # Panics
    /// When `text` has 4 GiB or more, which no document has.
    pub fn by(text: &str, rules: &[FormRule]) -> Self {
        let offset = |at: usize| u32::try_from(at).expect("decode refuses texts of 4 GiB");
        let placed = |(at, c): (usize, char)| Placed {
            c,
            start: offset(at),
            end: offset(at + c.len_utf8()),
        };
        let text = text.char_indices().map(placed).collect();
        let text = rules.iter().fold(text, |text, rule| rule.apply(text));
        let mut form = Form::default();
        // Characters that were made together point at the same place together.
        for together in text.chunk_by(|a, b| (a.start, a.end) == (b.start, b.end)) {
            let before = form.text.len();
            form.text.extend(together.iter().map(|placed| placed.c));
            let n = form.text.len() - before;
            if let Some(placed) = together.first() {
                let place = placed.start as usize..placed.end as usize;
                form.map.push(n, n, place.clone(), place.len());
            }
        }
        form
    }

    /// The form itself.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The bytes of the text that `range` of the form was made from.
    pub fn range(&self, range: Range<usize>) -> Range<usize> {
        self.map.raw_range(range)
    }
}

fn replaced(text: Vec<Placed>, by: impl Fn(char) -> Option<char>) -> Vec<Placed> {
    let becomes = |placed: Placed| by(placed.c).map(|c| Placed { c, ..placed });
    text.into_iter().filter_map(becomes).collect()
}

fn is_zero_width(c: char) -> bool {
    matches!(
        c,
        '\u{AD}' | '\u{34F}' | '\u{180B}'..='\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{E0100}'..='\u{E01EF}'
    )
}

/// Code points that GB 18030-2005 took from the private area and Unicode has by now (GB 18030-2022,
/// annex; the same pairs are in the WHATWG Encoding Standard's index of 2023).
const MADE_PUBLIC: [(char, char); 16] = [
    ('\u{E78D}', '︐'),
    ('\u{E78E}', '︒'),
    ('\u{E78F}', '︑'),
    ('\u{E790}', '︓'),
    ('\u{E791}', '︔'),
    ('\u{E792}', '︕'),
    ('\u{E793}', '︖'),
    ('\u{E794}', '︗'),
    ('\u{E795}', '︘'),
    ('\u{E796}', '︙'),
    ('\u{E81E}', '龴'),
    ('\u{E826}', '龵'),
    ('\u{E82B}', '龶'),
    ('\u{E82C}', '龷'),
    ('\u{E832}', '龸'),
    ('\u{E843}', '龹'),
];

/// What a private character is in public; `None` for an icon.
fn public(c: char) -> Option<char> {
    if !matches!(c, '\u{E000}'..='\u{F8FF}' | '\u{F0000}'..='\u{10FFFD}') {
        return Some(c);
    }
    let pair = MADE_PUBLIC.iter().find(|(private, _)| *private == c);
    pair.map(|(_, public)| *public)
}

/// Full-width ASCII as ASCII, half-width Chinese stops as Chinese stops.
fn usual_width(c: char) -> char {
    match c {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(c as u32 - 0xFEE0).unwrap_or(c),
        '｡' => '。',
        '｢' => '「',
        '｣' => '」',
        '､' => '、',
        '￠' => '¢',
        '￡' => '£',
        '￥' => '¥',
        c => c,
    }
}

/// The 214 Kangxi radicals, from U+2F00 (their compatibility mappings in Unicode).
const KANGXI: &str = "一丨丶丿乙亅二亠人儿入八冂冖冫几凵刀力勹匕匚匸十卜卩厂厶又口囗土士夂夊夕大女子宀寸小尢尸屮山巛工己巾干幺广廴廾弋弓彐彡彳心戈戶手支攴文斗斤方无日曰月木欠止歹殳毋比毛氏气水火爪父爻爿片牙牛犬玄玉瓜瓦甘生用田疋疒癶白皮皿目矛矢石示禸禾穴立竹米糸缶网羊羽老而耒耳聿肉臣自至臼舌舛舟艮色艸虍虫血行衣襾見角言谷豆豕豸貝赤走足身車辛辰辵邑酉釆里金長門阜隶隹雨青非面革韋韭音頁風飛食首香馬骨高髟鬥鬯鬲鬼魚鳥鹵鹿麥麻黃黍黑黹黽鼎鼓鼠鼻齊齒龍龜龠";

/// Radicals of the supplement that are words of their own (Unicode's EquivalentUnifiedIdeograph).
const RADICALS: &str = "⺟母 ⺠民 ⻁虎 ⻄西 ⻅见 ⻆角 ⻉贝 ⻋车 ⻓长 ⻔门 ⻘青 ⻚页 ⻛风 ⻜飞 ⻢马 ⻣骨 ⻤鬼 ⻥鱼 ⻦鸟 ⻧卤 \
    ⻨麦 ⻩黄 ⻬齐 ⻮齿 ⻰龙 ⻳龟";

/// The character that a radical stands for. PDFs are full of them: fonts give both one glyph.
pub fn without_radical(c: char) -> char {
    match c {
        '\u{2F00}'..='\u{2FD5}' => KANGXI.chars().nth(c as usize - 0x2F00).unwrap_or(c),
        '\u{2E80}'..='\u{2EFF}' => {
            let pair = RADICALS.split(' ').find_map(|pair| pair.strip_prefix(c));
            pair.and_then(|other| other.chars().next()).unwrap_or(c)
        }
        c => c,
    }
}

fn compatible(text: Vec<Placed>) -> Vec<Placed> {
    let ligature = |c: char| match c {
        'ﬀ' => "ff",
        'ﬁ' => "fi",
        'ﬂ' => "fl",
        'ﬃ' => "ffi",
        'ﬄ' => "ffl",
        _ => "",
    };
    let mut out = Vec::with_capacity(text.len());
    for placed in text {
        match ligature(placed.c) {
            "" => out.push(Placed {
                c: without_radical(placed.c),
                ..placed
            }),
            letters => out.extend(letters.chars().map(|c| Placed { c, ..placed })),
        }
    }
    out
}

fn plain_quote(c: char) -> char {
    match c {
        '“' | '”' | '„' | '‟' | '″' | '〝' | '〞' | '〟' | '«' | '»' | '「' | '」' | '『'
        | '』' => '"',
        '‘' | '’' | '‚' | '‛' | '′' | '`' | '´' => '\'',
        c => c,
    }
}

fn is_dash(c: char) -> bool {
    matches!(
        c,
        '-' | '\u{2010}'..='\u{2015}' | '−' | '─' | '━' | '﹘' | '﹣' | '－'
    )
}

/// One dash for each run of them.
fn dashes(text: Vec<Placed>) -> Vec<Placed> {
    let mut out: Vec<Placed> = Vec::with_capacity(text.len());
    for placed in text {
        if !is_dash(placed.c) {
            let c = if matches!(placed.c, '〜' | '∼' | '～') {
                '~'
            } else {
                placed.c
            };
            out.push(Placed { c, ..placed });
            continue;
        }
        match out
            .last_mut()
            .filter(|last| last.c == '-' && last.end == placed.start)
        {
            Some(last) => last.end = placed.end,
            None => out.push(Placed { c: '-', ..placed }),
        }
    }
    out
}

/// Chinese characters and signs: blanks beside them set nothing apart.
fn is_wide(c: char) -> bool {
    matches!(c, '\u{2E80}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}')
}

/// One blank or line break for each run of white space; no blank beside Chinese.
fn spaces(text: Vec<Placed>) -> Vec<Placed> {
    let mut out: Vec<Placed> = Vec::with_capacity(text.len());
    let mut rest = text.as_slice();
    while let Some((&first, behind)) = rest.split_first() {
        if !first.c.is_whitespace() {
            out.push(first);
            rest = behind;
            continue;
        }
        let n = rest
            .iter()
            .take_while(|placed| placed.c.is_whitespace())
            .count();
        let (run, behind) = rest.split_at(n);
        rest = behind;
        let has_break = run
            .iter()
            .any(|placed| matches!(placed.c, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}'));
        let beside = [out.last(), rest.first()];
        let is_beside_wide = beside.into_iter().flatten().any(|placed| is_wide(placed.c));
        let end = run.last().map_or(first.end, |last| last.end);
        match (has_break, is_beside_wide) {
            (true, _) => out.push(Placed {
                c: '\n',
                end,
                ..first
            }),
            (false, false) => out.push(Placed {
                c: ' ',
                end,
                ..first
            }),
            (false, true) => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use opencc_fmmseg::OpenCC;
    use proptest::prelude::*;
    use std::sync::LazyLock;

    static OPENCC: LazyLock<OpenCC> = LazyLock::new(OpenCC::new);

    fn form(text: &str) -> String {
        Form::of(text).text().to_owned()
    }

    #[test]
    fn spellings_of_one_text_have_one_form() {
        let plain = "青禾县教育局着手编写程序,“两免一补”资金1.86亿元-全部到位。";
        for other in [
            "青禾縣教育局著手編寫程式，「兩免一補」資金１．８６億元——全部到位。",
            "青禾县教育局 着手编写\u{200B}程序，“两免一补”资金1.86亿元—全部到位。",
            "⻘禾县教育局着⼿编写程序，„两免⼀补”资金1.86亿元－全部到位。",
        ] {
            assert_eq!(form(other), form(plain), "{other}");
        }
    }

    #[test]
    fn what_a_report_says_survives() {
        for text in [
            "〔2019〕15号",
            "《教育规划》",
            "①抓管理",
            "面积30㎡",
            "第Ⅲ类",
            "㈠总则",
            "二〇一九年",
            "一—三",
        ] {
            let expected = text.replace('—', "-");
            assert_eq!(form(text), expected, "{text}");
        }
        assert_eq!(form("work report 2019"), "work report 2019");
        assert_eq!(form("第一行\r\n  第二行"), "第一行\n第二行");
        assert_eq!(form("图标\u{E001}后"), "图标后");
    }

    #[test]
    fn every_character_leads_back() {
        let text = "資訊網路——「程式」";
        let made = Form::of(text);
        assert_eq!(made.text(), "信息网络-\"程序\"");
        let at = made.text().find('网').unwrap();
        assert_eq!(text.get(made.range(at..at + 3)), Some("網"));
        let at = made.text().find('-').unwrap();
        assert_eq!(text.get(made.range(at..at + 1)), Some("——"));
        let whole = Form::of("計程車");
        assert_eq!(whole.text(), "出租车");
        assert_eq!(whole.range(0..whole.text().len()), 0..9);
    }

    #[test]
    fn words_are_exchanged_in_traditional_text_only() {
        assert_eq!(form("按照法定程序办理"), "按照法定程序办理");
        assert_eq!(form("編寫電腦程式"), "编写电脑程序");
        assert_eq!(form("题为《縣志》的程序"), "题为《县志》的程序");
    }

    #[test]
    fn all_rules_have_names_of_their_own() {
        let mut names: Vec<_> = FormRule::ALL.iter().map(|rule| rule.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), FormRule::ALL.len());
    }

    #[test]
    fn every_word_of_the_dictionaries_is_converted_as_opencc_does() {
        let words = include_str!("../data/phrases.txt")
            .lines()
            .filter_map(|line| line.split('\t').next());
        for word in words.filter(|word| !word.is_empty()) {
            let made = Form::by(word, &[FormRule::Traditional]);
            assert_eq!(made.text(), OPENCC.tw2sp(word, false), "{word}");
        }
    }

    proptest! {
        /// Words of the dictionaries run into each other.
        #[test]
        fn runs_of_words_are_converted_as_opencc_does(
            words in prop::collection::vec(any::<prop::sample::Index>(), 1..12),
            between in "[縣教育局的了於裡]{0,3}",
        ) {
            let lines: Vec<&str> = include_str!("../data/phrases.txt").lines().collect();
            let words = words.iter().map(|index| index.get(&lines).split('\t').next().unwrap_or_default());
            let text = words.collect::<Vec<_>>().join(&between);
            let made = Form::by(&text, &[FormRule::Traditional]);
            prop_assert_eq!(made.text(), OPENCC.tw2sp(&text, false));
        }

        #[test]
        fn ranges_lie_in_the_text_in_order(text in "[a-c縣教育程式資訊網路\u{200B}  —「」１２ﬁ⼯\n]{0,40}") {
            let made = Form::of(&text);
            let mut at = 0;
            for (start, c) in made.text().char_indices() {
                let range = made.range(start..start + c.len_utf8());
                prop_assert!(text.get(range.clone()).is_some_and(|source| !source.is_empty()));
                prop_assert!(range.start >= at);
                at = range.start;
            }
        }
    }
}
