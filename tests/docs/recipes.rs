//! The pipelines of `examples/ci`, run by small interpreters against a forge in memory.

mod action;
mod expression;
mod fixture;
mod forge;
mod github;
mod gitlab;
mod groovy;
mod image;
mod jenkins;
mod kubernetes;
mod pins;
mod pipeline;
mod workflow;
