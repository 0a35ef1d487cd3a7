//! The browsers of a `LocalClerk` instance, their sessions, and the handshake cookies that they have not fetched yet.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::{
    secret::secret,
    session::{SessionBuilder, session},
    users::{Membership, TestUser},
};
use crate::clock::Timestamp;

/// The browsers and sessions of one instance.
#[derive(Debug, Default)]
pub(super) struct Browsers {
    browsers: HashMap<String, Browser>,
    sessions: HashMap<String, UserSession>,
    begun: u64,
    /// Handshake cookies by nonce. Each nonce works once.
    payloads: HashMap<String, Vec<String>>,
    refresh_tokens: HashMap<String, String>,
}

/// A browser, identified by its dev browser token in development and by a cookie in production.
#[derive(Clone, Debug, Default)]
struct Browser {
    session_id: Option<String>,
    /// The time of the last sign-in, in seconds; 0 after a sign-out.
    client_uat: i64,
}

/// A session and its status.
#[derive(Clone, Debug)]
pub(super) struct UserSession {
    pub(super) id: String,
    pub(super) user_id: String,
    client_id: String,
    status: &'static str,
    origin: Origin,
    /// The position of the session in the order of creation.
    number: u64,
    created_at: Timestamp,
}

/// How a session was created.
#[derive(Clone, Debug)]
enum Origin {
    /// By signing in on the sign-in page.
    Browser { user: TestUser, active: Option<Membership> },
    /// By a test that minted a session token.
    Minted(Box<SessionBuilder>),
}

impl UserSession {
    /// Returns the description that this session's tokens are minted from.
    pub(super) fn describe(&self) -> SessionBuilder {
        let (user, active) = match &self.origin {
            Origin::Minted(session) => return (**session).clone(),
            Origin::Browser { user, active } => (user, active),
        };
        let session = session(user.id()).session_id(&self.id);
        match active {
            None => session,
            Some(membership) => membership.activate(session),
        }
    }

    /// Returns the session as JSON of the Backend API.
    pub(super) fn resource(&self) -> Value {
        let organization = match &self.origin {
            Origin::Browser { active, .. } => active.as_ref().map(|organization| organization.id),
            Origin::Minted(session) => session.active_organization(),
        };
        let (day, created_at) = (24 * 60 * 60 * 1000, self.created_at.as_millis());
        json!({
            "object": "session",
            "id": self.id,
            "user_id": self.user_id,
            "client_id": self.client_id,
            "status": self.status,
            "last_active_organization_id": organization,
            "actor": null,
            "last_active_at": created_at,
            "expire_at": created_at.saturating_add(7 * day),
            "abandon_at": created_at.saturating_add(30 * day),
            "created_at": created_at,
            "updated_at": created_at,
        })
    }

    fn stands(&self) -> bool {
        matches!(self.status, "active" | "pending")
    }

    /// Ends the session. Returns it, if it had not ended.
    fn end(&mut self, status: &'static str) -> Option<&Self> {
        let stood = self.stands();
        if stood {
            self.status = status;
        }
        stood.then_some(self)
    }
}

/// Returns the id that the Backend API has for a browser. It is not the token that identifies the browser.
fn client_id(browser: &str) -> String {
    format!("client_{:.8}", browser.rsplit('_').next().unwrap_or_default())
}

impl Browsers {
    /// Returns the browser with this token, or a new one.
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

    /// Signs a user in, and returns the session.
    pub(super) fn sign_in(&mut self, browser: &str, user: &TestUser, now: Timestamp) -> &UserSession {
        let id = secret("sess_");
        let origin = Origin::Browser { user: user.clone(), active: user.memberships().first().cloned() };
        let client_uat = now.as_seconds();
        self.browsers.insert(browser.to_owned(), Browser { session_id: Some(id.clone()), client_uat });
        self.begin(UserSession {
            id,
            user_id: user.id().to_owned(),
            client_id: client_id(browser),
            status: "active",
            origin,
            number: 0,
            created_at: now,
        })
    }

