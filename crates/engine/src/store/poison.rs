//! Pages that may be killing the process, and the note of what a cautious run has in its hands.

use std::collections::BTreeMap;

use taosha_core::{Error, Id, Result};

use super::{Store, Suspect};
use crate::disk::read_all;

impl Store {
    /// Pages that may be killing the process.
    ///
    /// # Errors
    /// As [`epochs`](Self::epochs).
    pub fn suspects(&self) -> Result<BTreeMap<Id, Suspect>> {
        self.checkpoint.suspects()
    }

    /// Notes that a process died with the page `id` alone in its hands.
    ///
    /// # Errors
    /// When the checkpoint cannot be written.
    pub fn suspect(&self, id: Id, uri: &str, how: &str) -> Result<Suspect> {
        let before = self.suspects()?.remove(&id);
        let suspect = Suspect {
            uri: uri.to_owned(),
            deaths: before.map_or(0, |before| before.deaths) + 1,
            how: how.to_owned(),
        };
        self.checkpoint.put_suspect(id, &suspect)?;
        Ok(suspect)
    }

    /// Writes down what a cautious run has in its hands. Not synced: it is for a process that dies,
    /// not for a machine that loses power.
    pub(crate) fn write_journal(&self, note: &str) -> Result<()> {
        let path = self.folder.join("journal");
        let written = self.disk.open(&path).and_then(|file| {
            file.set_len(0)?;
            file.write_at(0, note.as_bytes())
        });
        written.map_err(|e| {
            let message = format!("write `{}`", path.display());
            Error::unavailable("engine.disk", message).because(e)
        })
    }

    /// The page that a cautious run had in its hands when it died.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn in_hands(&self) -> Result<Option<(Id, String)>> {
        #[derive(serde::Deserialize)]
        struct Note {
            id: Id,
            uri: String,
        }
        let path = self.folder.join("journal");
        match read_all(&*self.disk, &path) {
            // A note cut short was written by a process that died before the page went in.
            Ok(bytes) => Ok(serde_json::from_slice(&bytes)
                .ok()
                .map(|Note { id, uri }| (id, uri))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => {
                let message = format!("read `{}`", path.display());
                Err(Error::unavailable("engine.disk", message).because(error))
            }
        }
    }
}
