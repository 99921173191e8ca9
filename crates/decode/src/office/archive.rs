//! Members of a zip archive, unpacked as they are read and never beyond a ceiling.

use std::collections::BTreeMap;
use std::io::{self, BufReader, Cursor, ErrorKind, Read};

use taosha_core::{RawRange, Result};
use zip::ZipArchive;
use zip::read::ZipFile;

use super::xml::{Node, Xml};
use super::{damaged, encrypted};

pub(crate) const MAGIC: &[u8] = b"PK\x03\x04";

/// All members of a file together: the largest reports we know have 3 MB of XML.
const MAX_UNPACKED: u64 = 64 << 20;

/// XML of a sheet full of equal cells packs to a hundredth; a bomb of zeros to a thousandth. What
/// is small anyway needs no ratio.
const MAX_RATIO: u64 = 300;
const FREE: u64 = 1 << 20;

pub(crate) struct Archive<'a> {
    zip: ZipArchive<Cursor<&'a [u8]>>,
    len: usize,
    /// Bytes that may still be unpacked.
    left: u64,
}

/// A member and where its packed bytes lie.
pub(crate) struct Member<'m, 'a> {
    pub(crate) reader: BufReader<Bounded<'m, ZipFile<'m, Cursor<&'a [u8]>>>>,
    pub(crate) raw: RawRange,
}

impl<'a> Archive<'a> {
    pub(crate) fn open(raw: &'a [u8]) -> Result<Self> {
        let zip = ZipArchive::new(Cursor::new(raw)).map_err(|error| damaged("zip", error))?;
        let (len, left) = (raw.len(), MAX_UNPACKED);
        Ok(Archive { zip, len, left })
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.index(name).is_some()
    }

    /// Some programs write `\` between the parts of a name.
    fn index(&self, name: &str) -> Option<usize> {
        let index = |name: &str| self.zip.index_for_name(name);
        index(name).or_else(|| index(&name.replace('/', "\\")))
    }

    /// The member called `name`; `None` when there is none.
    pub(crate) fn member(&mut self, name: &str) -> Result<Option<Member<'_, 'a>>> {
        let Some(index) = self.index(name) else {
            return Ok(None);
        };
        let file = match self.zip.by_index(index) {
            Ok(file) if file.encrypted() => return Err(encrypted("zip")),
            Ok(file) => file,
            Err(zip::result::ZipError::InvalidPassword) => return Err(encrypted("zip")),
            Err(zip::result::ZipError::UnsupportedArchive(why)) if why.contains("assword") => {
                return Err(encrypted("zip"));
            }
            Err(error) => return Err(damaged("zip", error)),
        };
        let start = file.data_start().unwrap_or_default() as usize;
        let packed = file.compressed_size().min(self.len as u64);
        let raw = start.min(self.len)..(start + packed as usize).min(self.len);
        let allowed = FREE + MAX_RATIO * packed;
        let bounded = Bounded {
            inner: file,
            allowed: allowed.min(self.left),
            left: &mut self.left,
        };
        let reader = BufReader::new(bounded);
        Ok(Some(Member { reader, raw }))
    }

    /// The targets that the `.rels` member `name` gives to ids, as written.
    pub(crate) fn relations(&mut self, name: &str) -> Result<BTreeMap<String, String>> {
        let mut targets = BTreeMap::new();
        let Some(member) = self.member(name)? else {
            return Ok(targets);
        };
        Xml::new(member.reader, "zip").read(|node| {
            if let Node::Start(element) = node
                && let (Some(id), Some(target)) =
                    (element.attribute("Id"), element.attribute("Target"))
            {
                targets.insert(id, target);
            }
            Ok(())
        })?;
        Ok(targets)
    }
}

/// Refuses to read more than is allowed.
pub(crate) struct Bounded<'m, R> {
    inner: R,
    allowed: u64,
    left: &'m mut u64,
}

impl<R: Read> Read for Bounded<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        if n as u64 > self.allowed {
            return Err(ErrorKind::FileTooLarge.into());
        }
        self.allowed -= n as u64;
        *self.left = self.left.saturating_sub(n as u64);
        Ok(n)
    }
}
