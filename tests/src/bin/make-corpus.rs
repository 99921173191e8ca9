//! Writes many pages that are unlike each other, but for a fifth of near copies, from the reports in
//! `tests/pages`: for runs that must last, such as those that are killed.
//!
//! `cargo run --release -p taosha-tests --bin make-corpus -- --pages 20000 --seed 1 --to DIR`

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::PathBuf;

use taosha_tests::pages;

/// Pages in one folder, so that none is too large to be listed by hand.
const FOLDER_PAGES: u64 = 1000;

/// Of so many pages, one is a near copy of an earlier one.
const COPY_EVERY: u64 = 5;

/// Numbers that a near copy has otherwise, of a hundred: as when somebody corrected a page.
const COPY_CHANGES: u64 = 2;

/// Paragraphs left out of a report that is no copy, of a hundred. Together with other numbers, places
/// and the order of the paragraphs this keeps reports from being copies of each other.
const LEFT_OUT: u64 = 40;

/// Names that places get: two of these make one.
const SYLLABLES: &[char] = &[
    '安', '白', '昌', '东', '丰', '广', '海', '河', '湖', '嘉', '金', '景', '兰', '林', '陵', '龙',
    '梅', '南', '宁', '平', '青', '泉', '瑞', '山', '石', '松', '泰', '桐', '望', '西', '新', '阳',
    '永', '玉', '源', '云', '枣', '竹',
];

fn main() -> Result<(), Box<dyn Error>> {
    let options: Vec<String> = std::env::args().skip(1).collect();
    let option = |name: &str| {
        let (pairs, _) = options.as_chunks::<2>();
        let pair = pairs.iter().find(|[key, _]| key == name);
        pair.map(|[_, value]| value.as_str())
            .ok_or_else(|| format!("`{name}` is missing"))
    };
    let n_pages: u64 = option("--pages")?.parse()?;
    let seed: u64 = option("--seed")?.parse()?;
    let folder = PathBuf::from(option("--to")?);

    let reports = reports()?;
    for number in 0..n_pages {
        let mut draw = Draw::new(seed, number);
        let is_copy = draw.is_copy() && number > 0;
        let text = match is_copy {
            false => report(&reports, &mut draw),
            true => {
                let mut of = draw.below(number);
                while of > 0 && Draw::new(seed, of).is_copy() {
                    of -= 1;
                }
                let original = report(&reports, &mut Draw::of_report(seed, of));
                renumbered(&original, COPY_CHANGES, &mut draw)
            }
        };
        let folder = folder.join(format!("{:03}", number / FOLDER_PAGES));
        fs::create_dir_all(&folder)?;
        fs::write(folder.join(format!("{number:06}.html")), page(&text))?;
    }
    Ok(())
}

/// The clean texts, by name.
fn reports() -> Result<Vec<String>, Box<dyn Error>> {
    let mut reports = BTreeMap::new();
    for entry in fs::read_dir(pages::folder().join("reports"))? {
        let entry = entry?;
        reports.insert(entry.file_name(), fs::read_to_string(entry.path())?);
    }
    Ok(reports.into_values().collect())
}

/// A report of another place with other numbers, and only some paragraphs, which are those of two
/// reports.
fn report(reports: &[String], draw: &mut Draw) -> String {
    let pick = |draw: &mut Draw| &reports[draw.below(reports.len() as u64) as usize];
    let (first, second) = (pick(draw), pick(draw));
    let mut lines = first.lines();
    let title = lines.next().unwrap_or_default();
    let mut paragraphs = vec![title];
    for line in lines.chain(second.lines().skip(1)) {
        if draw.below(100) >= LEFT_OUT {
            paragraphs.push(line);
        }
    }
    let text = paragraphs.join("\n");
    let place: String = (0..2)
        .map(|_| SYLLABLES[draw.below(SYLLABLES.len() as u64) as usize])
        .collect();
    let known: String = title.chars().take(2).collect();
    renumbered(&text.replace(&known, &place), 100, draw)
}

/// `text` with so many of a hundred numbers changed. Years stay, as titles and periods hang on them.
fn renumbered(text: &str, of_hundred: u64, draw: &mut Draw) -> String {
    let (mut out, mut rest) = (String::new(), text);
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, from) = rest.split_at(start);
        let n_digits = from.chars().take_while(char::is_ascii_digit).count();
        let (digits, behind) = from.split_at(n_digits);
        out.push_str(before);
        let is_year = n_digits == 4 && matches!(digits.get(..2), Some("19" | "20"));
        let is_kept = is_year || behind.starts_with(['年', '月', '日']);
        if is_kept || draw.below(100) >= of_hundred {
            out.push_str(digits);
        } else {
            out.extend((0..n_digits).map(|_| char::from(b'1' + draw.below(9) as u8)));
        }
        rest = behind;
    }
    out.push_str(rest);
    out
}

fn page(text: &str) -> String {
    let title = text.lines().next().unwrap_or_default();
    let paragraphs: String = text
        .lines()
        .map(|line| format!("<p>{line}</p>\n"))
        .collect();
    format!(
        "<html><head><meta charset=\"utf-8\"><title>{title}</title></head><body>\n\
         <div class=\"nav\"><a href=\"/\">首页</a> <a href=\"/c2/\">工作总结</a></div>\n\
         <div class=\"content\">\n{paragraphs}</div>\n<div>版权所有</div></body></html>\n"
    )
}

/// What is random of one page. Every page has its own, so that a copy can make its original again.
struct Draw(u64);

impl Draw {
    fn new(seed: u64, number: u64) -> Self {
        // Mixed once, or the pages behind would draw the same numbers one place later.
        Draw(Draw(seed.wrapping_add(number)).below(u64::MAX))
    }

    /// As `report` finds it: behind the draw that decides whether the page is a copy.
    fn of_report(seed: u64, number: u64) -> Self {
        let mut draw = Draw::new(seed, number);
        draw.is_copy();
        draw
    }

    /// The first draw of every page.
    fn is_copy(&mut self) -> bool {
        self.below(COPY_EVERY) == 0
    }

    /// SplitMix64, <https://prng.di.unimi.it/splitmix64.c>.
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }
}
