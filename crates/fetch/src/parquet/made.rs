//! Parquet files of rows, as tests want them.

use std::sync::Arc;

use parquet::basic::Compression;
use parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;

/// Cells of a column.
pub(super) enum Column<'a> {
    Text(Vec<Option<&'a str>>),
    Bytes(Vec<Option<&'a [u8]>>),
    Integers(Vec<Option<i64>>),
}

/// How a file is written.
pub(super) struct Made {
    /// `message m { optional binary text (UTF8); }`
    pub(super) schema: &'static str,
    pub(super) compression: Compression,
    /// Bytes of text after which a stretch ends.
    pub(super) stretch: usize,
    pub(super) has_dictionary: bool,
    pub(super) is_second_version: bool,
}

impl Made {
    pub(super) fn of(schema: &'static str) -> Self {
        Made {
            schema,
            compression: Compression::UNCOMPRESSED,
            stretch: 1024 * 1024,
            has_dictionary: false,
            is_second_version: false,
        }
    }

    /// A file of `groups`, each a list of columns. All are optional or repeated, and the records
    /// around them are there.
    pub(super) fn file(&self, groups: &[Vec<Column<'_>>]) -> Vec<u8> {
        use parquet::file::properties::WriterVersion::{PARQUET_1_0, PARQUET_2_0};
        let schema = Arc::new(parse_message_type(self.schema).unwrap());
        let version = match self.is_second_version {
            true => PARQUET_2_0,
            false => PARQUET_1_0,
        };
        let properties = WriterProperties::builder()
            .set_compression(self.compression)
            .set_data_page_size_limit(self.stretch)
            .set_write_batch_size(1)
            .set_dictionary_enabled(self.has_dictionary)
            .set_writer_version(version);
        let mut bytes = Vec::new();
        let properties = Arc::new(properties.build());
        let mut file = SerializedFileWriter::new(&mut bytes, schema, properties).unwrap();
        for group in groups {
            let mut writer = file.next_row_group().unwrap();
            for column in group {
                let mut cells = writer.next_column().unwrap().unwrap();
                match column {
                    Column::Text(texts) => {
                        let bytes = texts.iter().map(|text| text.map(str::as_bytes)).collect();
                        write_bytes(&mut cells, bytes);
                    }
                    Column::Bytes(bytes) => write_bytes(&mut cells, bytes.clone()),
                    Column::Integers(numbers) => {
                        let writer = cells.typed::<Int64Type>();
                        let most = writer.get_descriptor().max_def_level();
                        let level = |n: &Option<i64>| most - i16::from(n.is_none());
                        let levels: Vec<i16> = numbers.iter().map(level).collect();
                        let numbers: Vec<i64> = numbers.iter().copied().flatten().collect();
                        writer.write_batch(&numbers, Some(&levels), None).unwrap();
                    }
                }
                cells.close().unwrap();
            }
            writer.close().unwrap();
        }
        file.close().unwrap();
        bytes
    }
}

fn write_bytes(
    cells: &mut parquet::file::writer::SerializedColumnWriter<'_>,
    bytes: Vec<Option<&[u8]>>,
) {
    let writer = cells.typed::<ByteArrayType>();
    let most = writer.get_descriptor().max_def_level();
    let level = |cell: &Option<&[u8]>| most - i16::from(cell.is_none());
    let levels: Vec<i16> = bytes.iter().map(level).collect();
    let bytes: Vec<ByteArray> = bytes.into_iter().flatten().map(ByteArray::from).collect();
    let repeats = vec![0; levels.len()];
    let is_list = writer.get_descriptor().max_rep_level() > 0;
    let repeats = is_list.then_some(repeats.as_slice());
    writer.write_batch(&bytes, Some(&levels), repeats).unwrap();
}
