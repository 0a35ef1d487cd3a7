//! The calls that the checks need, made all at once.

use std::time::{Duration, Instant};

use futures_util::future::{OptionFuture, join5};
use url::Url;

use crate::{
    backend::{
        ApiRequest, ApiResponse, Budget, ClockSkew, Transport, TransportError,
        clock_skew::measuring,
        instance::{domains_request, instance_request},
        jwks, page, unobserved_page,
    },
    config::Settings,
};

/// A response, or the reason why there is none.
pub(super) type Answer = Result<ApiResponse, TransportError>;

/// The calls; `None` for those that need a secret key or a page that there is not.
pub(super) struct Calls {
    pub(super) jwks: Option<Call>,
    pub(super) instance: Option<Call>,
    pub(super) domains: Option<Call>,
    pub(super) sign_in: Option<Call>,
    /// The upstream of the Frontend API proxy.
    pub(super) frontend_api: Option<Call>,
}

/// One call: its answer, and what was measured.
pub(super) struct Call {
    pub(super) answer: Answer,
    pub(super) took: Duration,
    clock_skew: Option<ClockSkew>,
}

impl Calls {
    /// Calls Clerk, and this application's sign-in page and the page of the proxy's upstream, if it has them.
    pub(super) async fn make(
        settings: &Settings,
        transport: Transport,
        sign_in_page: Option<Url>,
        health_page: Option<Url>,
    ) -> Self {
        let clerk = |budget, request: fn(&Settings) -> ApiRequest<'_>| {
            let is_possible = settings.secret_key.is_some();
            OptionFuture::from(is_possible.then(|| Call::make(settings, transport, budget, request(settings))))
        };
        let page = |url| Call::make(settings, transport, Budget::Handlers, page(settings, url));
        let health = |url| Call::make(settings, transport, Budget::Handlers, unobserved_page(settings, url));
        let (jwks, instance, domains, sign_in, frontend_api) = join5(
            clerk(Budget::Keys, jwks::request),
            clerk(Budget::Handlers, instance_request),
            clerk(Budget::Handlers, domains_request),
            OptionFuture::from(sign_in_page.map(page)),
            OptionFuture::from(health_page.map(health)),
        )
        .await;
        Self { jwks, instance, domains, sign_in, frontend_api }
    }

    /// Returns the answers to `GET /v1/instance` and `GET /v1/domains`.
    pub(super) fn about_the_instance(&self) -> Option<(&Answer, &Answer)> {
        Some((&self.instance.as_ref()?.answer, &self.domains.as_ref()?.answer))
    }

    /// Returns the most precise measurement of the clock by Clerk's responses.
    pub(super) fn clock_skew(&self) -> Option<ClockSkew> {
        let of_clerk = [&self.jwks, &self.instance, &self.domains].into_iter().flatten();
        of_clerk.filter_map(|call| call.clock_skew).min_by_key(|skew| skew.uncertainty())
    }
}

impl Call {
    async fn make(settings: &Settings, transport: Transport, budget: Budget, request: ApiRequest<'_>) -> Self {
        let started = Instant::now();
        let sent = async {
            let sent = transport.within(settings.retry.total_timeout, transport.send(budget, request)).await;
            sent.unwrap_or(Err(TransportError::Timeout))
        };
        let (answer, clock_skew) = measuring(&settings.clock, sent).await;
        Self { answer, took: started.elapsed(), clock_skew }
    }
}
