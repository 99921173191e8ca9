//! Sinks: where tables go.
