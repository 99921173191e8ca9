use std::fmt::Write;
use std::sync::LazyLock;

use opencc_fmmseg::OpenCC;

use super::{Error, Page, Text, failed, folder, read};

/// The page around `texts`: the site's skeleton with its holes filled.
///
/// `{{title}}`, `{{date}}` and `{{pages}}` are what they say; `{{text:HOW}}` is the reports with their
/// paragraphs as `br`, `p`, `div`, one `line` or plain `lines`, their titles included;
/// `{{body:HOW}}` leaves out the title of a single report, for sites that show it elsewhere.
/// A line with `{{charset}}` is left out where none is declared.
pub(super) fn wrap(page: &Page, texts: &[Text]) -> Result<String, Error> {
    let extension = if page.site == "capture" {
        "txt"
    } else {
        "html"
    };
    let path = folder()
        .join("sites")
        .join(format!("{}.{extension}", page.site));
    let skeleton = read(path)?;
    let words = |text: &str| words(page, text);
    let title = match (&page.title, texts) {
        (Some(title), _) => title.as_str(),
        (None, [only]) => only.title.as_str(),
        (None, _) => return Err(failed(&page.file, "several reports need a `title`".into())),
    };

    let mut out = String::new();
    for line in skeleton.lines() {
        if line.contains("{{charset}}") && page.declared.is_none() {
            continue;
        }
        let mut line = words(line)
            .replace("{{charset}}", page.declared.as_deref().unwrap_or_default())
            .replace("{{title}}", &words(title))
            .replace("{{date}}", &page.published)
            .replace("{{pages}}", &pagination(page));
        for how in [How::Br, How::P, How::Div, How::Line, How::Lines] {
            let hole = format!("{{{{text:{}}}}}", how.name());
            if line.contains(&hole) {
                line = line.replace(&hole, &how.lay_out(&damaged(page, texts, true)));
            }
            let hole = format!("{{{{body:{}}}}}", how.name());
            if line.contains(&hole) {
                line = line.replace(&hole, &how.lay_out(&damaged(page, texts, texts.len() > 1)));
            }
        }
        out.push_str(&line);
        out.push('\n');
    }
    Ok(out)
}

/// How a site marks paragraphs.
#[derive(Clone, Copy)]
enum How {
    Br,
    P,
    Div,
    Line,
    Lines,
}

impl How {
    fn name(self) -> &'static str {
        match self {
            How::Br => "br",
            How::P => "p",
            How::Div => "div",
            How::Line => "line",
            How::Lines => "lines",
        }
    }

    fn lay_out(self, text: &str) -> String {
        let mut out = String::new();
        for line in text.lines() {
            // Writing to a string does not fail.
            let _ = match self {
                How::Br => writeln!(out, "&nbsp;&nbsp;&nbsp;&nbsp;{line}<BR>"),
                How::P => writeln!(out, "<p>　　{line}</p>"),
                How::Div => writeln!(out, "<div class=\"para\"><span>{line}</span></div>"),
                How::Line => write!(out, "{line}"),
                How::Lines => writeln!(out, "{line}"),
            };
        }
        out.trim_end().to_owned()
    }
}

/// The reports as the site has them, title line first where wanted.
fn damaged(page: &Page, texts: &[Text], with_titles: bool) -> String {
    let whole = |text: &Text| match with_titles {
        true => text.whole(),
        false => text.body.clone(),
    };
    let texts: Vec<String> = texts.iter().map(whole).collect();
    words(page, &texts.join("\n"))
}

/// What the site's own converter makes of `text`.
fn words(page: &Page, text: &str) -> String {
    match &page.damage {
        Some(damage) => damage.apply(text).text,
        None if page.traditional => to_taiwan(text),
        None => text.to_owned(),
    }
}

/// Traditional characters as sites in Big5 write them: 床 where the mainland's tables say 牀.
fn to_taiwan(text: &str) -> String {
    static CONVERTER: LazyLock<OpenCC> = LazyLock::new(OpenCC::new);
    CONVERTER.s2tw(text, false)
}

fn pagination(page: &Page) -> String {
    let Some((this, last, link)) = &page.pagination else {
        return String::new();
    };
    let anchor = |n: u32, text: &str| {
        let link = link.replace("{n}", &n.to_string());
        format!("<a href=\"{link}\">{text}</a>")
    };
    let mut parts = Vec::new();
    if *this > 1 {
        parts.push(anchor(this - 1, "上一页"));
    }
    for n in 1..=*last {
        let text = format!("[{n}]");
        parts.push(if n == *this { text } else { anchor(n, &text) });
    }
    if this < last {
        parts.push(anchor(this + 1, "下一页"));
    }
    parts.join(" ")
}
