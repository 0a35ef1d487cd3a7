//! What an authorization server remembers: clients, requests for consent, codes and refresh tokens.

use std::{collections::HashMap, time::Duration};

use super::error::OAuthError;
use crate::{
    clock::Timestamp,
    testing::secret::{random_id, secret},
};

/// How long a code may be exchanged.
const CODE: Duration = Duration::from_secs(10 * 60);

#[derive(Debug, Default)]
pub(in crate::testing) struct OAuth {
    clients: HashMap<String, Client>,
    requests: HashMap<String, Request>,
    codes: HashMap<String, (Grant, Request, Timestamp)>,
    refresh_tokens: HashMap<String, Grant>,
}

/// A registered application.
#[derive(Clone, Debug)]
pub(super) struct Client {
    pub(super) id: String,
    pub(super) name: String,
    /// `None` for a public client.
    pub(super) secret: Option<String>,
    pub(super) redirect_uris: Vec<String>,
    pub(super) scopes: Vec<String>,
}

/// A client's request that a user has not answered yet.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) client_id: String,
    pub(super) redirect_uri: String,
    pub(super) scopes: Vec<String>,
    pub(super) state: Option<String>,
    /// PKCE's `code_challenge` of the method S256.
    pub(super) challenge: Option<String>,
}

/// What a user has granted to a client.
#[derive(Clone, Debug)]
pub(super) struct Grant {
    pub(super) client_id: String,
    pub(super) user_id: String,
    pub(super) scopes: Vec<String>,
}

impl OAuth {
    pub(super) fn add_client(&mut self, client: Client) {
        self.clients.insert(client.id.clone(), client);
    }

    pub(super) fn client(&self, id: &str) -> Option<&Client> {
        self.clients.get(id)
    }

    /// Keeps a request until the user answers it, and returns its ID.
    pub(super) fn keep(&mut self, request: Request) -> String {
        let id = random_id("oar_");
        self.requests.insert(id.clone(), request);
        id
    }

    /// Takes a request: it is answered once.
    pub(super) fn take(&mut self, id: &str) -> Option<Request> {
        self.requests.remove(id)
    }

    /// Returns the code for what a user has granted.
    pub(super) fn grant(&mut self, request: Request, user_id: &str, now: Timestamp) -> String {
        let code = secret("");
        let (client_id, scopes) = (request.client_id.clone(), request.scopes.clone());
        let grant = Grant { client_id, user_id: user_id.to_owned(), scopes };
        self.codes.insert(code.clone(), (grant, request, now.plus(CODE)));
        code
    }

    /// Takes a code of this client, with the request that it answers. It is gone after the first attempt to exchange it,
    /// whether that succeeds or not.
    pub(super) fn redeem(
        &mut self,
        code: &str,
        client_id: &str,
        now: Timestamp,
    ) -> Result<(Grant, Request), OAuthError> {
        match self.codes.remove(code) {
            Some((grant, request, end)) if grant.client_id == client_id && now < end => Ok((grant, request)),
            _ => Err(OAuthError::new("invalid_grant", "The code is unknown, used, expired, or another client's.")),
        }
    }

    pub(super) fn refresh_token(&mut self, grant: Grant) -> String {
        let token = secret("ort_");
        self.refresh_tokens.insert(token.clone(), grant);
        token
    }

    /// Takes the grant of a refresh token, which is replaced with each use.
    pub(super) fn refresh(&mut self, token: &str, client_id: &str) -> Result<Grant, OAuthError> {
        match self.refresh_tokens.get(token) {
            Some(grant) if grant.client_id == client_id => Ok(grant.clone()),
            _ => Err(OAuthError::new("invalid_grant", "The refresh token is unknown, used, or another client's.")),
        }
    }

    pub(super) fn forget(&mut self, refresh_token: &str) {
        self.refresh_tokens.remove(refresh_token);
    }
}
