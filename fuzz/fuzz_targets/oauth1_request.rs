//! See `amnesty_fuzz::oauth1_request`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| amnesty_fuzz::oauth1_request(bytes));
