//! Who may do what, and with whose notes.

use std::marker::PhantomData;

use actix_web::{Either, FromRequest, HttpRequest, dev::Payload};
use clerk_actix::{ApiKey, AuthError, Check, Policy, RequireAuth, Session};
use futures_util::future::{FutureExt, LocalBoxFuture};

use crate::{
    note::{Note, Owner},
    problem::Problem,
};

/// Members of a team delete their own notes. Administrators, and who else has the permission, delete everybody's.
///
/// Create the permission in the Clerk Dashboard, and add it to roles there.
pub const DELETE_NOTES_OF_OTHERS: Check =
    Check::any(&[Check::new().role("org:admin"), Check::new().permission("org:notes:delete")]);

/// Returns whether this user may delete this note, which is in a workspace of theirs.
pub fn may_delete(session: &Session, note: &Note) -> bool {
    note.author == session.user_id() || session.has(&DELETE_NOTES_OF_OTHERS)
}

/// A signed-in user in one of their workspaces: `/orgs/{slug}/…` is a team's, `/me/…` their own.
///
/// The middleware has asked Clerk to make the team in the path active, which Clerk does for its members only. So the session
/// says whether the user belongs to the team, and the path never does.
pub struct Workspace {
    pub session: Session,
    pub owner: Owner,
    /// The path of the workspace.
    pub path: String,
    /// The team's slug.
    pub team: Option<String>,
}

impl FromRequest for Workspace {
    type Error = crate::pages::PageError;
    type Future = LocalBoxFuture<'static, Result<Self, Self::Error>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let slug = req.match_info().get("slug").map(str::to_owned);
        let session = RequireAuth::<Session>::from_request(req, payload);
        async move { Ok(Self::of(session.await?.into_inner(), slug)?) }.boxed_local()
    }
}

impl Workspace {
    fn of(session: Session, slug: Option<String>) -> Result<Self, Problem> {
        let Some(slug) = slug else {
            let owner = Owner::new(session.user_id());
            return Ok(Self { session, owner, path: "/me".to_owned(), team: None });
        };
        match session.org_id() {
            Some(org_id) if session.org_slug() == Some(&*slug) => {
                let (owner, path) = (Owner::new(org_id), format!("/orgs/{slug}"));
                Ok(Self { session, owner, path, team: Some(slug) })
            }
            _ => Err(Problem::NoSuchTeam),
        }
    }
}

/// What an API key may do: its scopes. Users need none.
pub struct Read;
pub struct Write;
pub struct Delete;

impl Policy for Read {
    const REQUIRES: Check = Check::new().scope("notes:read");
}

impl Policy for Write {
    const REQUIRES: Check = Check::new().scope("notes:write");
}

impl Policy for Delete {
    const REQUIRES: Check = Check::new().scope("notes:delete");
}

/// A caller of the JSON API: a user with the team that is active in the session, or an API key of a user or of a team.
pub struct Caller<Scope> {
    pub owner: Owner,
    /// The user, or the organization whose API key it is.
    pub author: String,
    credential: Either<Session, ApiKey>,
    scope: PhantomData<Scope>,
}

impl<Scope: Policy> FromRequest for Caller<Scope> {
    type Error = AuthError;
    type Future = LocalBoxFuture<'static, Result<Self, AuthError>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let caller = RequireAuth::<Either<Session, ApiKey>>::from_request(req, payload);
        let req = req.clone();
        async move { Self::of(caller.await?.into_inner(), &req) }.boxed_local()
    }
}

impl<Scope: Policy> Caller<Scope> {
    fn of(credential: Either<Session, ApiKey>, req: &HttpRequest) -> Result<Self, AuthError> {
        let (owner, author) = match &credential {
            Either::Left(session) => (session.org_id().unwrap_or(session.user_id()), session.user_id()),
            Either::Right(key) => {
                clerk_actix::Credential::authorize(key, &Scope::REQUIRES, req)?;
                (key.subject(), key.subject())
            }
        };
        let (owner, author) = (Owner::new(owner), author.to_owned());
        Ok(Self { owner, author, credential, scope: PhantomData })
    }
}

impl Caller<Delete> {
    /// Returns an error unless the caller may delete this note. An API key may, because it has the scope.
    ///
    /// # Errors
    ///
    /// [`AuthError::Forbidden`], which names what is missing.
    pub fn authorize_deletion(&self, note: &Note, req: &HttpRequest) -> Result<(), AuthError> {
        match &self.credential {
            Either::Left(session) if !may_delete(session, note) => session.authorize(&DELETE_NOTES_OF_OTHERS, req),
            _ => Ok(()),
        }
    }
}
