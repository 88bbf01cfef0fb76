//! The severities that the user chose.

use std::collections::BTreeMap;

use super::{Code, Problem, Severity};

/// The severities that the user chose for diagnostic codes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Levels {
    /// The severity that replaces the default one, or `None` if the code is allowed.
    chosen: BTreeMap<Code, Option<Severity>>,
    deny_warnings: bool,
}

impl Levels {
    /// Reports the code with this severity.
    pub fn report(&mut self, code: Code, severity: Severity) {
        self.chosen.insert(code, Some(severity));
    }

    /// Does not report the code.
    pub fn allow(&mut self, code: Code) {
        self.chosen.insert(code, None);
    }

    /// Makes every warning an error, except for codes with a chosen severity.
    pub fn deny_warnings(&mut self) {
        self.deny_warnings = true;
    }

    /// The problem with the severity to report, or `None` if its code is allowed.
    pub fn judge(&self, problem: Problem) -> Option<Problem> {
        let severity = self.of(problem.code, problem.severity)?;
        Some(Problem { severity, ..problem })
    }

    /// The severity to report for a problem whose own severity is `own`, or `None` if its code is
    /// allowed.
    pub fn of(&self, code: Code, own: Severity) -> Option<Severity> {
        let denied = self.deny_warnings && own == Severity::Warning;
        let by_default = Some(if denied { Severity::Error } else { own });
        self.chosen.get(&code).copied().unwrap_or(by_default)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chosen_severity_beats_the_default_and_denied_warnings_are_errors() {
        let mut levels = Levels::default();
        let of = |levels: &Levels, code: Code| levels.of(code, code.level().severity());
        assert_eq!(of(&levels, Code::UnknownField), Some(Severity::Warning));
        levels.report(Code::UnknownField, Severity::Error);
        levels.allow(Code::MissingField);
        assert_eq!(of(&levels, Code::UnknownField), Some(Severity::Error));
        assert_eq!(of(&levels, Code::MissingField), None);
        assert_eq!(of(&levels, Code::JsonFile), Some(Severity::Warning));
        levels.deny_warnings();
        assert_eq!(of(&levels, Code::JsonFile), Some(Severity::Error));
        levels.allow(Code::JsonFile);
        assert_eq!(of(&levels, Code::JsonFile), None);
    }
}
