//! The organization in a session's claims, in both of Clerk's claim versions: its role, permissions, features and
//! plans.

use serde_json::Value;

use super::{
    claims::{Claim, ClaimName, Claims},
    memory,
};

/// The active organization. Version 1 lists its permissions; version 2 packs them into bit masks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ActiveOrganization {
    pub(crate) id: String,
    pub(crate) role: Option<String>,
    pub(crate) slug: Option<String>,
    /// `None` if version 1 does not list them.
    pub(crate) permissions: Option<Vec<String>>,
}

impl ActiveOrganization {
    pub(crate) fn of(claims: &Claims) -> Option<Self> {
        if is_version_2(claims) { organization_v2(claims) } else { organization_v1(claims) }
    }

    /// Returns whether the claims are version 2.
    pub(crate) fn is_packed(claims: &Claims) -> bool {
        is_version_2(claims)
    }

    /// Returns the permissions of version 2 claims, even if they name no organization; `None` for version 1.
    pub(crate) fn packed_permissions(claims: &Claims) -> Option<Vec<String>> {
        is_version_2(claims).then(|| packed_permissions(claims))
    }

    /// Returns the most memory that the organization of these claims takes. Does not unpack its permissions.
    pub(super) fn footprint(claims: &Claims) -> usize {
        let of_version_2 = [ClaimName::OId, ClaimName::ORol, ClaimName::OSlg];
        let of_version_1 = [ClaimName::OrgId, ClaimName::OrgRole, ClaimName::OrgSlug];
        let texts = of_version_2.into_iter().chain(of_version_1).filter_map(|name| claims.get(name)?.as_str());
        let texts = texts.map(|text| memory::of_block("org:".len() + text.len()));
        let (permissions, longest) = permissions_bound(claims);
        texts.sum::<usize>() + memory::of_list::<String>(permissions) + permissions * memory::of_block(longest)
    }
}

/// Returns upper bounds for the permissions that [`ActiveOrganization::of`] finds: their number, and the bytes of each. Does
/// not unpack them.
fn permissions_bound(claims: &Claims) -> (usize, usize) {
    if !is_version_2(claims) {
        let Some(Claim::Value(Value::Array(permissions))) = claims.get(ClaimName::OrgPermissions) else {
            return (0, 0);
        };
        let longest = permissions.iter().filter_map(Value::as_str).map(str::len).max();
        return (permissions.len(), longest.unwrap_or(0));
    }
    let part = |name| text(claims.get(name)).unwrap_or_default();
    let (features, permissions) = (text(claims.get(ClaimName::Fea)).unwrap_or_default(), part(ClaimName::OPer));
    let longest = |list: &str| elements(list).map(<[u8]>::len).max().unwrap_or(0);
    let count = elements(permissions).count();
    // A decimal digit is less than four bits.
    let granted = elements(part(ClaimName::OFpm)).map(|mask| (4 * mask.len()).min(count));
    (granted.sum(), "org:".len() + longest(features) + longest(permissions))
}

fn is_version_2(claims: &Claims) -> bool {
    claims.get(ClaimName::V).and_then(Claim::as_f64) == Some(2.0)
}

fn text(member: Option<Claim<'_>>) -> Option<&str> {
    member.and_then(Claim::as_str).filter(|text| !text.is_empty())
}

fn organization_v1(claims: &Claims) -> Option<ActiveOrganization> {
    let permissions = match claims.get(ClaimName::OrgPermissions) {
        Some(Claim::Value(Value::Array(permissions))) => Some(permissions),
        _ => None,
    };
    Some(ActiveOrganization {
        id: text(claims.get(ClaimName::OrgId))?.to_owned(),
        role: text(claims.get(ClaimName::OrgRole)).map(str::to_owned),
        slug: text(claims.get(ClaimName::OrgSlug)).map(str::to_owned),
        permissions: permissions.map(|all| all.iter().filter_map(Value::as_str).map(str::to_owned).collect()),
    })
}

/// Version 2 has `o: {id, rol, slg, per, fpm}`; the role there has no `org:` prefix.
fn organization_v2(claims: &Claims) -> Option<ActiveOrganization> {
    let part = |name| text(claims.get(name));
    Some(ActiveOrganization {
        id: part(ClaimName::OId)?.to_owned(),
        role: part(ClaimName::ORol).map(|role| format!("org:{role}")),
        slug: part(ClaimName::OSlg).map(str::to_owned),
        permissions: Some(packed_permissions(claims)),
    })
}

