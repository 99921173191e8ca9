//! Snippets of known charset: our own reports and a few paragraphs in other languages, cut to a
//! length and damaged in one way.

use std::fs;
use std::path::Path;
use std::time::Instant;

use encoding_rs::{
    BIG5, EUC_JP, EUC_KR, Encoding, GB18030, GBK, KOI8_R, SHIFT_JIS, UTF_8, UTF_16BE, UTF_16LE,
    WINDOWS_1250, WINDOWS_1251, WINDOWS_1252,
};
use taosha_core::{Bytes, Origin, Output, Position, Record, Stage};
use taosha_decode::{Decode, DecodeConfig};

/// A snippet is this many bytes long; the last is the whole text.
pub const LENGTHS: [usize; 4] = [20, 60, 200, usize::MAX];

pub const DAMAGES: [Damage; 6] = [
    Damage::None,
    Damage::Broken,
    Damage::FalseLabel,
    Damage::OddCut,
    Damage::FalseMeta,
    Damage::BrokenFalseMeta,
];

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Damage {
    None,
    /// Every hundredth byte, one at least, is another one.
    Broken,
    /// The header names another charset.
    FalseLabel,
    /// Begins and ends anywhere, also in the middle of a character.
    OddCut,
    /// In tags, and `<meta>` names another charset.
    FalseMeta,
    /// Both.
    BrokenFalseMeta,
}

impl Damage {
    pub fn name(self) -> &'static str {
        match self {
            Damage::None => "sound",
            Damage::Broken => "1 % broken",
            Damage::FalseLabel => "false label",
            Damage::OddCut => "odd cut",
            Damage::FalseMeta => "tags, false meta",
            Damage::BrokenFalseMeta => "same, 1 % broken",
        }
    }
}

/// Texts in one language and charset.
pub struct Kind {
    pub name: &'static str,
    pub encoding: &'static Encoding,
    pub is_chinese: bool,
    texts: Vec<String>,
}

/// The kinds over the reports of this repository, or, held back, over its other Chinese pages.
pub fn kinds(is_held_back: bool) -> Vec<Kind> {
    let simplified = if is_held_back { held_back() } else { reports() };
    let traditional: Vec<String> = simplified.iter().map(|text| in_big5(text)).collect();
    let rare: Vec<String> = simplified.iter().map(|text| with_rare(text)).collect();
    let chinese = |name, encoding, texts: &Vec<String>| Kind {
        name,
        encoding,
        is_chinese: true,
        texts: texts.clone(),
    };
    let other = |name, encoding, text: &str| Kind {
        name,
        encoding,
        is_chinese: false,
        texts: vec![text.to_owned()],
    };
    vec![
        chinese("utf-8", UTF_8, &simplified),
        chinese("utf-8 traditional", UTF_8, &traditional),
        chinese("gbk", GBK, &simplified),
        chinese("gbk traditional", GBK, &traditional),
        chinese("gb18030, 4 bytes", GB18030, &rare),
        chinese("big5", BIG5, &traditional),
        chinese("utf-16le", UTF_16LE, &simplified),
        chinese("utf-16be", UTF_16BE, &simplified),
        other("English 1252", WINDOWS_1252, ENGLISH),
        other("French 1252", WINDOWS_1252, FRENCH),
        other("French utf-8", UTF_8, FRENCH),
        other("German 1252", WINDOWS_1252, GERMAN),
        other("Polish 1250", WINDOWS_1250, POLISH),
        other("Russian 1251", WINDOWS_1251, RUSSIAN),
        other("Russian koi8-r", KOI8_R, RUSSIAN),
        other("Russian utf-8", UTF_8, RUSSIAN),
        other("Japanese shift_jis", SHIFT_JIS, JAPANESE),
        other("Japanese euc-jp", EUC_JP, JAPANESE),
        other("Korean euc-kr", EUC_KR, KOREAN),
    ]
}

/// How many of the snippets of one sort were read in their charset.
pub fn right(kind: &Kind, length: usize, damage: Damage, per_text: usize) -> (usize, usize) {
    right_with(kind, length, damage, per_text, |_| {})
}

