//! See `amnesty_fuzz::TARGETS`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    amnesty_fuzz::target("load")(bytes);
});
