use parquet::basic::{Compression, GzipLevel, ZstdLevel};

use super::ParquetFile;
use super::made::{Column, Made};
use crate::reading::{Given, Reading};

const PATHS: &str = "paths = ['rows']";
const SCHEMA: &str = "message m { optional binary url (UTF8); optional binary text (UTF8); }";

fn named(given: &[Given]) -> Vec<&str> {
    given.iter().map(|given| given.shown.as_str()).collect()
}

/// Rows `from` to `to`, with text enough for several stretches.
fn group(from: usize, to: usize) -> (Vec<String>, Vec<String>) {
    let uris = (from..to).map(|n| format!("http://baita.example/{n}"));
    let texts = (from..to).map(|n| format!("白塔县第{n}号报告").repeat(20));
    (uris.collect(), texts.collect())
}

fn columns((uris, texts): &(Vec<String>, Vec<String>)) -> Vec<Column<'_>> {
    vec![
        Column::Text(uris.iter().map(|uri| Some(uri.as_str())).collect()),
        Column::Text(texts.iter().map(|text| Some(text.as_str())).collect()),
    ]
}

/// A file of three groups, 40 rows in all.
fn forty(made: &Made) -> Vec<u8> {
    let groups = [group(0, 17), group(17, 18), group(18, 40)];
    let groups: Vec<Vec<Column<'_>>> = groups.iter().map(columns).collect();
    made.file(&groups)
}

#[tokio::test]
async fn a_row_is_a_page_under_its_own_address_however_it_is_packed() {
    let packings = [
        Compression::UNCOMPRESSED,
        Compression::SNAPPY,
        Compression::GZIP(GzipLevel::default()),
        Compression::ZSTD(ZstdLevel::default()),
    ];
    let uris: Vec<String> = (0..40)
        .map(|n| format!("http://baita.example/{n}"))
        .collect();
    for compression in packings {
        for (has_dictionary, is_second_version) in
            [(false, false), (true, false), (false, true), (true, true)]
        {
            let made = Made {
                compression,
                stretch: 1000,
                has_dictionary,
                is_second_version,
                ..Made::of(SCHEMA)
            };
            let reading = Reading::of(&[("rows/a.parquet", &forty(&made)), ("rows/b.txt", b"no")]);
            let given = reading.all::<ParquetFile>(PATHS).await;
            assert_eq!(named(&given), uris, "{compression}");
            assert_eq!(given[39].raw, "白塔县第39号报告".repeat(20));
            reading.resumes_everywhere::<ParquetFile>(PATHS).await;
            reading.goes_back_everywhere::<ParquetFile>(PATHS).await;
        }
    }
}

#[tokio::test]
async fn columns_are_the_ones_that_are_named() {
    let schema = "message m { optional int64 id; optional group page { optional binary html (UTF8); \
                  optional int64 seen (TIMESTAMP(MICROS,true)); } optional int64 clock (TIMESTAMP(MICROS,false)); }";
    let file = Made::of(schema).file(&[vec![
        Column::Integers(vec![Some(7), None]),
        Column::Text(vec![Some("<p>a</p>"), Some("<p>b</p>")]),
        Column::Integers(vec![Some(1_614_834_367_000_000), None]),
        Column::Integers(vec![Some(1_614_834_367_000_000), None]),
    ]]);
    let reading = Reading::of(&[("rows/a.parquet", &file)]);
    let options = format!("{PATHS}\ntext = 'page.html'\nuri = 'id'\nfetched_at = 'page.seen'");
    let given = reading.all::<ParquetFile>(&options).await;
    assert_eq!(named(&given), ["7", "rows/a.parquet#2"]);
    assert_eq!(given[0].raw, "<p>a</p>");
    assert_eq!(given[0].fetched_at.as_deref(), Some("2021-03-04T05:06:07Z"));
    assert_eq!(given[1].fetched_at, None);
    let options = options.replace("page.seen", "clock");
    let given = reading.all::<ParquetFile>(&options).await;
    assert_eq!(given[0].fetched_at, None, "no zone");
}

#[tokio::test]
async fn bytes_are_taken_as_they_are_and_strings_as_base64() {
    let schema = "message m { optional binary raw; optional binary packed (UTF8); }";
    let gbk: &[u8] = b"\xb0\xd7\xcb\xfe\xcf\xd8";
    let file = Made::of(schema).file(&[vec![
        Column::Bytes(vec![Some(gbk), None]),
        Column::Text(vec![Some("sNfL/s/Y\n"), Some("白塔县")]),
    ]]);
    let reading = Reading::of(&[("rows/a.parquet", &file)]);
    for column in ["raw", "packed"] {
        let options = format!("{PATHS}\nraw = '{column}'");
        let given = reading.all::<ParquetFile>(&options).await;
        assert_eq!(
            named(&given),
            ["rows/a.parquet#1", "[rows/a.parquet#2 fetch.parquet]"]
        );
        assert_eq!(given[0].raw, gbk);
        assert!(given[1].message.contains(column), "{}", given[1].message);
    }
}

