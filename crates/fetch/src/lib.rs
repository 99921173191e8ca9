//! Sources: where pages come from.
