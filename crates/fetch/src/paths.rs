use std::path::{Path, PathBuf};

use taosha_core::{Error, Result};
use tracing::info;

use crate::blocking::blocking;
use crate::listing::{Found, Names, Pattern, list};

/// The option `paths`: what it names, and that there must be something.
#[derive(Clone)]
pub(crate) struct Paths {
    written: Vec<String>,
    patterns: Vec<Pattern>,
    names: Names,
    allow_empty: bool,
    base: PathBuf,
    /// How many files were told to be left out: the same news is not told again.
    n_told: usize,
}

impl Paths {
    /// Understands `paths`, relative to `base`; `names` are the files that a folder stands for.
    pub(crate) fn new(
        paths: &[String],
        names: Names,
        allow_empty: bool,
        base: &Path,
    ) -> Result<Self> {
        if paths.is_empty() {
            return Err(Error::config(
                "fetch.no_paths",
                "read pages: `paths` is empty",
            ));
        }
        let patterns = paths.iter().map(|path| Pattern::parse(path, base));
        Ok(Paths {
            written: paths.to_vec(),
            patterns: patterns.collect::<Result<_>>()?,
            names,
            allow_empty,
            base: base.to_owned(),
            n_told: 0,
        })
    }

    /// The files, in the order of their URIs.
    pub(crate) async fn list(&mut self) -> Result<Vec<Found>> {
        if let Some(missing) = self.patterns.iter().find_map(Pattern::missing)
            && !self.allow_empty
        {
            let message = format!(
                "find pages: there is no `{}`; correct `paths`, or set `allow_empty = true` if it \
                 comes later",
                missing.display()
            );
            return Err(Error::config("fetch.missing", message));
        }
        let paths = self.clone();
        let listed = blocking(move || list(&paths.patterns, &paths.names, &paths.base));
        let (found, n_left_out) = listed.await?;
        if n_left_out != self.n_told {
            self.n_told = n_left_out;
            let extensions = self.names.extensions.join(", ");
            info!(
                files = n_left_out,
                extensions, "files left out for their names"
            );
        }
        if found.is_empty() && !self.allow_empty {
            let patterns = self.written.join("`, `");
            let message = format!(
                "find pages: nothing matches `{patterns}` in `{}`; correct `paths`, or set \
                 `allow_empty = true` if the pages come later",
                self.base.display()
            );
            return Err(Error::config("fetch.no_match", message));
        }
        Ok(found)
    }
}
