//! The browsers of a `LocalClerk` instance, their sessions, and the handshake cookies that they have not fetched yet.

use std::{collections::HashMap, time::Duration};

use serde_json::{Value, json};

use super::{
    attempts::{SignIn, SignUp},
    directory::Directory,
    secret::{random_id, secret},
    session::{SessionBuilder, session},
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
pub(super) struct Browser {
    session_id: Option<String>,
    /// The time of the last sign-in, in seconds; 0 after a sign-out.
    client_uat: i64,
    pub(super) sign_in: Option<SignIn>,
    pub(super) sign_up: Option<SignUp>,
}

/// A session and its status.
#[derive(Clone, Debug)]
pub(super) struct UserSession {
    pub(super) id: String,
    pub(super) user_id: String,
    client_id: String,
    pub(super) status: &'static str,
    origin: Origin,
    /// The position of the session in the order of creation.
    number: u64,
    created_at: Timestamp,
    /// When the user last proved to be there, by a password or a code.
    verified_at: Timestamp,
}

/// How a session was created.
#[derive(Clone, Debug)]
enum Origin {
    /// By signing in. `active` is the ID of the active organization, `actor` who signed in as the user, or null.
    Browser { active: Option<String>, actor: Value },
    /// By a test that minted a session token.
    Minted(Box<SessionBuilder>),
}

impl UserSession {
    /// Returns the description that this session's tokens are minted from. An organization that the user has left is not
    /// active any more.
    pub(super) fn describe(&self, directory: &Directory, now: Timestamp) -> SessionBuilder {
        self.describe_in(directory, self.active_organization(), now)
    }

    /// Does the same for another organization than the active one.
    pub(super) fn describe_in(
        &self,
        directory: &Directory,
        organization: Option<&str>,
        now: Timestamp,
    ) -> SessionBuilder {
        if let Origin::Minted(session) = &self.origin {
            return (**session).clone();
        }
        let age = Duration::from_millis(now.millis_since(self.verified_at).max(0).unsigned_abs());
        let session = session(&self.user_id).session_id(&self.id).factor_verification_age(age, None);
        let session = session.claim("act", self.actor());
        let member = organization.and_then(|organization| directory.member(organization, &self.user_id));
        match member.and_then(|member| directory.described(member)) {
            None => session,
            Some(membership) => membership.activate(session),
        }
    }

    /// Returns the ID of the active organization.
    pub(super) fn active_organization(&self) -> Option<&str> {
        match &self.origin {
            Origin::Browser { active, .. } => active.as_deref(),
            Origin::Minted(session) => session.active_organization(),
        }
    }

    /// Returns who signed in as the user, or null.
    fn actor(&self) -> Value {
        match &self.origin {
            Origin::Browser { actor, .. } => actor.clone(),
            Origin::Minted(session) => session.actor_claim(),
        }
    }

    /// Returns how long ago the factors were verified, in minutes; -1 for a factor that there is not.
    pub(super) fn factor_verification_age(&self, now: Timestamp) -> [i64; 2] {
        [now.millis_since(self.verified_at).max(0) / 60_000, -1]
    }

    /// Returns the session as JSON of the Backend API.
    pub(super) fn resource(&self) -> Value {
        let organization = self.active_organization();
        let (day, created_at) = (24 * 60 * 60 * 1000, self.created_at.as_millis());
        json!({
            "object": "session",
            "id": self.id,
            "user_id": self.user_id,
            "client_id": self.client_id,
            "status": self.status,
            "last_active_organization_id": organization,
            "actor": self.actor(),
            "last_active_at": created_at,
            "expire_at": created_at.saturating_add(7 * day),
            "abandon_at": created_at.saturating_add(30 * day),
            "created_at": created_at,
            "updated_at": created_at,
        })
    }

    pub(super) fn stands(&self) -> bool {
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
pub(super) fn client_id(browser: &str) -> String {
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
    pub(super) fn sign_in(
        &mut self,
        browser: &str,
        user_id: &str,
        active: Option<String>,
        actor: Value,
        now: Timestamp,
    ) -> &UserSession {
        let id = random_id("sess_");
        let signed_in =
            Browser { session_id: Some(id.clone()), client_uat: now.as_seconds(), sign_in: None, sign_up: None };
        self.browsers.insert(browser.to_owned(), signed_in);
        self.begin(UserSession {
            id,
            user_id: user_id.to_owned(),
            client_id: client_id(browser),
            status: "active",
            origin: Origin::Browser { active, actor },
            number: 0,
            created_at: now,
            verified_at: now,
        })
    }

    /// Returns whether there is a browser with this token.
    pub(super) fn knows(&self, token: &str) -> bool {
        self.browsers.contains_key(token)
    }

    /// Returns the browser with this token, for a sign-in or a sign-up that takes several steps.
    pub(super) fn browser(&mut self, token: &str) -> &mut Browser {
        self.browsers.entry(token.to_owned()).or_default()
    }

    /// Notes that the user has just proved to be there.
    pub(super) fn verified(&mut self, session_id: &str, now: Timestamp) {
        if let Some(session) = self.sessions.get_mut(session_id) {
            session.verified_at = now;
        }
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
                    verified_at: now,
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
        self.end(browser, "removed")
    }

    /// Ends the session of a browser, which has none afterwards. Returns the session, if it had not ended.
    pub(super) fn end(&mut self, browser: &str, status: &'static str) -> Option<&UserSession> {
        let id = std::mem::take(self.browsers.get_mut(browser)?).session_id?;
        self.sessions.get_mut(&id)?.end(status)
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
    /// description of its Frontend API: `organization_id` of `/v1/client/handshake`). Returns whether it is active now.
    pub(super) fn activate(&mut self, session_id: &str, organization: &str, directory: &Directory) -> bool {
        let Some(session) = self.sessions.get_mut(session_id) else { return false };
        let Origin::Browser { active, .. } = &mut session.origin else { return false };
        if organization.is_empty() {
            *active = None;
            return true;
        }
        let member = directory
            .organization(organization)
            .and_then(|organization| directory.member(&organization.id, &session.user_id));
        if let Some(member) = member {
            *active = Some(member.organization_id.clone());
        }
        member.is_some()
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
