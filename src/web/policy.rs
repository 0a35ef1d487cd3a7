//! Policies: the permission to call a route, as a type in the handler's signature.

use std::{fmt, marker::PhantomData};

use actix_web::HttpRequest;

use super::credential::Credential;
use crate::auth::{Check, Principal, Session};
use crate::{clock::Clock, observe::LogLimit};

/// A rule for who may call a route. A policy is a type, so that the handler's signature states it:
/// [`Authorized<P>`](Authorized).
///
/// ```
/// use actix_web::{post, Responder};
/// use clerk_actix::{Authorized, Check, Policy, Reverification};
///
/// struct PublishPosts;
/// impl Policy for PublishPosts {
///     const REQUIRES: Check = Check::new().permission("org:posts:publish").reverification(Reverification::STRICT);
/// }
///
/// #[post("/api/posts/publish")]
/// async fn publish(user: Authorized<PublishPosts>) -> impl Responder {
///     format!("published by {}", user.user_id())
/// }
/// ```
///
/// Policies combine: a tuple requires all of its members, [`AnyOf`] a tuple requires any one of them.
///
/// A policy can also look at the request, for routes to data that has an owner; [`OrgFromPath`] is a ready-made one.
///
/// ```
/// use actix_web::HttpRequest;
/// use clerk_actix::{Check, Policy, Principal};
///
/// /// A user's own pages: `/users/{user_id}/…`
/// struct Oneself;
/// impl Policy for Oneself {
///     const REQUIRES: Check = Check::ANYONE;
///
///     fn permits(caller: &Principal, req: &HttpRequest) -> bool {
///         req.match_info().get("user_id").is_some_and(|user_id| caller.user_id() == Some(user_id))
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a policy",
    label = "not a policy",
    note = "to make a type of your own a policy, write `impl clerk_actix::Policy for {Self} {{ const REQUIRES: Check \
            = Check::new()…; }}`"
)]
pub trait Policy: 'static {
    /// The check that the caller must pass; [`Check::ANYONE`] if only the request matters.
    const REQUIRES: Check;

    /// Returns whether this caller may make this request. Called only after the caller has passed
    /// [`REQUIRES`](Self::REQUIRES). The default allows every request.
    fn permits(caller: &Principal, req: &HttpRequest) -> bool {
        let _ = (caller, req);
        true
    }

    /// The organization that the request is for, if the policy compares it with the caller's. For log lines.
    #[doc(hidden)]
    fn organization_in(req: &HttpRequest) -> Option<&str> {
        let _ = req;
        None
    }
}

/// The extractor for callers that pass a [`Policy`]: [`RequireAuth`](crate::RequireAuth) plus authorization.
///
/// It dereferences to the credential, by default a signed-in user's [`Session`]. `Authorized<P, ApiKey>` requires an
/// API key, and `Authorized<P, Either<Session, ApiKey>>` accepts either. An unauthenticated request gets the same
/// response as from [`RequireAuth`](crate::RequireAuth). A caller that does not pass gets a 403 that names what is
/// missing. If only a fresh verification is missing, the 403 makes Clerk's frontend components ask the user for one.
///
/// A policy that no such caller could pass does not compile (`cargo build`, `cargo test`; `cargo check` does not look at
/// its value). For example, a machine has no role:
///
/// ```compile_fail,E0080
/// use clerk_actix::{ApiKey, Authorized, Check, Policy};
///
/// struct Admin;
/// impl Policy for Admin {
///     const REQUIRES: Check = Check::new().role("org:admin");
/// }
///
/// async fn never(_: Authorized<Admin, ApiKey>) -> &'static str {
///     "not reached"
/// }
/// # let _ = actix_web::web::get().to(never);
/// ```
///
/// Nor does a policy that asks for two permissions by calling the setter twice:
///
/// ```compile_fail,E0080
/// use clerk_actix::{Authorized, Check, Policy};
///
/// struct Replace;
/// impl Policy for Replace {
///     const REQUIRES: Check = Check::new().permission("org:posts:publish").permission("org:posts:delete");
/// }
///
/// async fn never(_: Authorized<Replace>) -> &'static str {
///     "not reached"
/// }
/// # let _ = actix_web::web::get().to(never);
/// ```
///
/// Nor does a policy that asks for a system permission, which no session token carries:
///
/// ```compile_fail,E0080
/// use clerk_actix::{Authorized, Check, Policy};
///
/// struct ManageMembers;
/// impl Policy for ManageMembers {
///     const REQUIRES: Check = Check::new().permission("org:sys_memberships:manage");
/// }
///
/// async fn never(_: Authorized<ManageMembers>) -> &'static str {
///     "not reached"
/// }
/// # let _ = actix_web::web::get().to(never);
/// ```
#[doc(alias = "protect")]
#[doc(alias = "has")]
pub struct Authorized<P, C = Session> {
    pub(crate) credential: C,
    pub(crate) policy: PhantomData<fn() -> P>,
}

