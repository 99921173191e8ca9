//! Figures out of prose, each with the words that prove it.
