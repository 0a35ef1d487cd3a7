//! Invitations to the application.

use actix_web::http::{Method, StatusCode};
use serde_json::{Map, Value, json};

use super::{
    parts::{Call, new, unprocessable},
    store::Kind,
};
use crate::testing::{
    call::{Answer, Asked},
    instance::Instance,
    refused::Refused,
    secret::secret,
};

pub(super) fn calls() -> Vec<Call> {
    vec![
        (Method::GET, "/v1/invitations", list),
        (Method::POST, "/v1/invitations", |clerk, asked| invite(clerk, &asked.body)),
        (Method::POST, "/v1/invitations/bulk", |clerk, asked| {
            let all = asked.body.as_array().into_iter().flatten();
            Ok(Value::Array(all.map(|one| invite(clerk, one)).collect::<Result<_, _>>()?))
        }),
        (Method::POST, "/v1/invitations/{id}/revoke", revoke),
    ]
}

fn list(clerk: &Instance, asked: &Asked) -> Answer {
    let mut all = clerk.records().all(Kind::Invitations);
    all.retain(|one| asked.parameter("status").is_none_or(|status| one["status"] == status));
    let page = asked.page("data", all);
    Ok(if asked.is_set("paginated") { page } else { page["data"].clone() })
}

fn invite(clerk: &Instance, body: &Value) -> Answer {
    let Some(address) = body["email_address"].as_str() else { return Err(Refused::bad_request()) };
    let mut records = clerk.records();
    let all = records.all(Kind::Invitations);
    let is_known = all.iter().any(|one| one["email_address"] == address && one["status"] == "pending");
    if is_known && body["ignore_existing"] != true {
        return Err(unprocessable("duplicate_record", "There is already an invitation for this email address."));
    }
    let days = body["expires_in_days"].as_i64().unwrap_or(30);
    let expires_at = clerk.clock.timestamp().as_millis().saturating_add(days.saturating_mul(24 * 60 * 60 * 1000));
    let members = json!({
        "email_address": address, "status": "pending", "revoked": false, "expires_at": expires_at,
        "public_metadata": Some(&body["public_metadata"]).filter(|data| data.is_object()).unwrap_or(&json!({})),
        "url": format!("{}/v1/tickets/accept?ticket={}", clerk.issuer(), secret("")),
    });
    let record = new(clerk, "invitation", "inv_", members);
    Ok(records.create(Kind::Invitations, record))
}

fn revoke(clerk: &Instance, asked: &Asked) -> Answer {
    let mut records = clerk.records();
    if records.find(Kind::Invitations, asked.id())?["status"] != "pending" {
        let message = "Only pending invitations can be revoked.";
        return Err(Refused::new(StatusCode::BAD_REQUEST, "invitation_not_pending", message));
    }
    let revoked = Map::from_iter([("status".to_owned(), json!("revoked")), ("revoked".to_owned(), json!(true))]);
    records.set(clerk.clock.timestamp(), asked.id(), revoked);
    records.find(Kind::Invitations, asked.id())
}