impl<P, C> Authorized<P, C> {
    /// Returns the credential by value.
    pub fn into_inner(self) -> C {
        self.credential
    }
}

impl<P, C: fmt::Debug> fmt::Debug for Authorized<P, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Authorized").field(&self.credential).finish()
    }
}

impl<P, C: Clone> Clone for Authorized<P, C> {
    fn clone(&self) -> Self {
        Self { credential: self.credential.clone(), policy: PhantomData }
    }
}

impl<P, C> std::ops::Deref for Authorized<P, C> {
    type Target = C;

    fn deref(&self) -> &C {
        &self.credential
    }
}

/// Compile-time proof that a caller of this type can pass the policy.
pub(crate) struct Passable<P, C>(PhantomData<(P, C)>);

impl<P: Policy, C: Credential> Passable<P, C> {
    pub(crate) const CHECKED: () = {
        assert!(
            !P::REQUIRES.asks_twice(),
            "this policy calls a setter of Check twice, such as .permission(\"a\").permission(\"b\"): to require \
             both, write Check::all(&[Check::new().permission(\"a\"), Check::new().permission(\"b\")]); to require \
             one of them, write Check::any(&[…])"
        );
        assert!(
            !P::REQUIRES.asks_for_system_permission(),
            "this policy requires a system permission (org:sys_…), and session tokens do not contain system \
             permissions, so it would never pass in production: create a custom permission in the Clerk Dashboard, \
             give it to the same roles, and require that"
        );
        assert!(
            P::REQUIRES.can_pass_for(C::ACCEPTS),
            "this policy can never pass for this type of caller: only sessions have roles, permissions, features, \
             plans and reverification; only API keys, machines and OAuth applications have scopes; and an empty \
             policy never passes (for any caller, write Check::ANYONE)"
        );
    };
}

/// A policy that requires any one of the policies in a tuple.
///
/// ```
/// use clerk_actix::{AnyOf, ApiKey, Authorized, Check, Either, Policy, Session};
///
/// struct Export;
/// impl Policy for Export {
///     const REQUIRES: Check = Check::new().permission("org:orders:export");
/// }
/// struct ByKey;
/// impl Policy for ByKey {
///     const REQUIRES: Check = Check::new().scope("orders:export");
/// }
///
/// async fn export(caller: Authorized<AnyOf<(Export, ByKey)>, Either<Session, ApiKey>>) -> &'static str {
///     match *caller {
///         Either::Left(_) => "for a person",
///         Either::Right(_) => "for a program",
///     }
/// }
/// # let _ = actix_web::web::get().to(export);
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct AnyOf<T>(PhantomData<T>);

/// Requires nothing more than an authenticated caller.
impl Policy for () {
    const REQUIRES: Check = Check::ANYONE;
}

/// The checks of several policies, as constants that other constants can refer to.
struct Checks<T>(PhantomData<T>);

