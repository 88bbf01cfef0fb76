//! The documents that ocon produces: one type per document, from which every format is rendered.
//!
//! In: a plan, an outcome, a status, problems, events, chain links, connectors, variables, a self-test or a failure. Out: documents of a
//! fixed, versioned shape without secrets. A sensitive change names only the source of its value. The
//! JSON Schemas in `schemas/` are generated from these types. Members marked `serde(skip)` hold what
//! only the text format shows.

mod account;
mod connectors;
mod diagnostics;
mod doctor;
mod events;
mod failure;
mod outcome;
mod plan;
mod selftest;
mod serialize;
mod status;
mod variables;

pub use account::{AccountSummary, ConnectorInstances};
pub use connectors::{AuthenticationType, ConnectorEntry, ConnectorsDocument, EventMethod};
pub use diagnostics::{
    Diagnostic, DiagnosticPlace, DiagnosticsDocument, DiagnosticsSummary, RelatedPlace,
};
pub use doctor::{DoctorDocument, DoctorLink};
pub use events::{DeliveryDocument, EventsDocument, EventsEntry, EventsObject};
pub use failure::{Exit, FailureDocument, FailureTarget};
pub use outcome::{
    ResultAction, ResultDocument, ResultEntry, ResultError, ResultNote, ResultSummary,
};
pub use plan::{
    HiddenValue, PlanBlocked, PlanChange, PlanDocument, PlanNote, PlanRequest, PlanRequests,
    PlanStale, PlanStep, PlanSummary, PlanTarget, PlanUnset, PlanValue, PlanValues,
};
pub use selftest::{SelftestDocument, SelftestFinding};
pub use serialize::{line, render, schema};
pub(super) use status::StatusCounter;
pub use status::{
    FindingCode, StatusDocument, StatusFilter, StatusFinding, StatusInstance, StatusSummary,
    StatusUnmanaged,
};
pub use variables::{
    PublicVariable, UsedSecret, VariablePlace, VariablesDocument, VariablesSummary,
};
