//! The error for claims or metadata that do not fit the type that a handler expects.

use std::{any::type_name, fmt};

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// Claims or metadata do not fit the type that they should be deserialized into.
///
/// It never contains the data, which serde's own errors quote: metadata can hold secrets, and claims are about people.
/// It is an Actix [`ResponseError`](actix_web::ResponseError) with status 500 and a body that reveals nothing, so a
/// handler can use `?`. [`problem`](Self::problem) is for the log.
#[derive(Clone, Debug)]
pub struct DeserializeError {
    what: &'static str,
    problem: String,
}

impl DeserializeError {
    /// Describes the problem in terms of the type: `my_app::Billing: missing field \`customer\``. It contains no data,
    /// but names types and fields of the program: for the log, not for clients.
    pub fn problem(&self) -> &str {
        &self.problem
    }
}

impl fmt::Display for DeserializeError {
    /// A sentence that is safe to show to anyone.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the {} do not have the expected form", self.what)
    }
}

impl std::error::Error for DeserializeError {}

/// Deserializes the object into the application's type; `what` names the source, such as `claims`.
pub(crate) fn read_as<T: DeserializeOwned>(
    what: &'static str,
    members: Map<String, Value>,
) -> Result<T, DeserializeError> {
    serde_json::from_value(Value::Object(members)).map_err(|error| {
        let problem = format!("{}: {}", type_name::<T>(), without_data(&error.to_string()));
        DeserializeError { what, problem }
    })
}

/// Strips what a serde message quotes of the data. Names of missing or repeated fields come from the type, and so does
/// the text after "expected". The search starts from the end, so that data containing the same words is cut off with
/// the rest. A message in any other form is the application's own, and may quote anything.
pub(crate) fn without_data(message: &str) -> &str {
    const EXPECTED: &str = ", expected ";
    const FORMS: [&str; 5] =
        ["invalid type: ", "invalid value: ", "invalid length ", "unknown variant `", "unknown field `"];
    if message.starts_with("missing field `") || message.starts_with("duplicate field `") {
        return message;
    }
    let is_serdes = FORMS.iter().any(|form| message.starts_with(form));
    match message.rfind(EXPECTED).filter(|_| is_serdes) {
        Some(start) => &message[start + ", ".len()..],
        None => "a value was rejected",
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code, reason = "only deserialization is tested")]
    struct Billing {
        #[serde(default)]
        customer: String,
        #[serde(default)]
        seats: u8,
        #[serde(default)]
        plan: Option<Plan>,
        #[serde(default)]
        renews: Option<Date>,
        #[serde(default)]
        tags: (u8, u8),
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Plan {
        Free,
        Pro,
    }

    #[derive(Debug, Deserialize)]
    #[serde(try_from = "String")]
    struct Date;

    impl TryFrom<String> for Date {
        type Error = String;

        fn try_from(text: String) -> Result<Self, String> {
            Err(format!("{text} is not a date, expected a later one than {text}"))
        }
    }

    #[derive(Debug, Deserialize)]
    #[allow(dead_code, reason = "only deserialization is tested")]
    struct Required {
        customer: String,
    }

    fn read<T: DeserializeOwned + fmt::Debug>(data: Value) -> DeserializeError {
        read_as::<T>("metadata", data.as_object().unwrap().clone()).unwrap_err()
    }

    #[test]
    fn an_error_names_the_type_and_never_the_data() {
        let expected = |words: &str| format!("expected {words}");
        for (name, data, problem) in [
            ("another type", json!({"seats": "secret"}), expected("u8")),
            ("a number out of range", json!({"seats": 4_242_424_242_u64}), expected("u8")),
            ("an invalid number", json!({"seats": 424.242}), expected("u8")),
            ("null", json!({"customer": null}), expected("a string")),
            ("an object for a text", json!({"customer": {"secret": 1}}), expected("a string")),
            ("a text for a list", json!({"tags": "secret"}), expected("a tuple of size 2")),
            ("too short a list", json!({"tags": [42]}), expected("a tuple of size 2")),
            ("an unknown variant", json!({"plan": "secret"}), expected("`free` or `pro`")),
            ("a variant of another type", json!({"plan": {"secret": 1}}), expected("`free` or `pro`")),
            ("a text that says what it expects", json!({"seats": "x, expected secret"}), expected("u8")),
            ("the application's own error", json!({"renews": "secret"}), "a value was rejected".to_owned()),
        ] {
            let error = read::<Billing>(data);
            assert_eq!(error.problem(), format!("{}: {problem}", type_name::<Billing>()), "{name}");
            let all = format!("{error} {error:?} {error:#?}");
            assert!(!all.contains("secret") && !all.contains("42"), "{name}: {all}");
            assert_eq!(error.to_string(), "the metadata do not have the expected form", "{name}");
        }
        let unknown = read::<Billing>(json!({"secret": 1}));
        assert!(unknown.problem().contains("expected one of `customer`") && !unknown.problem().contains("secret"));
        let missing = read::<Required>(json!({"secret": 1}));
        assert!(missing.problem().ends_with("Required: missing field `customer`"), "{}", missing.problem());
        assert!(read_as::<Required>("claims", Map::from_iter([("customer".to_owned(), json!("c"))])).is_ok());
    }
}
