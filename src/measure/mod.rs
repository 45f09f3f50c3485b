//! Floor 2: states, counters, series, intervals; all merged as integers.
