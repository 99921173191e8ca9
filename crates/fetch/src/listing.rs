use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::{Component, Path, PathBuf};

use globset::{GlobBuilder, GlobMatcher};
use taosha_core::{Error, Result};
use walkdir::WalkDir;

/// What one entry of `paths` stands for.
#[derive(Clone, Debug)]
pub(crate) enum Pattern {
    /// A file or folder, by its path.
    Path(PathBuf),
    /// A glob below a folder.
    Glob { root: PathBuf, matcher: GlobMatcher },
}

/// Which files in a folder are meant.
#[derive(Clone, Debug)]
pub(crate) struct Names {
    /// How they end.
    pub(crate) extensions: Vec<String>,
    /// What may stand behind that.
    packings: &'static [&'static str],
}

impl Names {
    /// Files that end in one of `extensions`, or so with `.gz` behind it.
    pub(crate) fn pages(extensions: &[String]) -> Self {
        Names {
            extensions: extensions.to_vec(),
            packings: &[".gz"],
        }
    }

    /// Files that end in one of `extensions`, or so with `.gz` or `.zst` behind it.
    pub(crate) fn packed<const N: usize>(extensions: [&str; N]) -> Self {
        Names {
            extensions: extensions.map(str::to_owned).to_vec(),
            packings: &[".gz", ".zst"],
        }
    }

    /// Files that end in one of `extensions`.
    pub(crate) fn ending<const N: usize>(extensions: [&str; N]) -> Self {
        Names {
            extensions: extensions.map(str::to_owned).to_vec(),
            packings: &[],
        }
    }

    /// Whether a file called `name` is one of them; hidden ones are not.
    pub(crate) fn fit(&self, name: &str) -> bool {
        let name = name.to_lowercase();
        let bare = self.packings.iter().find_map(|end| name.strip_suffix(end));
        let name = bare.unwrap_or(&name);
        let ends = |extension: &String| {
            let extension = extension.trim_start_matches('.').to_lowercase();
            name.strip_suffix(&extension)
                .is_some_and(|stem| stem.ends_with('.'))
        };
        !name.starts_with('.') && self.extensions.iter().any(ends)
    }
}

/// Whether the name of the file at `path` says that it is packed as a whole.
pub(crate) fn is_packed(path: &Path) -> bool {
    let name = path.to_string_lossy().to_lowercase();
    [".gz", ".zst", ".tgz"]
        .iter()
        .any(|end| name.ends_with(end))
}

/// A file that was found, or a place that could not be looked at.
#[derive(Debug)]
pub(crate) struct Found {
    /// Path relative to the pipeline file, with `/`.
    pub(crate) uri: String,
    pub(crate) path: PathBuf,
    pub(crate) bytes: u64,
    /// Why the place could not be looked at.
    pub(crate) trouble: Option<Error>,
}

impl Pattern {
    /// Understands `pattern`, relative to `base`.
    pub(crate) fn parse(pattern: &str, base: &Path) -> Result<Self> {
        let is_glob = |part: &str| part.contains(['*', '?', '[', '{']);
        let path = base.join(pattern);
        // A file may really be called `a[1].html`.
        if !is_glob(pattern) || path.exists() {
            return Ok(Pattern::Path(path));
        }
        let fixed: PathBuf = Path::new(pattern)
            .iter()
            .take_while(|part| !is_glob(&part.to_string_lossy()))
            .collect();
        let full = path.to_string_lossy();
        let matcher = GlobBuilder::new(&full)
            .literal_separator(true)
            .build()
            .map_err(|e| {
                let message = format!("understand the glob `{pattern}`: {}", e.kind());
                Error::config("fetch.glob", message).for_option("paths")
            })?
            .compile_matcher();
        Ok(Pattern::Glob {
            root: base.join(fixed),
            matcher,
        })
    }

    /// The path, when nothing is there.
    pub(crate) fn missing(&self) -> Option<&Path> {
        match self {
            Pattern::Path(path) if path.symlink_metadata().is_err() => Some(path),
            _ => None,
        }
    }

    /// Calls `each` with everything the pattern stands for; returns how many files in a folder were
    /// left out for their names.
    fn walk(&self, names: &Names, each: &mut dyn FnMut(&Path, Result<u64>)) -> usize {
        let mut n_left_out = 0;
        let (root, matcher) = match self {
            _ if self.missing().is_some() => return 0,
            Pattern::Path(path) if !path.is_dir() => {
                each(path, size_of(path));
                return 0;
            }
            Pattern::Path(folder) => (folder, None),
            Pattern::Glob { root, matcher } => (root, Some(matcher)),
        };
        if !root.exists() {
            return 0;
        }
        for entry in WalkDir::new(root).follow_links(true) {
            match entry {
                Ok(entry) if entry.file_type().is_file() => {
                    let path = entry.path();
                    match matcher.map_or_else(|| is_meant(path, names), |m| m.is_match(path)) {
                        true => each(path, entry.metadata().map(|m| m.len()).map_err(walk_error)),
                        false if matcher.is_none() => n_left_out += 1,
                        false => {}
                    }
                }
                Ok(_) => {}
                Err(error) => {
                    let path = error.path().unwrap_or(root).to_owned();
                    each(&path, Err(walk_error(error)));
                }
            }
        }
        n_left_out
    }
}

