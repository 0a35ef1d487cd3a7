//! Checks and their results, beyond the comparison with the reference in `tests/web/reference_checks.rs`.

use std::time::Duration;

use serde_json::{Value, json};

use super::*;
use crate::token::{ActiveOrganization, Claims};

/// Evaluates the check for a user with these claims.
fn answer(check: Check, claims: Value) -> Result<(), Missing> {
    let claims = Claims::from(claims.as_object().unwrap());
    let organization = ActiveOrganization::of(&claims);
    check.answer(Holder::User { organization: organization.as_ref(), claims: &claims })
}

fn machine(check: Check, scopes: &[&str]) -> Result<(), Missing> {
    let scopes: Vec<String> = scopes.iter().map(|scope| scope.to_string()).collect();
    check.answer(Holder::Machine { scopes: &scopes })
}

const ADMIN: Check = Check::new().role("admin");
const PUBLISH: Check = Check::new().permission("org:posts:publish");
const FRESH: Check = Check::new().reverification(Reverification::STRICT);
const READ: Check = Check::new().scope("read");

fn member() -> Value {
    json!({"org_id": "org_1", "org_role": "org:member", "org_permissions": ["org:posts:publish"], "fva": [60, 60]})
}

#[test]
fn what_is_missing_is_said_one_thing_at_a_time() {
    const ALL: Check = Check::new().role("admin").permission("org:posts:publish").reverification(Reverification::LAX);
    const BOTH: Check = Check::all(&[FRESH, ADMIN]);
    for (name, check, expected) in [
        ("a role", ADMIN, Err(Missing::Role("admin".into()))),
        ("a permission", PUBLISH, Ok(())),
        ("a role before a verification", ALL, Err(Missing::Role("admin".into()))),
        ("a verification", FRESH, Err(Missing::Reverification(Reverification::STRICT))),
        ("a role, though a verification comes first", BOTH, Err(Missing::Role("admin".into()))),
        ("a scope, which no user has", READ, Err(Missing::Scope("read".into()))),
        ("nothing asked", Check::new(), Err(Missing::Everything)),
        ("anyone", Check::ANYONE, Ok(())),
    ] {
        assert_eq!(answer(check, member()), expected, "{name}");
    }
}

#[test]
fn one_of_several() {
    const EITHER: Check = Check::any(&[ADMIN, PUBLISH]);
    const FRESH_ADMIN_OR_READER: Check = Check::any(&[Check::all(&[ADMIN, FRESH]), READ]);
    const FRESH_PUBLISHER_OR_ADMIN: Check = Check::any(&[ADMIN, Check::all(&[PUBLISH, FRESH])]);
    const NONE: Check = Check::any(&[]);
    assert_eq!(answer(EITHER, member()), Ok(()));
    assert!(matches!(answer(FRESH_ADMIN_OR_READER, member()), Err(Missing::OneOf(_))));
    let within_reach = Err(Missing::Reverification(Reverification::STRICT));
    assert_eq!(answer(FRESH_PUBLISHER_OR_ADMIN, member()), within_reach);
    assert!(matches!(answer(NONE, member()), Err(Missing::OneOf(checks)) if checks.is_empty()));
    assert_eq!(machine(FRESH_ADMIN_OR_READER, &["read"]), Ok(()));
    assert_eq!(answer(Check::all(&[]), member()), Err(Missing::Everything));
}

#[test]
fn machines_have_scopes_and_nothing_else() {
    for (name, check, scopes, expected) in [
        ("a scope", READ, &["write", "read"][..], Ok(())),
        ("another scope", READ, &["write"], Err(Missing::Scope("read".into()))),
        ("a scope that starts alike", READ, &["read:all", "rea", "READ"], Err(Missing::Scope("read".into()))),
        ("none", READ, &[], Err(Missing::Scope("read".into()))),
        ("a scope and a role", READ.role("admin"), &["read"], Err(Missing::Role("admin".into()))),
        ("a role named as a scope", ADMIN, &["admin", "org:admin"], Err(Missing::Role("admin".into()))),
        ("a verification", FRESH, &["read"], Err(Missing::Reverification(Reverification::STRICT))),
    ] {
        assert_eq!(machine(check, scopes), expected, "{name}");
    }
}

