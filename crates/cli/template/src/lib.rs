//! Reports in, reports out, but for those that are too short.

mod config; // what a user may choose
mod stage; // which reports go on

pub use config::MyStageConfig;
pub use stage::MyStage;

use taosha_core::Registry;

/// Makes the stage known.
pub fn register(registry: &mut Registry) {
    registry.stage::<MyStage>();
}