/// The same; `missed` is shown what was not.
pub fn right_with(
    kind: &Kind,
    length: usize,
    damage: Damage,
    per_text: usize,
    mut missed: impl FnMut(&str),
) -> (usize, usize) {
    let decode = Decode::new(&DecodeConfig::default()).unwrap();
    let mut random = Random(0x5eed ^ length as u64 ^ (damage as u64) << 32);
    let (mut n_right, mut n) = (0, 0);
    for text in &kind.texts {
        let n_snippets = if length == usize::MAX { 1 } else { per_text };
        for _ in 0..n_snippets {
            let (raw, label) = snippet(text, kind.encoding, length, damage, &mut random);
            let found = charset(&decode, raw.clone(), label);
            let is_right = is_same(&found, kind.encoding) || raw.is_ascii() && found == "utf-8";
            n += 1;
            n_right += usize::from(is_right);
            if !is_right {
                let (text, _) = kind.encoding.decode_without_bom_handling(&raw);
                missed(&format!("{found} for {text:?}"));
            }
        }
    }
    (n_right, n)
}

/// The whole of decode over plain pages of 100 KB, the best of a few rounds.
pub fn speed(mut told: impl FnMut(&str, f64)) {
    const PAGE: usize = 100_000;
    const ROUNDS: usize = 30;
    let decode = Decode::new(&DecodeConfig::default()).unwrap();
    for kind in kinds(false).iter().filter(|kind| kind.is_chinese) {
        let mut page = Vec::new();
        for text in kind.texts.iter().cycle() {
            page.extend(text.chars().flat_map(|c| encoded(c, kind.encoding)));
            if page.len() >= PAGE {
                break;
            }
        }
        let page = Bytes::from(page);
        let seconds = (0..ROUNDS).map(|_| {
            let origin = Origin::new("bench", "memory:page", page.clone());
            let record = Record::new(origin, Position("page".into()));
            let start = Instant::now();
            decode.process(record, &mut Output::new()).unwrap();
            start.elapsed().as_secs_f64()
        });
        let best = seconds.fold(f64::INFINITY, f64::min);
        told(kind.name, page.len() as f64 / best / 1e6);
    }
}

fn is_same(found: &str, encoding: &'static Encoding) -> bool {
    let canonical = if encoding == GBK { GB18030 } else { encoding };
    found == canonical.name().to_ascii_lowercase()
}

fn charset(decode: &Decode, raw: Vec<u8>, label: Option<&'static str>) -> String {
    let mut origin = Origin::new("bench", "memory:snippet", Bytes::from(raw));
    let header = label.map(|label| {
        let value = format!("text/html; charset={label}");
        ("content-type".to_owned(), value)
    });
    origin.headers.extend(header);
    let mut out = Output::new();
    match decode.process(Record::new(origin, Position("snippet".into())), &mut out) {
        Ok(()) => {
            let report = out.emissions()[0].record.report().unwrap();
            report.document().charset.clone()
        }
        Err(error) => format!("{error}"),
    }
}

