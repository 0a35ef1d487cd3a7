//! Pictures of users and organizations: their initials.

use actix_web::{
    HttpResponse,
    web::{self, Data, ServiceConfig},
};
use maud::{Markup, html};

use super::instance::Instance;

pub(super) fn routes(app: &mut ServiceConfig) {
    app.route("/avatars/{id}", web::get().to(serve));
}

async fn serve(clerk: Data<Instance>, id: web::Path<String>) -> HttpResponse {
    let directory = clerk.directory();
    let user = directory.user(&id).map(|user| user.name());
    match user.or_else(|| directory.organization(&id).map(|organization| organization.name.clone())) {
        Some(name) => HttpResponse::Ok().content_type("image/svg+xml").body(picture(&name).into_string()),
        None => HttpResponse::NotFound().finish(),
    }
}

fn picture(name: &str) -> Markup {
    let initials: String = name.split(' ').filter_map(|part| part.chars().next()).take(2).collect();
    html! {
        svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64" {
            rect width="64" height="64" fill="#6c47ff" {}
            text x="32" y="41" font-family="sans-serif" font-size="26" font-weight="600" fill="#fff" text-anchor="middle" {
                (initials)
            }
        }
    }
}
