//! Calls about billing.

use std::time::SystemTime;

use crate::{
    api::{
        BillingPeriods, BillingPlan, BillingPrice, CreditAction, DiscountRedemption, ListedSubscriptionItems, Page,
        PayerType, PaymentAttempt, PriceTransition, Statement, SubscriptionItem, rfc3339,
    },
    client::{filters::filters, operation::calls, properties::properties},
};

super::resources::resources! {
    billing: Billing, "billing: plans, prices, subscription items and statements";
}

filters! {
    /// Which plans to list.
    PlanFilters lists BillingPlan {
        /// Only plans for users, or only those for organizations.
        payer_type: word(PayerType),
    }
}

filters! {
    /// Which prices to list.
    PriceFilters lists BillingPrice {
        /// Only prices of this plan: `cplan_…`.
        plan_id: text,
    }
}

filters! {
    /// Which subscription items to list.
    SubscriptionItemFilters lists SubscriptionItem {
        /// Only items with this status.
        status: word(ListedSubscriptionItems),
        /// Only items of users, or only those of organizations.
        payer_type: word(PayerType),
        /// Only items of this plan: `cplan_…`.
        plan_id: text,
        /// Includes items of free plans.
        include_free: flag,
        /// Only items whose payer has this text in the ID, the name or an email address.
        search = "query": text,
    }
}

filters! {
    /// When an item ends.
    Cancellation {
        /// Ends it now, instead of at the end of the period that was paid for.
        end_now: flag,
    }
}

properties! {
    /// A new price of a plan.
    NewBillingPrice {
        /// A price of this plan (`cplan_…`) for a month, in the smallest unit of the currency, such as cents.
        new(plan_id: text, amount: signed);
        /// Sets the currency (ISO 4217).
        currency: text,
        /// Sets the price for a month if a year is paid at once, in the smallest unit of the currency.
        annual_monthly_amount: signed,
        /// Sets what it is for.
        description: text,
        /// Sets the periods for which it is offered.
        supported_billing_periods: value(BillingPeriods),
    }
}

properties! {
    /// An adjustment of a payer's balance of credits.
    CreditAdjustment {
        /// Adjusts the balance by an amount in the smallest unit of the currency, such as cents. The same
        /// `idempotency_key` adjusts it only once, so that a call can be repeated.
        new(action: value(CreditAction), amount: number, idempotency_key: text);
        /// Sets the currency (ISO 4217).
        currency: text,
        /// Sets a note for your records.
        note: text,
    }
}

calls! {
    Billing {
        /// Lists the plans.
        #[doc(alias = "getPlanList")]
        pub fn plans() -> Page<BillingPlan>, PlanFilters = GET["billing", "plans"].only("paginated", true) or 400, 422;

        /// Lists the prices.
        pub fn prices() -> Page<BillingPrice>, PriceFilters = GET["billing", "prices"].only("paginated", true) or 400, 404, 422;

        /// Creates a price of a plan.
        pub fn create_price(price: NewBillingPrice) -> BillingPrice = POST["billing", "prices"].json(&price) or 400, 404, 422;

        /// Lists the subscription items.
        pub fn subscription_items() -> Page<SubscriptionItem>, SubscriptionItemFilters =
            GET["billing", "subscription_items"].only("paginated", true) or 400, 422;

        /// Cancels a subscription item, at the end of the period that was paid for.
        #[doc(alias = "cancelSubscriptionItem")]
        pub fn cancel_subscription_item(id) -> SubscriptionItem, Cancellation =
            DELETE["billing", "subscription_items", id] or 400, 403, 404, 422;

        /// Extends the free trial of a subscription item to this time.
        #[doc(alias = "extendSubscriptionItemFreeTrial")]
        pub fn extend_free_trial(id, extend_to: SystemTime) -> SubscriptionItem =
            POST["billing", "subscription_items", id, "extend_free_trial"].with("extend_to", rfc3339(extend_to)) or 400, 403, 404, 422;

        /// Moves a subscription item from one price to another: `cprice_…`.
        pub fn transition_price(id, from_price_id, to_price_id) -> PriceTransition =
            POST["billing", "subscription_items", id, "price_transition"]
            .with("from_price_id", from_price_id).with("to_price_id", to_price_id) or 400, 403, 404, 409, 422;

        /// Gives a discount on a subscription item.
        pub fn apply_discount(id, discount_id) -> DiscountRedemption =
            POST["billing", "subscription_items", id, "discounts"].with("discount_id", discount_id) or 400, 403, 404, 409, 422;

        /// Takes a discount on a subscription item away.
        pub fn remove_discount(id, discount_id) -> DiscountRedemption =
            DELETE["billing", "subscription_items", id, "discounts", discount_id] or 400, 403, 404, 409, 422;

        /// Lists the statements.
        pub fn statements() -> Page<Statement> = GET["billing", "statements"].only("paginated", true) or 400, 422;

        /// Fetches a statement.
        pub fn statement(id) -> Statement = GET["billing", "statements", id] or 400, 404, 422;

        /// Lists the payments of a statement.
        pub fn statement_payment_attempts(id) -> Page<PaymentAttempt> =
            GET["billing", "statements", id, "payment_attempts"].only("paginated", true) or 400, 404, 422;
    }
}