fn packed_permissions(claims: &Claims) -> Vec<String> {
    let part = |name| text(claims.get(name)).unwrap_or_default();
    let features = Entitlements::parse(part(ClaimName::Fea)).organization;
    permissions_v2(&features, part(ClaimName::OPer), part(ClaimName::OFpm))
}

fn elements(list: &str) -> impl Iterator<Item = &[u8]> {
    list.as_bytes().split(|byte| *byte == b',')
}

/// The organization's n-th feature has the permissions whose bits are set in the n-th number of `fpm`.
fn permissions_v2(features: &[&str], permissions: &str, masks: &str) -> Vec<String> {
    let mut granted = Vec::new();
    if permissions.is_empty() {
        return granted;
    }
    let count = permissions.split(',').count();
    for (feature, mask) in features.iter().zip(masks.split(',')) {
        let Some(mask) = Mask::parse(trim(mask), count) else { continue };
        let names = permissions.split(',').enumerate().filter(|(bit, _)| mask.has(*bit));
        granted.extend(names.map(|(_, name)| ["org:", feature, ":", trim(name)].concat()));
    }
    granted
}

/// A set of bits, written as a decimal number of any length: an instance may have more permissions than any integer
/// type has bits.
enum Mask {
    Short(u128),
    /// The lowest bit first.
    Long(Vec<bool>),
}

impl Mask {
    /// Parses the lowest `count` bits. Returns `None` if the text is not a number.
    fn parse(decimal: &str, count: usize) -> Option<Self> {
        if decimal.is_empty() || !decimal.bytes().all(|digit| digit.is_ascii_digit()) {
            return None;
        }
        Some(decimal.parse().map_or_else(|_| Self::Long(long_division(decimal, count)), Self::Short))
    }

    fn has(&self, bit: usize) -> bool {
        match self {
            Self::Short(bits) => u32::try_from(bit).is_ok_and(|bit| bits.checked_shr(bit).unwrap_or(0) & 1 == 1),
            Self::Long(bits) => bits.get(bit).copied().unwrap_or(false),
        }
    }
}

/// Returns the lowest bits of a decimal number, by repeatedly halving it.
fn long_division(decimal: &str, count: usize) -> Vec<bool> {
    let mut digits: Vec<u8> = decimal.bytes().map(|digit| digit - b'0').collect();
    let bits = (0..count).map(|_| {
        let mut remainder = 0;
        for digit in &mut digits {
            let value = remainder * 10 + *digit;
            *digit = value / 2;
            remainder = value % 2;
        }
        remainder == 1
    });
    bits.collect()
}

/// Features (`fea`) or plans (`pla`), grouped by owner: `o:dashboard,u:beta,uo:export`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Entitlements<'c> {
    pub(crate) organization: Vec<&'c str>,
    pub(crate) user: Vec<&'c str>,
}

