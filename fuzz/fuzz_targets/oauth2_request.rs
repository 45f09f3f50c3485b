//! See `amnesty_fuzz::oauth2_request`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| amnesty_fuzz::oauth2_request(bytes));
