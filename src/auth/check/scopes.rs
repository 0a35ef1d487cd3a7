//! Describes a check for API documents and challenges: which scopes let a machine pass, and whether reverification may be required.

use super::Check;

impl Check {
    /// Returns the sets of scopes that each let a machine pass: an empty list if no machine can, an empty set if every
    /// machine does.
    pub(crate) fn scope_sets(&self) -> Vec<Vec<&'static str>> {
        if !self.can_pass(false) {
            return Vec::new();
        }
        let mut sets = vec![self.scope.into_iter().collect::<Vec<_>>()];
        for check in self.all.unwrap_or_default() {
            sets = each_with_each(&sets, &check.scope_sets());
        }
        if let Some(checks) = self.any {
            let one_of: Vec<_> = checks.iter().flat_map(Self::scope_sets).collect();
            sets = each_with_each(&sets, &one_of);
        }
        sets
    }

    /// Returns whether a caller may be rejected because a verification is missing.
    #[cfg(any(test, feature = "utoipa"))]
    pub(crate) fn asks_for_verification(&self) -> bool {
        let parts = self.any.into_iter().chain(self.all).flatten();
        self.reverification.is_some() || parts.copied().any(|check| check.asks_for_verification())
    }
}

fn each_with_each(left: &[Vec<&'static str>], right: &[Vec<&'static str>]) -> Vec<Vec<&'static str>> {
    let mut sets = Vec::new();
    for (a, b) in left.iter().flat_map(|a| right.iter().map(move |b| (a, b))) {
        let mut set = a.clone();
        set.extend(b.iter().filter(|scope| !a.contains(scope)));
        sets.push(set);
    }
    sets
}

#[cfg(test)]
mod tests {
    use super::super::reverification::Reverification;
    use super::*;

    #[test]
    fn who_may_be_asked_to_verify() {
        const FRESH: Check = Check::new().reverification(Reverification::STRICT);
        const ADMIN: Check = Check::new().role("org:admin");
        const EITHER: Check = Check::any(&[ADMIN, FRESH]);
        for (check, expected) in [
            (FRESH, true),
            (ADMIN, false),
            (Check::ANYONE, false),
            (EITHER, true),
            (Check::all(&[ADMIN, EITHER]), true),
            (Check::all(&[ADMIN, ADMIN]), false),
        ] {
            assert_eq!(check.asks_for_verification(), expected, "{check}");
        }
    }

    #[test]
    fn what_machines_may_bring() {
        const A: Check = Check::new().scope("a");
        const B: Check = Check::new().scope("b");
        const A_OR_B: Check = Check::any(&[A, B]);
        const ADMIN: Check = Check::new().role("org:admin");
        for (check, sets) in [
            (Check::new(), vec![]),
            (Check::ANYONE, vec![vec![]]),
            (A, vec![vec!["a"]]),
            (ADMIN, vec![]),
            (ADMIN.scope("a"), vec![]),
            (Check::any(&[ADMIN, A]), vec![vec!["a"]]),
            (A_OR_B, vec![vec!["a"], vec!["b"]]),
            (Check::all(&[A, B, A]), vec![vec!["a", "b"]]),
            (Check::all(&[A, ADMIN]), vec![]),
            (Check::all(&[Check::ANYONE, B]), vec![vec!["b"]]),
            (Check::all(&[A_OR_B, A]), vec![vec!["a"], vec!["b", "a"]]),
        ] {
            assert_eq!(check.scope_sets(), sets, "{check}");
        }
    }
}
