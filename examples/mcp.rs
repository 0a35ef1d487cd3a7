//! An MCP server whose tools know the user, with `rmcp` and `rmcp-actix-web`. MCP clients find out by themselves where to
//! get a token, and ask the user.
//!
//! ```sh
//! cargo run -p mcp
//! cargo test -p mcp
//! ```
//!
//! Without keys it runs on [`LocalClerk`](clerk_actix::testing::LocalClerk), a local Clerk, where any MCP client of this
//! machine can register and get tokens. With `CLERK_PUBLISHABLE_KEY` and `CLERK_SECRET_KEY` it uses Clerk. `PORT` sets the
//! port; by default 3000.

mod support;

use std::{env, error::Error, net::TcpListener, sync::Arc, time::Duration};

use actix_web::{
    App, HttpMessage, HttpServer,
    body::{BoxBody, MessageBody},
    dev::{Payload, Server, ServiceRequest, ServiceResponse},
    middleware::{Next, from_fn},
    web::{self, Bytes},
};
use clerk_actix::{
    AuthError, ClerkClient, ClerkConfig, ClerkConfigBuilder, ClerkMiddleware, OAuthToken, ProtectedResource,
    RequireAuth,
    policy::Missing,
    testing::{self, LocalClerk},
};
use futures_util::stream;
use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{CallToolResult, ContentBlock, ServerCapabilities, ServerConfig},
    service::RequestContext,
    tool, tool_handler, tool_router,
};
use rmcp_actix_web::transport::{LocalSessionManager, StreamableHttpService, on_request_extensions};
use serde_json::{Value, json};

/// What each token has: every client asks the user for these scopes.
const PROFILE: &str = "profile";
/// What the tool `my_organizations` needs.
const ORGANIZATIONS: &str = "user:org:read";

#[actix_web::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let listener = support::listen("PORT", 3000)?;
    let origin = format!("http://localhost:{}", listener.local_addr()?.port());
    let local = match env::var("CLERK_SECRET_KEY") {
        Ok(_) => None,
        Err(_) => Some(LocalClerk::start()?),
    };
    let builder = match &local {
        Some(local) => local.config_builder(),
        None => ClerkConfigBuilder::from_env()?,
    };
    let server = serve(&builder.public_origin(&origin).build()?, listener)?;
    print_what_to_do(&origin, local.as_ref());
    server.await?;
    Ok(())
}

fn serve(config: &ClerkConfig, listener: TcpListener) -> Result<Server, Box<dyn Error>> {
    let clerk = ClerkMiddleware::new(config.clone());
    // The URL that users enter in their client: the public origin of the configuration, and the path.
    let mcp = ProtectedResource::at_path(config, "/mcp")?
        .name("Organizations")
        .scopes([PROFILE, ORGANIZATIONS])?
        // For clients of the first version of MCP's authorization.
        .serve_authorization_server_metadata();
    let client = ClerkClient::new(config.clone());
    let tools = StreamableHttpService::builder()
        .service_factory(Arc::new(move || Ok(Tools { clerk: client.clone() })))
        .session_manager(Arc::new(LocalSessionManager::default()))
        // Each request has its own caller. A session would belong to whoever knows its ID.
        .stateful_mode(false)
        .json_response(true)
        // rmcp-actix-web keeps the token from the tools, and this gives them the caller.
        .on_request_fn(|request, extensions| {
            if let Some(app) = request.extensions().get::<OAuthToken>() {
                extensions.insert(app.clone());
            }
        })
        // On a host of your own, name it: .allowed_hosts(vec!["api.example.com".to_owned()])
        .build();
    let server = HttpServer::new(move || {
        App::new()
            .service(mcp.clone()) // the metadata
            .service(
                web::scope("/mcp").service(tools.clone().scope()).wrap(from_fn(authorize)).wrap(mcp.clone()), // the challenges
            )
            .wrap(clerk.clone())
    });
    Ok(server.workers(2).listen(listener)?.run())
}

/// Requires an OAuth token, and the scope of the tool that is called. A scope that is missing has to be a 403 with a
/// challenge, which tells the client to ask the user for it; an error of the tool would not.
async fn authorize(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let app = match request.extract::<RequireAuth<OAuthToken>>().await {
        Ok(app) => app.into_inner(),
        Err(rejection) => return Ok(request.error_response(rejection)),
    };
    let body = request.extract::<Bytes>().await?;
    if let Some(scope) = scope_of_the_tool_in(&body)
        && !app.has_scope(scope)
    {
        return Ok(request.error_response(AuthError::from(Missing::Scope(scope.into()))));
    }
    request.set_payload(Payload::Stream { payload: Box::pin(stream::iter([Ok(body)])) });
    request.extensions_mut().insert(app);
    Ok(next.call(request).await?.map_into_boxed_body())
}

