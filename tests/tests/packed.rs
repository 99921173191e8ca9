//! The sample pages, packed in every way a source reads, become the tables that they become as files.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeMap;
use std::fs;
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use parquet::data_type::{ByteArray, ByteArrayType};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use serde_json::{Value, json};
use taosha_tests::command::{root, shown, taosha};
use zip::write::{SimpleFileOptions, ZipWriter};

/// Name and bytes of every sample page, as a source gives them.
fn pages() -> Vec<(String, Vec<u8>)> {
    let mut pages = Vec::new();
    for entry in fs::read_dir(root().join("config/quickstart/pages")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let mut bytes = fs::read(&path).unwrap();
        if bytes.starts_with(&[0x1f, 0x8b]) {
            let mut unpacked = Vec::new();
            std::io::copy(&mut MultiGzDecoder::new(bytes.as_slice()), &mut unpacked).unwrap();
            bytes = unpacked;
        }
        pages.push((name, bytes));
    }
    pages.sort();
    assert!(pages.len() > 20);
    pages
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A row per page, under the name that it has as a file.
fn rows() -> Vec<u8> {
    let row = |(name, bytes): (String, Vec<u8>)| {
        let raw = BASE64_STANDARD.encode(bytes);
        json!({ "url": format!("pages/{name}"), "raw": raw }).to_string() + "\n"
    };
    pages()
        .into_iter()
        .map(row)
        .collect::<String>()
        .into_bytes()
}

/// A response per page, each in a member of its own; some with the first half of it in front, as a
/// crawler leaves it that was killed and started again.
fn crawl(is_cut: bool) -> Vec<u8> {
    let mut crawl = Vec::new();
    for (n, (name, bytes)) in pages().into_iter().enumerate() {
        let packed = gzip(&bytes);
        let http = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n";
        let head = format!(
            "WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: pages/{name}\r\n\
             Content-Type: application/http; msgtype=response\r\nContent-Length: {}\r\n\r\n",
            http.len() + packed.len()
        );
        let record = [head.as_bytes(), http.as_bytes(), &packed, b"\r\n\r\n"].concat();
        let member = gzip(&record);
        if is_cut && n % 5 == 2 {
            crawl.extend_from_slice(&member[..member.len() / 2]);
        }
        crawl.extend(member);
    }
    crawl
}

fn zipped() -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in pages() {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(&bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn tarball() -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (name, bytes) in pages() {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        tar.append_data(&mut header, name, bytes.as_slice())
            .unwrap();
    }
    gzip(&tar.into_inner().unwrap())
}

/// A pipeline file in `folder` that reads `source`.
fn pipeline(folder: &Path, source: &str) -> PathBuf {
    let text = format!(
        "name = 'packed'\n[run.epoch]\nrecords = 3\n[[source]]\n{source}\n[[stage]]\ntype = 'decode'\n\
         [[stage]]\ntype = 'segment'\n[[stage]]\ntype = 'dedupe'\n[[stage]]\ntype = 'extract'\n\
         [[sink]]\ntype = 'jsonl'\ndir = 'out'\n"
    );
    let file = folder.join("pipeline.toml");
    fs::write(&file, text).unwrap();
    file
}

/// The tables that come of `source`, which finds `bytes` in the file `name`.
fn tables(source: &str, name: &str, bytes: &[u8]) -> BTreeMap<String, Vec<Value>> {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(name), bytes).unwrap();
    let file = pipeline(folder.path(), source);
    let output = taosha().arg("run").arg(&file).output().unwrap();
    assert!(output.status.success(), "{}", shown(&output));
    read(folder.path())
}

fn read(folder: &Path) -> BTreeMap<String, Vec<Value>> {
    let mut tables: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for entry in fs::read_dir(folder.join("out")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if name.ends_with(".jsonl") {
            let text = fs::read_to_string(path).unwrap();
            let rows = text.lines().map(|line| serde_json::from_str(line).unwrap());
            tables.insert(name, rows.collect());
        }
    }
    assert!(!tables["documents.jsonl"].is_empty());
    tables
}

fn of_files() -> BTreeMap<String, Vec<Value>> {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("pages")).unwrap();
    for (name, bytes) in pages() {
        fs::write(folder.path().join("pages").join(name), bytes).unwrap();
    }
    let file = pipeline(folder.path(), "type = 'files'\npaths = ['pages']");
    let output = taosha().arg("run").arg(&file).output().unwrap();
    assert!(output.status.success(), "{}", shown(&output));
    read(folder.path())
}

