//! Billing: one plan with one price, and one user who pays for it.

use actix_web::http::Method;
use serde_json::{Value, json};

use super::form::{Fixed, Form::*, Kind, dated, with};
use crate::{
    api::rfc3339,
    testing::{
        call::{Answer, Asked},
        instance::Instance,
        secret::random_id,
    },
};

/// The price of the plan for a month, in cents.
const PRICE: i64 = 1_000;

fn money(amount: i64) -> Value {
    json!({
        "amount": amount,
        "amount_formatted": format!("{}.{:02}", amount / 100, amount % 100),
        "currency": "USD",
        "currency_symbol": "$",
    })
}

const PLAN: Kind = Kind {
    object: "commerce_plan",
    prefix: "cplan_",
    members: |_| {
        json!({
            "name": "Pro",
            "slug": "pro",
            "description": "",
            "product_id": "cprod_local",
            "fee": money(PRICE),
            "annual_monthly_fee": null,
            "annual_fee": null,
            "is_default": false,
            "is_recurring": true,
            "publicly_visible": true,
            "has_base_fee": true,
            "for_payer_type": "user",
            "avatar_url": null,
            "features": [],
            "free_trial_enabled": false,
            "free_trial_days": null,
        })
    },
};

/// The plan as the details of subscription items have it.
fn old_plan(clerk: &Instance) -> Value {
    let mut plan = PLAN.only(clerk);
    let more = json!({
        "amount": PRICE,
        "amount_formatted": "10.00",
        "annual_monthly_amount": 0,
        "annual_monthly_amount_formatted": "0.00",
        "annual_amount": 0,
        "annual_amount_formatted": "0.00",
        "currency": "USD",
        "currency_symbol": "$",
        "payer_type": ["user"],
        "avatar_url": "",
    });
    for (name, value) in more.as_object().into_iter().flatten() {
        plan[name] = value.clone();
    }
    plan
}

const PLAN_PRICE: Kind = Kind {
    object: "commerce_price",
    prefix: "cprice_",
    members: |clerk| {
        json!({
            "plan_id": PLAN_ID,
            "instance_id": clerk.instance_id,
            "currency": "USD",
            "currency_symbol": "$",
            "amount": PRICE,
            "annual_monthly_amount": 0,
            "fee": money(PRICE),
            "annual_monthly_fee": null,
            "description": null,
            "is_default": true,
            "created_at": clerk.clock.timestamp().as_millis(),
            "supported_billing_periods": "month",
        })
    },
};

const PLAN_ID: &str = "cplan_local";
const PAYER_ID: &str = "cpayer_local";

const SUBSCRIPTION: Kind = Kind {
    object: "commerce_subscription",
    prefix: "csub_",
    members: |clerk| {
        let members = json!({
            "instance_id": clerk.instance_id,
            "status": "active",
            "payer_id": PAYER_ID,
            "active_at": clerk.clock.timestamp().as_millis(),
            "past_due_at": null,
            "subscription_items": [ITEM.only(clerk)],
            "eligible_for_free_trial": false,
        });
        dated(clerk, members)
    },
};

const ITEM: Kind = Kind {
    object: "commerce_subscription_item",
    prefix: "csub_item_",
    members: |clerk| {
        let start = clerk.clock.timestamp().as_millis();
        let members = json!({
            "instance_id": clerk.instance_id,
            "status": "active",
            "plan_id": PLAN_ID,
            "price_id": "cprice_local",
            "plan": PLAN.only(clerk),
            "plan_period": "month",
            "payer_id": PAYER_ID,
            "is_free_trial": false,
            "period_start": start,
            "period_end": start.saturating_add(30 * 24 * 60 * 60 * 1000),
            "canceled_at": null,
            "past_due_at": null,
            "ended_at": null,
        });
        dated(clerk, members)
    },
};

/// An item in the responses to changes of its trial and its price, which have another form.
fn old_item(clerk: &Instance, id: &str) -> Value {
    let mut item = ITEM.of(clerk, id);
    item["plan"] = old_plan(clerk);
    item["payment_source_id"] = json!("csrc_local");
    item["proration_date"] = json!("");
    item
}

const REDEMPTION: Kind = Kind {
    object: "commerce_discount_redemption",
    prefix: "cdred_",
    members: |clerk| {
        json!({
            "subscription_item_id": "csub_item_local",
            "discount_id": "cdisc_local",
            "source": "manual",
            "cycles_remaining": null,
            "cycles_applied": 0,
            "status": "active",
            "redeemed_at": clerk.clock.timestamp().as_millis(),
            "redeemed_by": null,
        })
    },
};

const STATEMENT: Kind = Kind {
    object: "commerce_statement",
    prefix: "cstmt_",
    members: |clerk| {
        let now = clerk.clock.timestamp().as_millis();
        json!({
            "instance_id": clerk.instance_id,
            "timestamp": now,
            "payer": payer(clerk),
            "status": "closed",
            "totals": {
                "grand_total": money(PRICE),
                "subtotal": money(PRICE),
                "base_fee": money(PRICE),
                "tax_total": money(0),
            },
            "groups": [{ "object": "commerce_statement_group", "timestamp": now, "items": [PAYMENT.only(clerk)] }],
        })
    },
};