/// Returns the scope that a call needs, if it is a call of a tool that needs one.
fn scope_of_the_tool_in(body: &[u8]) -> Option<&'static str> {
    let call: Value = serde_json::from_slice(body).ok()?;
    match (call["method"].as_str()?, call["params"]["name"].as_str()?) {
        ("tools/call", "my_organizations") => Some(ORGANIZATIONS),
        _ => None,
    }
}

/// The tools of the MCP server.
#[derive(Clone)]
struct Tools {
    clerk: ClerkClient,
}

#[tool_router]
impl Tools {
    #[tool(description = "Who is the user, and which application acts for them?")]
    async fn whoami(&self, context: RequestContext<RoleServer>) -> Result<CallToolResult, ErrorData> {
        let app = caller(&context)?;
        let found = json!({ "user_id": app.user_id(), "client_id": app.client_id(), "scopes": app.scopes() });
        Ok(CallToolResult::success(vec![ContentBlock::text(found.to_string())]))
    }

    #[tool(description = "The names of the organizations that the user is a member of")]
    async fn my_organizations(&self, context: RequestContext<RoleServer>) -> Result<CallToolResult, ErrorData> {
        let app = caller(&context)?;
        // The middleware has read the call by itself. What counts is what is called here.
        if !app.has_scope(ORGANIZATIONS) {
            return Err(ErrorData::invalid_request(format!("the scope {ORGANIZATIONS} is missing"), None));
        }
        let memberships = self.clerk.users().organization_memberships(app.user_id()).await;
        let memberships = memberships.map_err(|error| ErrorData::internal_error(error.to_string(), None))?;
        let names = memberships.data.iter().map(|member| member.organization.name.as_str()).collect::<Vec<_>>();
        Ok(CallToolResult::success(vec![ContentBlock::text(names.join(", "))]))
    }
}

#[tool_handler]
impl ServerHandler for Tools {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_instructions("Tells which organizations a user of Clerk is a member of.")
    }
}

/// Returns the token's user and application. There is one for each request, because of [`authorize`].
fn caller(context: &RequestContext<RoleServer>) -> Result<&OAuthToken, ErrorData> {
    let caller = on_request_extensions(&context.extensions).and_then(|extensions| extensions.get());
    caller.ok_or_else(|| ErrorData::internal_error("the request has no caller", None))
}

fn print_what_to_do(origin: &str, local: Option<&LocalClerk>) {
    println!(
        "An MCP client finds everything else by itself. Add the server to one:
  {origin}/mcp

What it finds, step by step:
  curl -i -X POST {origin}/mcp
  curl {origin}/.well-known/oauth-protected-resource/mcp
  curl {origin}/.well-known/oauth-authorization-server
"
    );
    let Some(local) = local else { return };
    let mint = |scopes: &[&str]| {
        local.mint(testing::oauth_token("user_ada").scopes(scopes.to_vec()).lifetime(Duration::from_secs(60 * 60)))
    };
    let call = |token: &str, tool: &str| {
        format!(
            "curl -i {origin}/mcp -H \"Authorization: Bearer ${token}\" -H 'Content-Type: application/json' \\
    -H 'Accept: application/json, text/event-stream' \\
    -d '{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{{\"name\":\"{tool}\",\"arguments\":{{}}}}}}'"
        )
    };
    println!(
        "TOKEN={}
SMALL={}

A tool, with a token that a user has granted:
  {}

A tool that needs a scope, {ORGANIZATIONS}, with a token that has it:
  {}

The same with a token that has not. The 403 says which one to ask the user for:
  {}
",
        mint(&[PROFILE, ORGANIZATIONS]),
        mint(&[PROFILE]),
        call("TOKEN", "whoami"),
        call("TOKEN", "my_organizations"),
        call("SMALL", "my_organizations"),
    );
}

#[cfg(test)]
mod tests {
    use actix_web::rt;
    use awc::Client;
    use rmcp::{
        ServiceExt,
        model::CallToolRequestParams,
        service::{RoleClient, RunningService},
        transport::{
            StreamableHttpClientTransport,
            auth::{AuthorizationRequest, OAuthState},
            streamable_http_client::StreamableHttpClientTransportConfig,
        },
    };

    use super::*;

    /// Nobody listens there: the test takes the place of the browser.
    const CALLBACK: &str = "http://localhost:1/callback";

