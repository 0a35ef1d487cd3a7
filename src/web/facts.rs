//! Adapts an Actix request for the authentication rules.

use actix_web::{
    HttpRequest,
    http::header::{self, HeaderName, HeaderValue},
};

use crate::request::{Field, RequestFacts, join_line, latin_1};

/// An Actix request, as the authentication rules read it.
pub(crate) struct ActixFacts<'r>(pub(crate) &'r HttpRequest);

impl RequestFacts for ActixFacts<'_> {
    fn method(&self) -> &str {
        self.0.method().as_str()
    }

    fn field(&self, field: Field) -> Option<&[u8]> {
        self.0.headers().get(header_name(field)).map(HeaderValue::as_bytes)
    }

    fn fields(&self, field: Field) -> impl Iterator<Item = &[u8]> {
        self.0.headers().get_all(header_name(field)).map(HeaderValue::as_bytes)
    }

    fn all_fields(&self) -> Vec<(String, String)> {
        let headers = self.0.headers();
        let joined = |name: &HeaderName| {
            let mut lines = headers.get_all(name).map(|value| latin_1(value.as_bytes()));
            let mut value = lines.next().unwrap_or_default().into_owned();
            lines.for_each(|line| join_line(name.as_str(), &mut value, &line));
            (name.as_str().to_owned(), value)
        };
        headers.keys().map(joined).collect()
    }

    fn path_and_query(&self) -> &str {
        self.0.uri().path_and_query().map_or("", |target| target.as_str())
    }

    fn is_tls(&self) -> bool {
        self.0.app_config().secure()
    }

    fn host(&self) -> Option<&[u8]> {
        let header = self.0.headers().get(header::HOST).map(HeaderValue::as_bytes);
        header.or_else(|| self.0.uri().authority().map(|authority| authority.as_str().as_bytes()))
    }
}

const fn named(name: &'static str) -> HeaderName {
    HeaderName::from_static(name)
}

fn header_name(field: Field) -> HeaderName {
    match field {
        Field::Accept => header::ACCEPT,
        Field::Authorization => header::AUTHORIZATION,
        Field::Connection => header::CONNECTION,
        Field::Cookie => header::COOKIE,
        Field::DatastarRequest => const { named("datastar-request") },
        Field::ForwardedHost => header::X_FORWARDED_HOST,
        Field::ForwardedProto => header::X_FORWARDED_PROTO,
        Field::HxRequest => const { named("hx-request") },
        Field::Origin => header::ORIGIN,
        Field::Referer => header::REFERER,
        Field::SecFetchDest => const { named("sec-fetch-dest") },
        Field::SecFetchMode => const { named("sec-fetch-mode") },
        Field::SecFetchSite => const { named("sec-fetch-site") },
        Field::SecWebSocketProtocol => header::SEC_WEBSOCKET_PROTOCOL,
        Field::TurboFrame => const { named("turbo-frame") },
        Field::TurboRequestId => const { named("x-turbo-request-id") },
        Field::Upgrade => header::UPGRADE,
        Field::XAlpineRequest => const { named("x-alpine-request") },
        Field::XInertia => const { named("x-inertia") },
        Field::XLivewire => const { named("x-livewire") },
        Field::XPjax => const { named("x-pjax") },
        Field::XRequestedWith => const { named("x-requested-with") },
        Field::XUpVersion => const { named("x-up-version") },
    }
}
