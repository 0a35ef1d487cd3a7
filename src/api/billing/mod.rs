//! Billing: subscriptions, their items, and payments.

mod payment;
mod subscription;

pub use self::{
    payment::{Amount, Payee, PaymentAttempt, PaymentFailure, PaymentSource, PaymentTotals},
    subscription::{Payer, Plan, Subscription, SubscriptionItem},
};
