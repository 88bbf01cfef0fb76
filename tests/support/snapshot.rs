//! Comparisons with an expected text. `SNAPSHOTS=overwrite` replaces it with the actual one.

/// A text that is compared with an expected one.
pub(crate) trait Snapshot {
    fn is(&self, expected: impl snapbox::IntoData);
}

impl Snapshot for str {
    #[track_caller]
    fn is(&self, expected: impl snapbox::IntoData) {
        snapbox::Assert::new()
            .action_env(snapbox::assert::DEFAULT_ACTION_ENV)
            .normalize_paths(false)
            .eq(self, expected);
    }
}
