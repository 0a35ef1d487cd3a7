//! The causes of redirect loops, and what to do about each.

use std::fmt;

use crate::clock::Timestamp;

/// The reason that another redirect to Clerk would not help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LoopCause {
    WrongKeys,
    ClockSkew(Option<ClockOff>),
    /// The `azp` claim of a new session token is not one of the authorized parties.
    AuthorizedParty,
    Issuer,
    /// Another claim of a new session token is rejected, such as the audience.
    Claims,
    RepeatedCookie,
    ForeignSession,
    NotAMember,
    CookiesNotKept,
    SatelliteNotSynced,
    SentBackAndForth,
}

/// By how many seconds this machine's clock is ahead of Clerk's; negative if it is behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ClockOff(i64);

impl ClockOff {
    /// Compares this machine's time with the time of issue, in seconds, of a token that Clerk has just issued.
    pub(super) fn between(now: Timestamp, issued_at: f64) -> Self {
        // Rounded down, as the time of issue is.
        Self(now.millis_since(Timestamp::from_numeric_date(issued_at)).div_euclid(1000))
    }
}

impl fmt::Display for ClockOff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let direction = if self.0 < 0 { "behind" } else { "ahead of" };
        write!(f, "{} s {direction} Clerk's", self.0.unsigned_abs())
    }
}

impl LoopCause {
    /// Returns the label for metrics.
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::WrongKeys => "wrong-keys",
            Self::ClockSkew(_) => "clock-skew",
            Self::AuthorizedParty => "authorized-party",
            Self::Issuer => "issuer",
            Self::Claims => "claims",
            Self::RepeatedCookie => "repeated-cookie",
            Self::ForeignSession => "foreign-session",
            Self::NotAMember => "not-a-member",
            Self::CookiesNotKept => "cookies-not-kept",
            Self::SatelliteNotSynced => "satellite-not-synced",
            Self::SentBackAndForth => "sent-back-and-forth",
        }
    }

    /// Returns what happened and what to do. [`Display`](fmt::Display) adds by how much a clock is off.
    const fn explanation(self) -> &'static str {
        match self {
            Self::WrongKeys => {
                "Clerk does not recognize the handshakes that the browser returns with. The publishable key and the \
                 secret key probably belong to different instances: copy both from the same page of the Clerk \
                 Dashboard"
            }
            Self::ClockSkew(_) => {
                "tokens that Clerk has just issued are expired, or not valid yet. The clock of this machine is wrong: \
                 synchronize it, or set `clock_skew`"
            }
            Self::AuthorizedParty => {
                "the session tokens that Clerk issues to this application's pages name another origin (`azp`) than \
                 `authorized_parties` (CLERK_AUTHORIZED_PARTIES) lists: add the origin exactly as the browser shows it, \
                 with scheme and port"
            }
            Self::Issuer => {
                "the session tokens that Clerk issues name another issuer (`iss`) than the setting `issuer`: compare it \
                 with the Frontend API URL in the Clerk Dashboard"
            }
            Self::Claims => {
                "a claim of the session tokens that Clerk issues is not what this server expects: compare the tokens \
                 with the setting `audience`"
            }
            Self::RepeatedCookie => {
                "the browser sends two of Clerk's cookies with the same name, the old one first. They were set for \
                 different domains or paths: delete this site's cookies, and let only one application on the domain \
                 set them"
            }
            Self::ForeignSession => {
                "another library sets a cookie named `__session`, which hides Clerk's cookie: give that library's \
                 cookie another name"
            }
            Self::NotAMember => {
                "Clerk did not activate the organization in the URL: it does not exist, or the user is not a member. \
                 The handler runs with the organization that was active before, and must decide how to respond"
            }
            Self::CookiesNotKept => {
                "the browser does not send back the cookies that Clerk set: they are `Secure` and the page is not \
                 https, or they are for another domain, or a proxy drops `Set-Cookie`"
            }
            Self::SatelliteNotSynced => {
                "a satellite was synchronized repeatedly: check that its domain is one of the instance's, and that \
                 requests reach it under that domain"
            }
            Self::SentBackAndForth => {
                "another page keeps redirecting the browser here with a development browser's token: check that \
                 `sign_in_url` and the page that it names do not redirect to each other"
            }
        }
    }
}

impl fmt::Display for LoopCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.explanation())?;
        match self {
            Self::ClockSkew(Some(off)) => write!(f, ". It is {off}"),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
impl LoopCause {
    /// One of each kind. The match keeps the list complete.
    pub(crate) fn all() -> [Self; 11] {
        use LoopCause::*;
        let all = [
            WrongKeys,
            ClockSkew(None),
            AuthorizedParty,
            Issuer,
            Claims,
            RepeatedCookie,
            ForeignSession,
            NotAMember,
            CookiesNotKept,
            SatelliteNotSynced,
            SentBackAndForth,
        ];
        let count = |cause: &Self| match cause {
            WrongKeys | ClockSkew(_) | AuthorizedParty | Issuer | Claims | RepeatedCookie | ForeignSession => 1,
            NotAMember | CookiesNotKept | SatelliteNotSynced | SentBackAndForth => 1,
        };
        assert_eq!(all.iter().map(count).sum::<usize>(), 11, "a cause is missing in this list");
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cause_is_on_the_page_about_browsers() {
        let page = include_str!("../../docs/browsers.md");
        for cause in LoopCause::all() {
            let row = format!("| `{}` |", cause.code());
            assert!(page.contains(&row), "docs/browsers.md does not explain {}", cause.code());
        }
        assert_eq!(page.matches("\n| `").count(), LoopCause::all().len(), "a row for a cause that does not exist");
    }

    #[test]
    fn clocks_are_compared_with_the_time_of_issue() {
        let now = Timestamp::from_millis(1_700_000_000_900);
        for (issued_at, expected) in [
            (1_699_996_400.0, "3600 s ahead of Clerk's"),
            (1_700_003_600.0, "3600 s behind Clerk's"),
            (1_700_000_000.0, "0 s ahead of Clerk's"),
            (f64::INFINITY, "9223370336854775 s behind Clerk's"),
        ] {
            assert_eq!(ClockOff::between(now, issued_at).to_string(), expected);
        }
    }
}