    /// Registers the session of a token that a test mints, so that the Backend API knows it. An ended session stays
    /// ended.
    pub(super) fn minted(&mut self, session: &SessionBuilder, now: Timestamp) {
        let (Some(id), Some(user_id)) = (session.text_claim("sid"), session.text_claim("sub")) else { return };
        let status = if session.text_claim("sts") == Some("pending") { "pending" } else { "active" };
        let origin = Origin::Minted(Box::new(session.clone()));
        match self.sessions.get_mut(id) {
            Some(known) if matches!(known.origin, Origin::Browser { .. }) => {}
            Some(known) => {
                known.origin = origin;
                user_id.clone_into(&mut known.user_id);
                if known.stands() {
                    known.status = status;
                }
            }
            None => {
                self.begin(UserSession {
                    id: id.to_owned(),
                    user_id: user_id.to_owned(),
                    client_id: client_id(user_id),
                    status,
                    origin,
                    number: 0,
                    created_at: now,
                });
            }
        }
    }

    fn begin(&mut self, session: UserSession) -> &UserSession {
        self.begun += 1;
        let number = self.begun;
        self.sessions.entry(session.id.clone()).insert_entry(UserSession { number, ..session }).into_mut()
    }

    /// Signs a browser out as Clerk's components do, which remove the session. Returns the session, if it had not ended.
    pub(super) fn sign_out(&mut self, browser: &str) -> Option<&UserSession> {
        let id = std::mem::take(self.browsers.get_mut(browser)?).session_id?;
        self.sessions.get_mut(&id)?.end("removed")
    }

    /// Ends all sessions of a user, as an administrator can, and returns those that had not ended, from the oldest on.
    pub(super) fn revoke(&mut self, user_id: &str) -> Vec<&UserSession> {
        let sessions = self.sessions.values_mut().filter(|session| session.user_id == user_id);
        let mut revoked: Vec<&UserSession> = sessions.filter_map(|session| session.end("revoked")).collect();
        revoked.sort_unstable_by_key(|session| session.number);
        revoked
    }

    /// Ends a session. Returns it, if it had not ended.
    pub(super) fn revoke_session(&mut self, id: &str) -> Option<&UserSession> {
        self.sessions.get_mut(id)?.end("revoked")
    }

    /// Returns a session, ended or not.
    pub(super) fn find(&self, id: &str) -> Option<&UserSession> {
        self.sessions.get(id)
    }

    /// Returns a session that has not ended.
    pub(super) fn standing(&self, id: &str) -> Option<&UserSession> {
        self.sessions.get(id).filter(|session| session.stands())
    }

    pub(super) fn newest_first(&self) -> impl Iterator<Item = &UserSession> {
        let mut all: Vec<&UserSession> = self.sessions.values().collect();
        all.sort_unstable_by_key(|session| std::cmp::Reverse(session.number));
        all.into_iter()
    }

    /// Returns the browser's session, if it has one that has not ended, and the time of its sign-in.
    pub(super) fn session_of(&self, browser: &str) -> (Option<UserSession>, i64) {
        let Some(browser) = self.browsers.get(browser) else { return (None, 0) };
        let session = browser.session_id.as_ref().and_then(|id| self.standing(id)).cloned();
        let client_uat = if session.is_some() { browser.client_uat } else { 0 };
        (session, client_uat)
    }

    /// Makes an organization active, by id or slug, or the personal account if `organization` is empty. If the
    /// organization does not exist, or the user is not a member, the active organization does not change (Clerk's
    /// description of its Frontend API: `organization_id` of `/v1/client/handshake`).
    pub(super) fn activate(&mut self, session_id: &str, organization: &str) {
        if let Some(Origin::Browser { user, active }) =
            self.sessions.get_mut(session_id).map(|session| &mut session.origin)
        {
            let asked_for = |membership: &&Membership| membership.id == organization || membership.slug == organization;
            match user.memberships().iter().find(asked_for) {
                Some(membership) => *active = Some(membership.clone()),
                None if organization.is_empty() => *active = None,
                None => {}
            }
        }
    }

    /// Stores a handshake's cookies until they are fetched, and returns their nonce.
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

    /// Returns the session that a refresh token renews, if the token is known and the session has not ended.
    pub(super) fn refresh(&self, session_id: &str, refresh_token: &str) -> Option<UserSession> {
        let known = self.refresh_tokens.get(refresh_token).is_some_and(|of| of == session_id);
        self.standing(session_id).filter(|_| known).cloned()
    }
}
