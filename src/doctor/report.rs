//! The report: one finding for each check.

use std::fmt;

use serde::Serialize;

/// What [`ClerkConfig::doctor`](crate::ClerkConfig::doctor) found. `Display` prints a table.
///
/// ```text
/// ok       keys                development keys of happy-cat-1.clerk.accounts.dev (instance ins_2abc)
/// failed   clock               this machine's clock is 3600 s ahead of Clerk's
///                              fix: synchronize this machine's clock (NTP)
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    findings: Vec<Finding>,
}

/// The result of one check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    name: &'static str,
    status: Status,
    found: String,
    fix: Option<String>,
}

/// How a check ended. As JSON: `"ok"`, `"warning"`, `"failed"`, `"skipped"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Status {
    /// Nothing to do.
    Ok,
    /// Works, but should be changed.
    Warning,
    /// Does not work.
    Failed,
    /// Could not be checked, or does not apply.
    Skipped,
}

impl Report {
    pub(super) fn new(findings: Vec<Finding>) -> Self {
        Self { findings }
    }

    /// Returns the report of a middleware that chooses its configuration per request.
    pub(crate) fn of_many_configurations() -> Self {
        let found = "the configuration is chosen per request";
        let finding = Finding::skipped("configuration", found).with_fix("call doctor() on each ClerkConfig");
        Self::new(vec![finding])
    }

    /// Returns one finding for each check, in the order of the table.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Returns `true` if no check failed. Warnings do not count.
    pub fn is_ok(&self) -> bool {
        !self.has(Status::Failed)
    }

    /// Returns `true` if a check ended with a warning.
    pub fn has_warnings(&self) -> bool {
        self.has(Status::Warning)
    }

    fn has(&self, status: Status) -> bool {
        self.findings.iter().any(|finding| finding.status == status)
    }
}

impl Finding {
    pub(super) fn new(name: &'static str, status: Status, found: impl Into<String>) -> Self {
        Self { name, status, found: found.into(), fix: None }
    }

    pub(super) fn ok(name: &'static str, found: impl Into<String>) -> Self {
        Self::new(name, Status::Ok, found)
    }

    pub(super) fn warning(name: &'static str, found: impl Into<String>) -> Self {
        Self::new(name, Status::Warning, found)
    }

    pub(super) fn failed(name: &'static str, found: impl Into<String>) -> Self {
        Self::new(name, Status::Failed, found)
    }

    pub(super) fn skipped(name: &'static str, found: impl Into<String>) -> Self {
        Self::new(name, Status::Skipped, found)
    }

    pub(super) fn with_fix(self, fix: impl Into<String>) -> Self {
        Self { fix: Some(fix.into()), ..self }
    }

    /// Returns the name of the check, such as `signing keys`.
    pub fn name(&self) -> &str {
        self.name
    }

    /// Returns how the check ended.
    pub fn status(&self) -> Status {
        self.status
    }

    /// Returns what was found. Text that comes from elsewhere is escaped, so that it cannot forge lines.
    pub fn found(&self) -> &str {
        &self.found
    }

    /// Returns what to do about it, if anything.
    pub fn fix(&self) -> Option<&str> {
        self.fix.as_deref()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.findings.iter().map(|finding| finding.name.len()).max().unwrap_or_default();
        for (n, Finding { name, status, found, fix }) in self.findings.iter().enumerate() {
            if n > 0 {
                writeln!(f)?;
            }
            write!(f, "{status:<7}  {name:<width$}  {found}")?;
            if let Some(fix) = fix {
                write!(f, "\n{:7}  {:width$}  fix: {fix}", "", "")?;
            }
        }
        Ok(())
    }
}

/// The name of the status in lower case.
impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table() {
        let report = Report::new(vec![
            Finding::ok("keys", "of one instance"),
            Finding::warning("authorized parties", "not set").with_fix("set them"),
            Finding::skipped("sign-in URL", "not running"),
        ]);
        let lines = [
            "ok       keys                of one instance",
            "warning  authorized parties  not set",
            "                             fix: set them",
            "skipped  sign-in URL         not running",
        ];
        assert_eq!(report.to_string(), lines.join("\n"));
        assert!(report.is_ok() && report.has_warnings());
        let failed = Report::new(vec![Finding::failed("clock", "behind")]);
        assert!(!failed.is_ok() && !failed.has_warnings());
        let json = serde_json::to_value(&failed).unwrap();
        let finding = serde_json::json!({ "name": "clock", "status": "failed", "found": "behind", "fix": null });
        assert_eq!(json, serde_json::json!({ "findings": [finding] }));
    }
}
