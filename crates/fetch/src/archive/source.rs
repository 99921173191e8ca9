use std::sync::Arc;

use taosha_core::{Bytes, Error, Origin, Result};
use tracing::info;

use super::ArchiveConfig;
use super::headless::Headless;
use super::name::{is_nested, last, leads_out};
use super::tarball::{Piece, Tarball};
use super::zipped::{Zipped, encrypted};
use crate::input::Input;
use crate::listing::{Names, is_packed};
use crate::page::unpacked;
use crate::place::Place;
use crate::volume::{Entry, Volume, VolumeFile, Wanted, unreadable};
use crate::window::Window;

/// Every zip file begins with a member, or, when it is empty, with its directory.
const ZIP: &[&[u8]] = &[b"PK\x03\x04", b"PK\x05\x06"];

/// The pages of an archive.
pub(crate) struct ArchiveFile {
    file: VolumeFile,
    config: Arc<ArchiveConfig>,
    names: Names,
    members: Members,
    n_left_out: u64,
}

enum Members {
    /// A zip file without its directory; the first entry tells why it has none.
    Headless {
        zip: Box<Headless>,
        why: Option<Error>,
    },
    Zip {
        zip: Zipped,
        index: usize,
    },
    Tar(Box<Tarball>),
}

/// What is to be done with a member, by its name.
enum Use {
    Read,
    LeaveOut,
    Tell(Error),
}

impl Volume for ArchiveFile {
    const NAME: &'static str = "archive";
    const ABOUT: &'static str = "pages in zip and tar files, the latter plain, gzip or zstd";
    type Config = ArchiveConfig;

    fn wanted(config: &ArchiveConfig) -> Wanted<'_> {
        Wanted {
            paths: &config.paths,
            names: Names::ending(["zip", "tar", "tar.gz", "tgz", "tar.zst"]),
            allow_empty: config.allow_empty,
        }
    }

    fn open(
        file: VolumeFile,
        config: Arc<ArchiveConfig>,
        at: Option<Place>,
    ) -> Result<Option<Self>> {
        let failed = |error| unreadable("open", error);
        let mut input = Input::open(&file.path).map_err(failed)?;
        let head = input.peek(4).map_err(failed)?;
        let number = at.map_or(0, |place| place.number.saturating_sub(1));
        let members = if ZIP.iter().any(|magic| head.starts_with(magic)) {
            match Zipped::open(&file.path) {
                Ok(zip) => {
                    if zip.has_equal_names() {
                        info!(file = file.uri, "members of one name: the last one is read");
                    }
                    let index = usize::try_from(number).unwrap_or(usize::MAX);
                    Members::Zip { zip, index }
                }
                Err(error) if error.code() != "fetch.archive" => return Err(error),
                Err(error) => {
                    let start = at.map_or(0, |place| place.start);
                    input.go_to(start).map_err(failed)?;
                    Members::Headless {
                        why: (number == 0).then_some(error),
                        // The first number is that of the archive itself.
                        zip: Box::new(Headless::new(input, number.max(1))),
                    }
                }
            }
        } else {
            let (window, is_there) =
                Window::at(input, is_packed(&file.path), at.unwrap_or_default()).map_err(failed)?;
            if !is_there {
                return Ok(None);
            }
            Members::Tar(Box::new(Tarball::new(window, number)))
        };
        Ok(Some(ArchiveFile {
            file,
            names: Names::pages(&config.extensions),
            config,
            members,
            n_left_out: 0,
        }))
    }

    fn next(&mut self) -> Result<Option<Entry>> {
        loop {
            let found = match &mut self.members {
                Members::Zip { .. } => self.next_zipped(),
                Members::Tar(_) => self.next_in_tar()?,
                Members::Headless { .. } => self.next_headless()?,
            };
            match found {
                Found::Entry(entry) => return Ok(Some(*entry)),
                Found::LeftOut => self.n_left_out += 1,
                Found::End => break,
            }
        }
        if self.n_left_out > 0 {
            let (file, members) = (&self.file.uri, self.n_left_out);
            info!(file, members, "members left out for their names");
        }
        Ok(None)
    }
}

/// A step through an archive.
enum Found {
    Entry(Box<Entry>),
    LeftOut,
    End,
}

