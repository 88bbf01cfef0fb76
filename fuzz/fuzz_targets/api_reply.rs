//! Any bytes as a reply of the platform, guided by coverage.
#![no_main]

#[path = "../../tests/files/fuzz/replies.rs"]
#[expect(dead_code, reason = "the driver on stable Rust uses all of it")]
mod replies;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Err(broken) = replies::check(bytes) {
        panic!("{broken}");
    }
});