    /// Starts the server on a free port, and returns the URL of the MCP server.
    fn start(local: &LocalClerk) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let origin = format!("http://127.0.0.1:{}", listener.local_addr().unwrap().port());
        let config = local.config_builder().public_origin(&origin).build().unwrap();
        rt::spawn(serve(&config, listener).unwrap());
        format!("{origin}/mcp")
    }

    async fn connect(url: &str, token: &str) -> RunningService<RoleClient, ()> {
        let config = StreamableHttpClientTransportConfig::with_uri(url).auth_header(token);
        ().serve(StreamableHttpClientTransport::from_config(config)).await.unwrap()
    }

    async fn text_of(client: &RunningService<RoleClient, ()>, tool: &'static str) -> String {
        let result = client.call_tool(CallToolRequestParams::new(tool)).await.unwrap();
        result.content[0].as_text().unwrap().text.clone()
    }

    /// Takes the place of the user and the browser: consents as Ada, and returns the URL that the browser is sent to.
    async fn consent(local: &LocalClerk, url: &str) -> String {
        let browser = Client::builder().disable_redirects().finish();
        let page = browser.get(url).send().await.unwrap().body().await.unwrap();
        let page = String::from_utf8(page.to_vec()).unwrap();
        let request = page.split(r#"name="request" value=""#).nth(1).unwrap().split('"').next().unwrap();
        let form = [("request", request), ("user_id", "user_ada")];
        let consent = browser.post(format!("{}/oauth/consent", local.frontend_api_url()));
        let response = consent.send_form(&form).await.unwrap();
        response.headers().get("location").unwrap().to_str().unwrap().to_owned()
    }

    /// From a URL and nothing else to the answer of a tool, as MCP clients do it: challenge, metadata of the resource,
    /// metadata of the authorization server, registration, authorization code with PKCE, token.
    #[actix_web::test]
    async fn a_client_that_knows_the_url_alone_gets_in() {
        let local = LocalClerk::start().unwrap();
        let url = start(&local);
        let rejected = ().serve(StreamableHttpClientTransport::from_uri(url.as_str())).await.unwrap_err();
        let challenge = rejected.auth_challenge().unwrap();
        assert!(challenge.contains("/.well-known/oauth-protected-resource/mcp"), "{challenge}");

        let mut oauth = OAuthState::new(url.as_str(), None).await.unwrap();
        let request = AuthorizationRequest::new(CALLBACK).with_client_name("A test").with_challenge(challenge);
        oauth.start_authorization(request).await.unwrap();
        let callback = consent(&local, &oauth.get_authorization_url().await.unwrap()).await;
        oauth.handle_callback_url(&callback).await.unwrap();
        let (client_id, _) = oauth.get_credentials().await.unwrap();
        let token = oauth.into_authorization_manager().unwrap().get_access_token().await.unwrap();

        let client = connect(&url, &token).await;
        let tools = client.list_all_tools().await.unwrap();
        let mut names: Vec<&str> = tools.iter().map(|tool| tool.name.as_ref()).collect();
        names.sort_unstable();
        assert_eq!(names, ["my_organizations", "whoami"]);
        let caller: Value = serde_json::from_str(&text_of(&client, "whoami").await).unwrap();
        assert_eq!((&caller["user_id"], &caller["client_id"]), (&json!("user_ada"), &json!(client_id)));
        assert_eq!(text_of(&client, "my_organizations").await, "Acme, Globex");
    }

    #[actix_web::test]
    async fn a_token_without_the_scope_of_a_tool_is_told_which_one_to_ask_for() {
        let local = LocalClerk::start().unwrap();
        let url = start(&local);
        let client = connect(&url, &local.mint(testing::oauth_token("user_alan").scopes([PROFILE]))).await;
        assert!(text_of(&client, "whoami").await.contains("user_alan"));
        let error = client.call_tool(CallToolRequestParams::new("my_organizations")).await.unwrap_err();
        let metadata = url.replace("/mcp", "/.well-known/oauth-protected-resource/mcp");
        let expected = format!(
            r#"Bearer error="insufficient_scope", scope="{PROFILE} {ORGANIZATIONS}", resource_metadata="{metadata}""#
        );
        assert_eq!(error.auth_challenge(), Some(expected.as_str()));
        // The next call has its own caller.
        let other = connect(&url, &local.mint(testing::oauth_token("user_alan").scopes([ORGANIZATIONS]))).await;
        assert_eq!(text_of(&other, "my_organizations").await, "");
    }

    /// JSON can be read in two ways. The tool checks for itself.
    #[actix_web::test]
    async fn a_call_in_disguise_is_not_carried_out() {
        let local = LocalClerk::start().unwrap();
        let url = start(&local);
        let token = local.mint(testing::oauth_token("user_ada").scopes([PROFILE]));
        for call in [
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"my_organizations","name":"whoami"}}"#,
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","method":"ping","params":{"name":"my_organizations"}}"#,
            r#"{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/call","params":{"name":"my_organizations"}}"#,
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"my_\u006frganizations"}}"#,
            r#"[{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"my_organizations"}}]"#,
        ] {
            let request = Client::default().post(&url).bearer_auth(&token).content_type("application/json");
            let request = request.insert_header(("Accept", "application/json, text/event-stream"));
            let body = request.send_body(call).await.unwrap().body().await.unwrap();
            assert!(!String::from_utf8_lossy(&body).contains("Globex"), "{call}");
        }
    }
}
