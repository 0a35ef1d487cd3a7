//! The parts that all calls have in common: the URL under the configured API, and the envelope of errors.

use awc::http::Method;
use serde_json::Value;

use url::Url;

use super::transport::{ANY, ApiRequest, JSON, MAX_HANDLER_BODY, MAX_SMALL_BODY, Report};
use crate::{config::Settings, observe::Observers};

/// Builds a `GET` of this path under the API's version. A slash in a segment does not split it. `name` is the name of
/// the call for observers, one of a fixed list.
pub(crate) fn endpoint<'c>(settings: &'c Settings, name: &'static str, segments: &[&str]) -> ApiRequest<'c> {
    let version = settings.api_version.split('/').filter(|segment| !segment.is_empty());
    endpoint_at(settings, name, version.chain(segments.iter().copied()))
}

/// Builds the same request without a version, because some paths of the Backend API have none.
pub(crate) fn endpoint_at<'c, 's>(
    settings: &'c Settings,
    name: &'static str,
    segments: impl Iterator<Item = &'s str>,
) -> ApiRequest<'c> {
    let mut url = settings.api_url.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(segments);
    }
    ApiRequest {
        method: Method::GET,
        url,
        authorization: settings.secret_key.as_ref().map(Into::into),
        accept: JSON,
        body: None,
        timeout: settings.retry.call_timeout,
        max_body: MAX_SMALL_BODY,
        report: Report { observers: settings.observers.clone(), endpoint: name, attempt: 1 },
    }
}

/// Builds a `GET` of a page that is not Clerk's, so without a key. Its `Accept` is not that of a browser that navigates,
/// which would be redirected to Clerk first.
pub(crate) fn page(settings: &Settings, url: Url) -> ApiRequest<'static> {
    ApiRequest {
        method: Method::GET,
        url,
        authorization: None,
        accept: ANY,
        body: None,
        timeout: settings.retry.call_timeout,
        max_body: MAX_HANDLER_BODY,
        report: Report { observers: settings.observers.clone(), endpoint: "sign_in_page", attempt: 1 },
    }
}

/// Builds a `GET` of a page of the Frontend API, also without a key. Observers count calls to the Backend API only.
pub(crate) fn unobserved_page(settings: &Settings, url: Url) -> ApiRequest<'static> {
    let page = page(settings, url);
    ApiRequest { report: Report { observers: Observers::default(), ..page.report }, ..page }
}

/// Returns the first error in Clerk's envelope, `{"errors":[{"code","message"}]}`, or `None` if there is no envelope or
/// an empty one.
pub(crate) fn first_error(body: &[u8]) -> Option<Value> {
    let envelope: Value = serde_json::from_slice(body).ok()?;
    envelope.get("errors")?.as_array()?.first().cloned()
}
