//! Any bytes as an instance file, guided by coverage.
#![no_main]

#[path = "../../tests/files/fuzz/instance_file.rs"]
#[expect(dead_code, reason = "the driver on stable Rust uses all of it")]
mod promise;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Err(broken) = promise::check(bytes) {
        panic!("{broken}");
    }
});
