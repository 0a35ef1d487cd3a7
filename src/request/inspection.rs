//! What a request brings, in detail: for the page that explains a rejection to a developer. Nothing here is verified,
//! and nothing is a credential: neither signatures nor values of cookies.

use super::{
    authorization::{Bearer, bearer},
    cookies::{CookieName, Cookies},
    facts::{Field, RequestFacts},
    numbers::comparable,
    parameter, query,
};
use crate::{
    clock::Timestamp,
    config::Settings,
    token::{Claim, ClaimName, Jwt, has_machine_prefix},
};

/// What a request brings.
#[derive(Debug)]
pub(crate) struct Inspection {
    /// The names of Clerk's cookies.
    pub(crate) cookies: Vec<String>,
    pub(crate) tokens: Vec<InspectedToken>,
}

/// A token of the request, as anyone could have written it.
#[derive(Debug)]
pub(crate) struct InspectedToken {
    /// The name of its cookie, header or parameter.
    pub(crate) place: String,
    pub(crate) content: TokenContent,
}

#[derive(Debug)]
pub(crate) enum TokenContent {
    /// An API key or another token that only Clerk can read.
    Opaque,
    /// Text that is not a JWT.
    Unreadable,
    Jwt {
        /// In this order: name and value, for the claims that rules read.
        claims: Vec<(&'static str, String)>,
        /// In this order: name and time.
        times: Vec<(&'static str, Timestamp)>,
    },
}

impl Inspection {
    pub(crate) fn of(facts: &impl RequestFacts, settings: &Settings) -> Self {
        let cookies = Cookies::read(facts, &settings.cookie_names);
        let mut tokens = Vec::new();
        match bearer(facts.field(Field::Authorization)) {
            Bearer::Missing => {}
            Bearer::Token(token) => tokens.push(InspectedToken::read("Authorization header", token)),
            Bearer::Garbled => {
                tokens.push(InspectedToken { place: "Authorization header".into(), content: TokenContent::Unreadable });
            }
        }
        for name in [CookieName::SuffixedSession, CookieName::Session, CookieName::Handshake] {
            if let Some(token) = cookies.get(name) {
                tokens.push(InspectedToken::read(name.as_str(&settings.cookie_names), &token));
            }
        }
        if let Some(token) = query::get_from_target(facts.path_and_query(), parameter::HANDSHAKE) {
            tokens.push(InspectedToken::read("__clerk_handshake in the URL", &token));
        }
        Self { cookies: cookies.names(&settings.cookie_names).map(str::to_owned).collect(), tokens }
    }
}

impl InspectedToken {
    fn read(place: &str, token: &str) -> Self {
        let content = match Jwt::decode(token) {
            _ if has_machine_prefix(token) => TokenContent::Opaque,
            Ok(jwt) => TokenContent::of(&jwt),
            Err(_) => TokenContent::Unreadable,
        };
        Self { place: place.to_owned(), content }
    }
}

impl TokenContent {
    fn of(jwt: &Jwt) -> Self {
        const CLAIMS: [(&str, ClaimName); 3] = [
            ("issuer (iss)", ClaimName::Iss),
            ("authorized party (azp)", ClaimName::Azp),
            ("audience (aud)", ClaimName::Aud),
        ];
        const TIMES: [(&str, ClaimName); 3] =
            [("issued (iat)", ClaimName::Iat), ("not before (nbf)", ClaimName::Nbf), ("expires (exp)", ClaimName::Exp)];
        let shown = |claim: Claim<'_>| claim.as_str().map_or_else(|| claim.to_string(), str::to_owned);
        let claims = CLAIMS.into_iter().filter_map(|(name, claim)| Some((name, shown(jwt.claim(claim)?))));
        let key = jwt.kid().map(|kid| ("key (kid)", kid.to_owned()));
        let time = |(name, claim)| Some((name, Timestamp::from_numeric_date(comparable(jwt.claim(claim))?)));
        Self::Jwt {
            claims: key.into_iter().chain(claims).collect(),
            times: TIMES.into_iter().filter_map(time).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{
            facts::fake::FakeRequest,
            test_support::{good, production},
        },
        *,
    };

    #[test]
    fn tokens_and_what_is_shown_of_them() {
        let config = production().build().unwrap();
        let session = good();
        for (name, token, expected) in [
            ("a session", session.as_str(), "a JWT for https://app.example.com"),
            ("an API key", "ak_1", "opaque"),
            ("an API key with dots", "ak_a.b.c", "opaque"),
            ("an OAuth token", "oat_1", "opaque"),
            ("not a token", "x", "unreadable"),
            ("a prefix in capitals", "AK_1", "unreadable"),
        ] {
            let request = FakeRequest::get("/").with(Field::Authorization, format!("Bearer {token}"));
            let inspection = Inspection::of(&request, config.settings());
            let [InspectedToken { place, content }] = &*inspection.tokens else { panic!("{name}: {inspection:?}") };
            let shown = match content {
                TokenContent::Opaque => "opaque".to_owned(),
                TokenContent::Unreadable => "unreadable".to_owned(),
                TokenContent::Jwt { claims, .. } => {
                    let party = claims.iter().find(|(claim, _)| claim.contains("azp"));
                    format!("a JWT for {}", party.map_or("no party", |(_, party)| party))
                }
            };
            assert_eq!((place.as_str(), shown.as_str()), ("Authorization header", expected), "{name}");
        }
    }
}
