use base64::prelude::{BASE64_STANDARD, Engine as _};
use taosha_core::{Bytes, Row};
use taosha_engine::{Plan, Story};

/// The bytes of a page, if they can still be had.
pub(super) enum PageBytes {
    /// As they were when the page was handled.
    Same(Bytes),
    /// From its dead letter; the source has others or none.
    Kept(Bytes),
    /// The source has others now.
    Changed { bytes: usize },
    /// The source is not in the file any more, or cannot go back to a page.
    NoSource,
    /// The source cannot get it.
    Gone(String),
}

impl PageBytes {
    /// Asks the source for the page of `story` once more.
    pub(super) async fn get(plan: &mut Plan, story: &Story, rows: &[Row]) -> Self {
        let now = match plan.again(&story.source, &story.position).await {
            Ok(Some(record)) if record.origin.raw_digest == story.raw_digest => {
                return PageBytes::Same(record.raw().clone());
            }
            Ok(Some(record)) => PageBytes::Changed {
                bytes: record.raw().len(),
            },
            Ok(None) => PageBytes::NoSource,
            Err(error) => PageBytes::Gone(error.to_string()),
        };
        let kept = rows.iter().find_map(|row| match row {
            Row::Dead(row) => BASE64_STANDARD.decode(&row.raw).ok(),
            _ => None,
        });
        match kept.filter(|kept| !kept.is_empty()) {
            Some(kept) => PageBytes::Kept(kept.into()),
            None => now,
        }
    }

    /// Bytes `start..end`; none when the page cannot be had as it was.
    pub(super) fn range(&self, start: usize, end: usize) -> Option<&[u8]> {
        match self {
            PageBytes::Same(raw) | PageBytes::Kept(raw) => raw.get(start..end.min(raw.len())),
            PageBytes::Changed { .. } | PageBytes::NoSource | PageBytes::Gone(_) => None,
        }
    }

    /// What the page is now, in one word for programs.
    pub(super) fn name(&self) -> &'static str {
        match self {
            PageBytes::Same(_) => "same",
            PageBytes::Kept(_) => "kept",
            PageBytes::Changed { .. } => "changed",
            PageBytes::NoSource => "no_source",
            PageBytes::Gone(_) => "gone",
        }
    }

    /// What the page is now, for people.
    pub(super) fn words(&self) -> String {
        match self {
            PageBytes::Same(_) => "still the same".to_owned(),
            PageBytes::Kept(_) => "kept with the dead letter".to_owned(),
            PageBytes::Changed { bytes } => {
                format!("changed since, {bytes} bytes now: what its bytes said cannot be shown")
            }
            PageBytes::NoSource => {
                "its source is not in the file or cannot go back to it: what its bytes said cannot be \
                 shown"
                    .to_owned()
            }
            PageBytes::Gone(error) => {
                format!("gone: failed to {error}; what its bytes said cannot be shown")
            }
        }
    }
}