const PAYMENT: Kind = Kind {
    object: "commerce_payment",
    prefix: "cpay_",
    members: |clerk| {
        let members = json!({
            "payment_id": "cpay_local",
            "instance_id": clerk.instance_id,
            "charge_type": "recurring",
            "payee_id": "cpayee_local",
            "payee": {
                "object": "commerce_payee",
                "id": "cpayee_local",
                "instance_id": clerk.instance_id,
                "gateway_type": "stripe",
                "gateway_external_id": "acct_local",
                "gateway_status": "active",
            },
            "payer_id": PAYER_ID,
            "payer": payer(clerk),
            "subscription_item_id": "csub_item_local",
            "amount": money(PRICE),
            "payment_method_id": "csrc_local",
            "payment_method": {
                "object": "commerce_payment_method",
                "id": "csrc_local",
                "payer_id": PAYER_ID,
                "payment_type": "card",
                "gateway": "stripe",
                "gateway_external_id": "pm_local",
                "gateway_external_account_id": null,
                "last4": "4242",
                "status": "active",
                "card_type": "visa",
            },
            "statement_id": "cstmt_local",
            "gateway_external_id": null,
            "gateway_external_url": null,
            "status": "paid",
            "paid_at": clerk.clock.timestamp().as_millis(),
            "failed_at": null,
        });
        dated(clerk, members)
    },
};

fn payer(clerk: &Instance) -> Value {
    json!({
        "object": "commerce_payer",
        "id": PAYER_ID,
        "instance_id": clerk.instance_id,
        "user_id": "user_ada",
        "first_name": "Ada",
        "last_name": "Lovelace",
        "email": "ada@example.com",
    })
}

pub(super) fn calls() -> Vec<Fixed> {
    let (get, post, delete) = (Method::GET, Method::POST, Method::DELETE);
    vec![
        (get.clone(), "/v1/billing/plans", Page(PLAN)),
        (get.clone(), "/v1/billing/prices", Page(PLAN_PRICE)),
        (post.clone(), "/v1/billing/prices", New(PLAN_PRICE)),
        (get.clone(), "/v1/billing/subscription_items", Page(ITEM)),
        (delete.clone(), "/v1/billing/subscription_items/{id}", By(canceled)),
        (
            post.clone(),
            "/v1/billing/subscription_items/{id}/extend_free_trial",
            By(|clerk, asked| Ok(old_item(clerk, asked.id()))),
        ),
        (post.clone(), "/v1/billing/subscription_items/{id}/price_transition", By(transition)),
        (post.clone(), "/v1/billing/subscription_items/{id}/discounts", By(discount)),
        (delete, "/v1/billing/subscription_items/{id}/discounts/{other_id}", By(discount)),
        (get.clone(), "/v1/billing/statements", Page(STATEMENT)),
        (get.clone(), "/v1/billing/statements/{id}", One(STATEMENT)),
        (get.clone(), "/v1/billing/statements/{id}/payment_attempts", Page(PAYMENT)),
        (get.clone(), "/v1/users/{id}/billing/subscription", By(|clerk, _| Ok(SUBSCRIPTION.only(clerk)))),
        (get.clone(), "/v1/organizations/{id}/billing/subscription", By(|clerk, _| Ok(SUBSCRIPTION.only(clerk)))),
        (get.clone(), "/v1/users/{id}/billing/credits", Settings(balance)),
        (get, "/v1/organizations/{id}/billing/credits", Settings(balance)),
        (post.clone(), "/v1/users/{id}/billing/credits", By(adjusted)),
        (post, "/v1/organizations/{id}/billing/credits", By(adjusted)),
    ]
}

fn balance(_: &Instance) -> Value {
    json!({ "object": "commerce_credit_balance", "balance": money(0) })
}

fn adjusted(clerk: &Instance, asked: &Asked) -> Answer {
    let amount = asked.body["amount"].as_i64().unwrap_or_default();
    Ok(json!({
        "object": "commerce_credit_ledger",
        "id": random_id("cledger_"),
        "payer_id": PAYER_ID,
        "amount": money(if asked.body["action"] == "decrease" { amount.saturating_neg() } else { amount }),
        "source_type": "manual",
        "source_id": asked.body["idempotency_key"].as_str().unwrap_or_default(),
        "note": asked.body["note"].as_str(),
        "created_at": rfc3339(clerk.clock.now()),
    }))
}

fn canceled(clerk: &Instance, asked: &Asked) -> Answer {
    let mut item = ITEM.of(clerk, asked.id());
    let now = item["updated_at"].clone();
    if asked.is_set("end_now") {
        item["ended_at"] = now.clone();
    }
    item["status"] = json!(if asked.is_set("end_now") { "ended" } else { "canceled" });
    item["canceled_at"] = now;
    Ok(item)
}

fn transition(clerk: &Instance, asked: &Asked) -> Answer {
    Ok(json!({
        "object": "commerce_price_transition",
        "subscription_item": old_item(clerk, &random_id(ITEM.prefix)),
        "transition": {
            "previous_plan": old_plan(clerk),
            "previous_price": PLAN_PRICE.only(clerk),
            "effective_at": clerk.clock.timestamp().as_millis(),
            "effective_mode": "immediate",
            "charged_immediately": false,
            "previous_subscription_item_status": "ended",
            "previous_subscription_item_id": asked.id(),
        },
    }))
}

/// A discount on the item in the path, given or removed.
fn discount(clerk: &Instance, asked: &Asked) -> Answer {
    let mut redemption = with(REDEMPTION.created(clerk), &asked.body);
    redemption["subscription_item_id"] = json!(asked.id());
    if !asked.other_id().is_empty() {
        redemption["discount_id"] = json!(asked.other_id());
        redemption["status"] = json!("removed");
    }
    Ok(redemption)
}
