//! A Clerk instance with as many tokens as a benchmark needs, and the cookies that carry them.

use std::{thread, time::Duration};

use clerk_actix::{
    ClerkConfig, ClerkConfigBuilder, internal_bench,
    testing::{self, LocalClerk},
};

/// A production instance: in development, a browser would be redirected to Clerk first.
pub struct Instance {
    clerk: LocalClerk,
}

impl Instance {
    pub fn start() -> Self {
        Self { clerk: LocalClerk::start_production().expect("a loopback port") }
    }

    pub fn clerk(&self) -> &LocalClerk {
        &self.clerk
    }

    /// Returns an application's usual configuration: with the system clock, and keys from the JWKS.
    pub fn builder(&self) -> ClerkConfigBuilder {
        ClerkConfig::builder()
            .publishable_key(self.clerk.publishable_key())
            .secret_key(self.clerk.secret_key())
            .api_url(self.clerk.api_url())
            .authorized_parties(["http://localhost:3000"])
    }

    pub fn config(&self) -> ClerkConfig {
        self.builder().build().expect("the instance's own settings")
    }

    pub fn pem(&self) -> String {
        self.clerk.jwt_key()
    }

    /// Mints a token like those in production: version 2, an organization, a few features and permissions. It is valid
    /// for 2 hours, so that it does not expire during a measurement.
    pub fn token(&self, number: usize) -> String {
        let id = id(number);
        let session = testing::session(Self::user_id(number))
            .session_id(format!("sess_{id}"))
            .org_id(format!("org_{id}"))
            .org_slug("acme-corporation")
            .org_role("org:admin")
            .org_permissions(["org:posts:read", "org:posts:publish", "org:billing:manage"])
            .org_features(["posts", "billing"])
            .user_features(["early_access"])
            .org_plans(["team"])
            .claim("azp", "http://localhost:3000")
            .lifetime(Duration::from_secs(7200));
        self.clerk.mint(session)
    }

    /// Returns the ID of the user of [`token`](Self::token).
    pub fn user_id(number: usize) -> String {
        format!("user_{}", id(number))
    }

    /// Mints an API key of a user.
    pub fn api_key(&self) -> String {
        self.clerk.mint(testing::api_key("user_1"))
    }

    /// Mints `count` tokens on all processors.
    pub fn tokens(&self, count: usize) -> Vec<String> {
        let threads = thread::available_parallelism().map_or(1, usize::from);
        let part = count.div_ceil(threads);
        thread::scope(|scope| {
            let starts = (0..count).step_by(part);
            let parts: Vec<_> = starts
                .map(|start| {
                    scope.spawn(move || (start..count.min(start + part)).map(|n| self.token(n)).collect::<Vec<_>>())
                })
                .collect();
            parts.into_iter().flat_map(|part| part.join().expect("a thread that mints")).collect()
        })
    }

    /// Returns all cookies of a signed-in browser: Clerk's, suffixed and plain, and those of other services.
    pub fn cookies(&self, token: &str) -> String {
        let suffix = internal_bench::cookie_suffix(&self.config()).to_owned();
        let cookies = [
            ("_ga".to_owned(), "GA1.1.1234567890.1700000000"),
            ("theme".to_owned(), "dark"),
            ("__client_uat".to_owned(), "1700000000"),
            (format!("__client_uat{suffix}"), "1700000000"),
            (format!("__refresh{suffix}"), "rt_0123456789abcdef0123456789abcdef"),
            (format!("__session{suffix}"), token),
            ("__session".to_owned(), token),
            ("_ga_ABCDEF0123".to_owned(), "GS1.1.1700000000.1.1.1700000100.0.0.0"),
        ];
        cookies.map(|(name, value)| format!("{name}={value}")).join("; ")
    }
}

/// Returns the part of an ID behind its prefix, always of one length.
fn id(number: usize) -> String {
    format!("{:027}", number.wrapping_mul(0x9e37_79b9_7f4a_7c15))
}
