//! What decode makes of files of office programs. The samples in `office/` are made by
//! `office/make.py`; every word in them is invented.
#![allow(clippy::unwrap_used, reason = "makers of test files")]
#![cfg(all(feature = "docx", feature = "doc", feature = "pdf", feature = "xlsx"))]

use std::io::Write;
use std::path::Path;

use encoding_rs::{BIG5, Encoding, GBK};
use proptest::prelude::*;
use taosha_core::{Bytes, Error, Origin, Output, Position, Record, Report, SpanKind, Stage};
use taosha_decode::{Decode, DecodeConfig};

fn sample(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/office");
    std::fs::read(folder.join(name)).expect("the sample is there")
}

fn decode(raw: impl Into<Bytes>) -> Result<Report, Error> {
    let origin = Origin::new("test", "memory:file", raw.into());
    let mut out = Output::new();
    let record = Record::new(origin, Position("file".into()));
    Decode::new(&DecodeConfig::default())?.process(record, &mut out)?;
    Ok(out.emissions()[0].record.report()?.clone())
}

fn text(raw: impl Into<Bytes>) -> String {
    let report = decode(raw).expect("the file has text");
    report.reading().text().to_owned()
}

fn code(raw: impl Into<Bytes>) -> String {
    let error = decode(raw).expect_err("the file is refused");
    error.code().to_owned()
}

const TITLE: &str = "青禾县教育局2019年工作总结";
const LEAD: &str = "2019年，青禾县教育局在县委、县政府的正确领导下，全面贯彻党的教育方针，坚持立德树人，深化改革，各项工作取得了新的进展。全县共有小学37所，在校学生12045人，教职工986人。";
const MONEY: &str = "投入资金1.86亿元，新建校舍12所，改造操场8个，为〔2019〕15号文件《教育现代化规划》的落实打下了基础。";

#[test]
fn a_docx_is_read_paragraph_by_paragraph() {
    let report = decode(sample("report.docx")).unwrap();
    let lines: Vec<&str> = report.reading().text().lines().collect();
    assert_eq!(lines[..2], [TITLE, LEAD]);
    assert_eq!(
        lines[2], "一、加强队伍建设",
        "numbers that Word makes up are written out"
    );
    assert_eq!(
        lines[5],
        format!("1.{MONEY}"),
        "and begin anew below each heading"
    );
    assert_eq!(
        lines[8], "下一步，我们将继续努力。",
        "without what was struck out or is hidden"
    );
    assert_eq!(
        lines[9..],
        [
            "学校\t学生数\t教师数",
            "青禾一小\t1320\t86",
            "云岭中学\t2045\t173"
        ]
    );
    assert_eq!(report.document().charset, "docx");
}

#[test]
fn the_same_words_come_out_of_every_format() {
    for name in [
        "report.docx",
        "report.doc",
        "report.rtf",
        "report.pdf",
        "unigb.pdf",
    ] {
        let text = text(sample(name));
        for words in [TITLE, LEAD, MONEY] {
            assert!(text.contains(words), "{words} is not in {name}: {text}");
        }
    }
    for name in ["report.docx", "report.doc", "report.rtf"] {
        let text = text(sample(name));
        assert!(text.contains("\n青禾一小\t1320\t86\n"), "{name}: {text}");
        assert!(text.contains("下一步，我们将继续努力。"), "{name}: {text}");
    }
}

#[test]
fn rows_of_sheets_are_lines_as_they_are_shown() {
    let report = decode(sample("sheet.xlsx")).unwrap();
    assert_eq!(
        report.reading().text(),
        "学校情况\n学校\t学生数\t升学率\t建成日期\n青禾一小\t1320\t98.50%\t2023-03-15\n云岭中学\t2045.5\t90.00%\t2020-01-01\n合计",
        "a hidden sheet is left out, and a formula without a value says nothing"
    );
    assert_eq!(
        text(sample("sheet.xls")),
        "学校情况\n学校\t学生数\t升学率\t建成日期\n青禾一小\t1320\t98.5%\t2023-03-15\n云岭中学\t2045.5\t90.0%\t2020-01-01"
    );
}

