//! Any text with masks and damage in it, put together from pieces that rules look for: facts and the
//! quantities of the reading functions keep what they promise.
#![no_main]

use std::ops::Range;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use taosha_core::{Mark, Output, Record, Settings, SpanKind, Stage, StageType};
use taosha_extract::{Extract, ExtractConfig, amounts, days, numbers, percents};

static EXTRACT: LazyLock<Extract> = LazyLock::new(|| {
    let settings = Settings {
        id: "extract".into(),
        base: ".".into(),
        run: "fuzz".into(),
        scratch: None,
    };
    Extract::build(ExtractConfig::default(), &settings).unwrap()
});

/// A byte below 0x80 stands for a piece, so that the fuzzer needs no luck to write 百分之.
const PIECES: [&str; 128] = [
    "0", "1", "2", "3", "5", "9", "12", "2019", "12,500", ".", ",", "，", "、", "-", "—", "～", ":", "：", "/", "^",
    "e", "k", "x", "X", "xx", "×", "*", "_", "□", "\u{fffd}", "?", "？", "%", "％", "‰", "百分之", "千分之", "分之", "又", "个百分点",
    "成", "折", "番", "翻", "半", "对", "打", "点", "零", "〇", "一", "二", "两", "三", "七", "九", "十", "廿", "卅", "百",
    "千", "万", "萬", "亿", "兆", "多", "余", "几", "第", "前", "负", "年", "月", "日", "号", "初", "学年", "上半年", "今年", "去年",
    "上个", "星期", "周", "天", "后", "农历", "人", "名", "所", "个", "次", "元", "块", "角", "美元", "人民币", "¥", "$", "/生", "平方米",
    "分别为", "比", "由", "增加", "下降", "到", "达", "近", "不少于", "以上", "其中", "男", "女", "率", "获", "一等奖", "小学", "青禾县", "投入", "《",
    "》", "“", "”", "(", ")", "\t", "\n", "。",
];

fn text(input: &[u8]) -> String {
    let words: Vec<&str> = String::from_utf8_lossy(input)
        .chars()
        .map(|c| PIECES[c as usize % PIECES.len()])
        .collect();
    words.concat()
}

fuzz_target!(|input: &[u8]| {
    let Some((&mode, rest)) = input.split_first() else {
        return;
    };
    let text = match mode % 4 {
        0 => String::from_utf8_lossy(rest).into_owned(),
        _ => text(rest),
    };
    read(&text);
    let mut record = Record::from_text("fuzz:page", &text);
    if mode & 4 != 0 {
        mark_some(&mut record, &text, mode);
    }
    let mut out = Output::new();
    EXTRACT.process(record, &mut out).unwrap();
    let report = out.emissions()[0].record.report().unwrap();
    for fact in &report.facts {
        assert!(text.get(fact.evidence.range()).is_some(), "{fact:?}");
        assert!(!(fact.masked || fact.damaged) || fact.value.is_none(), "{fact:?}");
        assert!(fact.value.is_none_or(f64::is_finite), "{fact:?}");
        assert!(fact.base_fact.is_none_or(|base| base < report.facts.len()), "{fact:?}");
        assert!(!fact.value_text.is_empty(), "{fact:?}");
    }
    if mode & 4 == 0 {
        let explained = EXTRACT.explain(&text);
        let n_facts = explained.iter().filter(|e| e.fact.is_some()).count();
        assert_eq!(n_facts, report.facts.len());
    }
});

/// The ranges of the reading functions lie in the text, one behind the other.
fn read(text: &str) {
    let in_order = |ranges: Vec<Range<usize>>| {
        let mut at = 0;
        for range in ranges {
            assert!(range.start >= at && !range.is_empty(), "{range:?}");
            assert!(text.get(range.clone()).is_some(), "{range:?}");
            at = range.end;
        }
    };
    for quantities in [numbers(text), percents(text), amounts(text)] {
        assert!(quantities.iter().all(|quantity| quantity.value.is_finite()));
        in_order(quantities.into_iter().map(|quantity| quantity.range).collect());
    }
    in_order(days(text).into_iter().map(|day| day.range).collect());
}

/// Marks every so many characters as masked or damaged.
fn mark_some(record: &mut Record, text: &str, mode: u8) {
    let report = record.report_mut().unwrap();
    let document = report.document().clone();
    let step = 5 + usize::from(mode >> 3);
    let places = text.char_indices().step_by(step).enumerate();
    let marks: Vec<Mark> = places
        .map(|(i, (at, c))| {
            let kind = match i % 2 {
                0 => SpanKind::Mask,
                _ => SpanKind::Damage,
            };
            Mark {
                span: document.span(at..at + c.len_utf8(), kind),
                rule: "fuzz".into(),
                reads_as: None,
            }
        })
        .collect();
    report.mark(marks);
}
