//! All series that the metrics can have, computed from the label values that the documentation lists.

use std::collections::BTreeSet;

use crate::recorder::Series;

const PAGE: &str = include_str!("../../docs/observability.md");
const TROUBLESHOOTING: &str = include_str!("../../docs/troubleshooting.md");

/// The values of one label in a [`Pattern`].
enum Values {
    These(&'static [&'static str]),
    /// The values that the page lists for the label.
    Listed,
    /// The reasons why a request is not authenticated.
    Reasons,
    /// What a 403 can miss.
    Missing,
    /// An HTTP status.
    Status,
}

use Values::{Listed, Missing, Reasons, Status, These};

/// Series that differ in the values of these labels, each with each.
type Pattern = &'static [(&'static str, Values)];

const MACHINES: Values = These(&["api_key", "m2m_token", "oauth_token"]);
const SESSION: Values = These(&["session_token"]);
const ANY_CARRIER: Values = These(&["header", "websocket", "cookie", "none"]);
const NONE: Values = These(&["none"]);

/// The series of each metric. Machine tokens count in the header only. A handshake is started for an expired token in
/// the header too, and completed by a browser with cookies or none.
const METRICS: &[(&str, &[Pattern])] = &[
    (
        "clerk_authentications_total",
        &[
            &[
                ("outcome", These(&["signed-in"])),
                ("reason", These(&["none", "session-pending"])),
                ("token_type", SESSION),
                ("carrier", ANY_CARRIER),
            ],
            &[
                ("outcome", These(&["signed-out"])),
                ("reason", Reasons),
                ("token_type", SESSION),
                ("carrier", ANY_CARRIER),
            ],
            &[
                ("outcome", These(&["handshake"])),
                ("reason", Reasons),
                ("token_type", SESSION),
                ("carrier", These(&["header", "cookie", "none"])),
            ],
            &[
                ("outcome", These(&["handshake-completed"])),
                ("reason", These(&["none", "session-token-missing"])),
                ("token_type", SESSION),
                ("carrier", These(&["cookie", "none"])),
            ],
            &[
                ("outcome", These(&["malformed"])),
                ("reason", These(&["handshake-malformed"])),
                ("token_type", SESSION),
                ("carrier", These(&["cookie", "none"])),
            ],
            &[
                ("outcome", These(&["signed-in"])),
                ("reason", NONE),
                ("token_type", MACHINES),
                ("carrier", These(&["header"])),
            ],
            &[
                ("outcome", These(&["signed-out"])),
                ("reason", Reasons),
                ("token_type", MACHINES),
                ("carrier", These(&["header"])),
            ],
        ],
    ),
    ("clerk_authentication_duration_seconds", &[&[]]),
    ("clerk_session_token_cache_total", &[&[("result", Listed)]]),
    ("clerk_handshakes_total", &[&[("step", Listed)]]),
    ("clerk_refreshes_total", &[&[("result", Listed)]]),
    ("clerk_redirect_loops_total", &[&[("cause", Listed)]]),
    (
        "clerk_rejections_total",
        &[
            &[("status", These(&["302", "401", "404", "503"])), ("code", Reasons), ("token_type", Listed)],
            &[("status", These(&["302", "403", "404"])), ("code", Missing), ("token_type", Listed)],
            &[("status", These(&["500"])), ("code", These(&["internal-error"])), ("token_type", Listed)],
        ],
    ),
    (
        "clerk_calls_total",
        &[
            &[("endpoint", Listed), ("status", Status), ("error", NONE)],
            &[
                ("endpoint", Listed),
                ("status", NONE),
                (
                    "error",
                    These(&["connection", "timeout", "proxy", "dns", "tls", "invalid-key", "response", "not-made"]),
                ),
            ],
        ],
    ),
    ("clerk_call_duration_seconds", &[&[("endpoint", Listed)]]),
    ("clerk_jwks_fetches_total", &[&[("outcome", Listed)]]),
    ("clerk_jwks_last_success_timestamp_seconds", &[&[]]),
    ("clerk_jwks_keys", &[&[]]),
    ("clerk_cut_offs_total", &[&[("origin", Listed)]]),
    ("clerk_cut_offs", &[&[]]),
    ("clerk_revocation_store_up", &[&[]]),
];

