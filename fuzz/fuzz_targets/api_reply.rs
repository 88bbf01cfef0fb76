//! Fuzzes the client with arbitrary bytes as a reply of the platform.
#![no_main]

#[path = "../../tests/fuzz/replies.rs"]
#[expect(dead_code, reason = "the test on stable Rust uses the rest")]
mod replies;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Err(failure) = replies::check(bytes) {
        panic!("{failure}");
    }
});
