use std::path::Path;
use std::sync::Arc;

use taosha_core::ErrorKind;
use taosha_engine::disk::{Disk, RealDisk};
use taosha_engine::{LockError, StateLock, Store};

use crate::Exit;
use crate::terminal::Terminal;

/// A pipeline's state folder, opened and held by this process.
pub(crate) struct Held {
    pub(crate) store: Arc<Store>,
}

/// Takes hold of the state in `folder`, making it if needed; says why it cannot.
pub(crate) fn hold(folder: &Path, terminal: Terminal) -> Result<Held, Exit> {
    hold_with(Store::open, folder, terminal)
}

/// As [`hold`], for a run that begins anew: what earlier runs left is forgotten, also where it cannot
/// be read any more.
pub(crate) fn hold_anew(folder: &Path, terminal: Terminal) -> Result<Held, Exit> {
    hold_with(Store::open_anew, folder, terminal)
}

type Open = fn(Arc<dyn Disk>, &Path) -> taosha_core::Result<Store>;

fn hold_with(open: Open, folder: &Path, terminal: Terminal) -> Result<Held, Exit> {
    let lock = lock(folder, terminal)?;
    let store = open(Arc::new(RealDisk), folder).map_err(|error| {
        terminal.error(&format!("taosha: failed to {error}"));
        match error.kind() {
            ErrorKind::Config => Exit::File,
            _ => Exit::Failed,
        }
    })?;
    Ok(Held {
        store: Arc::new(store.holding(lock)),
    })
}

/// Keeps others away from the state in `folder`; says who has it when it is taken.
pub(crate) fn lock(folder: &Path, terminal: Terminal) -> Result<StateLock, Exit> {
    StateLock::take(folder).map_err(|error| {
        terminal.error(&format!("taosha: failed to {error}"));
        match error {
            LockError::Held { .. } => Exit::Held,
            LockError::Io { .. } => Exit::File,
        }
    })
}

/// As [`hold`], for commands that only look: a pipeline that never ran has no state to show.
pub(crate) fn look(folder: &Path, terminal: Terminal) -> Result<Held, Exit> {
    has_state(folder, terminal)?;
    hold(folder, terminal)
}

/// Says so when nothing was run yet.
pub(crate) fn has_state(folder: &Path, terminal: Terminal) -> Result<(), Exit> {
    if folder.join("checkpoint.redb").exists() {
        return Ok(());
    }
    let folder = folder.display();
    terminal.error(&format!(
        "taosha: nothing was run yet: no state in `{folder}`"
    ));
    Err(Exit::Failed)
}
