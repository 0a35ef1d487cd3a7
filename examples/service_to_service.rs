//! Two of your own services: the shop requests invoices from billing, and authenticates with a machine-to-machine
//! token.
//!
//! ```sh
//! cargo run --example service_to_service
//! ```
//!
//! The example runs on [`LocalClerk`], a local Clerk inside the process. The shop creates its token when it first needs
//! one, shares it among all its workers and requests, and renews it before it expires. Billing verifies it, and rejects
//! requests without one. `PORT` and `BILLING_PORT` set the ports.

mod support;

use std::time::Duration;

use actix_web::{App, HttpServer, Responder, error::ErrorBadGateway, get, web};
use clerk_actix::{
    ClerkMiddleware, M2mToken, M2mTokenSource, RequireAuth,
    client::{M2mTokenFormat, NewM2mToken},
    testing::LocalClerk,
};
use futures_util::future::try_join;

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let local = LocalClerk::start()?;

    // Billing needs only the keys that verify tokens: for JWTs, it does not call Clerk.
    let billing = ClerkMiddleware::new(local.config());
    let billing = HttpServer::new(move || App::new().wrap(billing.clone()).service(invoices)).workers(1);
    let billing = billing.listen(support::listen("BILLING_PORT", 3001)?)?;
    let billing_url = format!("http://{}/invoices", billing.addrs()[0]);

    // The shop has a machine secret key, and creates tokens with it.
    let config = local.config_builder().machine_secret_key(local.machine_secret_key()).build()?;
    let token =
        NewM2mToken::new().format(M2mTokenFormat::Jwt).lifetime(Duration::from_secs(600)).claim("service", "shop");
    let machine = M2mTokenSource::new(config.clone(), token)?;
    let shop = HttpServer::new({
        let billing_url = billing_url.clone();
        move || {
            App::new()
                .app_data(web::Data::new(Billing { url: billing_url.clone(), machine: machine.clone() }))
                .app_data(web::Data::new(awc::Client::default()))
                .service(order)
        }
    })
    .workers(2)
    .listen(support::listen("PORT", 3000)?)?;

    println!("\n  # 200: the shop, which calls billing\n  curl http://{}/order\n", shop.addrs()[0]);
    println!("  # 401: billing itself, without a token\n  curl -i {billing_url}\n");
    try_join(billing.run(), shop.run()).await?;
    Ok(())
}

/// The URL of billing, and the source of the token for it.
struct Billing {
    url: String,
    machine: M2mTokenSource,
}

/// The shop's page.
#[get("/order")]
async fn order(billing: web::Data<Billing>, http: web::Data<awc::Client>) -> actix_web::Result<impl Responder> {
    let token = billing.machine.token().await?;
    let request = http.get(&billing.url).bearer_auth(token.expose());
    let mut response = request.send().await.map_err(ErrorBadGateway)?;
    let body = response.body().await?;
    match response.status().is_success() {
        true => Ok(format!("billing says: {}", String::from_utf8_lossy(&body))),
        false => Err(ErrorBadGateway(format!("billing answered {}", response.status()))),
    }
}

/// Billing's endpoint, for machines only.
#[get("/invoices")]
async fn invoices(machine: RequireAuth<M2mToken>) -> impl Responder {
    let service = machine.claims().and_then(|claims| claims.get("service")).and_then(|service| service.as_str());
    format!("invoices for {} ({})\n", service.unwrap_or("an unnamed service"), machine.machine_id())
}
