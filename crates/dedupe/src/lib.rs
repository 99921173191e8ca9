//! Collapses copies of a report, and tells how to get each one back.
