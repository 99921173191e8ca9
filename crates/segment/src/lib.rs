//! Pages into reports, reports into an outline.
