//! Fuzzes the loader with arbitrary bytes as an instance file.
#![no_main]

#[path = "../../tests/fuzz/promise.rs"]
#[expect(dead_code, reason = "the test on stable Rust uses the rest")]
mod promise;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Err(failure) = promise::check(bytes) {
        panic!("{failure}");
    }
});
