//! Real captures, when the environment says where they are.

use std::path::PathBuf;

use taosha_core::{Origin, Output, Position, Record, Report, SpanKind, Stage};
use taosha_decode::{Decode, DecodeConfig};

#[allow(clippy::print_stdout, reason = "a skipped test says so")]
/// The captures by name, or `None` with a loud word.
fn captures() -> Option<Vec<(String, Report)>> {
    let Some(folder) = std::env::var_os("TAOSHA_SEEDS").map(PathBuf::from) else {
        println!("SKIPPED: TAOSHA_SEEDS is not set");
        return None;
    };
    let decode = Decode::new(&DecodeConfig::default()).expect("captures can be read and decoded");
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("captures can be read and decoded")
        .map(|entry| entry.expect("captures can be read and decoded").path())
        .collect();
    paths.sort();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "txt"));
    let read = |path: PathBuf| {
        let name = path
            .file_name()
            .expect("captures can be read and decoded")
            .to_string_lossy()
            .into_owned();
        let raw = std::fs::read(&path).expect("captures can be read and decoded");
        let origin = Origin::new("test", name.clone(), raw.into());
        let mut out = Output::new();
        decode
            .process(Record::new(origin, Position(name.clone().into())), &mut out)
            .expect("captures can be read and decoded");
        (
            name,
            out.emissions()[0]
                .record
                .report()
                .expect("captures can be read and decoded")
                .clone(),
        )
    };
    Some(paths.into_iter().map(read).collect())
}

#[test]
fn site_lines_are_not_read() {
    for (name, report) in captures().unwrap_or_default() {
        let text = report.reading().text();
        for word in [
            "现在的位置",
            "当前位置:",
            "栏目:",
            "上一页",
            "下一页",
            "验证码",
            "围观",
            "小编",
            "网友投稿",
            "此处隐藏",
            "链接地址",
            "doc格式",
            "找文章",
        ] {
            assert!(!text.contains(word), "{word} is read in {name}");
        }
    }
}

#[test]
fn annotations_are_gone_and_told() {
    for (name, report) in captures().unwrap_or_default() {
        let left = report
            .reading()
            .text()
            .matches(['é', 'ǎ', 'ù', 'ì'])
            .count();
        let n_repairs = report.document().repairs.len();
        println!("{name}: {n_repairs} repairs, {left} toned letters left");
        assert!(
            left * 100 <= n_repairs.max(100),
            "{name}: {left} toned letters are left"
        );
    }
}

#[test]
fn no_lone_question_mark_is_without_its_mark() {
    for (name, report) in captures().unwrap_or_default() {
        let text = report.document().text();
        let damage: Vec<_> = report
            .marks()
            .iter()
            .filter(|mark| mark.span.kind() == SpanKind::Damage)
            .collect();
        for (at, _) in text.match_indices('?') {
            let is_marked = damage.iter().any(|mark| mark.span.range().contains(&at));
            let around: String = text.get(at..).unwrap_or_default().chars().take(8).collect();
            assert!(is_marked, "{name}: {around:?} is not marked");
        }
    }
}

#[test]
fn no_sentence_of_a_report_is_cut() {
    // The longest site sentence in the captures has 38 characters.
    for (name, report) in captures().unwrap_or_default() {
        for mark in report.marks().iter().filter(|mark| mark.reads_as.is_some()) {
            let words = report.document().slice(mark.span);
            assert!(
                words.chars().count() < 80,
                "{name}: {words:?} is cut by {}",
                mark.rule
            );
        }
    }
}