#[test]
fn checks_that_can_pass() {
    const NEVER: Reverification = Reverification::first_factor(Duration::from_secs(59));
    let session = TokenTypes::only(TokenType::SessionToken);
    let key = TokenTypes::only(TokenType::ApiKey);
    for (name, check, for_session, for_key) in [
        ("a role", ADMIN, true, false),
        ("a scope", READ, false, true),
        ("both", ADMIN.scope("read"), false, false),
        ("either", Check::any(&[ADMIN, READ]), true, true),
        ("all of both", Check::all(&[ADMIN, READ]), false, false),
        ("nothing", Check::new(), false, false),
        ("all of nothing", Check::all(&[]), false, false),
        ("one of nothing", Check::any(&[]), false, false),
        ("anyone", Check::ANYONE, true, true),
        ("anyone with a scope", Check::ANYONE.scope("read"), false, true),
        ("a verification within no time", Check::new().reverification(NEVER), false, false),
    ] {
        assert_eq!(check.can_pass_for(session), for_session, "{name}, for a session");
        assert_eq!(check.can_pass_for(key), for_key, "{name}, for a key");
        assert_eq!(check.can_pass_for(TokenTypes::ALL), for_session || for_key, "{name}, for either");
    }
}

#[test]
fn alternatives_in_words() {
    const ANY: &[Check] = &[Check::new().role("org:a"), Check::new().role("org:b").permission("org:c:d")];
    const NESTED: &[Check] = &[Check::any(ANY), Check::new().role("org:e")];
    assert_eq!(Check::any(ANY).to_string(), "role org:a or (role org:b and permission org:c:d)");
    assert_eq!(Check::any(NESTED).to_string(), "(role org:a or (role org:b and permission org:c:d)) or role org:e");
    assert_eq!(Check::all(NESTED).to_string(), "(role org:a or (role org:b and permission org:c:d)) and role org:e");
}

#[test]
fn checks_in_words() {
    const NESTED: Check = Check::all(&[Check::any(&[ADMIN, READ]), FRESH]);
    for (check, words) in [
        (Check::new(), "nothing"),
        (Check::ANYONE, "anyone"),
        (PUBLISH.reverification(Reverification::STRICT), "permission org:posts:publish and reverification strict"),
        (Check::any(&[ADMIN, READ]), "role admin or scope read"),
        (NESTED, "(role admin or scope read) and reverification strict"),
        (
            Check::new().reverification(Reverification::multi_factor(Duration::from_secs(5 * 60 + 59))),
            "reverification multi_factor within 5 minutes",
        ),
    ] {
        assert_eq!(check.to_string(), words);
        assert_eq!(format!("{check:?}"), format!("Check({words})"));
    }
    assert_eq!(Reverification::STRICT_MFA.to_json(), json!("strict_mfa"));
    let second = Reverification::second_factor(Duration::from_secs(7 * 60));
    assert_eq!(second.to_json(), json!({"level": "second_factor", "afterMinutes": 7}));
}

