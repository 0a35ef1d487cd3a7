//! Prices, statements, credits and discounts.

use super::words::{BillingPeriods, DiscountStatus, PayerType, StatementStatus};
use crate::api::{Amount, Payer, PaymentAttempt, SubscriptionItem, SubscriptionItemStatus, resource::resource};

resource! {
    /// A plan, as the list of plans has it.
    #[derive(Clone, Debug)]
    BillingPlan {
        required {
            /// The ID: `cplan_…`.
            id: String,
        }
        members {
            /// The name, for people.
            name: String,
            /// The name for programs, as in checks of plans: `pro`.
            slug: String,
            /// What the plan offers.
            description: Option<String>,
            /// The price for a month.
            fee: Option<Amount>,
            /// The price for a month if a year is paid at once.
            annual_monthly_fee: Option<Amount>,
            /// The price for a year.
            annual_fee: Option<Amount>,
            /// Who can subscribe.
            for_payer_type: PayerType,
            /// `true` if it is everybody's plan at first.
            is_default: bool,
            /// `true` if it is paid for again and again.
            is_recurring: bool,
            /// `true` if it is shown to everyone.
            publicly_visible: bool,
            /// `true` if it has a price besides those per unit.
            has_base_fee: bool,
            /// `true` if it can be tried for free.
            free_trial_enabled: bool,
            /// The length of the free trial in days.
            free_trial_days: Option<u64>,
        }
        lists {
            /// The features.
            features: Feature,
        }
    }
}

resource! {
    /// A feature of plans.
    #[derive(Clone, Debug)]
    Feature {
        required {
            /// The ID: `feat_…`.
            id: String,
        }
        members {
            /// The name, for people.
            name: String,
            /// What it is.
            description: Option<String>,
            /// The name for programs, as in checks of features.
            slug: String,
            /// The image.
            avatar_url: Option<String>,
        }
    }
}

resource! {
    /// A price of a plan.
    #[derive(Clone, Debug)]
    BillingPrice {
        required {
            /// The ID: `cprice_…`.
            id: String,
        }
        members {
            /// The plan: `cplan_…`.
            plan_id: String,
            /// The price for a month.
            fee: Option<Amount>,
            /// The price for a month if a year is paid at once.
            annual_monthly_fee: Option<Amount>,
            /// What it is for.
            description: Option<String>,
            /// `true` if it is the plan's usual price.
            is_default: bool,
            /// The periods for which it is offered.
            supported_billing_periods: BillingPeriods,
        }
        times {
            /// When it was created.
            created_at,
        }
    }
}

resource! {
    /// A payer's balance.
    #[derive(Clone, Debug)]
    CreditBalance {
        members {
            /// The balance; `None` if there never was one.
            balance: Option<Amount>,
        }
    }
}

resource! {
    /// An adjustment of a payer's balance.
    #[derive(Clone, Debug)]
    CreditLedgerEntry {
        required {
            /// The ID.
            id: String,
        }
        members {
            /// The payer.
            payer_id: String,
            /// The amount, negative if the balance was decreased.
            amount: Option<Amount>,
            /// What caused it.
            source_type: String,
            /// The ID of what caused it.
            source_id: String,
            /// A note.
            note: Option<String>,
            /// When it was made (RFC 3339).
            created_at: String,
        }
    }
}

resource! {
    /// A statement: what a payer owes or has paid for a period.
    #[derive(Clone, Debug)]
    Statement {
        required {
            /// The ID.
            id: String,
        }
        members {
            /// The payer.
            payer: Option<Payer>,
            /// The status.
            status: StatementStatus,
            /// The amounts.
            totals: Option<StatementTotals>,
        }
        lists {
            /// The payments, day by day.
            groups: StatementGroup,
        }
        times {
            /// The date of the statement.
            timestamp,
        }
    }
}

resource! {
    /// The amounts of a statement.
    #[derive(Clone, Debug)]
    StatementTotals {
        members {
            /// Before taxes.
            subtotal: Option<Amount>,
            /// The price of the plans without units.
            base_fee: Option<Amount>,
            /// The taxes.
            tax_total: Option<Amount>,
            /// With taxes.
            grand_total: Option<Amount>,
        }
    }
}

resource! {
    /// The payments of a day.
    #[derive(Clone, Debug)]
    StatementGroup {
        lists {
            /// The payments.
            items: PaymentAttempt,
        }
        times {
            /// The day.
            timestamp,
        }
    }
}

resource! {
    /// The change of a subscription item from one price to another.
    #[derive(Clone, Debug)]
    PriceTransition {
        members {
            /// The item with its new price.
            subscription_item: Option<SubscriptionItem>,
            /// What changes and when.
            transition: Option<PriceTransitionDetails>,
        }
    }
}

resource! {
    /// What a change of a price does.
    #[derive(Clone, Debug)]
    PriceTransitionDetails {
        members {
            /// The previous plan.
            previous_plan: Option<BillingPlan>,
            /// The previous price.
            previous_price: Option<BillingPrice>,
            /// `immediate` or `end_of_period`.
            effective_mode: String,
            /// `true` if something is charged now.
            charged_immediately: bool,
            /// The amount that is charged now.
            immediate_charge: Option<Amount>,
            /// The item that it replaces.
            previous_subscription_item_id: String,
            /// The status of the item that it replaces.
            previous_subscription_item_status: SubscriptionItemStatus,
        }
        times {
            /// When the new price applies.
            effective_at,
            /// The next bill.
            next_billing_date,
        }
    }
}

resource! {
    /// A discount on a subscription item.
    #[derive(Clone, Debug)]
    DiscountRedemption {
        required {
            /// The ID.
            id: String,
        }
        members {
            /// The item.
            subscription_item_id: String,
            /// The discount.
            discount_id: String,
            /// The name.
            name: Option<String>,
            /// `promotion`, `manual` or `promo_code`.
            source: String,
            /// The code that the payer entered.
            promo_code: Option<String>,
            /// `percentage` or `fixed_amount`.
            effect: Option<String>,
            /// The percentage.
            percent_off: Option<f64>,
            /// The amount per period.
            amount_off: Option<Amount>,
            /// The amount so far.
            amount: Option<Amount>,
            /// The number of periods for which it still applies; `None` if it does not end.
            cycles_remaining: Option<u64>,
            /// The number of periods for which it has applied.
            cycles_applied: Option<u64>,
            /// The status.
            status: Option<DiscountStatus>,
            /// Who gave it.
            redeemed_by: Option<String>,
        }
        times {
            /// When it was given.
            redeemed_at,
        }
    }
}