#[test]
fn a_name_or_header_is_not_needed_to_tell_the_format() {
    // The magic decides, so a page that calls itself DOC is still a page.
    let page = "<html><body><p>青禾县共有小学37所，在校学生12045人。</p></body></html>";
    assert_eq!(text(page), "青禾县共有小学37所，在校学生12045人。");
    let flat = r#"<?xml version="1.0"?><?mso-application progid="Word.Document"?>
        <w:wordDocument xmlns:w="x"><w:body><w:p><w:r><w:t>青禾县共有小学37所。</w:t></w:r></w:p></w:body></w:wordDocument>"#;
    assert_eq!(text(flat), "青禾县共有小学37所。");
}

fn raw_of(raw: &[u8], words: &str) -> Vec<u8> {
    let report = decode(raw.to_vec()).unwrap();
    let document = report.document();
    let at = document
        .text()
        .find(words)
        .expect("the words are in the text");
    let range = document.raw_range(document.span(at..at + words.len(), SpanKind::Evidence));
    raw.get(range).expect("the range lies in the file").to_vec()
}

#[test]
fn what_lies_open_in_a_file_points_at_its_own_bytes() {
    let utf16: Vec<u8> = "青禾县".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(raw_of(&sample("report.doc"), "青禾县"), utf16);
    assert_eq!(raw_of(&sample("report.rtf"), "1.86"), b"1.86");
}

#[test]
fn what_is_packed_points_at_its_member() {
    let raw = sample("report.docx");
    let member = raw_of(&raw, "1.86");
    let mut unpacked = String::new();
    std::io::Read::read_to_string(
        &mut flate2::read::DeflateDecoder::new(&*member),
        &mut unpacked,
    )
    .unwrap();
    assert!(unpacked.contains("投入资金1.86亿元"));
}

/// A PDF of these pages, each a list of strings with their place and size, in one font that names
/// `map` and has no `ToUnicode`.
fn pdf(map: &str, encoding: &'static Encoding, pages: &[Vec<(f64, f64, f64, &str)>]) -> Vec<u8> {
    let mut objects = vec![
        "<</Type/Catalog/Pages 2 0 R>>".to_owned(),
        String::new(),
        format!("<</Type/Font/Subtype/Type0/BaseFont/STSong-Light/Encoding/{map}/DescendantFonts[4 0 R]>>"),
        "<</Type/Font/Subtype/CIDFontType0/BaseFont/STSong-Light/CIDSystemInfo<</Registry(Adobe)/Ordering(GB1)/Supplement 2>>/DW 1000>>".to_owned(),
    ];
    let mut kids = String::new();
    for strings in pages {
        let mut content = String::new();
        for (x, y, size, words) in strings {
            let bytes = match map.starts_with("Uni") {
                true => words.encode_utf16().flat_map(u16::to_be_bytes).collect(),
                false => encoding.encode(words).0.into_owned(),
            };
            let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            content.push_str(&format!(
                "BT /F1 {size} Tf 1 0 0 1 {x} {y} Tm <{hex}> Tj ET\n"
            ));
        }
        kids.push_str(&format!("{} 0 R ", objects.len() + 1));
        objects.push(format!(
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F1 3 0 R>>>>/Contents {} 0 R>>",
            objects.len() + 2
        ));
        objects.push(format!(
            "<</Length {}>>\nstream\n{content}endstream",
            content.len()
        ));
    }
    objects[1] = format!("<</Type/Pages/Count {}/Kids[{kids}]>>", pages.len());
    let mut raw = b"%PDF-1.4\n".to_vec();
    let mut places = String::new();
    for (index, object) in objects.iter().enumerate() {
        places.push_str(&format!("{:010} 00000 n \n", raw.len()));
        write!(raw, "{} 0 obj\n{object}\nendobj\n", index + 1).unwrap();
    }
    let (start, n) = (raw.len(), objects.len() + 1);
    write!(raw, "xref\n0 {n}\n0000000000 65535 f \n{places}trailer\n<</Size {n}/Root 1 0 R>>\nstartxref\n{start}\n%%EOF").unwrap();
    raw
}

