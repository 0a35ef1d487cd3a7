//! What a session's claims say, in both of Clerk's versions: the organization, its role and
//! permissions, the session's status.

use serde_json::{Map, Value};

/// The parts of the claims that have to be worked out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SessionClaims {
    pub(crate) subject: Box<str>,
    pub(crate) organization: Option<Organization>,
}

/// The active organization. Version 1 spells its parts out; version 2 packs them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Organization {
    pub(crate) id: String,
    pub(crate) role: Option<String>,
    pub(crate) slug: Option<String>,
    /// None where version 1 does not say.
    pub(crate) permissions: Option<Vec<String>>,
}

impl SessionClaims {
    pub(crate) fn new(subject: &str, claims: &Map<String, Value>) -> Self {
        let organization = if is_version_2(claims) { organization_v2(claims) } else { organization_v1(claims) };
        Self { subject: subject.into(), organization }
    }
}

fn is_version_2(claims: &Map<String, Value>) -> bool {
    claims.get("v").and_then(Value::as_f64) == Some(2.0)
}

fn text(claims: &Map<String, Value>, name: &str) -> Option<String> {
    claims.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
}

fn organization_v1(claims: &Map<String, Value>) -> Option<Organization> {
    let permissions = claims.get("org_permissions").and_then(Value::as_array);
    Some(Organization {
        id: text(claims, "org_id")?,
        role: text(claims, "org_role"),
        slug: text(claims, "org_slug"),
        permissions: permissions.map(|all| all.iter().filter_map(Value::as_str).map(str::to_owned).collect()),
    })
}

/// Version 2 has `o: {id, rol, slg, per, fpm}`; the role there lacks its `org:`.
fn organization_v2(claims: &Map<String, Value>) -> Option<Organization> {
    let organization = claims.get("o")?.as_object()?;
    let features = claims.get("fea").and_then(Value::as_str).unwrap_or_default();
    Some(Organization {
        id: text(organization, "id")?,
        role: text(organization, "rol").map(|role| format!("org:{role}")),
        slug: text(organization, "slg"),
        permissions: Some(permissions_v2(
            &Entitlements::parse(features).organization,
            organization.get("per").and_then(Value::as_str).unwrap_or_default(),
            organization.get("fpm").and_then(Value::as_str).unwrap_or_default(),
        )),
    })
}

/// The n-th organization feature has the permissions whose bits are set in the n-th number of `fpm`.
fn permissions_v2(features: &[&str], permissions: &str, masks: &str) -> Vec<String> {
    if permissions.is_empty() {
        return Vec::new();
    }
    let names: Vec<&str> = permissions.split(',').map(str::trim).collect();
    let per_feature = features.iter().zip(masks.split(','));
    per_feature
        .flat_map(|(feature, mask)| {
            let set = bits(mask.trim(), names.len());
            let granted: Vec<_> = names
                .iter()
                .zip(set)
                .filter(|(_, set)| *set)
                .map(|(name, _)| format!("org:{feature}:{name}"))
                .collect();
            granted
        })
        .collect()
}

/// The lowest `count` bits of a decimal number of any length; none where it is no number. Long
/// division by two: an instance may have more permissions than any integer type has bits.
fn bits(decimal: &str, count: usize) -> Vec<bool> {
    if decimal.is_empty() || !decimal.bytes().all(|digit| digit.is_ascii_digit()) {
        return Vec::new();
    }
    let mut digits: Vec<u8> = decimal.bytes().map(|digit| digit - b'0').collect();
    (0..count)
        .map(|_| {
            let mut remainder = 0;
            for digit in &mut digits {
                let value = remainder * 10 + *digit;
                *digit = value / 2;
                remainder = value % 2;
            }
            remainder == 1
        })
        .collect()
}

/// Features (`fea`) or plans (`pla`), by whom they belong to: `o:dashboard,u:beta,uo:export`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Entitlements<'c> {
    pub(crate) organization: Vec<&'c str>,
    pub(crate) user: Vec<&'c str>,
}

