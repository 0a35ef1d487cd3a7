//! Tokens for sign-in, impersonation, tests and agents.

use super::words::SignInTokenStatus;
use crate::api::{JsonObject, resource::resource};

resource! {
    /// A token with which a user signs in once.
    #[derive(Clone, Debug)]
    SignInToken {
        required {
            /// The ID: `sit_…`.
            id: String,
        }
        members {
            /// The status.
            status: SignInTokenStatus,
            /// The user: `user_…`.
            user_id: String,
        }
        times {
            /// When it was created.
            created_at,
            /// When it was last updated.
            updated_at,
        }
        secrets {
            /// The token: the `ticket` of a sign-in. Present only in the response that creates it.
            token,
            /// The URL that signs the user in, with the token in it.
            url,
        }
    }
}

resource! {
    /// A token with which somebody signs in as a user.
    #[derive(Clone, Debug)]
    ActorToken {
        required {
            /// The ID: `act_…`.
            id: String,
        }
        members {
            /// The status.
            status: SignInTokenStatus,
            /// The user who is impersonated: `user_…`.
            user_id: String,
            /// Who signs in: `sub` is their user ID.
            actor: JsonObject,
        }
        times {
            /// When it was created.
            created_at,
            /// When it was last updated.
            updated_at,
        }
        secrets {
            /// The token. Present only in the response that creates it.
            token,
            /// The URL that signs in, with the token in it.
            url,
        }
    }
}

resource! {
    /// A token with which automated tests pass bot detection.
    #[derive(Clone, Debug)]
    TestingToken {
        secrets {
            /// The token: the query parameter `__clerk_testing_token` of calls to the Frontend API.
            token,
        }
    }
}

resource! {
    /// A task that an agent carries out for a user.
    #[derive(Clone, Debug)]
    AgentTask {
        members {
            /// The agent.
            agent_id: String,
            /// The task.
            agent_task_id: String,
            /// The task.
            task_id: String,
        }
        secrets {
            /// The URL that signs the agent in. Present only in the response that creates it.
            url,
        }
    }
}

resource! {
    /// A token for a link to the admin portal, in which a customer sets up their own connection.
    #[derive(Clone, Debug)]
    AdminPortalLinkToken {
        required {
            /// The ID.
            id: String,
        }
        members {
            /// The link.
            admin_portal_link_id: String,
            /// The ID of the instance.
            instance_id: String,
            /// The organization: `org_…`.
            organization_id: Option<String>,
            /// The person who gets the link.
            it_contact_id: Option<String>,
            /// What the link may be used for.
            scopes: Vec<String>,
            /// `true` if it was revoked.
            revoked: bool,
            /// The reason for the revocation.
            revocation_reason: Option<String>,
            /// `true` if it has expired.
            expired: bool,
        }
        times {
            /// When it expires; `None` if never.
            #[serde(rename = "expiration")]
            #[doc(alias = "expiration")]
            expires_at,
            /// When it was created.
            created_at,
            /// When it was last updated.
            updated_at,
        }
        secrets {
            /// The token. Present only in the response that creates it.
            token,
        }
    }
}

resource! {
    /// The secret of an API key.
    #[derive(Clone, Debug)]
    ApiKeySecret {
        secrets {
            /// The key itself.
            secret,
        }
    }
}
