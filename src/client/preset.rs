//! Presets of real client rules.