fn snippet(
    text: &str,
    encoding: &'static Encoding,
    length: usize,
    damage: Damage,
    random: &mut Random,
) -> (Vec<u8>, Option<&'static str>) {
    let chars: Vec<Vec<u8>> = text
        .chars()
        .map(|c| encoded(c, encoding))
        .filter(|bytes| !bytes.is_empty())
        .collect();
    let n_wanted = match length {
        usize::MAX => chars.len(),
        _ => length * 2 / chars[chars.len() / 2].len() + 8,
    };
    let start = match length {
        usize::MAX => 0,
        _ => random.below(chars.len().saturating_sub(n_wanted).max(1)),
    };
    let mut raw = Vec::new();
    for bytes in chars.iter().skip(start) {
        let is_full = raw.len() + bytes.len() > length && damage != Damage::OddCut;
        if is_full || raw.len() > length.saturating_add(4) {
            break;
        }
        raw.extend_from_slice(bytes);
    }
    if damage == Damage::OddCut {
        let shift = match encoding == UTF_16LE || encoding == UTF_16BE {
            // Cut at an odd byte UTF-16LE is UTF-16BE.
            true => 0,
            false => 1 + random.below(2),
        };
        raw.drain(..shift.min(raw.len()));
        raw.truncate(length);
    }
    if matches!(damage, Damage::Broken | Damage::BrokenFalseMeta) {
        for _ in 0..(raw.len() / 100).max(1) {
            let at = random.below(raw.len());
            raw[at] = u8::try_from(random.below(256)).unwrap();
        }
    }
    const FALSE: [&str; 4] = ["utf-8", "gb2312", "big5", "iso-8859-1"];
    let lies: Vec<&str> = FALSE
        .into_iter()
        .filter(|label| Encoding::for_label(label.as_bytes()) != Some(encoding))
        .filter(|label| !(encoding == GB18030 && *label == "gb2312"))
        .collect();
    let lie = lies[random.below(lies.len())];
    match damage {
        Damage::FalseLabel => (raw, Some(lie)),
        Damage::FalseMeta | Damage::BrokenFalseMeta
            if encoding != UTF_16LE && encoding != UTF_16BE =>
        {
            let head = format!(
                "<html><head><meta http-equiv=\"Content-Type\" content=\"text/html; charset={lie}\"></head><body><div class=a><p>"
            );
            let page = [head.as_bytes(), &raw, b"</p></div></body></html>"].concat();
            (page, None)
        }
        _ => (raw, None),
    }
}

/// Empty for what the charset lacks.
fn encoded(c: char, encoding: &'static Encoding) -> Vec<u8> {
    if encoding == UTF_16LE || encoding == UTF_16BE {
        let mut buffer = [0; 2];
        let units = c.encode_utf16(&mut buffer).iter();
        return match encoding == UTF_16LE {
            true => units.flat_map(|unit| unit.to_le_bytes()).collect(),
            false => units.flat_map(|unit| unit.to_be_bytes()).collect(),
        };
    }
    let mut buffer = [0; 4];
    let (bytes, _, is_lacking) = encoding.encode(c.encode_utf8(&mut buffer));
    match is_lacking {
        true => Vec::new(),
        false => bytes.into_owned(),
    }
}

fn reports() -> Vec<String> {
    texts(&root().join("tests/pages/reports"), "txt")
}

fn held_back() -> Vec<String> {
    let readme = fs::read_to_string(root().join("README.zh.md")).expect("the repository is whole");
    // Prose only: code and tables are ASCII, which tells nothing.
    let prose = readme
        .lines()
        .filter(|line| line.chars().filter(|c| *c > '\u{2E80}').count() > 12);
    vec![
        prose.collect::<Vec<_>>().join("\n"),
        OTHER_SUBJECTS.to_owned(),
    ]
}

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

fn texts(folder: &Path, extension: &str) -> Vec<String> {
    let files = fs::read_dir(folder).expect("the repository is whole");
    let mut paths: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    paths.sort();
    paths.retain(|path| path.extension().is_some_and(|found| found == extension));
    paths
        .iter()
        .map(|path| fs::read_to_string(path).expect("the repository is whole"))
        .collect()
}

/// In traditional characters, those of Big5 only. Which of several a word wants does not matter
/// here.
fn in_big5(text: &str) -> String {
    let pairs = include_str!("../../../core/data/simplified.txt");
    let mut lines = pairs.lines();
    let traditional: Vec<char> = lines.next().unwrap().chars().collect();
    let simplified: Vec<char> = lines.next().unwrap().chars().collect();
    let convert = |c: char| {
        let all = simplified.iter().zip(&traditional);
        let mut fits = all
            .filter(|(from, to)| **from == c && !encoded(**to, BIG5).is_empty())
            .map(|(_, to)| *to);
        match encoded(c, BIG5).is_empty() {
            true => fits.next().unwrap_or('一'),
            false => c,
        }
    };
    text.chars().map(convert).collect()
}

/// Every twentieth character is one that takes four bytes in GB 18030.
fn with_rare(text: &str) -> String {
    const RARE: [char; 6] = ['𠮷', '㐂', '𦙶', '䶮', '㙍', '𤧛'];
    text.chars()
        .enumerate()
        .map(|(index, c)| match index % 20 {
            7 if c > '\u{2E80}' => RARE[index / 20 % RARE.len()],
            _ => c,
        })
        .collect()
}

