//! Clerk's webhooks: names of users and organizations, deletions, and sessions that have ended.

use actix_web::{
    HttpResponse, ResponseError,
    http::StatusCode,
    post,
    web::{self, Data},
};
use clerk_actix::{Delivery, ReplayGuard, Revocations, Webhook, WebhookEvent, stores};

use crate::store::{Store, StoreError};

pub fn routes(app: &mut web::ServiceConfig) {
    app.service(receive);
}

/// Receives a webhook. If the work fails, the response is an error, and Clerk sends the webhook again.
///
/// The guard knows the IDs of webhooks that were worked on. The tables do not depend on it: the same events bring them to
/// the same state in any order, so it may be empty after a restart, or an event may be worked on twice.
#[post("/webhooks/clerk")]
async fn receive(
    webhook: Webhook,
    guard: Data<ReplayGuard>,
    revocations: Data<Revocations>,
    store: Data<Store>,
) -> Result<HttpResponse, WebhookFailed> {
    let outcome = handle(&webhook, &guard, &revocations, &store).await;
    let label = outcome.as_ref().map_or("failed", |delivery| match delivery {
        Delivery::New => "applied",
        Delivery::InProgress => "in_progress",
        Delivery::Done => "repeated",
    });
    metrics::counter!("notes_webhooks_total", "outcome" => label).increment(1);
    Ok(match outcome? {
        Delivery::New | Delivery::Done => HttpResponse::NoContent().finish(),
        // The other delivery may still fail: Clerk sends the webhook again.
        Delivery::InProgress => HttpResponse::Conflict().finish(),
    })
}

async fn handle(
    webhook: &Webhook,
    guard: &ReplayGuard,
    revocations: &Revocations,
    store: &Store,
) -> Result<Delivery, WebhookFailed> {
    let delivery = guard.begin(webhook.id()).await?;
    if delivery == Delivery::New {
        if let Err(error) = apply(&webhook.event, revocations, store).await {
            guard.abandon(webhook.id()).await?;
            return Err(error);
        }
        guard.finish(webhook.id()).await?;
    }
    Ok(delivery)
}

async fn apply(event: &WebhookEvent, revocations: &Revocations, store: &Store) -> Result<(), WebhookFailed> {
    // First of all, and at once: sessions that have ended, banned users, members who have left.
    revocations.apply(event);
    revocations.written().await?;
    let as_of = event.timestamp();
    match event {
        WebhookEvent::UserCreated(event) | WebhookEvent::UserUpdated(event) => {
            store.name_account(&event.data.id, event.data.full_name(), as_of).await?;
        }
        WebhookEvent::OrganizationCreated(event) | WebhookEvent::OrganizationUpdated(event) => {
            store.name_account(&event.data.id, Some(event.data.name.clone()), as_of).await?;
        }
        WebhookEvent::UserDeleted(event) | WebhookEvent::OrganizationDeleted(event) => {
            if let Some(id) = &event.data.id {
                store.delete_account(id, as_of).await?;
            }
        }
        _ => {}
    }
    Ok(())
}

/// The work for a webhook failed: 500, and Clerk sends it again.
#[derive(Debug, thiserror::Error)]
enum WebhookFailed {
    #[error(transparent)]
    Database(#[from] StoreError),
    #[error(transparent)]
    Shared(#[from] stores::StoreError),
}

impl ResponseError for WebhookFailed {
    fn status_code(&self) -> StatusCode {
        StatusCode::INTERNAL_SERVER_ERROR
    }

    fn error_response(&self) -> HttpResponse {
        tracing::error!(error = %self, "a webhook failed; Clerk sends it again");
        HttpResponse::InternalServerError().body("the webhook failed; send it again\n")
    }
}
