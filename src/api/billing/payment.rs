//! Payments.

use super::subscription::{Payer, SubscriptionItem};
use crate::api::{PaymentSourceStatus, PaymentStatus, resource::resource};

resource! {
    /// An attempt to pay.
    #[derive(Clone, Debug)]
    PaymentAttempt {
        required {
            /// The ID.
            id: String,
        }
        members {
            /// The ID of the payment.
            payment_id: String,
            /// The ID of the invoice.
            invoice_id: String,
            /// The ID of the statement.
            statement_id: String,
            /// The ID at the payment gateway.
            gateway_external_id: String,
            /// The status.
            status: PaymentStatus,
            /// Why it failed.
            failed_reason: Option<PaymentFailure>,
            /// `checkout` or `recurring`.
            charge_type: String,
            /// The account that is paid.
            payee: Option<Payee>,
            /// The user or organization that pays.
            payer: Option<Payer>,
            /// The amounts.
            totals: Option<PaymentTotals>,
            /// The card or account that pays.
            payment_source: Option<PaymentSource>,
        }
        lists {
            /// The items that are paid for.
            subscription_items: SubscriptionItem,
        }
        times {
            /// When it was paid.
            paid_at,
            /// When it failed.
            failed_at,
            /// The date on the bill.
            billing_date,
            /// When it was created.
            created_at,
            /// When it was last updated.
            updated_at,
        }
    }
}

resource! {
    /// Why a payment failed.
    #[derive(Clone, Debug)]
    PaymentFailure {
        members {
            /// The code of the payment gateway: `card_declined`.
            code: String,
            /// The code of the bank: `insufficient_funds`.
            decline_code: String,
        }
    }
}

resource! {
    /// The account that is paid: yours, at the payment gateway.
    #[derive(Clone, Debug)]
    Payee {
        members {
            /// The ID.
            id: String,
            /// The payment gateway: `stripe`.
            gateway_type: String,
            /// The ID at the payment gateway.
            gateway_external_id: String,
            /// The status at the payment gateway.
            gateway_status: String,
        }
    }
}

resource! {
    /// The amounts of a payment.
    #[derive(Clone, Debug)]
    PaymentTotals {
        members {
            /// Before taxes.
            subtotal: Option<Amount>,
            /// The taxes.
            tax_total: Option<Amount>,
            /// With taxes.
            grand_total: Option<Amount>,
        }
    }
}

resource! {
    /// An amount of money.
    #[derive(Clone, Debug)]
    Amount {
        members {
            /// The amount in the smallest unit of the currency, such as cents.
            amount: Option<i64>,
            /// The amount, for people: `10.00`.
            amount_formatted: String,
            /// The currency (ISO 4217).
            currency: String,
            /// The symbol of the currency.
            currency_symbol: String,
        }
    }
}

resource! {
    /// A card or an account that pays.
    #[derive(Clone, Debug)]
    PaymentSource {
        members {
            /// The ID.
            id: String,
            /// The payment gateway: `stripe`.
            gateway: String,
            /// `card` or `link`.
            payment_method: String,
            /// The status.
            status: PaymentSourceStatus,
            /// The brand of the card: `visa`.
            card_type: Option<String>,
            /// The last four digits of the card.
            last4: Option<String>,
        }
    }
}
