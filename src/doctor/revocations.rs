//! The check of revocations: whether they are shared, and whether the store that servers share them through works.

use super::report::Finding;
use crate::{
    observe::hint,
    revocations::{Link, Reading, Revocations, WhenUnreachable},
};

const NAME: &str = "revocations";

pub(super) fn check(revocations: &Revocations) -> Finding {
    let kept = revocations.len();
    match revocations.link() {
        None => Finding::ok(NAME, format!("{kept} cut-offs in the memory of this process; no other server has them")),
        Some(link) => verdict(link, kept),
    }
}

fn verdict(link: &Link, kept: usize) -> Finding {
    let fix = "start the store, or correct its address, user and password";
    let (store, consequence) = (hint(&link.store), link.when_unreachable.consequence());
    let found = match &*link.reading.borrow() {
        Reading::Current => None,
        Reading::Begun => Some(format!("{store} was not read yet: {consequence}")),
        Reading::Failed(error) => Some(format!("{store} cannot be read: {}: {consequence}", hint(&error.to_string()))),
    };
    if let Some(found) = found {
        return match link.when_unreachable {
            WhenUnreachable::KeepServing => Finding::warning(NAME, found),
            WhenUnreachable::RejectAfter(_) => Finding::failed(NAME, found),
        }
        .with_fix(fix);
    }
    match &link.written.borrow().error {
        None => Finding::ok(NAME, format!("{kept} cut-offs, shared through {store}")),
        Some(error) => {
            let (error, waiting) = (hint(&error.to_string()), link.waiting());
            let found = format!("{store} can be read, but not written: {error}. {waiting} cut-offs wait");
            Finding::warning(NAME, found).with_fix("give the user permission to write, or connect to the primary")
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{clock::Timestamp, doctor::Status, revocations::StoreError};

    #[test]
    fn states_of_a_store_and_the_verdict_on_them() {
        let now = Timestamp::from_millis(1_700_000_000_000);
        let strict = WhenUnreachable::RejectAfter(Duration::ZERO);
        let down = |link: &Link| link.failed(StoreError::unreachable("connection refused\n"));
        let up = |link: &Link| link.heard(now);
        let read_only = |link: &Link| {
            link.heard(now);
            link.written.send_modify(|written| written.error = Some(StoreError::rejected("NOPERM")));
        };
        let nothing = |_: &Link| {};
        type Step<'s> = &'s dyn Fn(&Link);
        let cases: [(&str, WhenUnreachable, Step<'_>, Status, &str); 6] = [
            ("works", WhenUnreachable::KeepServing, &up, Status::Ok, "3 cut-offs, shared through redis at"),
            ("not read yet", strict, &nothing, Status::Failed, "not read yet"),
            ("down, and requests are served", WhenUnreachable::KeepServing, &down, Status::Warning, "go on here"),
            ("down, and requests are rejected", strict, &down, Status::Failed, "rejected (503)"),
            ("down, said in one line", strict, &down, Status::Failed, "connection refused\\n"),
            ("a replica", strict, &read_only, Status::Warning, "NOPERM"),
        ];
        for (name, mode, step, status, says) in cases {
            let (link, _queue) = Link::new("redis at 127.0.0.1:6379".into(), mode);
            step(&link);
            let finding = verdict(&link, 3);
            assert_eq!(finding.status(), status, "{name}: {finding:?}");
            assert!(finding.found().contains(says), "{name}: {finding:?}");
            assert_eq!(finding.fix().is_some(), status != Status::Ok, "{name}");
        }
        assert!(check(&Revocations::new()).found().contains("no other server has them"));
    }
}
