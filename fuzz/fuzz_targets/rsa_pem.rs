//! See `amnesty_fuzz::rsa_pem`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| amnesty_fuzz::rsa_pem(bytes));
