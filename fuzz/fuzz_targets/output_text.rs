//! Fuzzes every output with arbitrary bytes as text.
#![no_main]

#[path = "../../tests/fuzz/output.rs"]
#[expect(dead_code, reason = "the test on stable Rust uses the rest")]
mod output;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Err(failure) = output::check(bytes) {
        panic!("{failure}");
    }
});
