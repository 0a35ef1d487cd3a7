//! The Backend API's endpoints that describe `LocalClerk`'s instance itself and its domains.

use serde_json::json;

use super::{
    call::{Answer, Asked},
    instance::Instance,
};

pub(super) fn instance(clerk: &Instance, _: &Asked) -> Answer {
    Ok(json!({
        "object": "instance",
        "id": clerk.instance_id,
        "environment_type": clerk.instance_type.to_string(),
        "allowed_origins": [],
        "workspace_id": null,
    }))
}

pub(super) fn domains(clerk: &Instance, _: &Asked) -> Answer {
    let domain = json!({
        "object": "domain",
        "id": format!("dmn_{}", clerk.instance_id.trim_start_matches("ins_")),
        "name": clerk.domain(),
        "is_satellite": false,
        "frontend_api_url": clerk.issuer(),
        "accounts_portal_url": format!("http://localhost:{}", clerk.port),
        "proxy_url": null,
        "development_origin": "",
        "cname_targets": [],
    });
    Ok(json!({ "data": [domain], "total_count": 1 }))
}
