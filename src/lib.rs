//! ocon keeps SAP Open Connectors instances equal to YAML files in Git.
