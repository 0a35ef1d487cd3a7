//! Keys and other settings.

use clerk_actix::{
    ClerkConfig, ClerkConfigBuilder, RequireAuth,
    testing::{self, Behavior, Endpoint},
};

use crate::{
    Mistakes,
    support::{development_clerk, get, local_clerk, navigation, send, server},
};

/// The message of a configuration that cannot be built.
async fn error_of(builder: ClerkConfigBuilder) -> String {
    builder.build().unwrap_err().to_string()
}

fn production() -> ClerkConfigBuilder {
    ClerkConfig::builder().publishable_key("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k").secret_key("sk_live_1")
}

pub(super) async fn make(mistakes: &mut Mistakes) {
    mistakes
        .make("no keys at all", error_of(ClerkConfig::builder()), &["CLERK_PUBLISHABLE_KEY", "Clerk Dashboard"])
        .await;
    mistakes
        .make(
            "the keys are swapped",
            error_of(
                ClerkConfig::builder().publishable_key("sk_live_1").secret_key("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k"),
            ),
            &["CLERK_PUBLISHABLE_KEY", "secret key"],
        )
        .await;
    mistakes
        .make(
            "a development key beside a production key",
            error_of(production().secret_key("sk_test_1")),
            &["production", "development"],
        )
        .await;
    mistakes
        .make(
            "an authorized party with a slash at its end",
            error_of(production().authorized_parties(["https://app.example.com/"])),
            &["CLERK_AUTHORIZED_PARTIES", "https://app.example.com"],
        )
        .await;
    mistakes
        .make(
            "authorized parties in one text",
            error_of(production().authorized_parties(["https://a.example, https://b.example"])),
            &["CLERK_AUTHORIZED_PARTIES"],
        )
        .await;
    mistakes
        .make(
            "a wildcard among the authorized parties",
            error_of(production().authorized_parties(["https://*.example.com"])),
            &["CLERK_AUTHORIZED_PARTIES", "*"],
        )
        .await;

    let clerk = local_clerk();
    let token = clerk.mint(testing::session("user_1").claim("azp", "https://app.example.com"));
    let with = |config: Result<ClerkConfig, _>, token: String| async move {
        let config: Result<_, clerk_actix::ConfigError> = config;
        get(&server(config.unwrap()), "/require", &token).await.body
    };

    mistakes
        .make(
            "a wrong secret key",
            with(clerk.config_builder().secret_key("sk_live_of_another_instance").build(), token.clone()),
            &["request rejected", "path=\"/require\"", "secret-key-invalid", "CLERK_SECRET_KEY"],
        )
        .await;
    clerk.clock().advance(std::time::Duration::from_secs(1000));
    let token = clerk.mint(testing::session("user_1").claim("azp", "https://app.example.com"));
    mistakes
        .make(
            "keys of another instance",
            with(local_clerk().config_builder().build(), token.clone()),
            &["request rejected", "jwk-kid-mismatch", "keys are correct"],
        )
        .await;
    mistakes
        .make(
            "a PEM key of another instance",
            with(clerk.config_builder().jwt_key(local_clerk().jwt_key()).build(), token.clone()),
            &["request rejected", "token-invalid-signature"],
        )
        .await;
    mistakes
        .make(
            "an origin that is not among the authorized parties",
            with(clerk.config_builder().authorized_parties(["https://www.example.com"]).build(), token.clone()),
            &["token-invalid-authorized-parties", "https://app.example.com", "https://www.example.com"],
        )
        .await;
    mistakes
        .make(
            "another audience",
            with(
                clerk.config_builder().audience(["api"]).build(),
                clerk.mint(testing::session("user_1").claim("aud", "web")),
            ),
            &["token-verification-failed", "audience", "web", "api"],
        )
        .await;
    mistakes
        .make(
            "another issuer",
            with(clerk.config_builder().issuer(["https://clerk.other.example"]).build(), token.clone()),
            &["token-invalid-issuer", "https://clerk.other.example"],
        )
        .await;
    mistakes
        .make(
            "nothing listens at api_url",
            with(clerk.config_builder().api_url("http://127.0.0.1:1").build(), token.clone()),
            &["could not load Clerk's signing keys", "127.0.0.1:1", "could not connect"],
        )
        .await;
    clerk.behave(Endpoint::Jwks, Behavior::Html);
    mistakes
        .make(
            "a proxy that responds in place of Clerk",
            with(clerk.config_builder().build(), token.clone()),
            &["could not load Clerk's signing keys", "did not contain any signing keys"],
        )
        .await;
    clerk.behave(Endpoint::Jwks, Behavior::Normal);
    mistakes
        .make(
            "only a machine's key",
            async {
                let config = ClerkConfig::builder().machine_secret_key("ak_machine").build().unwrap();
                get(&server(config), "/require", "a.b.c").await.body
            },
            &["ClerkMiddleware cannot authenticate requests", "CLERK_PUBLISHABLE_KEY"],
        )
        .await;
    mistakes
        .make(
            "an API key without a secret key",
            async {
                let keys = ClerkConfig::builder().publishable_key(clerk.publishable_key()).jwt_key(clerk.jwt_key());
                let config = keys.build().unwrap();
                get(&server(config), "/any", &clerk.mint(testing::api_key("user_1"))).await.body
            },
            &["cannot be verified", "CLERK_SECRET_KEY"],
        )
        .await;
    mistakes
        .make(
            "ClerkClient under testing::config()",
            async {
                let client = clerk_actix::ClerkClient::new(testing::config());
                client.users().get("user_1").await.unwrap_err().to_string()
            },
            &["LocalClerk"],
        )
        .await;
    mistakes
        .make(
            "a sign-in page that requires signing in",
            async {
                let config = clerk.config_builder().sign_in_url("/sign-in").build().unwrap();
                let middleware = clerk_actix::ClerkMiddleware::new(config);
                let server = crate::support::servers::serve(move || {
                    let page = actix_web::web::get().to(async |user: RequireAuth| user.user_id().to_owned());
                    actix_web::App::new().route("/sign-in", page).wrap(middleware.clone())
                });
                send(navigation(&server, "/sign-in")).await.body
            },
            &["/sign-in", "the sign-in page itself requires a signed-in user", "sign_in_url"],
        )
        .await;
    mistakes
        .make(
            "a wrong secret key, seen by a browser that returns from Clerk",
            async {
                let clerk = development_clerk();
                clerk.clock().advance(std::time::Duration::from_secs(5000));
                let config = clerk.config_builder().secret_key("sk_test_of_another_instance").build().unwrap();
                let server = server(config);
                send(navigation(&server, "/require?__clerk_handshake_nonce=nonce_1")).await.body
            },
            &["secret-key-invalid", "rejected this server&#39;s secret key", "CLERK_SECRET_KEY"],
        )
        .await;
}
