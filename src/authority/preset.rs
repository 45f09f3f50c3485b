//! Presets of real authority rules.
