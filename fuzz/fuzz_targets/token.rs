//! See `amnesty_fuzz::token`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| amnesty_fuzz::token(bytes));
