//! The causes of redirect loops, and what to do about each.

/// The cause of a redirect loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LoopCause {
    WrongKeys,
    ClockSkew,
    RepeatedCookie,
    ForeignSession,
    NotAMember,
    CookiesNotKept,
    SatelliteNotSynced,
    SentBackAndForth,
}

impl LoopCause {
    pub(super) const fn explanation(self) -> &'static str {
        match self {
            Self::WrongKeys => {
                "Clerk does not recognize the handshakes that the browser returns with. The publishable key and the \
                 secret key probably belong to different instances: copy both from the same page of the Clerk \
                 Dashboard"
            }
            Self::ClockSkew => {
                "tokens that Clerk has just issued are expired, or not valid yet. The clock of this machine is wrong: \
                 synchronize it, or set `clock_skew`"
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
