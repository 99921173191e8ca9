//! One file: rows that wait become a part.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use parquet::errors::ParquetError;
use parquet::file::writer::SerializedFileWriter;
use taosha_core::{Row, Table};

use super::leaves::Leaves;
use super::shape::{properties, schema};
use crate::cells::cells;
use crate::disk::Disk;

/// Rows of one group, counted as JSON. A group is what readers take at a time and what is held in
/// memory while it is written, in about twice this many bytes; smaller ones pack less well.
const GROUP_BYTES: usize = 32 << 20;

/// Bytes gathered before they are written.
const PIECE_BYTES: usize = 1 << 20;

/// Writes the rows that `next_line` puts behind its argument, one at a time, as a part of `table` to
/// `path`; it returns 0 at the end. Safe when this returns, save for its name.
pub(super) fn write(
    table: Table,
    next_line: &mut dyn FnMut(&mut String) -> io::Result<usize>,
    path: &Path,
    disk: &dyn Disk,
) -> io::Result<()> {
    let out = DiskWriter::new(path, disk)?;
    let properties = Arc::new(properties(table).map_err(told)?);
    let mut writer =
        SerializedFileWriter::new(out, schema(table).map_err(told)?, properties).map_err(told)?;
    let mut line = String::new();
    let mut is_end = false;
    while !is_end {
        let (mut leaves, mut n_bytes) = (Leaves::new(table), 0);
        while n_bytes < GROUP_BYTES {
            line.clear();
            if next_line(&mut line)? == 0 {
                is_end = true;
                break;
            }
            n_bytes += line.len();
            let row = Row::from_json(table, line.trim_end_matches('\n'))?;
            leaves.row(cells(&row).map_err(io::Error::other)?);
        }
        if n_bytes == 0 {
            break;
        }
        let mut group = writer.next_row_group().map_err(told)?;
        for index in 0..leaves.n() {
            let Some(mut column) = group.next_column().map_err(told)? else {
                break;
            };
            leaves.write(index, &mut column).map_err(told)?;
            column.close().map_err(told)?;
        }
        group.close().map_err(told)?;
    }
    let out = writer.into_inner().map_err(told)?;
    out.finish()
}

/// The error of the disk, where it was that.
fn told(error: ParquetError) -> io::Error {
    match error {
        ParquetError::External(cause) => match cause.downcast::<io::Error>() {
            Ok(error) => *error,
            Err(cause) => io::Error::other(cause),
        },
        error => io::Error::other(error),
    }
}

/// A file that is written from its beginning to its end.
struct DiskWriter<'d> {
    disk: &'d dyn Disk,
    file: File,
    at: u64,
    gathered: Vec<u8>,
}

impl<'d> DiskWriter<'d> {
    fn new(path: &Path, disk: &'d dyn Disk) -> io::Result<Self> {
        let file = disk.open(path)?;
        disk.set_len(&file, 0)?;
        Ok(DiskWriter {
            disk,
            file,
            at: 0,
            gathered: Vec::new(),
        })
    }

    fn put(&mut self) -> io::Result<()> {
        if !self.gathered.is_empty() {
            self.disk.write_at(&self.file, self.at, &self.gathered)?;
            self.at += self.gathered.len() as u64;
            self.gathered.clear();
        }
        Ok(())
    }

    fn finish(mut self) -> io::Result<()> {
        self.put()?;
        self.disk.sync(&self.file)
    }
}

impl Write for DiskWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.gathered.extend_from_slice(bytes);
        if self.gathered.len() >= PIECE_BYTES {
            self.put()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
