//! What the recipes of `examples/ci` need to be carried out in a test: the expressions of GitHub
//! Actions, and a forge that keeps comments and issues in memory.

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
