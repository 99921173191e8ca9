//! Whose report it is, what it is called, and of which time.
//!
//! The title, the unit that speaks and the place are told by the report's own words, by what the site
//! writes above them, and by each other.

use std::ops::Range;

use taosha_core::{Report, ReportMeta, Script, simplify};

use crate::period::{self, ReportedTime};
use crate::{title, unit};

/// A report and its page, as far as they tell whose it is.
pub(crate) struct Told<'a> {
    pub(crate) page: &'a Report,
    /// The report's text, and the same simplified: place by place the same.
    pub(crate) own: &'a str,
    pub(crate) text: &'a str,
    pub(crate) title: Option<&'a Range<usize>>,
    /// Where the words in front of the first heading end.
    pub(crate) lead_end: usize,
    /// The site's copy of the title, simplified.
    pub(crate) site_title: Option<&'a str>,
    /// The report is the only one of its page.
    pub(crate) is_alone: bool,
}

/// What tells one report from another.
#[derive(Clone, Debug, Default)]
pub(crate) struct Identity {
    title: Option<String>,
    publisher: Option<String>,
    place: Option<String>,
    published: Option<String>,
    pub(crate) time: Option<ReportedTime>,
}

impl Identity {
    pub(crate) fn of(told: &Told<'_>) -> Self {
        let published = told.published();
        let said = told.said_title();
        let title = told.title(said.as_deref());
        let simple = simplify(title.as_deref().unwrap_or_default());
        let publisher = told.publisher(title.as_deref(), &simple);
        let place = publisher
            .as_deref()
            .or(title.as_deref())
            .and_then(|name| unit::place(&simplify(name)).and_then(|range| name.get(range)))
            .map(str::to_owned);
        let said = said.as_deref().map_or(simple.clone(), simplify);
        let time = told.time(&said, &simple, published.as_deref());
        Identity {
            title,
            publisher,
            place,
            published,
            time,
        }
    }

    pub(crate) fn write(self, meta: &mut ReportMeta) {
        meta.title = self.title;
        meta.publisher = self.publisher;
        meta.place = self.place;
        meta.published = self.published;
        meta.period = self.time.as_ref().map(|time| time.period);
        meta.period_basis = self.time.as_ref().map(|time| time.basis);
    }
}

impl Told<'_> {
    /// The day the page gives, or the one below the signature. The page's day is that of all its reports
    /// together, or of one of the others.
    fn published(&self) -> Option<String> {
        let of_page = || {
            let page_says = self.page.document().page.published.clone();
            self.page.meta.published.clone().or(page_says)
        };
        let of_page = of_page().filter(|_| self.is_alone);
        of_page.or_else(|| unit::signed_on(self.text).map(|day| day.to_string()))
    }

    /// The title that stands in the text.
    fn said_title(&self) -> Option<String> {
        let words = self.title.cloned().and_then(|range| self.own.get(range))?;
        Some(title::written(title::bare(words)))
    }

    /// The title above the text.
    fn page_title(&self) -> Option<String> {
        let title = self.page.document().page.title.as_deref();
        title
            .filter(|_| self.is_alone)
            .map(|title| title::bare(title).to_owned())
    }

    fn title(&self, said: Option<&str>) -> Option<String> {
        let issued = |title: String| {
            let simple = simplify(&title);
            let Some(inner) = title::inner(&simple) else {
                return title;
            };
            let at = simple.find(inner).unwrap_or_default();
            let inner = title.get(at..at + inner.len());
            inner.unwrap_or_default().to_owned()
        };
        // 政府工作报告 in the text, 2023年青禾县人民政府工作报告 above it.
        let says_more = |above: &String| {
            said.is_none_or(|said| unit::says_more(&simplify(above), &simplify(said)))
        };
        let title = self.page_title().filter(says_more);
        title
            .or_else(|| said.map(str::to_owned))
            .map(issued)
            .filter(|title| !title.is_empty())
    }

    /// The unit whose report called `title` (`simple`, simplified) it is.
    fn publisher(&self, title: Option<&str>, simple: &str) -> Option<String> {
        let (own, text) = (self.own, self.text);
        let found =
            unit::publisher(text, self.title, self.lead_end).and_then(|range| own.get(range));
        // The site shows the title above the text; there it names the unit all the same.
        let above = title.filter(|_| self.title.is_none());
        let titled = above.and_then(|title| title.get(unit::titled(simple)?));
        let found = match titled {
            Some(titled) if found.is_none_or(|found| !found.ends_with(titled)) => Some(titled),
            _ => found,
        };
        let name =
            found.or_else(|| above.and_then(|title| title.get(unit::speaking_place(simple)?)))?;
        let whole = match simplify(name) == name {
            true => unit::whole(name, simple, text),
            false => None,
        };
        Some(whole.unwrap_or_else(|| name.to_owned()))
    }

    /// The time of the report: `said` is the title in the text, `title` the one it was given, both
    /// simplified.
    fn time(&self, said: &str, title: &str, published: Option<&str>) -> Option<ReportedTime> {
        let year = published.and_then(|date| date.get(..4)?.parse().ok());
        let body = self.title.map_or(0, |title| title.end);
        let body = self.text.get(body..).unwrap_or_default();
        let is_traditional = self.page.document().script == Script::Traditional;
        period::period(said, self.site_title, body, year)
            .or_else(|| is_traditional.then(|| period::republican(title))?)
    }
}