impl<'c> Entitlements<'c> {
    /// Parses the claim. One malformed element voids the whole: what it was to say is unknown, and
    /// the positions of the others matter. Elements of unknown scopes are nobody's.
    pub(crate) fn parse(claim: &'c str) -> Self {
        let mut all = Self::default();
        if claim.is_empty() {
            return all;
        }
        for element in claim.split(',') {
            let Some((scope, name)) = element.trim().split_once(':') else { return Self::default() };
            if matches!(scope, "o" | "ou" | "uo") {
                all.organization.push(name);
            }
            if matches!(scope, "u" | "ou" | "uo") {
                all.user.push(name);
            }
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn organization(claims: Value) -> Option<Organization> {
        SessionClaims::new("user_1", claims.as_object().unwrap()).organization
    }

    #[test]
    fn version_1_spells_it_out() {
        let claims =
            json!({"org_id": "org_1", "org_role": "org:admin", "org_slug": "acme", "org_permissions": ["org:a:b"]});
        let expected = Organization {
            id: "org_1".into(),
            role: Some("org:admin".into()),
            slug: Some("acme".into()),
            permissions: Some(vec!["org:a:b".into()]),
        };
        assert_eq!(organization(claims), Some(expected));
        assert_eq!(organization(json!({"org_role": "org:admin"})), None, "a role without an organization is none");
        assert_eq!(organization(json!({"v": 1, "o": {"id": "org_1"}})), None, "version 1 has no `o`");
    }

    #[test]
    fn version_2_packs_it() {
        let claims = json!({
            "v": 2,
            "fea": "o:posts,u:beta,uo:billing",
            "o": {"id": "org_1", "rol": "admin", "slg": "acme", "per": "read,write,publish", "fpm": "5,2"},
        });
        let found = organization(claims).unwrap();
        assert_eq!(found.role.as_deref(), Some("org:admin"));
        assert_eq!(found.permissions.unwrap(), ["org:posts:read", "org:posts:publish", "org:billing:write"]);
    }

    #[test]
    fn version_2_masks() {
        let long = {
            // 2^70 + 1, over 71 permissions.
            let names: Vec<_> = (0..71).map(|n| format!("p{n}")).collect();
            (names.join(","), "1180591620717411303425")
        };
        for (name, features, per, fpm, expected) in [
            ("more masks than features", "o:a", "r,w", "3,3", vec!["org:a:r", "org:a:w"]),
            ("more features than masks", "o:a,o:b", "r,w", "1", vec!["org:a:r"]),
            ("more bits than permissions", "o:a", "r", "255", vec!["org:a:r"]),
            ("leading zeros and spaces", "o:a", " r , w ", " 002 ", vec!["org:a:w"]),
            ("no number", "o:a,o:b", "r", "x,1", vec!["org:b:r"]),
            ("a sign is no digit", "o:a", "r", "-1", vec![]),
            ("longer than any integer", "o:a", &long.0, long.1, vec!["org:a:p0", "org:a:p70"]),
            ("a malformed feature voids all", "o:a,b", "r", "1,1", vec![]),
            ("an unknown scope is nobody's", "x:a,o:b", "r", "1", vec!["org:b:r"]),
            ("no permissions", "o:a", "", "1", vec![]),
        ] {
            let claims = json!({"v": 2, "fea": features, "o": {"id": "org_1", "per": per, "fpm": fpm}});
            assert_eq!(organization(claims).unwrap().permissions.unwrap(), expected, "{name}");
        }
    }

    #[test]
    fn wrong_types_grant_nothing() {
        for claims in [
            json!({"v": 2, "o": "org_1"}),
            json!({"v": 2, "o": {"id": 7}}),
            json!({"v": 2, "o": {"id": ""}}),
            json!({"v": "2", "o": {"id": "org_1"}}),
            json!({"org_id": ["org_1"]}),
        ] {
            assert_eq!(organization(claims.clone()), None, "{claims}");
        }
        let claims = json!({"v": 2, "fea": 5, "o": {"id": "org_1", "rol": 5, "slg": 5, "per": [], "fpm": 3}});
        let found = organization(claims).unwrap();
        assert_eq!((found.role, found.slug, found.permissions), (None, None, Some(vec![])));
    }
}
