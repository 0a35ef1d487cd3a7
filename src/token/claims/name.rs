//! The names of the claims and header parameters that rules read.

/// A member that is read from many tokens: a parameter of the header, a claim, or a member of the claim `o`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum ClaimName {
    Alg,
    Cat,
    Kid,
    Typ,
    Aud,
    Azp,
    Exp,
    Fea,
    Fva,
    Iat,
    Iss,
    Nbf,
    OrgId,
    OrgPermissions,
    OrgRole,
    OrgSlug,
    Pla,
    Sid,
    Sts,
    Sub,
    V,
    /// `o.fpm`; the following ones are members of `o` too.
    OFpm,
    OId,
    OPer,
    ORol,
    OSlg,
}

impl ClaimName {
    pub(super) const COUNT: usize = Self::OSlg as usize + 1;

    pub(super) const IN_O: [Self; 5] = [Self::OFpm, Self::OId, Self::OPer, Self::ORol, Self::OSlg];

    /// Parses the name of a member of the object itself.
    pub(super) fn parse(name: &str) -> Option<Self> {
        Some(match name.as_bytes() {
            b"alg" => Self::Alg,
            b"cat" => Self::Cat,
            b"kid" => Self::Kid,
            b"typ" => Self::Typ,
            b"aud" => Self::Aud,
            b"azp" => Self::Azp,
            b"exp" => Self::Exp,
            b"fea" => Self::Fea,
            b"fva" => Self::Fva,
            b"iat" => Self::Iat,
            b"iss" => Self::Iss,
            b"nbf" => Self::Nbf,
            b"org_id" => Self::OrgId,
            b"org_permissions" => Self::OrgPermissions,
            b"org_role" => Self::OrgRole,
            b"org_slug" => Self::OrgSlug,
            b"pla" => Self::Pla,
            b"sid" => Self::Sid,
            b"sts" => Self::Sts,
            b"sub" => Self::Sub,
            b"v" => Self::V,
            _ => return None,
        })
    }

    /// Parses the name of a member of `o`.
    pub(super) fn parse_in_o(name: &str) -> Option<Self> {
        Some(match name.as_bytes() {
            b"fpm" => Self::OFpm,
            b"id" => Self::OId,
            b"per" => Self::OPer,
            b"rol" => Self::ORol,
            b"slg" => Self::OSlg,
            _ => return None,
        })
    }
}