#[tokio::test]
async fn a_column_that_cannot_be_it_is_told_with_those_that_can() {
    let schema = "message m { optional int64 id; optional binary content (UTF8); \
                  repeated binary tags (UTF8); }";
    let columns = [
        Column::Integers(vec![]),
        Column::Text(vec![]),
        Column::Text(vec![]),
    ];
    let file = Made::of(schema).file(&[columns.into()]);
    let reading = Reading::of(&[("rows/a.parquet", &file)]);
    for (options, told) in [
        (
            "",
            "there is no column `text`; set `text` to one of `content`",
        ),
        (
            "text = 'id'",
            "the column `id` holds INT64; set `text` to one of `content`",
        ),
        (
            "text = 'tags'",
            "the column `tags` holds lists of text; set `text` to one of `content`",
        ),
        (
            "raw = 'bytes'",
            "there is no column `bytes`; set `raw` to one of `content`",
        ),
        (
            "text = 'content'\nuri = 'link'",
            "there is no column `link`; set `uri` to one of `id`, `content`",
        ),
        (
            "text = 'content'\nfetched_at = 'id'",
            "the column `id` holds INT64; set `fetched_at` to one of `content`",
        ),
    ] {
        let given = reading
            .all::<ParquetFile>(&format!("{PATHS}\n{options}"))
            .await;
        assert_eq!(
            named(&given),
            ["[rows/a.parquet fetch.parquet]"],
            "{options}"
        );
        let message = &given[0].message;
        assert!(
            message.contains(told) && message.contains("rows/a.parquet"),
            "{message}"
        );
    }
    let same = format!("{PATHS}\ntext = 'url'");
    assert_eq!(reading.refused::<ParquetFile>(&same), "fetch.columns");
}

#[tokio::test]
async fn what_is_no_whole_parquet_file_is_told_with_the_cure() {
    let whole = forty(&Made::of(SCHEMA));
    let mut long_footer = whole.clone();
    let end = long_footer.len();
    long_footer[end - 8..end - 4].copy_from_slice(&u32::MAX.to_le_bytes());
    let mut encrypted = whole.clone();
    encrypted[end - 4..].copy_from_slice(b"PARE");
    let mut bad_footer = whole.clone();
    bad_footer[end - 200..end - 100].fill(0xff);
    for (bytes, told) in [
        (&b""[..], "0 bytes, which is too few"),
        (b"{\"text\": \"no Parquet\"}", "does not begin as one"),
        (&whole[..end / 2], "breaks off at byte"),
        (&long_footer, "footer has 4294967295 bytes"),
        (&encrypted, "encrypted"),
        (&bad_footer, "footer is damaged"),
    ] {
        let reading = Reading::of(&[("rows/a.parquet", bytes), ("rows/b.parquet", &whole)]);
        let given = reading.all::<ParquetFile>(PATHS).await;
        assert_eq!(given.len(), 41, "the next file is read");
        assert_eq!(given[0].shown, "[rows/a.parquet fetch.parquet]");
        assert!(given[0].message.contains(told), "{}", given[0].message);
    }
}

#[tokio::test]
async fn a_cell_beyond_max_bytes_is_a_dead_letter_and_the_others_are_read() {
    let long = "长".repeat(100_000);
    let texts = [Some("短"), Some(long.as_str()), None, Some("短")];
    let file = Made::of("message m { optional binary text (UTF8); }")
        .file(&[vec![Column::Text(texts.to_vec())]]);
    let reading = Reading::of(&[("rows/a.parquet", &file)]);
    let options = format!("{PATHS}\nmax_bytes = '10KiB'");
    let given = reading.all::<ParquetFile>(&options).await;
    let expected = [
        "rows/a.parquet#1",
        "[rows/a.parquet#2 fetch.too_large]",
        "[rows/a.parquet#3 fetch.parquet]",
        "rows/a.parquet#4",
    ];
    assert_eq!(named(&given), expected);
    assert!(long.as_bytes().starts_with(&given[1].raw) && given[1].raw.len() == 64 * 1024);
    assert!(given[2].message.contains("holds null"));
    reading.resumes_everywhere::<ParquetFile>(&options).await;
}