impl ArchiveFile {
    fn next_zipped(&mut self) -> Found {
        let Members::Zip { zip, index } = &mut self.members else {
            return Found::End;
        };
        let Some(member) = zip.listed(*index) else {
            return Found::End;
        };
        let at = *index;
        *index += 1;
        let place = Place {
            number: *index as u64,
            ..Place::default()
        };
        if !member.is_file {
            return Found::LeftOut;
        }
        let page = match use_of(&member.name, &self.names) {
            Use::LeaveOut => return Found::LeftOut,
            Use::Tell(error) => Err(error),
            Use::Read if member.is_encrypted => Err(encrypted()),
            Use::Read => zip.page(at, self.config.max_bytes.0),
        };
        let uri = format!("{}!/{}", self.file.uri, member.name);
        let page = page.map_err(|error| (error, Bytes::new()));
        self.entry(place, uri, page)
    }

    fn next_headless(&mut self) -> Result<Found> {
        let Members::Headless { zip, why } = &mut self.members else {
            return Ok(Found::End);
        };
        if let Some(error) = why.take() {
            let place = Place {
                number: 1,
                ..Place::default()
            };
            let error = error.context("what is whole is read without it");
            return Ok(self.entry(place, self.file.uri.clone(), Err((error, Bytes::new()))));
        }
        let failed = |error| unreadable("read", error);
        let Some(header) = zip.next().map_err(failed)? else {
            return Ok(Found::End);
        };
        let page = match use_of(&header.name, &self.names) {
            Use::Read if !header.is_folder => zip.page(&header, self.config.max_bytes.0),
            Use::Tell(error) if !header.is_folder => {
                zip.pass_over(&header).map_err(failed)?;
                Err(error)
            }
            _ => {
                zip.pass_over(&header).map_err(failed)?;
                return Ok(Found::LeftOut);
            }
        };
        let (place, name) = (header.place, header.name);
        let uri = match page {
            Ok(_) => format!("{}!/{name}", self.file.uri),
            Err(_) => format!("{}!/{name}#{}", self.file.uri, place.number),
        };
        let page = page.map_err(|error| (error, Bytes::new()));
        Ok(self.entry(place, uri, page))
    }

    fn next_in_tar(&mut self) -> Result<Found> {
        let Members::Tar(tar) = &mut self.members else {
            return Ok(Found::End);
        };
        let failed = |error| unreadable("read", error);
        let (place, name, n_bytes) = match tar.next().map_err(failed)? {
            None => return Ok(Found::End),
            Some(Piece::Lost { place, why }) => {
                let message = format!("read the members at byte {place}: {why}");
                let error = Error::malformed("fetch.archive", message);
                let uri = format!("{}@{place}", self.file.uri);
                return Ok(self.entry(place, uri, Err((error, Bytes::new()))));
            }
            Some(Piece::File {
                place,
                name,
                n_bytes,
            }) => (place, name, n_bytes),
        };
        let max_bytes = self.config.max_bytes.0;
        let page = match use_of(&name, &self.names) {
            Use::LeaveOut => return Ok(Found::LeftOut),
            Use::Tell(error) => Err((error, Bytes::new())),
            Use::Read if n_bytes > max_bytes => {
                let message = format!("read a page of {n_bytes} bytes: raise `max_bytes`");
                let error = Error::malformed("fetch.too_large", message);
                Err((error, Bytes::new()))
            }
            Use::Read => {
                let data = tar.data(n_bytes).map_err(failed)?;
                match data.trouble {
                    None => unpacked(data.bytes, max_bytes).map_err(|error| (error, Bytes::new())),
                    Some(why) => {
                        let message = format!("read the member: {why}");
                        let error = Error::malformed("fetch.archive", message);
                        Err((error, data.bytes.into()))
                    }
                }
            }
        };
        // A tar file may hold a name twice, and both may fail.
        let uri = match page {
            Ok(_) => format!("{}!/{name}", self.file.uri),
            Err(_) => format!("{}!/{name}#{}", self.file.uri, place.number),
        };
        Ok(self.entry(place, uri, page))
    }

    fn entry(
        &self,
        place: Place,
        uri: String,
        page: std::result::Result<Bytes, (Error, Bytes)>,
    ) -> Found {
        let (raw, error) = match page {
            Ok(page) => (page, None),
            Err((error, raw)) => (raw, Some(error.context(format!("read `{uri}`")))),
        };
        Found::Entry(Box::new(Entry {
            place,
            origin: Origin::new(self.file.source.clone(), uri, raw),
            error,
        }))
    }
}

fn use_of(name: &str, names: &Names) -> Use {
    if leads_out(name) {
        let message = "take the member: its name leads out of the archive";
        return Use::Tell(Error::malformed("fetch.member_path", message));
    }
    if names.fit(last(name)) {
        return Use::Read;
    }
    if is_nested(name) {
        let message = "read an archive inside an archive: unpack it, and name it in `paths`";
        return Use::Tell(Error::malformed("fetch.nested", message));
    }
    Use::LeaveOut
}
