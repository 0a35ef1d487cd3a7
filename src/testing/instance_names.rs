//! The names of `LocalClerk` instances, which stay the same after a restart.
//!
//! A publishable key names its instance, and the suffix of the instance's cookies is derived from the key. A new name
//! for each start would leave another set of cookies in a developer's browser each time, until requests are too large
//! to be answered, because cookies are not separated by port and all of these instances are on `localhost`.

use std::{
    collections::BTreeSet,
    ffi::OsStr,
    path::Path,
    sync::{Mutex, PoisonError},
};

use crate::keys::InstanceType;

/// In bytes: long enough to distinguish programs.
const MAX_LENGTH: usize = 40;

/// The numbers of the instances that are running in this process.
#[derive(Debug, Default)]
struct Numbers(Mutex<BTreeSet<u32>>);

static NUMBERS: Numbers = Numbers(Mutex::new(BTreeSet::new()));

impl Numbers {
    /// Takes the lowest free number.
    fn take(&self) -> u32 {
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let number = (1..).find(|number| !taken.contains(number)).unwrap_or_default();
        taken.insert(number);
        number
    }

    fn release(&self, number: u32) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&number);
    }
}

/// An instance's name, reserved until it is dropped. Each program has its own name, and so has each instance that a
/// program runs at the same time. The first instance of a program has the same name each time.
#[derive(Debug)]
pub(super) struct InstanceName {
    number: u32,
    name: String,
}

impl InstanceName {
    pub(super) fn take() -> Self {
        let program = std::env::current_exe().ok();
        let number = NUMBERS.take();
        Self { number, name: named(program.as_deref(), number) }
    }

    /// Returns the name as a host of the Frontend API. Nobody connects to it.
    ///
    /// In development, it has the form of Clerk's own development hosts, because `clerk-js` sets up a development browser
    /// for no other. `local-` is not how their names begin. In production, it is under `localhost`, which never leaves the
    /// machine (RFC 6761, section 6.3).
    pub(super) fn host(&self, instance_type: InstanceType) -> String {
        match instance_type {
            InstanceType::Development => format!("local-{}.clerk.accounts.dev", self.name),
            InstanceType::Production => format!("{}.clerk.localhost", self.name),
        }
    }
}

impl Drop for InstanceName {
    fn drop(&mut self) {
        NUMBERS.release(self.number);
    }
}

/// Returns the program's name in characters that a host may have, with a number for all instances but the first.
fn named(program: Option<&Path>, number: u32) -> String {
    let stem = program.and_then(Path::file_stem).and_then(OsStr::to_str).unwrap_or_default();
    let letters = stem.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' });
    let name: String = letters.take(MAX_LENGTH).collect();
    let name = match name.trim_matches('-') {
        "" => "local",
        name => name,
    };
    if number == 1 { name.to_owned() } else { format!("{name}-{number}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_and_their_instances() {
        for (program, number, expected) in [
            (Some("/app/target/debug/quickstart"), 1, "quickstart"),
            (Some("/app/target/debug/examples/html_app"), 1, "html-app"),
            (Some("/app/target/debug/examples/html_app"), 2, "html-app-2"),
            (Some("C.exe"), 1, "c"),
            (Some("/app/My Shop"), 1, "my-shop"),
            (Some("/app/…"), 1, "local"),
            (Some("/app/--"), 3, "local-3"),
            (None, 1, "local"),
        ] {
            assert_eq!(named(program.map(Path::new), number), expected, "{program:?}");
        }
        let long = format!("/app/{}", "a".repeat(300));
        assert_eq!(named(Some(Path::new(&long)), 1), "a".repeat(MAX_LENGTH));
    }

    #[test]
    fn numbers_are_free_again_after_an_instance() {
        let numbers = Numbers::default();
        assert_eq!((numbers.take(), numbers.take(), numbers.take()), (1, 2, 3));
        numbers.release(2);
        assert_eq!((numbers.take(), numbers.take()), (2, 4));
        for number in 1..=4 {
            numbers.release(number);
        }
        for restart in 0..15 {
            let number = numbers.take();
            assert_eq!(number, 1, "restart {restart}");
            numbers.release(number);
        }
    }
}
