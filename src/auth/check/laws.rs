//! Property tests that hold for every check and every caller, however odd.

use std::time::Duration;

use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::{Value, json};

use super::*;
use crate::token::{ActiveOrganization, Claims};

/// A caller to check, as a verified token describes it.
#[derive(Debug)]
enum Caller {
    User(Box<Claims>, Option<ActiveOrganization>),
    Machine(TokenType, Vec<String>),
}

impl Caller {
    fn user(claims: &Value) -> Self {
        let claims = Claims::parse(claims.to_string().into_bytes(), 0).unwrap();
        let organization = ActiveOrganization::of(&claims);
        Self::User(claims.into(), organization)
    }

    fn answer(&self, check: &Check) -> Result<(), Missing> {
        check.answer(match self {
            Self::User(claims, organization) => Holder::User { organization: organization.as_ref(), claims },
            Self::Machine(_, scopes) => Holder::Machine { scopes },
        })
    }

    fn passes(&self, check: &Check) -> bool {
        self.answer(check).is_ok()
    }

    fn token_type(&self) -> TokenType {
        match self {
            Self::User(..) => TokenType::SessionToken,
            Self::Machine(token_type, _) => *token_type,
        }
    }
}

/// Names from a small set, so that callers often have them.
fn name() -> impl Strategy<Value = &'static str> {
    let odd = vec!["org:a", "o:a", "user:a", "u:b", "a:b", "org:a:b", "org:", ":", "", "x:a", "organization:b"];
    prop_oneof![3 => select(vec!["a", "b"]), 2 => select(odd)]
}

const fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(60 * minutes)
}

fn reverification() -> impl Strategy<Value = Reverification> {
    let (first, second) = (Reverification::first_factor(minutes(5)), Reverification::second_factor(minutes(20)));
    select(vec![
        first,
        second,
        Reverification::multi_factor(minutes(20)),
        Reverification::STRICT,
        Reverification::LAX,
        Reverification::first_factor(Duration::from_secs(59)),
    ])
}

/// A check that asks for one thing.
fn dimension() -> impl Strategy<Value = Check> {
    prop_oneof![
        name().prop_map(|name| Check::new().role(name)),
        name().prop_map(|name| Check::new().permission(name)),
        name().prop_map(|name| Check::new().feature(name)),
        name().prop_map(|name| Check::new().plan(name)),
        name().prop_map(|name| Check::new().scope(name)),
        reverification().prop_map(|asked| Check::new().reverification(asked)),
    ]
}

/// Asks for both; if they ask for the same kind of thing, only for the first's.
fn and(first: Check, second: Check) -> Check {
    Check {
        role: first.role.or(second.role),
        permission: first.permission.or(second.permission),
        feature: first.feature.or(second.feature),
        plan: first.plan.or(second.plan),
        scope: first.scope.or(second.scope),
        reverification: first.reverification.or(second.reverification),
        ..first
    }
}

/// A check that asks for up to four things, with no checks nested in it.
fn flat() -> impl Strategy<Value = Check> {
    vec(dimension(), 0..4).prop_map(|all| all.into_iter().fold(Check::new(), and))
}

fn check() -> impl Strategy<Value = Check> {
    prop_oneof![9 => flat(), 1 => Just(Check::ANYONE)].prop_recursive(3, 12, 3, |inner| {
        let some = vec(inner.clone(), 0..3).prop_map(|checks| &*checks.leak());
        (some, any::<bool>(), inner).prop_map(|(checks, is_any, more)| match is_any {
            true => Check { any: Some(checks), ..more },
            false => Check { all: Some(checks), ..more },
        })
    })
}

/// Splits a flat check into checks that ask for one thing each.
fn dimensions(check: Check) -> Vec<Check> {
    let none = Check::new();
    [
        check.role.map(|name| none.role(name)),
        check.permission.map(|name| none.permission(name)),
        check.feature.map(|name| none.feature(name)),
        check.plan.map(|name| none.plan(name)),
        check.scope.map(|name| none.scope(name)),
        check.reverification.map(|asked| none.reverification(asked)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Any JSON, made of the characters that have a meaning in claims.
fn odd() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        (-2..30).prop_map(Value::from),
        "[oubrga:, 0-9\u{feff}\u{85}]{0,12}".prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec((select(vec!["id", "rol", "per", "fpm", "x"]), inner), 0..4)
                .prop_map(|members| members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()),
        ]
    })
}

/// Factor ages, valid or nearly valid.
fn ages() -> impl Strategy<Value = Value> {
    let age = prop_oneof![8 => (-2..6).prop_map(Value::from), 1 => (-2.0..6.0).prop_map(Value::from), 1 => odd()];
    prop_oneof![1 => odd(), 4 => vec(age.clone(), 2).prop_map(Value::from), 1 => vec(age, 0..4).prop_map(Value::from)]
}

