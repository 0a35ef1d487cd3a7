//! The scopes that would do: a check as a machine has to pass it, written out.

use super::Check;

impl Check {
    /// The sets of scopes each of which passes; none where no machine can pass, and an empty set where any machine does.
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
    use super::*;

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