/// The same numbers in every run: SplitMix64, <https://prng.di.unimi.it/splitmix64.c>.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }
}

const OTHER_SUBJECTS: &str = "松溪市水务局全年完成河道清淤四十二公里，加固堤防险段九处，除险加固小型水库三座。汛期共启动应急响应五次，\
转移低洼地区群众一千二百余人，没有发生人员伤亡。节水宣传走进社区和校园，公共机构全部更换节水器具。\n\
古城博物馆接待观众二十六万人次，其中未成年人占三成。新展厅陈列陶罐、铜镜、漆盒等文物三百余件，讲解员每天讲解八场。夏夜里，院子里的老槐树下摆起了小剧场，\
乡亲们摇着蒲扇听评书，孩子们追着萤火虫跑。\n\
临湖区财政预算执行情况：一般公共预算收入完成年初预算的百分之一百零三，税收占比七成以上；支出压减会议、差旅、接待等费用，\
把腾出的钱用在养老、托育、住房保障上。审计查出的问题已经逐条整改，账目向代表公开。\n\
气象台提醒，今夜到明天阴有小雨，北风三到四级，最低气温零下二度，路面结冰，请司机减速慢行，菜农注意大棚保温。";

const ENGLISH: &str = "The county’s schools opened on time this year. “We had more pupils than desks,” the head teacher said — \
and yet every child found a seat. Repairs to the old hall cost £12,000, a little less than planned. Parents’ evenings \
will be held in March; the library stays open until six o’clock, and the children’s choir sings on Fridays.";

const FRENCH: &str = "L’école du village a été rénovée pendant l’été : les élèves ont trouvé à la rentrée des salles \
repeintes, un préau agrandi et une bibliothèque où l’on peut enfin s’asseoir. Le maire, très ému, a déclaré que \
« rien n’aurait été possible sans les bénévoles ». Où irons-nous l’année prochaine ? Peut-être à Orléans, dès février.";

const GERMAN: &str = "Die Gemeinde hat im vergangenen Jahr über dreißig Straßen ausgebessert und fünf Brücken geprüft. \
Für die Jüngsten wurde ein größerer Spielplatz eröffnet, für die Älteren ein täglicher Fahrdienst eingeführt. \
Während der Sommerferien blieb das Schwimmbad geöffnet; die Gäste lobten die schöne Grünanlage und die günstigen Preise.";

const POLISH: &str = "W ubiegłym roku gmina wyremontowała trzydzieści dróg i pięć mostów. Dzieci otrzymały większy plac zabaw, \
a starsi mieszkańcy mogą codziennie korzystać z bezpłatnego przewozu. Podczas wakacji basen był otwarty również w niedzielę; \
goście chwalili piękną zieleń, życzliwą obsługę i przystępne ceny. Następna sesja odbędzie się w październiku.";

const RUSSIAN: &str = "В прошлом году в нашем районе отремонтировали тридцать дорог и пять мостов. Для детей построили \
новую площадку, а пожилые жители могут каждый день пользоваться бесплатным автобусом. Летом бассейн работал без выходных; \
гости хвалили чистый парк, вежливых сотрудников и доступные цены. Следующее собрание пройдёт в октябре.";

const JAPANESE: &str = "昨年度、町では三十か所の道路を直し、五つの橋を調べました。子どもたちのために広い遊び場ができ、お年寄りは毎日\
無料のバスを使うことができます。夏休みの間、プールは日曜日も開いていました。訪れた人々は、きれいな公園と親切な職員、そして手ごろな\
料金をほめていました。次の会議は十月に開かれる予定です。";

const KOREAN: &str = "지난해 우리 군에서는 도로 서른 곳을 고치고 다리 다섯 개를 점검하였다. 아이들을 위해 넓은 놀이터를 만들었고, \
어르신들은 날마다 무료 버스를 이용할 수 있다. 여름 방학 동안 수영장은 일요일에도 문을 열었다. 찾아온 사람들은 깨끗한 공원과 친절한 직원, \
그리고 알맞은 가격을 칭찬하였다. 다음 회의는 시월에 열릴 예정이다.";