#[test]
fn rows_become_the_tables_of_the_files() {
    let source = "id = 'rows'\ntype = 'jsonl'\npaths = ['*.jsonl*']\nraw = 'raw'";
    let expected = of_files();
    assert!(tables(source, "a.jsonl", &rows()) == expected);
    assert!(tables(source, "a.jsonl.gz", &gzip(&rows())) == expected);
}

/// A Parquet file of the same rows, a few to a row group.
fn parquet_rows() -> Vec<u8> {
    let schema = "message m { required binary url (UTF8); required binary raw; }";
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let mut bytes = Vec::new();
    let mut file = SerializedFileWriter::new(&mut bytes, schema, Arc::default()).unwrap();
    for pages in pages().chunks(7) {
        let names = pages
            .iter()
            .map(|(name, _)| format!("pages/{name}").into_bytes());
        let bytes = pages.iter().map(|(_, bytes)| bytes.clone());
        let mut group = file.next_row_group().unwrap();
        for cells in [names.collect::<Vec<_>>(), bytes.collect()] {
            let cells: Vec<ByteArray> = cells.into_iter().map(ByteArray::from).collect();
            let mut column = group.next_column().unwrap().unwrap();
            let written = column.typed::<ByteArrayType>();
            written.write_batch(&cells, None, None).unwrap();
            column.close().unwrap();
        }
        group.close().unwrap();
    }
    file.close().unwrap();
    bytes
}

#[test]
fn rows_of_parquet_become_the_tables_of_the_files() {
    let source = "type = 'parquet'\npaths = ['a.parquet']\nraw = 'raw'";
    assert!(tables(source, "a.parquet", &parquet_rows()) == of_files());
}

/// The reports of one pipeline are the pages of another.
#[test]
fn what_the_sink_writes_the_source_reads() {
    let folder = tempfile::tempdir().unwrap();
    let of_files = of_files();
    fs::create_dir(folder.path().join("pages")).unwrap();
    for (name, bytes) in pages() {
        fs::write(folder.path().join("pages").join(name), bytes).unwrap();
    }
    let written = pipeline(folder.path(), "type = 'files'\npaths = ['pages']");
    let text = fs::read_to_string(&written).unwrap();
    fs::write(
        &written,
        text.replace("'jsonl'\ndir = 'out'", "'parquet'\ndir = 'tables'"),
    )
    .unwrap();
    let output = taosha().arg("run").arg(&written).output().unwrap();
    assert!(output.status.success(), "{}", shown(&output));
    let read_back = folder.path().join("back.toml");
    let text = "[[source]]\ntype = 'parquet'\npaths = ['tables/documents']\nuri = 'uri'\n\
                [[stage]]\ntype = 'decode'\nmain_text = false\nchrome = false\nrepair = false\nlines = false\n\
                [[sink]]\ntype = 'jsonl'\ndir = 'out'\n";
    fs::write(&read_back, text).unwrap();
    let output = taosha().arg("run").arg(&read_back).output().unwrap();
    assert!(output.status.success(), "{}", shown(&output));
    let read = read(folder.path());
    // `decode` takes the blanks off the ends of lines once more.
    let reports = |rows: &[Value]| -> Vec<(Value, Vec<String>)> {
        let lines = |row: &Value| {
            row["text"]
                .as_str()
                .unwrap()
                .lines()
                .map(str::trim)
                .map(str::to_owned)
                .collect()
        };
        rows.iter()
            .map(|row| (row["uri"].clone(), lines(row)))
            .collect()
    };
    let (found, expected) = (&read["documents.jsonl"], &of_files["documents.jsonl"]);
    assert!(reports(found) == reports(expected));
}

