//! Subscriptions and their items.

use crate::api::{SubscriptionItemStatus, SubscriptionStatus, resource::resource};

resource! {
    /// A payer's subscription.
    #[derive(Clone, Debug)]
    Subscription {
        required {
            /// The ID: `csub_…`.
            id: String,
        }
        members {
            /// The status.
            status: SubscriptionStatus,
            /// The ID of the latest payment.
            latest_payment_id: Option<String>,
            /// The ID of the payer.
            payer_id: String,
            /// The user or organization that pays.
            payer: Option<Payer>,
            /// The ID of the payment source.
            payment_source_id: Option<String>,
        }
        lists {
            /// The items: one for each plan.
            items: SubscriptionItem,
        }
        times {
            /// When it became active.
            active_at,
            /// When it was canceled.
            canceled_at,
            /// When it ended.
            ended_at,
            /// When a payment became overdue.
            past_due_at,
            /// When it was created.
            created_at,
            /// When it was last updated.
            updated_at,
        }
    }
}

resource! {
    /// An item of a subscription: one plan for a period.
    #[derive(Clone, Debug)]
    SubscriptionItem {
        required {
            /// The ID: `csub_item_…`.
            id: String,
        }
        members {
            /// The status.
            status: SubscriptionItemStatus,
            /// `true` during a free trial.
            is_free_trial: bool,
            /// How often it is paid: `month` or `annual`.
            interval: String,
            /// The ID of the plan.
            plan_id: Option<String>,
            /// The plan.
            plan: Option<Plan>,
            /// The user or organization that pays.
            payer: Option<Payer>,
            /// The ID of the subscription.
            subscription_id: Option<String>,
        }
        times {
            /// When the current period started.
            period_start,
            /// When the current period ends; `None` if it does not.
            period_end,
            /// When it was created.
            created_at,
            /// When it was last updated.
            updated_at,
        }
    }
}

resource! {
    /// A plan that users or organizations subscribe to.
    #[derive(Clone, Debug)]
    Plan {
        members {
            /// The ID: `cplan_…`.
            id: String,
            /// The name for programs, as in checks of plans: `pro`.
            slug: String,
            /// The name, for people.
            name: String,
            /// `true` if it is paid for again and again.
            is_recurring: bool,
            /// The price in the smallest unit of the currency, such as cents.
            amount: Option<i64>,
            /// The currency (ISO 4217).
            currency: String,
        }
    }
}

resource! {
    /// The user or organization that pays.
    #[derive(Clone, Debug)]
    Payer {
        members {
            /// The ID of the payer.
            id: String,
            /// The user, if a user pays: `user_…`.
            user_id: Option<String>,
            /// The first name.
            first_name: Option<String>,
            /// The last name.
            last_name: Option<String>,
            /// The email address.
            email: Option<String>,
            /// The organization, if an organization pays: `org_…`.
            organization_id: Option<String>,
            /// The organization's name.
            organization_name: Option<String>,
            /// The image.
            image_url: Option<String>,
        }
        times {
            /// When it was created.
            created_at,
            /// When it was last updated.
            updated_at,
        }
    }
}
