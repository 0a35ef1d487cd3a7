use proptest::prelude::*;

use super::*;

const NAMES: [&str; 17] = [
    "alg",
    "kid",
    "sub",
    "aud",
    "exp",
    "iss",
    "v",
    "o",
    "fea",
    "fva",
    "org_id",
    "org_permissions",
    "id",
    "per",
    "x",
    "act",
    "",
];

/// Reads the text, and holds what is found against what `serde_json` makes of it.
fn check(json: &[u8]) {
    let text = String::from_utf8_lossy(json);
    let value = serde_json::from_slice::<Value>(json).ok().filter(|value| !value.is_null());
    let members = Members::parse(json.to_vec());
    assert_eq!(members.is_some(), value.is_some(), "{text}");
    let (Some(members), Some(value)) = (members, value) else { return };
    let map = value.as_object().cloned().unwrap_or_default();
    for name in NAMES.into_iter().filter(|name| Known::parse(name).is_some_and(|name| name != Known::O)) {
        assert_eq!(members.get(name).map(Member::to_value).as_ref(), map.get(name), "{name} of {text}");
        let of_organization = map.get("o").and_then(Value::as_object).and_then(|o| o.get(name));
        if matches!(name, "id" | "per" | "sub") {
            assert_eq!(
                members.of_organization(name).map(Member::to_value).as_ref(),
                of_organization,
                "{name} in {text}"
            );
        }
    }
    assert_eq!(members.to_map(), map, "{text}");
}

#[test]
fn texts_and_what_is_read_of_them() {
    let deep = |depth: usize| format!("{{\"x\":{}1{}}}", "[".repeat(depth), "]".repeat(depth));
    for json in [
        r#"{"sub":"user_1","exp":1,"x":{"y":[1,null,"é\u{1F600}"]}}"#,
        r#"{"sub":"a","sub":"b","exp":1,"exp":[]}"#,
        r#"{"o":{"id":"a"},"o":{"per":"b"}}"#,
        r#"{"o":{"id":"a","id":"b","x":{"id":"c"},"o":{"id":"d"}}}"#,
        r#"{"o":{"sub":{"id":"x"}}}"#,
        r#"{"o":"a"}"#,
        r#"{"o":[{"id":"a"}]}"#,
        r#"{"o":null}"#,
        r#"{"s\u0075b":"user\u005f1","kid":"a\"b\\","iss":"\ud83d\ude00"}"#,
        r#"{"sub":"\ud83d"}"#,
        r#"{"x":"\ud83d"}"#,
        r#"{"x":"\ud83dA"}"#,
        r#"{"x":"\x"}"#,
        "{\"x\":\"a\tb\"}",
        r#"{"exp":1e999}"#,
        r#"{"x":1e999}"#,
        r#"{"x":-1e-999,"exp":1E5}"#,
        r#"{"exp":123456789012345678901234567890}"#,
        r#"{"x":01}"#,
        r#"{"x":-}"#,
        r#"{"fva":[5,-1],"x":1,"fva":[0.5,{"fva":[]}]}"#,
        r#"{"aud":["a","b",{"c":[]}],"iat":true,"iss":false,"nbf":null}"#,
        r#"{"":1}"#,
        r#"{"sub":"a",}"#,
        r#"{"sub":"a"} "#,
        r#"{"sub":"a"}x"#,
        r#"{"sub":"a"}{}"#,
        r#"{"sub" "a"}"#,
        r#"{1:2}"#,
        "{}",
        "[]",
        "[1,[2,{\"a\":3}]]",
        "[1,]",
        "\"sub\"",
        "\"\\ud83d\"",
        "7",
        "-7",
        "7.5",
        "1e999",
        "true",
        "null",
        " null ",
        "nul",
        "",
        " ",
    ] {
        check(json.as_bytes());
    }
    for depth in [1, 100, 124, 125, 126, 127, 128, 129, 10_000] {
        check(deep(depth).as_bytes());
    }
    check(b"{\"sub\":\"\xff\"}");
    check(b"{\"x\":\"\xc3\"}");
    check(b"\xff");
}

/// Bits of JSON, put together at random.
fn json() -> impl Strategy<Value = String> {
    let scalar = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        any::<i64>().prop_map(|number| number.to_string()),
        any::<f64>().prop_map(|number| format!("{number:e}")),
        any::<String>().prop_map(|text| Value::String(text).to_string()),
        "\"(\\\\[\"nu]|\\\\u[0-9a-f]{4}|[a-z])*\"",
    ];
    scalar.prop_recursive(4, 64, 6, |inner| {
        let name = prop_oneof![prop::sample::select(NAMES.to_vec()).prop_map(str::to_owned), "[a-z]{0,3}"];
        let member = (name, inner.clone()).prop_map(|(name, value)| format!("\"{name}\" :{value}"));
        prop_oneof![
            prop::collection::vec(inner, 0..6).prop_map(|all| format!("[{}]", all.join(","))),
            prop::collection::vec(member, 0..14).prop_map(|all| format!("{{{}}}", all.join(" , "))),
        ]
    })
}

proptest! {
    #[test]
    fn any_text_is_read_as_serde_json_reads_it(json in json()) {
        check(json.as_bytes());
    }

    #[test]
    fn broken_text_too(json in json(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut json = json.into_bytes();
        let at = at.index(json.len());
        json[at] = byte;
        check(&json);
    }
}