/// Claims of which some are valid.
fn claims() -> impl Strategy<Value = Value> {
    let or_odd = |sound: BoxedStrategy<Value>| prop_oneof![6 => sound, 1 => odd(), 1 => Just(Value::Null)];
    let text = |pattern: &'static str| pattern.prop_map(Value::from).boxed();
    let ages = (-1..30, -1..30).prop_map(|(first, second)| json!([first, second])).boxed();
    let organization =
        (or_odd(text("org_1")), or_odd(text("[ab]")), or_odd(text("[ab](,[ab])?")), or_odd(text("[0-3],[0-3]")))
            .prop_map(|(id, role, names, masks)| json!({ "id": id, "rol": role, "per": names, "fpm": masks }))
            .boxed();
    let permissions = vec("org:[ab]:[ab]", 0..3).prop_map(Value::from).boxed();
    (
        select(vec![1, 2]),
        or_odd(text("(o|u|uo):[ab](, ?(o|u|x):[ab]){0,2}")),
        or_odd(text("(o|u):[ab]")),
        or_odd(ages),
        or_odd(organization),
        or_odd(text("org_1")),
        or_odd(text("(org:)?[ab]")),
        or_odd(permissions),
    )
        .prop_map(|(v, fea, pla, fva, o, org_id, org_role, org_permissions)| {
            json!({
                "v": v, "fea": fea, "pla": pla, "fva": fva, "o": o,
                "org_id": org_id, "org_role": org_role, "org_permissions": org_permissions,
            })
        })
}

fn caller() -> impl Strategy<Value = Caller> {
    let machines = vec![TokenType::ApiKey, TokenType::M2mToken, TokenType::OAuthToken];
    let scopes = vec(name().prop_map(str::to_owned), 0..3);
    prop_oneof![
        3 => claims().prop_map(|claims| Caller::user(&claims)),
        1 => (select(machines), scopes).prop_map(|(token_type, scopes)| Caller::Machine(token_type, scopes)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn everything_asked_has_to_be_there_and_something_has_to_be_asked(caller in caller(), check in flat()) {
        let each = dimensions(check);
        let expected = !each.is_empty() && each.iter().all(|one| caller.passes(one));
        prop_assert_eq!(caller.passes(&check), expected);
    }

    #[test]
    fn who_fails_a_check_fails_it_with_more_asked(caller in caller(), check in check(), more in dimension()) {
        let asks_nothing = caller.answer(&check) == Err(Missing::Everything);
        prop_assume!(!asks_nothing);
        prop_assert!(caller.passes(&check) || !caller.passes(&and(check, more)));
    }

    #[test]
    fn any_is_or(caller in caller(), checks in vec(check(), 0..4)) {
        let one_passes = checks.iter().any(|check| caller.passes(check));
        let mut reversed = checks.clone();
        reversed.reverse();
        prop_assert_eq!(caller.passes(&Check::any(checks.leak())), one_passes);
        prop_assert_eq!(caller.passes(&Check::any(reversed.leak())), one_passes);
    }

    #[test]
    fn all_is_and(caller in caller(), checks in vec(check(), 1..4)) {
        let all_pass = checks.iter().all(|check| caller.passes(check));
        let mut reversed = checks.clone();
        reversed.reverse();
        prop_assert_eq!(caller.passes(&Check::all(checks.leak())), all_pass);
        prop_assert_eq!(caller.passes(&Check::all(reversed.leak())), all_pass);
    }

    #[test]
    fn what_cannot_pass_does_not(caller in caller(), check in check()) {
        let of_the_type = check.can_pass_for(TokenTypes::only(caller.token_type()));
        prop_assert!(of_the_type || !caller.passes(&check));
        prop_assert!(!of_the_type || check.can_pass_for(TokenTypes::ALL));
    }

    #[test]
    fn a_verification_is_asked_for_last(caller in caller(), check in flat()) {
        if let Err(Missing::Reverification(asked)) = caller.answer(&check) {
            prop_assert_eq!(Some(asked), check.reverification);
            let others = Check { reverification: None, ..check };
            prop_assert!(caller.passes(&others) || caller.answer(&others) == Err(Missing::Everything));
        }
    }

    #[test]
    fn a_check_without_a_matching_claim_never_passes(
        v in odd(), o in odd(), fea in odd(), pla in odd(), fva in odd(), permissions in odd(), role in odd(),
    ) {
        let user = Caller::user(&json!({
            "v": v, "o": o, "fea": fea, "pla": pla, "fva": fva,
            "org_id": "org_1", "org_role": role, "org_permissions": permissions,
        }));
        let version_2 = Caller::user(&json!({ "v": 2, "o": o, "fea": fea, "pla": pla, "fva": fva }));
        for user in [user, version_2] {
            for absent in ["needle", "org:needle", "user:needle", "org:a:needle"] {
                for check in [
                    Check::new().role(absent),
                    Check::new().permission(absent),
                    Check::new().feature(absent),
                    Check::new().plan(absent),
                    Check::new().scope(absent),
                ] {
                    prop_assert!(!user.passes(&check), "{}", check);
                }
            }
        }
    }

    #[test]
    fn a_verification_is_there_only_where_an_age_says_so(fva in ages(), within in 0_u64..6) {
        let user = Caller::user(&json!({ "fva": fva }));
        let ages: Vec<f64> = fva.as_array().into_iter().flatten().filter_map(Value::as_f64).collect();
        let is_pair = ages.len() == 2 && fva.as_array().is_some_and(|all| all.len() == 2);
        let one_is_fresh = is_pair && ages.iter().any(|age| *age >= 0.0 && *age < within as f64);
        for asked in [
            Reverification::first_factor(minutes(within)),
            Reverification::second_factor(minutes(within)),
            Reverification::multi_factor(minutes(within)),
        ] {
            prop_assert!(one_is_fresh || !user.passes(&Check::new().reverification(asked)), "{}", asked);
        }
    }
}
