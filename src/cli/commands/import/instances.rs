//! The instances that an import reads, and the files that it generates for them.

use std::collections::BTreeMap;

use crate::import::File;
use crate::instance::InstanceId;
use crate::observed::Found;

/// The instances that may get a file; `None` if the platform has no instance with a given ID.
pub(super) type ReadInstances = BTreeMap<InstanceId, Option<Found>>;

/// The generated file of each instance, or the reason why there is none.
pub(super) type GeneratedFiles = BTreeMap<InstanceId, Result<File, String>>;
