//! Any bytes as text in every output, guided by coverage.
#![no_main]

#[path = "../../tests/files/fuzz/output.rs"]
#[expect(dead_code, reason = "the driver on stable Rust uses all of it")]
mod output;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Err(broken) = output::check(bytes) {
        panic!("{broken}");
    }
});
