//! Reports in, reports out: telephone and identity numbers of people read as `***`.
//!
//! The document keeps the original, as every document does; what is hidden is the reading, and with
//! it everything that is written to tables. Put the stage before `extract`, or a telephone number
//! may be taken for a figure.

mod config; // what a user may choose
mod contacts; // where the numbers are
mod stage; // marks over them

pub use config::MaskContactsConfig;
pub use stage::MaskContacts;

use taosha_core::Registry;

/// Makes the stage known.
pub fn register(registry: &mut Registry) {
    registry.stage::<MaskContacts>();
}