#[test]
fn a_pdf_that_names_a_charset_needs_no_map_of_its_own() {
    let words = "青禾县〔2019〕15号《规划》共有小学37所。";
    let page = || vec![vec![(90.0, 700.0, 14.0, words)]];
    for map in [
        "GBK-EUC-H",
        "GBKp-EUC-H",
        "GBK2K-H",
        "GBpc-EUC-V",
        "UniGB-UCS2-H",
        "UniGB-UTF16-H",
    ] {
        assert_eq!(text(pdf(map, GBK, &page())), words, "{map}");
    }
    let simple = "青禾县规划共有小学37所。";
    assert_eq!(
        text(pdf("GB-EUC-H", GBK, &[vec![(90.0, 700.0, 14.0, simple)]])),
        simple
    );
    let traditional = "青禾縣教育局共有小學37所";
    let page = vec![vec![(90.0, 700.0, 14.0, traditional)]];
    assert_eq!(text(pdf("ETen-B5-H", BIG5, &page)), traditional);
}

#[test]
fn lines_of_a_pdf_become_paragraphs() {
    // Twenty characters to a line of 14 points, from 90 to 370; paragraphs begin two in.
    let page = vec![vec![
        (150.0, 760.0, 18.0, "青禾县教育工作总结"),
        (118.0, 700.0, 14.0, "一年来我们坚持以人民为中心全面贯彻党的"),
        (
            90.0,
            676.0,
            14.0,
            "教育方针，深化改革，各项工作取得新的进展。",
        ),
        (90.0, 652.0, 14.0, "成绩来之不易。"),
        (118.0, 628.0, 14.0, "（一）加强领导。成立领导小组召开会议三"),
        (90.0, 604.0, 14.0, "次。"),
        (118.0, 580.0, 14.0, "（二）落实责任。"),
    ]];
    assert_eq!(
        text(pdf("GBK-EUC-H", GBK, &page)),
        "青禾县教育工作总结\n一年来我们坚持以人民为中心全面贯彻党的教育方针，深化改革，各项工作取得新的进展。成绩来之不易。\n\
         （一）加强领导。成立领导小组召开会议三次。\n（二）落实责任。"
    );
}

#[test]
fn running_heads_and_page_numbers_of_a_pdf_are_marked() {
    let page = |number: &'static str, line: &'static str| {
        vec![
            (90.0, 800.0, 9.0, "青禾县教育局年度报告"),
            (90.0, 700.0, 14.0, line),
            (290.0, 40.0, 9.0, number),
        ]
    };
    let pages = [
        page("- 1 -", "一年来我们坚持以人民为中心全面贯彻教育的方"),
        page("- 2 -", "针，各项工作取得了新的进展成绩来之不易我们"),
        page("- 3 -", "要继续努力。"),
    ];
    let report = decode(pdf("GBK-EUC-H", GBK, &pages)).unwrap();
    assert_eq!(
        report.reading().text(),
        "一年来我们坚持以人民为中心全面贯彻教育的方针，各项工作取得了新的进展成绩来之不易我们要继续努力。"
    );
    assert!(
        report.document().text().contains("- 2 -"),
        "a mark can be undone"
    );
    assert!(
        report
            .marks()
            .iter()
            .any(|mark| mark.rule == "running_head")
    );
}

#[test]
fn a_file_without_words_is_a_dead_letter() {
    assert_eq!(code(sample("empty.docx")), "decode.no_text");
    assert_eq!(
        code(pdf("GBK-EUC-H", GBK, &[vec![], vec![]])),
        "decode.no_text",
        "a scan has no text layer"
    );
    let unknown = pdf(
        "Identity-H",
        GBK,
        &[vec![(90.0, 700.0, 14.0, "青禾县共有小学")]],
    );
    assert_eq!(
        code(unknown),
        "decode.no_text",
        "glyphs that nothing explains are no text"
    );
}

fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in members {
        let options = zip::write::SimpleFileOptions::default();
        writer.start_file(*name, options).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

#[test]
fn a_bomb_is_stopped_at_the_ceiling() {
    let zeros = vec![b' '; 80 << 20];
    assert_eq!(
        code(zip(&[("word/document.xml", &zeros)])),
        "decode.too_large"
    );
    // A hundred thousand cells that name one string of a megabyte.
    let string = format!("<sst><si><t>{}</t></si></sst>", "县".repeat(300_000));
    let cells = "<c t=\"s\"><v>0</v></c>".repeat(100_000);
    let book = zip(&[
        (
            "xl/workbook.xml",
            br#"<workbook><sheets><sheet name="a" r:id="1"/></sheets></workbook>"#,
        ),
        (
            "xl/_rels/workbook.xml.rels",
            br#"<r><Relationship Id="1" Target="s.xml"/></r>"#,
        ),
        ("xl/sharedStrings.xml", string.as_bytes()),
        ("xl/s.xml", format!("<row>{cells}</row>").as_bytes()),
    ]);
    assert_eq!(code(book), "decode.too_large");
}

#[test]
fn tables_nested_deep_cost_what_they_weigh() {
    let n = 100_000;
    let xml = format!(
        "{}<w:p><w:r><w:t>青禾县教育局</w:t></w:r></w:p>{}",
        "<w:tbl><w:tr><w:tc>".repeat(n),
        "</w:tc></w:tr></w:tbl>".repeat(n)
    );
    assert_eq!(
        text(zip(&[("word/document.xml", xml.as_bytes())])),
        "青禾县教育局"
    );
}

#[test]
fn other_archives_and_broken_files_say_what_they_are() {
    assert_eq!(code(zip(&[("a.txt", b"words")])), "decode.not_text");
    for name in ["report.docx", "sheet.xlsx"] {
        let raw = sample(name);
        assert_eq!(
            code(raw[..raw.len() / 2].to_vec()),
            "decode.damaged",
            "{name}"
        );
    }
    assert_eq!(
        code(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1 and nothing behind".to_vec()),
        "decode.damaged"
    );
    assert_eq!(code(b"%PDF-1.4 abc".to_vec()), "decode.damaged");
}

const SAMPLES: [&str; 8] = [
    "report.docx",
    "report.doc",
    "report.rtf",
    "report.pdf",
    "unigb.pdf",
    "sheet.xls",
    "sheet.xlsx",
    "open.pdf",
];

/// A sample, or a PDF of which nothing is packed, so that damage reaches its operators.
fn damageable(name: &str) -> Vec<u8> {
    match name {
        "open.pdf" => pdf(
            "GBK-EUC-H",
            GBK,
            &[
                vec![(90.0, 700.0, 14.0, LEAD)],
                vec![(90.0, 700.0, 14.0, TITLE)],
            ],
        ),
        name => sample(name),
    }
}

proptest! {
    /// Whatever happens to a file, it gives a report over its own bytes or an error.
    #[test]
    fn a_damaged_file_is_read_or_refused(
        name in prop::sample::select(&SAMPLES[..]),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..12),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let mut raw = damageable(name);
        for (at, byte) in changes {
            let at = at.index(raw.len());
            raw[at] = byte;
        }
        if let Some(cut) = cut {
            raw.truncate(cut.index(raw.len()));
        }
        if let Ok(report) = decode(raw.clone()) {
            let document = report.document();
            for (at, c) in document.text().char_indices() {
                let range = document.raw_range(document.span(at..at + c.len_utf8(), SpanKind::Evidence));
                prop_assert!(range.start <= range.end && range.end <= raw.len());
            }
        }
    }
}