#[test]
fn a_crawl_becomes_the_tables_of_the_files_and_tells_what_is_lost() {
    let mut of_crawl = tables(
        "type = 'warc'\npaths = ['a.warc.gz']",
        "a.warc.gz",
        &crawl(true),
    );
    let dead = of_crawl.get_mut("dead.jsonl").unwrap();
    let n_before = dead.len();
    dead.retain(|row| row["code"] != "fetch.warc");
    // What is packed twice may be lost in two pieces: a member that is broken off, and the packed body in
    // it, which looks like the next one.
    assert!(n_before - dead.len() > pages().len().div_ceil(5) - 2);
    assert!(of_crawl == of_files());
}

/// Without what is made of the address.
fn nameless(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let is_kept = |key: &str| key != "uri" && key != "id" && !key.ends_with("_id");
            let kept = fields.iter().filter(|(key, _)| is_kept(key));
            kept.map(|(key, value)| (key.clone(), nameless(value)))
                .collect()
        }
        Value::Array(values) => values.iter().map(nameless).collect(),
        value => value.clone(),
    }
}

#[test]
fn archives_become_the_tables_of_the_files_under_other_names() {
    // The sample page that is packed by itself is so in the archives, too.
    let names = |tables: &BTreeMap<String, Vec<Value>>| {
        let uris = tables["documents.jsonl"].iter();
        let uris = uris.map(|row| {
            row["uri"]
                .as_str()
                .unwrap()
                .rsplit('/')
                .next()
                .unwrap()
                .to_owned()
        });
        uris.collect::<Vec<_>>()
    };
    let expected = of_files();
    for (name, bytes) in [("a.zip", zipped()), ("a.tgz", tarball())] {
        let source = format!("type = 'archive'\npaths = ['{name}']");
        let tables = tables(&source, name, &bytes);
        assert_eq!(names(&tables), names(&expected));
        for (table, rows) in &tables {
            let rows: Vec<_> = rows.iter().map(nameless).collect();
            let expected: Vec<_> = expected[table].iter().map(nameless).collect();
            assert!(rows == expected, "{table} of {name}");
        }
    }
}

/// `taosha ARGS` with `input` piped in.
fn fed(command: &mut Command, input: &[u8]) -> std::process::Output {
    let piped = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = piped.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    // A command that ends early closes its end.
    let feeder = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().unwrap();
    feeder.join().unwrap();
    output
}

#[test]
fn what_is_piped_in_twice_is_handled_once_and_promises_less() {
    let folder = tempfile::tempdir().unwrap();
    let file = pipeline(folder.path(), "type = 'stdin'\nraw = 'raw'");
    let check = taosha().arg("check").arg(&file).output().unwrap();
    let said = shown(&check);
    assert!(
        said.contains("stdin → decode → segment → dedupe → extract → jsonl: at-least-once"),
        "{said}"
    );

    let first = fed(
        taosha().arg("run").arg(&file).args(["--sample", "7"]),
        &rows(),
    );
    assert!(first.status.success(), "{}", shown(&first));
    for _ in 0..2 {
        let output = fed(taosha().arg("run").arg(&file), &rows());
        assert!(output.status.success(), "{}", shown(&output));
        assert!(read(folder.path()) == of_files());
    }
}

#[test]
fn runs_that_are_killed_inside_a_file_leave_no_trace() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.jsonl.gz"), gzip(&rows())).unwrap();
    fs::write(folder.path().join("b.warc.gz"), crawl(false)).unwrap();
    fs::write(folder.path().join("c.tgz"), tarball()).unwrap();
    fs::write(folder.path().join("d.zip"), zipped()).unwrap();
    let sources = "id = 'rows'\ntype = 'jsonl'\npaths = ['a.jsonl.gz']\nraw = 'raw'\n\
                   [[source]]\ntype = 'warc'\npaths = ['b.warc.gz']\n\
                   [[source]]\ntype = 'archive'\npaths = ['c.tgz', 'd.zip']";
    let file = pipeline(folder.path(), sources);
    let mut torture = taosha();
    torture
        .arg("torture")
        .arg(&file)
        .args(["--kills", "12", "--format", "json"]);
    let output = torture.output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", shown(&output));
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(found["result"], "pass");
}
