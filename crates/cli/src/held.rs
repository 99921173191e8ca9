use std::path::Path;
use std::sync::Arc;

use taosha_core::ErrorKind;
use taosha_engine::disk::RealDisk;
use taosha_engine::{LockError, StateLock, Store};

use crate::Exit;
use crate::terminal::Terminal;

/// A pipeline's state folder, opened and held by this process.
pub(crate) struct Held {
    pub(crate) store: Arc<Store>,
    /// Let go of last.
    _lock: StateLock,
}

/// Takes hold of the state in `folder`, making it if needed; says why it cannot.
pub(crate) fn hold(folder: &Path, terminal: Terminal) -> Result<Held, Exit> {
    let lock = StateLock::take(folder).map_err(|error| {
        terminal.error(&format!("taosha: failed to {error}"));
        match error {
            LockError::Held { .. } => Exit::Held,
            LockError::Io { .. } => Exit::File,
        }
    })?;
    let store = Store::open(Arc::new(RealDisk), folder).map_err(|error| {
        terminal.error(&format!("taosha: failed to {error}"));
        match error.kind() {
            ErrorKind::Config => Exit::File,
            _ => Exit::Failed,
        }
    })?;
    Ok(Held {
        store: Arc::new(store),
        _lock: lock,
    })
}

/// As [`hold`], for commands that only look: a pipeline that never ran has no state to show.
pub(crate) fn look(folder: &Path, terminal: Terminal) -> Result<Held, Exit> {
    if !folder.join("checkpoint.redb").exists() {
        let folder = folder.display();
        terminal.error(&format!(
            "taosha: nothing was run yet: no state in `{folder}`"
        ));
        return Err(Exit::Failed);
    }
    hold(folder, terminal)
}
