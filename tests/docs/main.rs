//! The repository beyond the program: the pages and their pictures are what they claim.
#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

mod pages;

#[path = "../cli/ports.rs"]
mod ports;