impl<'c> Entitlements<'c> {
    /// Parses the claim. One malformed element invalidates the whole claim: its meaning is unknown, and the positions
    /// of the others matter. Elements with unknown scopes are ignored.
    pub(crate) fn parse(claim: &'c str) -> Self {
        let mut all = Self::default();
        if claim.is_empty() {
            return all;
        }
        for element in claim.split(',') {
            let Some((scope, name)) = trim(element).split_once(':') else { return Self::default() };
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

/// Trims white space as ECMAScript defines it, because Clerk's SDKs do: a byte order mark is white space, and NEL is
/// not.
pub(crate) fn trim(text: &str) -> &str {
    text.trim_matches(|c: char| c == '\u{feff}' || (c.is_whitespace() && c != '\u{85}'))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn organization(claims: Value) -> Option<ActiveOrganization> {
        let claims = claims.as_object().unwrap().into();
        let organization = ActiveOrganization::of(&claims);
        let (count, longest) = permissions_bound(&claims);
        let found = organization.iter().flat_map(|organization| organization.permissions.iter().flatten());
        assert!(found.clone().count() <= count && found.clone().all(|text| text.len() <= longest), "{claims:?}");
        organization
    }

    /// Too low, and the cache of tokens takes more memory than its bound; too high, and it holds less than it could.
    #[test]
    fn estimates_are_a_little_more_than_what_is_held() {
        let long = "x".repeat(1_000);
        let names = |count: usize, name: &str| (0..count).map(|n| format!("{name}{n:03}")).collect::<Vec<_>>();
        let all_of = |count: usize| ((1_u128 << count) - 1).to_string();
        for (name, claims) in [
            ("nothing", json!({})),
            ("version 1", json!({ "org_id": "org_1", "org_role": "org:admin", "org_slug": "acme" })),
            ("version 1, long", json!({ "org_id": long, "org_role": long, "org_slug": long })),
            ("version 1, with permissions", json!({ "org_id": "org_1", "org_permissions": names(100, "org:a:read") })),
            ("version 1, with long ones", json!({ "org_id": long, "org_permissions": names(100, &long) })),
            ("version 2", json!({ "v": 2, "o": { "id": "org_1", "rol": "admin", "slg": "acme" } })),
            ("version 2, long", json!({ "v": 2, "o": { "id": long, "rol": long, "slg": long } })),
            (
                "version 2, with permissions",
                json!({ "v": 2, "fea": "o:a", "o": { "id": "org_1", "per": names(100, "p").join(","), "fpm": all_of(100) } }),
            ),
            (
                "version 2, with long ones",
                json!({ "v": 2, "fea": format!("o:{long}"), "o": { "id": "org_1", "per": names(100, &long).join(","), "fpm": all_of(100) } }),
            ),
        ] {
            let claims = claims.as_object().unwrap().into();
            let found = ActiveOrganization::of(&claims);
            let held = found.map_or(0, |found| {
                let permissions = found.permissions.unwrap_or_default();
                let texts = [Some(found.id), found.role, found.slug].into_iter().flatten().chain(permissions.clone());
                texts.map(|text| text.len()).sum::<usize>() + permissions.len() * size_of::<String>()
            });
            let estimate = ActiveOrganization::footprint(&claims);
            assert!((held..=2 * held + 500).contains(&estimate), "{name}: {estimate} for {held} bytes");
        }
    }

    #[test]
    fn version_1_spells_it_out() {
        let claims =
            json!({"org_id": "org_1", "org_role": "org:admin", "org_slug": "acme", "org_permissions": ["org:a:b"]});
        let expected = ActiveOrganization {
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
        // 2^70 + 1 and 2^130 + 1, with 71 and 131 permissions.
        let names = |count: usize| (0..=count).map(|n| format!("p{n}")).collect::<Vec<_>>().join(",");
        let all: Vec<String> = (0..=9).map(|n| format!("org:a:p{n}")).collect();
        let long = (names(70), "1180591620717411303425");
        let longer = (names(130), "1361129467683753853853498429727072845825");
        for (name, features, per, fpm, expected) in [
            ("more masks than features", "o:a", "r,w", "3,3", vec!["org:a:r", "org:a:w"]),
            ("more features than masks", "o:a,o:b", "r,w", "1", vec!["org:a:r"]),
            ("more bits than permissions", "o:a", "r", "255", vec!["org:a:r"]),
            ("leading zeros and spaces", "o:a", " r , w ", " 002 ", vec!["org:a:w"]),
            ("no number", "o:a,o:b", "r", "x,1", vec!["org:b:r"]),
            ("a sign is not a digit", "o:a", "r", "-1", vec![]),
            ("as many as there are", "o:a", &names(9), "1023", all.iter().map(String::as_str).collect()),
            ("longer than most integers", "o:a", &long.0, long.1, vec!["org:a:p0", "org:a:p70"]),
            ("longer than any integer", "o:a", &longer.0, longer.1, vec!["org:a:p0", "org:a:p130"]),
            ("more permissions than bits", "o:a", &longer.0, "1", vec!["org:a:p0"]),
            ("other white space", "\u{feff}o:a\u{3000}", "\u{2028}w", "\u{a0}1\u{b}", vec!["org:a:w"]),
            ("NEL is not white space", "\u{85}o:a,o:b", "\u{85}w", "1", vec!["org:b:\u{85}w"]),
            ("a malformed feature voids all", "o:a,b", "r", "1,1", vec![]),
            ("an unknown scope has no owner", "x:a,o:b", "r", "1", vec!["org:b:r"]),
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