impl Values {
    fn all(&self, metric: &str, label: &str) -> BTreeSet<String> {
        let owned = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect();
        match self {
            These(values) => owned(values),
            Listed => listed(metric, label),
            Reasons => {
                codes("## ").difference(&codes("## Forbidden")).filter(|code| is_reason(code)).cloned().collect()
            }
            Missing => codes("## Forbidden"),
            Status => (100..=599).map(|status| status.to_string()).chain(["other".to_owned()]).collect(),
        }
    }
}

/// Two codes of that page belong to responses without a [`Reason`](clerk_actix::Reason).
fn is_reason(code: &str) -> bool {
    !matches!(code, "handshake-malformed" | "internal-error")
}

/// Returns the values in the row of a label on the page.
pub fn listed(metric: &str, label: &str) -> BTreeSet<String> {
    let rows = [format!("| `{label}` | "), format!("| `{label}` of `{metric}` | ")];
    let row = PAGE.lines().find(|line| rows.iter().any(|start| line.starts_with(start)));
    let (_, values) = row.unwrap_or_else(|| panic!("no row for {label} of {metric}")).split_once(" | ").unwrap();
    values.split('`').skip(1).step_by(2).filter(|value| *value != "ClerkClient").map(str::to_owned).collect()
}

/// Returns the codes in the tables of the troubleshooting page under headings that start like this, as labels.
pub fn codes(heading: &str) -> BTreeSet<String> {
    let sections = TROUBLESHOOTING.split("\n## ").skip(1).map(|section| format!("## {section}"));
    let sections: Vec<String> = sections.filter(|section| section.starts_with(heading)).collect();
    let rows = sections.iter().flat_map(|section| section.lines()).filter_map(|row| row.strip_prefix("| `"));
    let codes = rows.filter_map(|row| Some(row.split_once('`')?.0));
    codes.map(|code| code.replace("refresh-…", "refresh-refused")).collect()
}

/// Returns the number of series that a metric can have.
pub fn most(metric: &str) -> usize {
    let pattern = |pattern: &Pattern| -> usize {
        pattern.iter().map(|(label, values)| values.all(metric, label).len()).product()
    };
    patterns(metric).iter().map(pattern).sum()
}

/// Returns whether a series is one of those that are counted.
pub fn is_known((metric, labels): &Series) -> bool {
    patterns(metric).iter().any(|pattern| {
        pattern.len() == labels.len()
            && pattern
                .iter()
                .zip(labels)
                .all(|((label, values), (name, value))| *label == name && values.all(metric, label).contains(value))
    })
}

fn patterns(metric: &str) -> &'static [Pattern] {
    METRICS.iter().find(|(name, _)| *name == metric).unwrap_or_else(|| panic!("no metric {metric}")).1
}

pub fn metrics() -> impl Iterator<Item = &'static str> {
    METRICS.iter().map(|(metric, _)| *metric)
}

/// The page states the numbers.
#[test]
fn the_page_states_the_number_of_series_of_each_metric() {
    let number = |row: &str| row.trim_end_matches(" |").rsplit(" | ").next().unwrap().replace(',', "").parse().unwrap();
    let rows = PAGE.lines().filter_map(|line| line.strip_prefix("| `clerk_"));
    let rows: Vec<(&str, usize)> = rows.map(|row| (row.split('`').next().unwrap(), number(row))).collect();
    let sum = PAGE.lines().find(|line| line.starts_with("| all |")).map(number);
    let computed: Vec<(&str, usize)> =
        metrics().map(|metric| (metric.strip_prefix("clerk_").unwrap(), most(metric))).collect();
    assert_eq!(rows, computed);
    assert_eq!(sum, Some(metrics().map(most).sum()));
    let reasons = Reasons.all("", "");
    assert_eq!((reasons.len(), Missing.all("", "").len()), (44, 7), "{reasons:?}");
}
