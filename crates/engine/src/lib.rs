//! Plans and runs a pipeline: channels, workers, order, memory, epochs. Knows no stage by name.