/// A stretch of 300 MB packs to nothing.
#[tokio::test]
async fn a_stretch_that_unpacks_to_too_much_is_passed_over_unread() {
    let bomb = "长".repeat(100_000_000);
    for compression in [
        Compression::SNAPPY,
        Compression::GZIP(GzipLevel::default()),
        Compression::ZSTD(ZstdLevel::default()),
    ] {
        let (uris, _) = group(0, 4);
        let uris = uris.iter().map(|uri| Some(uri.as_str())).collect();
        let texts = vec![Some("短"), Some(bomb.as_str()), Some("短"), None];
        let made = Made {
            compression,
            stretch: 1,
            ..Made::of(SCHEMA)
        };
        let file = made.file(&[vec![Column::Text(uris), Column::Text(texts)]]);
        let reading = Reading::of(&[("rows/a.parquet", &file)]);
        let options = format!("{PATHS}\nmax_bytes = '10KiB'");
        let given = reading.all::<ParquetFile>(&options).await;
        let expected = [
            "http://baita.example/0",
            "[rows/a.parquet#2 fetch.too_large]",
            "http://baita.example/2",
            "[rows/a.parquet#4 fetch.parquet]",
        ];
        assert_eq!(named(&given), expected, "{compression}");
        assert!(
            given[1].message.contains("raise `max_bytes`"),
            "{}",
            given[1].message
        );
        reading.resumes_everywhere::<ParquetFile>(&options).await;
    }
}

#[tokio::test]
async fn a_damaged_group_costs_what_is_behind_the_damage_in_it() {
    let made = Made {
        compression: Compression::ZSTD(ZstdLevel::default()),
        stretch: 1000,
        ..Made::of(SCHEMA)
    };
    let mut file = forty(&made);
    // Inside the text of the first group.
    let frames: Vec<usize> = (0..file.len() - 4)
        .filter(|at| file[*at..at + 4] == [0x28, 0xb5, 0x2f, 0xfd])
        .collect();
    let at = frames[3];
    file[at + 8..at + 16].fill(0xff);
    let reading = Reading::of(&[("rows/a.parquet", &file)]);
    let given = reading.all::<ParquetFile>(PATHS).await;
    let n_failed = given
        .iter()
        .filter(|given| given.shown.starts_with('['))
        .count();
    assert_eq!(n_failed, 1, "{:?}", named(&given));
    let failed = given
        .iter()
        .find(|given| given.shown.starts_with('['))
        .unwrap();
    assert!(
        failed
            .message
            .contains("to 17 of `rows/a.parquet`, row group 1"),
        "{}",
        failed.message
    );
    let tail: Vec<String> = (17..40)
        .map(|n| format!("http://baita.example/{n}"))
        .collect();
    assert_eq!(named(&given[given.len() - 23..]), tail);
    reading.resumes_everywhere::<ParquetFile>(PATHS).await;
    reading.goes_back_everywhere::<ParquetFile>(PATHS).await;
}

#[tokio::test]
async fn a_file_that_was_replaced_is_read_from_its_start() {
    let made = Made::of(SCHEMA);
    let reading = Reading::of(&[("rows/a.parquet", &forty(&made))]);
    let given = reading.all::<ParquetFile>(PATHS).await;
    let (behind, last) = (&given[20].position, &given[39].position);
    let small = group(100, 103);
    reading.write("rows/a.parquet", &made.file(&[columns(&small)]));
    for position in [behind, last] {
        let given = reading.behind::<ParquetFile>(PATHS, position).await;
        assert_eq!(given.len(), 3);
    }
}

/// Whatever a file says, reading it ends, and in order.
#[tokio::test]
async fn damaged_bytes_are_told_and_never_stop_a_run() {
    let made = Made {
        compression: Compression::SNAPPY,
        stretch: 1000,
        has_dictionary: true,
        ..Made::of(SCHEMA)
    };
    let whole = forty(&made);
    let mut n_failed = 0;
    for n in 0..400 {
        let mut file = whole.clone();
        // Most of them in the footer, which is where a byte can mean anything.
        let span = if n % 4 == 0 {
            file.len()
        } else {
            600.min(file.len())
        };
        let at = file.len() - 1 - n * 7919 % span;
        file[at] ^= 1 << (n % 8) | 0x55;
        let reading = Reading::of(&[("rows/a.parquet", &file)]);
        let given = reading.all::<ParquetFile>(PATHS).await;
        assert!(given.len() <= 41, "{n}: {}", given.len());
        n_failed += usize::from(given.iter().any(|given| given.shown.starts_with('[')));
    }
    assert!(n_failed > 50, "{n_failed}");
}
