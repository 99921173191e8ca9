use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use taosha_core::{Error, StageForm};

use super::{RunError, blocking};
use crate::Plan;
use crate::store::{OtherError, OtherState, Others, Store};

/// What stages read beside their own state, by their ids.
pub(super) type Beside = BTreeMap<Arc<str>, Vec<OtherState>>;

/// Opens and holds the folders that stages read.
pub(super) async fn hold(
    reads: Vec<(Arc<str>, Vec<PathBuf>)>,
    store: &Arc<Store>,
) -> Result<Others, RunError> {
    let Some((first, _)) = reads.first().cloned() else {
        return Ok(Others::default());
    };
    let held = blocking(store, move |store| {
        let folders = reads.into_iter().flat_map(|(_, folders)| folders);
        Ok(store.hold_others(folders))
    });
    match held.await {
        Ok(Ok(others)) => Ok(others),
        Ok(Err(OtherError::Held(error))) => Err(RunError::Held(error)),
        Ok(Err(OtherError::Failed(error))) | Err(error) => Err(RunError::of(&first, error)),
    }
}

/// What each stage of `plan` finds in the folders it reads, and can use.
pub(super) fn of(plan: &Plan, others: &Others) -> Result<Beside, RunError> {
    let mut beside = Beside::new();
    for stage in &plan.stages {
        let StageForm::Stateful(form) = &stage.form else {
            continue;
        };
        let of_stage = |error| RunError::of(&stage.id, error);
        let states = others.of(&stage.id, form.reads()).map_err(of_stage)?;
        for state in &states {
            let folder = state.folder().display();
            let doing = |error: Error| error.context(format!("read the state `{folder}`"));
            form.check_other(state).map_err(doing).map_err(of_stage)?;
        }
        beside.insert(stage.id.clone(), states);
    }
    Ok(beside)
}