/// The caller has everything, but the check asks for one kind of thing twice.
#[test]
fn a_check_that_asks_for_one_kind_of_thing_twice_never_passes() {
    const PUBLISH: &str = "org:posts:publish";
    let new = Check::new;
    let claims = json!({
        "v": 2, "fea": "o:posts,u:beta", "pla": "u:pro", "fva": [0, 0],
        "o": { "id": "org_1", "rol": "admin", "per": "publish", "fpm": "1" },
    });
    let fresh = Reverification::LAX;
    for (name, check, words) in [
        ("roles", new().role("admin").role("admin"), "role admin and a second role"),
        (
            "permissions",
            new().permission("org:a:b").permission(PUBLISH),
            "permission org:posts:publish and a second permission",
        ),
        ("features", new().feature("posts").feature("beta"), "feature beta and a second feature"),
        ("plans", new().plan("pro").plan("pro"), "plan pro and a second plan"),
        ("scopes", new().scope("write").scope("read"), "scope read and a second scope"),
        (
            "verifications",
            new().reverification(Reverification::STRICT).reverification(fresh),
            "reverification lax and a second reverification",
        ),
        ("a third time", new().plan("pro").plan("pro").plan("pro"), "plan pro and a second plan"),
        ("of anyone", Check::ANYONE.role("admin").role("admin"), "anyone and role admin and a second role"),
        (
            "with others in between",
            new().role("admin").plan("pro").role("admin"),
            "role admin and plan pro and a second role",
        ),
    ] {
        assert_eq!(answer(check, claims.clone()), Err(Missing::Ambiguous), "{name}");
        assert_eq!(machine(check, &["read", "write"]), Err(Missing::Ambiguous), "{name}");
        assert!(check.asks_twice() && !check.can_pass_for(TokenTypes::ALL), "{name}");
        assert_eq!(check.to_string(), words, "{name}");
        // Such a check makes `all` fail, and does not affect `any`.
        let pro = new().plan("pro");
        let both: &[Check] = vec![pro, check].leak();
        assert!(answer(Check::all(both), claims.clone()).is_err(), "{name}, and another");
        assert_eq!(answer(Check::any(both), claims.clone()), Ok(()), "{name}, or another");
        assert!(Check::any(both).asks_twice() && Check::all(both).asks_twice(), "{name}, in another");
    }
    let each_once = new().role("admin").permission(PUBLISH).feature("posts").plan("pro").reverification(fresh);
    assert_eq!(answer(each_once, claims), Ok(()));
    let lists: &[Check] = vec![each_once, new().plan("pro")].leak();
    assert!(!each_once.asks_twice() && !Check::any(lists).asks_twice() && !Check::all(lists).asks_twice());
    assert_eq!(Missing::Ambiguous.code(), "forbidden");
    assert_eq!(Missing::Ambiguous.to_string(), "This is not allowed.");
}

/// Permissions that Clerk defines itself, in all spellings, and some that only look like them.
#[test]
fn system_permissions_never_pass() {
    for (permission, is_system) in [
        ("org:sys_memberships:read", true),
        ("sys_memberships:read", true),
        ("org:org:sys_memberships:read", true),
        ("org:sys_", true),
        ("org:system:read", false),
        ("org:sys", false),
        ("org:posts:sys_read", false),
        ("org:Sys_memberships:read", false),
        ("user:sys_memberships:read", false),
        ("", false),
    ] {
        let check = Check::new().permission(&*permission.to_owned().leak());
        let session = TokenTypes::only(TokenType::SessionToken);
        assert_eq!(check.asks_for_system_permission(), is_system, "{permission}");
        assert_eq!(check.can_pass_for(session), !is_system, "{permission}");
        // Even if the token carries it: a test can make such a token, though Clerk never issues one.
        let name = permission.trim_start_matches("org:");
        let claims = json!({"org_id": "org_1", "org_role": "org:admin", "org_permissions": [format!("org:{name}")]});
        let expected = if is_system { Err(Missing::Permission(check.permission.unwrap().into())) } else { Ok(()) };
        assert_eq!(answer(check, claims), expected, "{permission}");
    }
    const SYSTEM: Check = Check::new().permission("org:sys_memberships:manage");
    const READ_OR_SYSTEM: Check = Check::any(&[READ, SYSTEM]);
    for check in [Check::any(&[ADMIN, SYSTEM]), Check::all(&[ADMIN, SYSTEM]), Check::all(&[READ_OR_SYSTEM])] {
        assert!(check.asks_for_system_permission(), "{check}");
    }
    assert!(!Check::any(&[ADMIN, PUBLISH]).asks_for_system_permission());
}
