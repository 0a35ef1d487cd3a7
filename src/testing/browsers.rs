//! What a `LocalClerk` instance remembers: browsers, their sessions, and the cookies that wait for them.

use std::collections::HashMap;

use super::{Membership, SessionBuilder, TestUser};

/// The memory of one instance.
#[derive(Debug, Default)]
pub(super) struct Browsers {
    browsers: HashMap<String, Browser>,
    sessions: HashMap<String, UserSession>,
    /// Handshakes' cookies, by nonce: each is fetched once.
    payloads: HashMap<String, Vec<String>>,
    refresh_tokens: HashMap<String, String>,
}

/// A browser, known by its dev browser token in development and by a cookie in production.
#[derive(Clone, Debug, Default)]
struct Browser {
    session_id: Option<String>,
    /// When it last signed in, in seconds; 0 after it signed out.
    client_uat: i64,
}

/// A session, until it is revoked.
#[derive(Clone, Debug)]
pub(super) struct UserSession {
    pub(super) id: String,
    user: TestUser,
    active: Option<Membership>,
}

impl UserSession {
    /// What a token of this session says.
    pub(super) fn describe(&self) -> SessionBuilder {
        let session = crate::Session::builder(self.user.id()).session_id(&self.id);
        match &self.active {
            None => session,
            Some(organization) => session
                .organization(organization.id)
                .slug(organization.slug)
                .role(organization.role)
                .permissions(organization.permissions.iter().copied()),
        }
    }
}

/// A secret that nobody guesses, with the prefix that says what it is.
pub(super) fn secret(prefix: &str) -> String {
    format!("{prefix}{:032x}", rand::random::<u128>())
}

impl Browsers {
    /// The browser of that token, or a new one.
    pub(super) fn recognize(&mut self, token: Option<&str>) -> String {
        match token.filter(|token| self.browsers.contains_key(*token)) {
            Some(known) => known.to_owned(),
            None => {
                let token = secret("dvb_");
                self.browsers.insert(token.clone(), Browser::default());
                token
            }
        }
    }

    pub(super) fn sign_in(&mut self, browser: &str, user: &TestUser, now: i64) {
        let id = secret("sess_");
        let active = user.memberships().first().cloned();
        self.sessions.insert(id.clone(), UserSession { id: id.clone(), user: user.clone(), active });
        self.browsers.insert(browser.to_owned(), Browser { session_id: Some(id), client_uat: now });
    }

    pub(super) fn sign_out(&mut self, browser: &str) {
        if let Some(browser) = self.browsers.get_mut(browser)
            && let Some(session) = std::mem::take(browser).session_id
        {
            self.sessions.remove(&session);
        }
    }

    /// Ends all sessions of a user, as an administrator can.
    pub(super) fn revoke(&mut self, user_id: &str) {
        self.sessions.retain(|_, session| session.user.id() != user_id);
    }

    /// The browser's session, if it has one that still stands, and when it signed in.
    pub(super) fn session_of(&self, browser: &str) -> (Option<UserSession>, i64) {
        let Some(browser) = self.browsers.get(browser) else { return (None, 0) };
        let session = browser.session_id.as_ref().and_then(|id| self.sessions.get(id)).cloned();
        let client_uat = if session.is_some() { browser.client_uat } else { 0 };
        (session, client_uat)
    }

    /// Makes an organization active, by id or slug; none where it is empty, or the user is no member.
    pub(super) fn activate(&mut self, session_id: &str, organization: &str) {
        if let Some(session) = self.sessions.get_mut(session_id) {
            let asked_for = |membership: &&Membership| membership.id == organization || membership.slug == organization;
            session.active = session.user.memberships().iter().find(asked_for).cloned();
        }
    }

    /// Keeps a handshake's cookies until they are fetched.
    pub(super) fn keep(&mut self, directives: Vec<String>) -> String {
        let nonce = secret("");
        self.payloads.insert(nonce.clone(), directives);
        nonce
    }

    pub(super) fn fetch(&mut self, nonce: &str) -> Option<Vec<String>> {
        self.payloads.remove(nonce)
    }

    pub(super) fn refresh_token_for(&mut self, session_id: &str) -> String {
        let token = secret("rt_");
        self.refresh_tokens.insert(token.clone(), session_id.to_owned());
        token
    }

    /// The session that a refresh token renews, if both still stand.
    pub(super) fn refresh(&self, session_id: &str, refresh_token: &str) -> Option<UserSession> {
        let known = self.refresh_tokens.get(refresh_token).is_some_and(|of| of == session_id);
        self.sessions.get(session_id).filter(|_| known).cloned()
    }
}
