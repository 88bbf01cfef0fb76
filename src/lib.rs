//! ocon keeps SAP Open Connectors instances equal to YAML files in Git.

pub mod api;
pub mod apply;
pub mod catalog;
pub mod desired;
pub mod instance;
pub mod observed;
pub mod ownership;
pub mod plan;
pub mod report;
pub mod sandbox;
