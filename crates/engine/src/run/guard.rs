use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

thread_local! {
    static IN_STAGE: Cell<bool> = const { Cell::new(false) };
}

/// True while this thread runs a stage, whose panic becomes a dead letter. A panic hook that asks
/// can stay quiet about those and report the others.
pub fn in_stage() -> bool {
    IN_STAGE.get()
}

/// Runs `work` of a stage; a panic gives its message.
pub(super) fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    IN_STAGE.set(true);
    // What the stage left half done is thrown away with the record; what it put is taken back.
    let result = catch_unwind(AssertUnwindSafe(work));
    IN_STAGE.set(false);
    result.map_err(|payload| message(&*payload))
}

fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned());
    let text = text.or_else(|| payload.downcast_ref::<String>().cloned());
    text.unwrap_or_else(|| "a panic without a message".to_owned())
}
