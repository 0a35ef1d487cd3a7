//! The future of a call to Clerk.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use futures_util::future::BoxFuture;

use super::error::ClerkApiError;

/// The future of an [`ApiCall`](super::ApiCall). It is `Send`, and works under any runtime or none.
///
/// Awaiting a call creates it. Name it to store the future of a call:
///
/// ```
/// use std::future::IntoFuture;
/// use clerk_actix::{ClerkClient, api::User, client::ApiFuture};
///
/// fn lookups(clerk: &ClerkClient, ids: &[&str]) -> Vec<ApiFuture<User>> {
///     ids.iter().map(|id| clerk.users().get(id).into_future()).collect()
/// }
/// ```
#[must_use = "a call is made only when it is awaited"]
pub struct ApiFuture<T>(BoxFuture<'static, Result<T, ClerkApiError>>);

impl<T> ApiFuture<T> {
    pub(super) fn new(call: impl Future<Output = Result<T, ClerkApiError>> + Send + 'static) -> Self {
        Self(Box::pin(call))
    }
}

impl<T> Future for ApiFuture<T> {
    type Output = Result<T, ClerkApiError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(context)
    }
}

impl<T> fmt::Debug for ApiFuture<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiFuture").finish_non_exhaustive()
    }
}
