//! The `ocon` command.

fn main() {}
