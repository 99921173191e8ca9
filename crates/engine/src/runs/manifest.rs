//! The bytes that say which runs there are. The engine commits them; this is all of a state.

use super::damage::damaged;
use super::hash::checksum;
use taosha_core::Error;

/// The form of manifest and runs; another form gets another number.
const FORM: u8 = 2;

/// How a manifest is called in messages.
const NAME: &str = "state manifest";

const N_WORD: usize = size_of::<u64>();
const WORDS_PER_RUN: usize = 5;

/// What the runs of a state are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Manifest {
    /// The number of the next run. Files of this or a higher number belong to seals that were never
    /// committed.
    pub(super) next: u64,
    /// The oldest first.
    pub(super) runs: Vec<RunInfo>,
}

/// What must be known of a run before its file is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RunInfo {
    pub(super) number: u64,
    pub(super) n_entries: u64,
    pub(super) n_bytes: u64,
    /// Where filter and index begin, behind the last block.
    pub(super) tail_at: u64,
    /// Over the tail, which has the sums of the blocks: no other file fits this line.
    pub(super) tail_sum: u64,
}

impl RunInfo {
    pub(super) fn file_name(&self) -> String {
        file_name(self.number)
    }
}

/// The name of the file of the run `number`.
pub(super) fn file_name(number: u64) -> String {
    format!("{number:08}.run")
}

/// The number of the run whose file has this name; `None` for a file that is not ours.
pub(super) fn number_of(file_name: &str) -> Option<u64> {
    let number = file_name.strip_suffix(".run")?;
    let is_ours = number.len() >= 8 && number.bytes().all(|byte| byte.is_ascii_digit());
    is_ours.then(|| number.parse().ok())?
}

impl Manifest {
    pub(super) fn write(&self) -> Vec<u8> {
        let mut bytes = vec![FORM];
        bytes.extend_from_slice(&self.next.to_le_bytes());
        for run in &self.runs {
            let words = [
                run.number,
                run.n_entries,
                run.n_bytes,
                run.tail_at,
                run.tail_sum,
            ];
            bytes.extend(words.iter().flat_map(|word| word.to_le_bytes()));
        }
        let sum = checksum(&bytes);
        bytes.extend_from_slice(&sum.to_le_bytes());
        bytes
    }

    /// No bytes at all are the manifest of a state that was never sealed.
    pub(super) fn read(bytes: &[u8]) -> Result<Manifest, Error> {
        if bytes.is_empty() {
            return Ok(Manifest {
                next: 0,
                runs: Vec::new(),
            });
        }
        let (content, sum) = bytes
            .split_last_chunk::<N_WORD>()
            .ok_or_else(|| damaged(NAME, 0, "it is cut off"))?;
        if checksum(content) != u64::from_le_bytes(*sum) {
            return Err(damaged(NAME, 0, "its checksum is wrong"));
        }
        if content.first() != Some(&FORM) {
            let message = "read the state: another version of taosha wrote it; go on with that version, \
                           or `taosha run FILE --anew` reads all pages again";
            return Err(Error::config("engine.layout", message));
        }
        let (words, rest) = content[1..].as_chunks::<N_WORD>();
        let words: Vec<u64> = words.iter().map(|word| u64::from_le_bytes(*word)).collect();
        let (Some((next, words)), []) = (words.split_first(), rest) else {
            return Err(damaged(NAME, 1, "it is cut off"));
        };
        let (runs, []) = words.as_chunks::<WORDS_PER_RUN>() else {
            return Err(damaged(NAME, 1, "it is cut off"));
        };
        let run =
            |&[number, n_entries, n_bytes, tail_at, tail_sum]: &[u64; WORDS_PER_RUN]| RunInfo {
                number,
                n_entries,
                n_bytes,
                tail_at,
                tail_sum,
            };
        Ok(Manifest {
            next: *next,
            runs: runs.iter().map(run).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_comes_back_and_a_damaged_one_is_refused() {
        let run = |number| RunInfo {
            number,
            n_entries: 10,
            n_bytes: 4000,
            tail_at: 3000,
            tail_sum: 77,
        };
        let manifest = Manifest {
            next: 9,
            runs: vec![run(3), run(8)],
        };
        let bytes = manifest.write();
        assert_eq!(Manifest::read(&bytes).unwrap(), manifest);
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 0x10;
            assert!(Manifest::read(&damaged).is_err());
            assert!(at == 0 || Manifest::read(&bytes[..at]).is_err());
        }
    }

    #[test]
    fn the_manifest_of_another_version_is_refused_with_a_cure() {
        let mut bytes = vec![FORM - 1];
        bytes.extend_from_slice(&[0; N_WORD]);
        bytes.extend_from_slice(&checksum(&bytes).to_le_bytes());
        let error = Manifest::read(&bytes).unwrap_err();
        assert_eq!(error.kind(), taosha_core::ErrorKind::Config);
        assert!(error.to_string().contains("--anew"), "{error}");
    }

    #[test]
    fn a_file_name_tells_the_number_and_strangers_have_none() {
        assert_eq!(number_of(&file_name(7)), Some(7));
        assert_eq!(number_of(&file_name(u64::MAX)), Some(u64::MAX));
        assert_eq!(number_of("notes.run"), None);
        assert_eq!(number_of("7.run"), None);
        assert_eq!(number_of("index.redb"), None);
    }
}
