//! Memory and open files of a process.

use std::fmt;
use std::fs;

/// Memory and open files of a process.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Usage {
    /// Resident memory in KiB.
    pub(crate) resident: u64,
    pub(crate) open_files: usize,
}

impl Usage {
    /// Of the process of the test.
    pub(crate) fn of_this_process() -> Self {
        Self::of(std::process::id())
    }

    pub(crate) fn of(process: u32) -> Self {
        let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        let resident = resident.trim().strip_suffix(" kB").unwrap().parse().unwrap();
        let open_files = fs::read_dir(format!("/proc/{process}/fd")).unwrap().count();
        Self { resident, open_files }
    }
}

impl fmt::Display for Usage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mebibytes, tenths) = (self.resident / 1024, self.resident % 1024 * 10 / 1024);
        write!(formatter, "{mebibytes}.{tenths} MiB resident and {} open files", self.open_files)
    }
}
