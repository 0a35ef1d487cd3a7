//! Compares the members that are read from an object with what `serde_json` reads from the same text.

use proptest::prelude::*;

use super::*;

/// The known names, in the order of their table entries, and others.
const NAMES: [&str; 31] = [
    "alg",
    "cat",
    "kid",
    "typ",
    "aud",
    "azp",
    "exp",
    "fea",
    "fva",
    "iat",
    "iss",
    "nbf",
    "org_id",
    "org_permissions",
    "org_role",
    "org_slug",
    "pla",
    "sid",
    "sts",
    "sub",
    "v",
    "fpm",
    "id",
    "per",
    "rol",
    "slg",
    "o",
    "x",
    "act",
    "",
    "org",
];

/// Reads the text, and compares the members with what `serde_json` reads.
fn check(json: &[u8]) {
    let text = String::from_utf8_lossy(json);
    let value = serde_json::from_slice::<Value>(json).ok().filter(|value| !value.is_null());
    let members = Claims::parse([b"a.b.c", json].concat(), 5);
    assert_eq!(members.is_some(), value.is_some(), "{text}");
    let (Some(members), Some(value)) = (members, value) else { return };
    let map = value.as_object().cloned().unwrap_or_default();
    let organization = map.get("o").and_then(Value::as_object).cloned().unwrap_or_default();
    let found = |name| members.get(name).map(Claim::to_value);
    // With `serde_json/raw_value`, such an object is what its member says. To the rules it is an object, and so a wrong type.
    let names = if text.contains("$serde_json::private::") { &[] } else { &NAMES[..] };
    for name in names.iter().copied() {
        if let Some(known) = ClaimName::parse(name) {
            assert_eq!(found(known), map.get(name).map(shallow), "{name} of {text}");
        }
        if let Some(known) = ClaimName::parse_in_o(name) {
            assert_eq!(found(known), organization.get(name).map(shallow), "{name} in o of {text}");
        }
    }
    assert_eq!(members.to_map(), map, "{text}");
    assert_eq!(members.prefix(), "a.b.c");
}

/// Returns what is kept of the value of a known member: no objects, and no lists in lists.
fn shallow(value: &Value) -> Value {
    let emptied = |value: &Value| match value {
        Value::Array(_) => Value::Array(Vec::new()),
        Value::Object(_) => Value::Object(Map::new()),
        scalar => scalar.clone(),
    };
    match value {
        Value::Array(list) => list.iter().map(emptied).collect(),
        other => emptied(other),
    }
}

/// Returns the known members with this name, at the top level and in `o`.
fn known(name: &str) -> impl Iterator<Item = ClaimName> {
    ClaimName::parse(name).into_iter().chain(ClaimName::parse_in_o(name))
}

#[test]
fn every_known_member_has_a_name_and_a_place_of_its_own() {
    let places: Vec<_> = NAMES.into_iter().flat_map(known).map(|known| known as usize).collect();
    assert_eq!(places, (0..ClaimName::COUNT).collect::<Vec<_>>());
    let of_o: Vec<_> = NAMES.into_iter().filter_map(ClaimName::parse_in_o).map(|known| known as usize).collect();
    assert_eq!(of_o, ClaimName::IN_O.map(|known| known as usize));
}

