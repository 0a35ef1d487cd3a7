//! A recorder that keeps the name and the labels of every series, and an observer that keeps the labels of every event.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    sync::{LazyLock, Mutex, PoisonError},
};

use clerk_actix::observe::{Event, Observer};
use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};

/// One series: the metric's name, and its labels in their order.
pub type Series = (String, Vec<(String, String)>);

static SEEN: LazyLock<Mutex<HashSet<Key>>> = LazyLock::new(Mutex::default);
static DESCRIBED: LazyLock<Mutex<BTreeSet<String>>> = LazyLock::new(Mutex::default);

/// Records everything from now on, also what happens on the thread that calls Clerk.
pub fn install() {
    metrics::set_global_recorder(SeriesRecorder).unwrap();
}

pub fn seen() -> BTreeSet<Series> {
    let seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
    let text = |key: &Key| key.labels().map(|label| (label.key().to_owned(), label.value().to_owned())).collect();
    seen.iter().map(|key| (key.name().to_owned(), text(key))).collect()
}

pub fn described() -> BTreeSet<String> {
    DESCRIBED.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

struct SeriesRecorder;

impl SeriesRecorder {
    fn keep(&self, key: &Key) {
        let mut seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
        if !seen.contains(key) {
            seen.insert(key.clone());
        }
    }

    fn describe(&self, key: &KeyName) {
        DESCRIBED.lock().unwrap_or_else(PoisonError::into_inner).insert(key.as_str().to_owned());
    }
}

impl Recorder for SeriesRecorder {
    fn describe_counter(&self, key: KeyName, _: Option<Unit>, _: SharedString) {
        self.describe(&key);
    }

    fn describe_gauge(&self, key: KeyName, _: Option<Unit>, _: SharedString) {
        self.describe(&key);
    }

    fn describe_histogram(&self, key: KeyName, _: Option<Unit>, _: SharedString) {
        self.describe(&key);
    }

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        self.keep(key);
        Counter::noop()
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        self.keep(key);
        Gauge::noop()
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        self.keep(key);
        Histogram::noop()
    }
}

/// What the documentation of [`Event`] calls a label, by the name of its field.
#[derive(Default)]
pub struct EventLabels(Mutex<BTreeMap<&'static str, BTreeSet<&'static str>>>);

impl EventLabels {
    pub fn seen(&self) -> BTreeMap<&'static str, BTreeSet<&'static str>> {
        self.0.lock().unwrap().clone()
    }
}

impl Observer for EventLabels {
    fn observe(&self, event: &Event<'_>) {
        let labels: &[(&'static str, &'static str)] = match event {
            Event::Decision(decision) => &[
                ("decision.outcome", decision.outcome),
                ("decision.reason", decision.reason.unwrap_or("none")),
                ("decision.token_type", decision.token_type),
                ("decision.carrier", decision.carrier),
                ("decision.cache", decision.cache),
                ("decision.renewed_by", decision.renewed_by),
                ("decision.redirect_loop", decision.redirect_loop),
            ],
            Event::Rejection(rejection) => {
                &[("rejection.code", rejection.code), ("rejection.token_type", rejection.token_type)]
            }
            Event::ClerkCall(call) => {
                &[("call.endpoint", call.endpoint), ("call.error", call.error), ("call.status", call.status_class())]
            }
            Event::KeysFetched(keys) => &[("keys.outcome", keys.outcome)],
            Event::CutOffsAdded(added) => &[("cut_offs.origin", added.origin)],
            Event::RevocationStore(store) => &[("store.state", store.state)],
            _ => &[],
        };
        let mut seen = self.0.lock().unwrap();
        for (name, value) in labels {
            seen.entry(name).or_default().insert(value);
        }
    }
}
