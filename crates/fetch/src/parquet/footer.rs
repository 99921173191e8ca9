use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader};
use taosha_core::{Error, Result};

use crate::volume::unreadable;

/// A footer has some hundred bytes per column and row group, so this is a hundred columns in a
/// thousand groups. It grows to several times that when it is read.
const MAX_FOOTER: u64 = 64 * 1024 * 1024;

/// A file ends in the length of its footer and the mark.
const TAIL: usize = 8;
const MARK: &[u8] = b"PAR1";
const MARK_ENCRYPTED: &[u8] = b"PARE";

/// What `file` says about itself: columns, row groups, and where they lie.
///
/// # Errors
/// When it is no Parquet file, not a whole one, or not one that can be read.
pub(super) fn footer(file: &mut File) -> Result<ParquetMetaData> {
    let failed = |error| unreadable("read the file", error);
    let mut head = [0; 4];
    let mut tail = [0; TAIL];
    let n_bytes = file.seek(SeekFrom::End(0)).map_err(failed)?;
    if n_bytes < (MARK.len() + TAIL) as u64 {
        return Err(refused(format!("it has {n_bytes} bytes, which is too few")));
    }
    file.seek(SeekFrom::Start(0)).map_err(failed)?;
    file.read_exact(&mut head).map_err(failed)?;
    file.seek(SeekFrom::End(-(TAIL as i64))).map_err(failed)?;
    file.read_exact(&mut tail).map_err(failed)?;
    let (length, mark) = tail.split_at(4);
    if head == MARK_ENCRYPTED || mark == MARK_ENCRYPTED {
        let message = "it is encrypted; write it without encryption";
        return Err(refused(message.to_owned()));
    }
    if head != MARK {
        let message = "it does not begin as one; name only Parquet files in `paths`";
        return Err(refused(message.to_owned()));
    }
    if mark != MARK {
        let message = format!("it breaks off at byte {n_bytes}; fetch or write it again");
        return Err(refused(message));
    }
    let length: [u8; 4] = length.try_into().unwrap_or_default();
    let length = u64::from(u32::from_le_bytes(length));
    if length + (MARK.len() + TAIL) as u64 > n_bytes {
        let message = format!("its footer has {length} bytes and the file {n_bytes}");
        return Err(refused(message + "; fetch or write it again"));
    }
    if length > MAX_FOOTER {
        let message = format!("its footer has {length} bytes; write it in fewer row groups");
        return Err(refused(message));
    }
    let read = ParquetMetaDataReader::new().parse_and_finish(file);
    read.map_err(|error| refused("its footer is damaged".to_owned()).because(error))
}

fn refused(why: String) -> Error {
    let message = format!("understand the file as Parquet: {why}");
    Error::malformed("fetch.parquet", message)
}
