use std::io::{Cursor, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use zip::write::{SimpleFileOptions, ZipWriter};

use super::ArchiveFile;
use super::tarball::{Piece, Tarball};
use crate::input::Input;
use crate::reading::{Given, Reading};
use crate::window::Window;

const PATHS: &str = "paths = ['packed']";

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zipped(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// As `tar` writes it, without the two blocks at the end.
fn member(name: &[u8], bytes: &[u8]) -> Vec<u8> {
    let mut header = tar::Header::new_ustar();
    header.as_old_mut().name[..name.len()].copy_from_slice(name);
    header.set_size(bytes.len() as u64);
    header.set_entry_type(tar::EntryType::Regular);
    header.set_cksum();
    let mut member = [header.as_bytes().as_slice(), bytes].concat();
    member.resize(member.len().next_multiple_of(512), 0);
    member
}

fn tarball(members: &[(&str, &[u8])]) -> Vec<u8> {
    let members = members
        .iter()
        .map(|(name, bytes)| member(name.as_bytes(), bytes));
    [members.collect::<Vec<_>>().concat(), vec![0; 1024]].concat()
}

fn named(given: &[Given]) -> Vec<&str> {
    given.iter().map(|given| given.shown.as_str()).collect()
}

const PAGES: &[(&str, &[u8])] = &[
    ("b/2.html", b"two"),
    ("./a/1.htm", b"one"),
    ("image.png", b"PNG"),
    ("__MACOSX/._1.html", b"fork"),
];

#[tokio::test]
async fn pages_are_read_from_every_kind_of_archive() {
    let tar = tarball(PAGES);
    for (name, bytes) in [
        ("a.zip", zipped(PAGES)),
        ("a.tar", tar.clone()),
        ("a.tgz", gzip(&tar)),
        ("a.tar.gz", gzip(&tar)),
        ("a.tar.zst", zstd::encode_all(tar.as_slice(), 1).unwrap()),
    ] {
        let reading = Reading::of(&[(&format!("packed/{name}"), bytes.as_slice())]);
        let given = reading.all::<ArchiveFile>(PATHS).await;
        let uris = ["b/2.html", "a/1.htm"].map(|page| format!("packed/{name}!/{page}"));
        assert_eq!(named(&given), uris);
        assert_eq!(
            (&given[0].raw[..], &given[1].raw[..]),
            (&b"two"[..], &b"one"[..])
        );
    }
}

#[tokio::test]
async fn names_in_gbk_are_read() {
    // 报告.html; a zip file whose name was written without the flag for UTF-8.
    let mut zip = zipped(&[("AAAA.html", b"one")]);
    while let Some(at) = memchr::memmem::find(&zip, b"AAAA") {
        zip[at..at + 4].copy_from_slice(b"\xb1\xa8\xb8\xe6");
    }
    let tar = member(b"\xb1\xa8\xb8\xe6.html", b"one");
    let reading = Reading::of(&[("packed/a.zip", &zip), ("packed/b.tar", &tar)]);
    let given = reading.all::<ArchiveFile>(PATHS).await;
    assert_eq!(
        named(&given),
        ["packed/a.zip!/报告.html", "packed/b.tar!/报告.html"]
    );
}

#[tokio::test]
async fn long_names_of_both_dialects_are_read() {
    let long = format!("{}/page.html", "深".repeat(60));
    let mut gnu = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(3);
    header.set_cksum();
    gnu.append_data(&mut header, &long, &b"one"[..]).unwrap();
    let mut pax = tar::Builder::new(Vec::new());
    pax.append_pax_extensions([("path", long.as_bytes())])
        .unwrap();
    let mut header = tar::Header::new_ustar();
    header.set_path("short.html").unwrap();
    header.set_size(3);
    header.set_cksum();
    pax.append(&header, &b"two"[..]).unwrap();
    let reading = Reading::of(&[
        ("packed/a.tar", &gnu.into_inner().unwrap()),
        ("packed/b.tar", &pax.into_inner().unwrap()),
    ]);
    let given = reading.all::<ArchiveFile>(PATHS).await;
    let expected = [
        format!("packed/a.tar!/{long}"),
        format!("packed/b.tar!/{long}"),
    ];
    assert_eq!(named(&given), expected);
    reading.resumes_everywhere::<ArchiveFile>(PATHS).await;
    reading.goes_back_everywhere::<ArchiveFile>(PATHS).await;
}

#[tokio::test]
async fn what_is_not_read_is_told() {
    let members: &[(&str, &[u8])] = &[
        ("../../etc/a.html", b"escape"),
        ("inner.zip", b"PK"),
        ("large.html", &[b'x'; 20_000]),
        ("page.html.gz", &gzip(b"packed page")),
        ("broken.html.gz", b"\x1f\x8b\x08\x00 no"),
    ];
    let reading = Reading::of(&[
        ("packed/a.zip", &zipped(members)),
        ("packed/b.tar", &tarball(members)),
        ("packed/c.zip", b"PK\x03\x04 that is all"),
        ("packed/d.tar", b"no archive"),
    ]);
    let options = format!("{PATHS}\nmax_bytes = '10KiB'");
    let given = reading.all::<ArchiveFile>(&options).await;
    let expected = [
        "[packed/a.zip!/../../etc/a.html fetch.member_path]",
        "[packed/a.zip!/inner.zip fetch.nested]",
        "[packed/a.zip!/large.html fetch.too_large]",
        "packed/a.zip!/page.html.gz",
        "[packed/a.zip!/broken.html.gz fetch.gzip]",
        "[packed/b.tar!/../../etc/a.html#1 fetch.member_path]",
        "[packed/b.tar!/inner.zip#2 fetch.nested]",
        "[packed/b.tar!/large.html#3 fetch.too_large]",
        "packed/b.tar!/page.html.gz",
        "[packed/b.tar!/broken.html.gz#5 fetch.gzip]",
        "[packed/c.zip fetch.archive]",
        "[packed/d.tar@0 fetch.archive]",
    ];
    assert_eq!(named(&given), expected);
    assert_eq!(given[3].raw, "packed page");
    reading.resumes_everywhere::<ArchiveFile>(&options).await;
    reading.goes_back_everywhere::<ArchiveFile>(&options).await;
}

#[tokio::test]
async fn an_encrypted_member_is_told_and_the_others_are_read() {
    let mut zip = zipped(&[("a.html", b"one"), ("b.html", b"two")]);
    // The first bit of the flags, in the header of the member and in the directory.
    for magic in [&b"PK\x03\x04"[..], b"PK\x01\x02"] {
        let at = memchr::memmem::find(&zip, magic).unwrap();
        zip[at + if magic[2] == 3 { 6 } else { 8 }] |= 1;
    }
    let reading = Reading::of(&[("packed/a.zip", &zip)]);
    let given = reading.all::<ArchiveFile>(PATHS).await;
    let expected = [
        "[packed/a.zip!/a.html fetch.encrypted]",
        "packed/a.zip!/b.html",
    ];
    assert_eq!(named(&given), expected);
}

#[tokio::test]
async fn members_of_a_zip_file_without_its_end_are_read() {
    let pages: &[(&str, &[u8])] = &[
        ("a.html", b"one"),
        ("image.png", &[b'P'; 3000]),
        ("b.html", &[b'x'; 3000]),
        ("c.html", b"three, which is cut in the middle of its bytes"),
    ];
    let whole = zipped(pages);
    let last = memchr::memmem::rfind(&whole, b"PK\x03\x04").unwrap();
    // As programs write that cannot go back: lengths and checksum behind the data.
    let mut streamed = ZipWriter::new_stream(Vec::new());
    for (name, bytes) in pages {
        streamed
            .start_file(*name, SimpleFileOptions::default())
            .unwrap();
        streamed.write_all(bytes).unwrap();
    }
    let streamed = streamed.finish().unwrap().into_inner();
    let end = memchr::memmem::rfind(&streamed, b"PK\x03\x04").unwrap();
    let reading = Reading::of(&[
        ("packed/a.zip", &whole[..last + 50]),
        ("packed/b.zip", &streamed[..end + 50]),
    ]);
    let given = reading.all::<ArchiveFile>(PATHS).await;
    let of = |name: &str| {
        [
            format!("[packed/{name} fetch.archive]"),
            format!("packed/{name}!/a.html"),
            format!("packed/{name}!/b.html"),
            format!("[packed/{name}!/c.html#5 fetch.archive]"),
        ]
    };
    assert_eq!(named(&given), [of("a.zip"), of("b.zip")].concat());
    assert_eq!(given[2].raw, pages[2].1);
    reading.resumes_everywhere::<ArchiveFile>(PATHS).await;
    reading.goes_back_everywhere::<ArchiveFile>(PATHS).await;
}

#[tokio::test]
async fn a_bomb_in_a_zip_is_stopped_by_its_ratio() {
    let zeros = vec![0; 20 << 20];
    let reading = Reading::of(&[("packed/a.zip", &zipped(&[("a.html", &zeros)]))]);
    let given = reading.all::<ArchiveFile>(PATHS).await;
    assert_eq!(named(&given), ["[packed/a.zip!/a.html fetch.bomb]"]);
}

#[tokio::test]
async fn a_damaged_stretch_of_a_tar_file_costs_its_own_members() {
    let members = ["1.html", "2.html", "3.html"].map(|name| member(name.as_bytes(), b"page"));
    let mut cut = members[0].clone();
    cut.truncate(700);
    let mut packed = gzip(&members.concat());
    packed.truncate(packed.len() - 12);
    let reading = Reading::of(&[
        (
            "packed/a.tar",
            &[members[0].clone(), b"?".repeat(99), members[1].clone()].concat(),
        ),
        ("packed/b.tar", &[cut, members[1].clone()].concat()),
        ("packed/c.tgz", &[packed, gzip(&members[2])].concat()),
    ]);
    let given = reading.all::<ArchiveFile>(PATHS).await;
    let uris = named(&given);
    for uri in [
        "packed/a.tar!/1.html",
        "packed/a.tar!/2.html",
        "packed/c.tgz!/3.html",
    ] {
        assert!(uris.contains(&uri), "{uri}: {uris:?}");
    }
    assert!(
        uris.iter()
            .any(|uri| uri.starts_with("[packed/a.tar@1024 ")),
        "{uris:?}"
    );
    reading.resumes_everywhere::<ArchiveFile>(PATHS).await;
}

/// The names of the files in a tar file.
fn files(bytes: Vec<u8>) -> Vec<String> {
    let window = Window::new(Input::pipe(Cursor::new(bytes)), false);
    let mut tar = Tarball::new(window, 0);
    let mut names = Vec::new();
    while let Some(piece) = tar.next().unwrap() {
        if let Piece::File { name, n_bytes, .. } = piece {
            names.push(name);
            if n_bytes < 10_000 {
                tar.data(n_bytes).unwrap();
            }
        }
    }
    names
}

proptest! {
    #[test]
    fn no_bytes_make_it_fail(bytes in proptest::collection::vec(any::<u8>(), 0..1500), at in 0..1500_usize) {
        files(bytes.clone());
        let mut sound = tarball(PAGES);
        let at = at.min(sound.len());
        sound.splice(at..(at + 20).min(sound.len()), bytes);
        files(sound);
    }

    #[test]
    fn a_zip_of_any_bytes_is_refused_or_read(
        bytes in proptest::collection::vec(any::<u8>(), 0..60),
        at in 0..2000_usize,
    ) {
        let mut zip = zipped(PAGES);
        let at = at % zip.len();
        let end = (at + bytes.len()).min(zip.len());
        zip.splice(at..end, bytes);
        let reading = Reading::of(&[("packed/a.zip", &zip)]);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(reading.all::<ArchiveFile>(PATHS));
    }

    /// Members behind a damage are read, whatever it is.
    #[test]
    fn damage_takes_no_member_along(put in proptest::collection::vec(any::<u8>(), 0..700), at in 0..1024_usize) {
        let damaged = member(b"damaged.html", &[b'x'; 400]);
        let bytes = [&damaged[..at], &put, &member(b"a.html", b"one"), &member(b"b.html", b"two")].concat();
        let names = files(bytes);
        // A header that stands says how long its data is, and what lies inside that is data.
        prop_assert!(names.ends_with(&["b.html".to_owned()]), "{:?}", names);
    }
}
