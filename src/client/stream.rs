//! All elements of a list, page by page.

use std::{
    fmt,
    future::{Future, IntoFuture, poll_fn},
    pin::Pin,
    task::{Context, Poll, ready},
    vec,
};

use futures_util::Stream;
use serde::de::DeserializeOwned;

use super::{call::ApiCall, error::ClerkApiError, future::ApiFuture, paged::Paged};
use crate::api::Page;

impl<T, F: Paged<T>> ApiCall<Page<T>, F> {
    /// Returns all elements of the list, one after the other. The pages are fetched as they are needed, each of the
    /// largest size that Clerk accepts or of [`limit`](Self::limit), and only one of them is in memory.
    ///
    /// An element that is created or deleted meanwhile can shift the pages, so that another one comes twice or not at
    /// all. Users in the order of their creation are exempt: Clerk finds their next page by the last user.
    ///
    /// ```
    /// use clerk_actix::{ClerkApiError, ClerkClient};
    ///
    /// async fn oldest_session(clerk: &ClerkClient, user_id: &str) -> Result<Option<String>, ClerkApiError> {
    ///     let mut sessions = clerk.sessions().list(user_id).all();
    ///     let mut oldest = None;
    ///     while let Some(session) = sessions.next().await {
    ///         oldest = Some(session?.id);
    ///     }
    ///     Ok(oldest)
    /// }
    /// ```
    pub fn all(self) -> ApiStream<T>
    where
        T: DeserializeOwned + Send + 'static,
        F: 'static,
    {
        ApiStream::new(self)
    }
}

/// All elements of a list; see [`ApiCall::all`]. It is a [`Stream`], and [`next`](Self::next) needs no other crate.
///
/// The stream ends after the last element or the first error.
#[must_use = "a list is fetched only as its elements are awaited"]
pub struct ApiStream<T> {
    next_page: Box<dyn Fn(Position) -> ApiFuture<Page<T>> + Send + Sync>,
    /// Clerk's cursor after an element, if the list has one.
    cursor: Cursor<T>,
    limit: u64,
    /// The number of elements before the next page.
    offset: u64,
    page: vec::IntoIter<T>,
    state: State<T>,
}

type Cursor<T> = Box<dyn Fn(&T) -> Option<Position> + Send + Sync>;

/// Where a page begins.
#[derive(Clone)]
enum Position {
    Offset(u64),
    /// After the element that this query parameter names.
    After(&'static str, String),
}

enum State<T> {
    /// The next page is fetched when this one is used up.
    More(Position),
    Fetching(ApiFuture<Page<T>>),
    Ended,
}

impl<T: DeserializeOwned + Send + 'static> ApiStream<T> {
    pub(super) fn new<F: Paged<T> + 'static>(call: ApiCall<Page<T>, F>) -> Self {
        let draft = call.draft();
        let (limit, offset) = draft.map_or((None, None), |draft| (draft.number("limit"), draft.number("offset")));
        let limit = limit.unwrap_or_else(|| draft.map_or(0, |draft| draft.max_limit().into()));
        let has_cursor = draft.is_some_and(|draft| offset.is_none() && F::has_cursor(draft.value("order_by")));
        let next_page = move |position| {
            let page = call.again().only("limit", limit);
            match position {
                Position::Offset(0) => page.into_future(),
                Position::Offset(offset) => page.offset(offset).into_future(),
                Position::After(name, id) => page.only(name, id).into_future(),
            }
        };
        let offset = offset.unwrap_or_default();
        Self {
            next_page: Box::new(next_page),
            cursor: Box::new(move |last| {
                let (parameter, value) = F::cursor(last).filter(|_| has_cursor)?;
                Some(Position::After(parameter, value.to_owned()))
            }),
            limit,
            offset,
            page: Vec::new().into_iter(),
            state: State::More(Position::Offset(offset)),
        }
    }

    /// Returns the next element, or `None` after the last one.
    ///
    /// # Errors
    ///
    /// [`ClerkApiError`] if a page cannot be fetched. The stream ends there.
    pub async fn next(&mut self) -> Option<Result<T, ClerkApiError>> {
        poll_fn(|context| self.poll(context)).await
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<T, ClerkApiError>>> {
        loop {
            if let Some(element) = self.page.next() {
                return Poll::Ready(Some(Ok(element)));
            }
            match &mut self.state {
                State::Ended => return Poll::Ready(None),
                State::More(position) => self.state = State::Fetching((self.next_page)(position.clone())),
                State::Fetching(page) => match ready!(Pin::new(page).poll(context)) {
                    Ok(page) => self.take(page),
                    Err(error) => {
                        self.state = State::Ended;
                        return Poll::Ready(Some(Err(error)));
                    }
                },
            }
        }
    }

    /// Goes on with this page. Clerk tells the number of all elements in some lists; in the others, a page that is not
    /// full is the last one.
    fn take(&mut self, page: Page<T>) {
        let length = page.data.len() as u64;
        self.offset = self.offset.saturating_add(length);
        let is_last = page.total_count.map_or(length < self.limit, |count| self.offset >= count);
        self.state = match page.data.last() {
            Some(last) if !is_last => State::More((self.cursor)(last).unwrap_or(Position::Offset(self.offset))),
            _ => State::Ended,
        };
        self.page = page.data.into_iter();
    }
}

impl<T: DeserializeOwned + Send + 'static> Stream for ApiStream<T> {
    type Item = Result<T, ClerkApiError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll(context)
    }
}

impl<T> Unpin for ApiStream<T> {}

impl<T> fmt::Debug for ApiStream<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiStream").field("offset", &self.offset).finish_non_exhaustive()
    }
}