macro_rules! of_these {
    ($($policy:ident)+) => {
        impl<$($policy: Policy),+> Checks<($($policy,)+)> {
            const ALL: &'static [Check] = &[$($policy::REQUIRES),+];
        }

        /// Requires all of these policies.
        impl<$($policy: Policy),+> Policy for ($($policy,)+) {
            const REQUIRES: Check = Check::all(Checks::<($($policy,)+)>::ALL);

            fn permits(caller: &Principal, req: &HttpRequest) -> bool {
                $($policy::permits(caller, req))&&+
            }

            fn organization_in(req: &HttpRequest) -> Option<&str> {
                let all = [$($policy::organization_in(req)),+];
                all.into_iter().flatten().next()
            }
        }

        /// Requires any one of these policies.
        impl<$($policy: Policy),+> Policy for AnyOf<($($policy,)+)> {
            const REQUIRES: Check = Check::any(Checks::<($($policy,)+)>::ALL);

            /// Calls only the `permits` of policies whose check the caller passes.
            fn permits(caller: &Principal, req: &HttpRequest) -> bool {
                $((caller.has(&$policy::REQUIRES) && $policy::permits(caller, req)))||+
            }

            fn organization_in(req: &HttpRequest) -> Option<&str> {
                let all = [$($policy::organization_in(req)),+];
                all.into_iter().flatten().next()
            }
        }
    };
}

of_these!(A);
of_these!(A B);
of_these!(A B C);
of_these!(A B C D);
of_these!(A B C D E);
of_these!(A B C D E F);

/// The name of a path parameter, as a type.
pub trait PathPart: 'static {
    /// The name without braces: `org` for `/orgs/{org}`.
    const NAME: &'static str;
}

/// The path parameter `{org}`.
#[derive(Clone, Copy, Debug, Default)]
pub struct OrgPart;

impl PathPart for OrgPart {
    const NAME: &'static str = "org";
}

/// Requires that the organization in the path, given by ID or slug, is the caller's own: the user's active
/// organization, or the organization that owns the API key. The path parameter is `{org}` unless `N` names another.
///
/// A value that starts with `org_` is compared with IDs only, any other value with slugs only. If the path has the
/// parameter twice, as in a route `/copy-to/{org}` inside a scope `/orgs/{org}`, every request is rejected: the policy
/// could check one and the handler read the other. Rename one of them. As a middleware of a scope,
/// [`require`](crate::require()) sees only the parameters of the scope's own path, so it cannot notice a second one in a
/// route inside.
///
/// Use it for multi-tenant routes: a handler that forgets to compare the organization in the path with the caller's
/// serves one tenant's data to another. The rejection does not reveal whether another organization of that name
/// exists.
///
/// ```
/// use actix_web::{get, web, Responder};
/// use clerk_actix::{Authorized, Check, Policy, policy::OrgFromPath};
///
/// struct ReadInvoices;
/// impl Policy for ReadInvoices {
///     const REQUIRES: Check = Check::new().permission("org:invoices:read");
/// }
///
/// #[get("/orgs/{org}/invoices")]
/// async fn invoices(user: Authorized<(OrgFromPath, ReadInvoices)>, org: web::Path<String>) -> impl Responder {
///     format!("invoices of {org} for {}", user.user_id())
/// }
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct OrgFromPath<N = OrgPart>(PhantomData<N>);

impl<N: PathPart> Policy for OrgFromPath<N> {
    const REQUIRES: Check = Check::ANYONE;

    fn organization_in(req: &HttpRequest) -> Option<&str> {
        req.match_info().get(N::NAME)
    }

    fn permits(caller: &Principal, req: &HttpRequest) -> bool {
        static MISSING: LogLimit = LogLimit::new();
        static REPEATED: LogLimit = LogLimit::new();
        let mut named = req.match_info().iter().filter(|(name, _)| *name == N::NAME).map(|(_, value)| value);
        match (named.next(), named.next()) {
            (Some(organization), None) => caller.is_in_org(organization),
            (None, _) => {
                if let Some(left_out) = MISSING.admit(Clock::System.now()) {
                    tracing::error!(
                        left_out,
                        "a handler uses OrgFromPath, but the path of its route has no parameter {{{}}}, so every \
                         request is rejected: add the parameter to the path",
                        N::NAME
                    );
                }
                false
            }
            (Some(_), Some(_)) => {
                if let Some(left_out) = REPEATED.admit(Clock::System.now()) {
                    tracing::error!(
                        left_out,
                        "a handler uses OrgFromPath, but the path of its route has the parameter {{{}}} more than \
                         once, so every request is rejected: rename one of them",
                        N::NAME
                    );
                }
                false
            }
        }
    }
}