/// The forms that most tokens have take no memory of their own.
#[test]
fn texts_and_ages_are_kept_without_a_value_of_their_own() {
    for (json, is_compact) in [
        (r#"{"sub":"user_1"}"#, true),
        (r#"{"sub":""}"#, true),
        (r#"{"sub":"é"}"#, true),
        (r#"{"sub":"a\u0062"}"#, false),
        (r#"{"sub":["user_1"]}"#, false),
        (r#"{"fva":[5,-1]}"#, true),
        (r#"{"fva":[0,0]}"#, true),
        (r#"{"fva":[-1,-1]}"#, true),
        (r#"{"fva":[2147483647,-2147483648]}"#, true),
        (r#"{"fva":[2147483648,0]}"#, false),
        (r#"{"fva":[0,-2147483649]}"#, false),
        (r#"{"fva":[0.5,1]}"#, false),
        (r#"{"fva":[-0,1]}"#, false),
        (r#"{"fva":[5]}"#, false),
    ] {
        let members = Claims::parse(json.as_bytes().to_vec(), 0).unwrap();
        let member = members.get(ClaimName::Sub).or_else(|| members.get(ClaimName::Fva)).unwrap();
        assert_eq!(matches!(member, Claim::Text(_) | Claim::Ages(_)), is_compact, "{json}");
    }
}

#[test]
fn debug_of_claims_lacks_the_token_before_them() {
    let members = Claims::parse(br#"a.secret.c{"sub":"user_1"}"#.to_vec(), 10).unwrap();
    let text = format!("{members:?}");
    assert!(text.contains("user_1") && !text.contains("secret"), "{text}");
}

#[test]
fn ages_and_other_numbers() {
    for (json, number, two) in [
        ("5", Some(5.0), None),
        ("-1", Some(-1.0), None),
        ("2.5", Some(2.5), None),
        ("18446744073709551615", Some(18_446_744_073_709_551_615.0), None),
        ("[5,-1]", None, Some([5.0, -1.0])),
        ("[0.5,1]", None, Some([0.5, 1.0])),
        ("[2147483647,2147483648]", None, Some([2_147_483_647.0, 2_147_483_648.0])),
        ("[-0,1]", None, Some([-0.0, 1.0])),
        ("[]", None, None),
        ("[5]", None, None),
        ("[5,5,5]", None, None),
        ("[5,\"5\"]", None, None),
        ("[5,null]", None, None),
        ("\"5\"", None, None),
        ("{\"0\":5,\"1\":5}", None, None),
        ("true", None, None),
        ("null", None, None),
    ] {
        let members = Claims::parse(format!("{{\"fva\":{json}}}").into_bytes(), 0).unwrap();
        let member = members.get(ClaimName::Fva).unwrap();
        assert_eq!(member.as_f64(), number, "{json}");
        let found = member.as_two_numbers().map(|two| two.map(|number| number.as_f64().unwrap()));
        assert_eq!(found, two, "{json}");
        let value: Value = serde_json::from_str(json).unwrap();
        assert_eq!(member.to_string(), shallow(&value).to_string());

        let members = Claims::parse(format!("{{\"aud\":{json}}}").into_bytes(), 0).unwrap();
        let is_list = matches!(members.get(ClaimName::Aud), Some(Claim::Value(Value::Array(_))));
        assert_eq!(is_list, value.is_array(), "any list but the ages: {json}");
    }
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
        r#"{"x":{"$serde_json::private::RawValue":"no json"}}"#,
        r#"{"x":[{"\u0024serde_json::private::RawValue":5}]}"#,
        r#"{"x":{"$serde_json::private::RawValue":"{\"y\":1}"}}"#,
        r#"{"$serde_json::private::RawValue":"x"}"#,
        r#"{"o":{"$serde_json::private::RawValue":"no json"}}"#,
        r#"{"aud":{"$serde_json::private::RawValue":"no json"}}"#,
        r#"{"aud":{"$serde_json::private::RawValue":"\"x\""}}"#,
        r#"{"x":{"$serde_json::private::Number":"no number"}}"#,
        r#"{"x":{"$serde_json::private::Other":"x"}}"#,
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

/// Pieces of JSON, combined at random.
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

/// A thousand doubles, in the forms in which programs write them: each has to be read as the double that is nearest to
/// the text.
#[test]
#[allow(clippy::excessive_precision, reason = "a text between two doubles is what is tested")]
fn a_number_with_a_fraction_is_read_as_the_nearest_double() {
    let special = [
        0.1,
        2.0 / 3.0,
        4.35,
        0.3,
        5e-324,
        f64::MIN_POSITIVE,
        2.225_073_858_507_201e-308,
        f64::MAX,
        1.797_693_134_862_315_7e308,
        9_007_199_254_740_993.0,
        1e23,
        8.5e15 + 0.5,
        6_929_495_644_600_919.5,
        -0.0,
    ];
    // SplitMix64, so that the table is the same everywhere.
    let mut state = 2026_u64;
    let mut random = || {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = state;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^ (bits >> 31)
    };
    let mut doubles = special.to_vec();
    while doubles.len() < 1000 {
        let bits = random();
        doubles.push(match doubles.len() % 4 {
            0 => f64::from_bits(bits),
            1 => (bits >> 11) as f64 / (1_u64 << 53) as f64,
            2 => (bits % 100_000_000) as f64 / 100.0,
            _ => (bits >> 20) as f64 / 1e6,
        });
        if !doubles.last().unwrap().is_finite() {
            doubles.pop();
        }
    }
    for double in doubles {
        for text in [format!("{double:?}"), format!("{double:e}"), format!("{double:.17e}"), format!("{double:.30e}")] {
            let members = Claims::parse(format!(r#"{{"x":{text},"exp":{text}}}"#).into_bytes(), 0).unwrap();
            let nearest = text.parse::<f64>().unwrap().to_bits();
            assert_eq!(members.to_map()["x"].as_f64().unwrap().to_bits(), nearest, "{text}");
            assert_eq!(members.get(ClaimName::Exp).unwrap().as_f64().unwrap().to_bits(), nearest, "{text}");
            // When it is serialized again, it is the same number.
            let sent: f64 = members.to_map()["x"].to_string().parse().unwrap();
            assert_eq!(sent.to_bits(), nearest, "{text}");
        }
    }
}