/// Everything `patterns` stand for, once each, in the order of the URIs; and how many files in
/// folders were left out for their names.
pub(crate) fn list(patterns: &[Pattern], names: &Names, base: &Path) -> (Vec<Found>, usize) {
    let mut found = BTreeMap::new();
    let mut n_left_out = 0;
    for pattern in patterns {
        n_left_out += pattern.walk(names, &mut |path, size| {
            let uri = uri_of(path, base);
            let (bytes, trouble) = match size {
                Ok(bytes) => (bytes, None),
                Err(error) => (0, Some(error)),
            };
            found.entry(uri.clone()).or_insert(Found {
                uri,
                path: path.into(),
                bytes,
                trouble,
            });
        });
    }
    (found.into_values().collect(), n_left_out)
}

/// `path` as seen from `base`, so that two clones of a project give their pages the same names.
fn uri_of(path: &Path, base: &Path) -> String {
    let (path, base) = (normal(path), normal(base));
    let shared = path
        .iter()
        .zip(base.iter())
        .take_while(|(a, b)| a == b)
        .count();
    let up = base.iter().skip(shared).map(|_| "..".to_owned());
    let down = path
        .iter()
        .skip(shared)
        .map(|part| named(part.as_encoded_bytes()));
    let parts: Vec<String> = up.chain(down).collect();
    parts.join("/")
}

/// The file that [`uri_of`] called `uri`.
pub(crate) fn path_of(uri: &str, base: &Path) -> PathBuf {
    let plain = base.join(uri);
    if plain.exists() || !uri.contains('%') {
        return plain;
    }
    let parts = uri.split('/').map(part_of);
    parts.fold(base.to_owned(), |path, part| path.join(part))
}

/// The part of a path that [`named`] made `name` of.
fn part_of(name: &str) -> OsString {
    let mut bytes = Vec::new();
    let mut rest = name.as_bytes();
    while let [first, after @ ..] = rest {
        let hex = after.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        let byte = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match byte.filter(|byte| *first == b'%' && *byte >= 0x80) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    os_string(bytes)
}

#[cfg(unix)]
fn os_string(bytes: Vec<u8>) -> OsString {
    std::os::unix::ffi::OsStringExt::from_vec(bytes)
}

#[cfg(not(unix))]
fn os_string(bytes: Vec<u8>) -> OsString {
    String::from_utf8_lossy(&bytes).into_owned().into()
}

/// A part of a path as text; bytes that are no UTF-8 (an old GBK disk) as `%BE`, so that the file
/// can be found again.
fn named(part: &[u8]) -> String {
    let mut name = String::new();
    for chunk in part.utf8_chunks() {
        name.push_str(chunk.valid());
        for byte in chunk.invalid() {
            let _ = write!(name, "%{byte:02X}");
        }
    }
    name
}

/// Without `.` and `..`, so that one file has one name.
fn normal(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                normal.pop();
            }
            Component::CurDir => {}
            part => normal.push(part),
        }
    }
    normal
}

fn is_meant(path: &Path, names: &Names) -> bool {
    let name = path.file_name().unwrap_or_default();
    names.fit(&name.to_string_lossy())
}

fn size_of(path: &Path) -> Result<u64> {
    let metadata = path.metadata().map_err(|e| unreadable().because(e))?;
    // Opening a pipe would wait for somebody to write to it.
    match metadata.is_file() {
        true => Ok(metadata.len()),
        false => Err(Error::malformed(
            "fetch.unreadable",
            "look at the file: it is no plain file",
        )),
    }
}

fn walk_error(error: walkdir::Error) -> Error {
    match error.into_io_error() {
        Some(error) => unreadable().because(error),
        None => Error::malformed("fetch.link_loop", "follow a link that leads back to itself"),
    }
}

fn unreadable() -> Error {
    Error::malformed("fetch.unreadable", "look at the file")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_named_as_seen_from_the_pipeline_file() {
        let name = |path: &str| uri_of(Path::new(path), Path::new("/job/config"));
        assert_eq!(name("/job/config/pages/a.html"), "pages/a.html");
        assert_eq!(name("/job/config/../pages/./a.html"), "../pages/a.html");
    }

    #[test]
    #[cfg(unix)]
    fn a_name_leads_back_to_its_file() {
        use std::os::unix::ffi::OsStrExt;
        for name in [
            &b"100%.html"[..],
            b"\xB1\xA8%41.html",
            "报告.html".as_bytes(),
        ] {
            let path = Path::new("/job/pages").join(std::ffi::OsStr::from_bytes(name));
            let uri = uri_of(&path, Path::new("/job"));
            assert_eq!(path_of(&uri, Path::new("/job")), path, "{uri}");
        }
    }
}
