//! The JSON API, for users (a session token or, from pages of this origin, the cookies) and for programs (an API key).

use actix_web::{
    HttpRequest, HttpResponse, Responder, ResponseError,
    body::BoxBody,
    delete, get,
    http::{StatusCode, header},
    post, put,
    web::{self, Data, Json, Path, Query},
};
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use crate::{
    access::{Caller, Delete, Read, Write},
    note::{Draft, Text},
    problem::Problem,
    store::Store,
};

pub fn routes(app: &mut web::ServiceConfig) {
    let unreadable = |error: &dyn std::fmt::Display| ApiError(Problem::Unreadable(error.to_string())).into();
    app.service(
        web::scope("/api")
            .app_data(web::JsonConfig::default().limit(128 * 1024).error_handler(move |error, _| unreadable(&error)))
            .app_data(web::QueryConfig::default().error_handler(move |error, _| unreadable(&error)))
            .app_data(web::PathConfig::default().error_handler(|_, _| ApiError(Problem::NoSuchNote).into()))
            .service((list, add, show, change, remove)),
    );
}

#[derive(Deserialize)]
struct Slice {
    /// The last note of the previous slice.
    after: Option<Uuid>,
    #[serde(default = "Slice::default_limit")]
    limit: u32,
}

impl Slice {
    fn default_limit() -> u32 {
        50
    }
}

#[get("/notes")]
async fn list(caller: Caller<Read>, slice: Query<Slice>, store: Data<Store>) -> Result<impl Responder, ApiError> {
    let page = store.notes(&caller.owner, slice.after, slice.limit.clamp(1, 100)).await?;
    Ok(Json(json!({ "notes": page.notes, "has_more": page.has_more })))
}

#[post("/notes")]
async fn add(caller: Caller<Write>, draft: Json<Draft>, store: Data<Store>) -> Result<impl Responder, ApiError> {
    let text = Text::try_from(draft.into_inner())?;
    let id = store.add_note(&caller.owner, &caller.author, text).await?.ok_or(Problem::Gone)?;
    let note = store.note(&caller.owner, id).await?.ok_or(Problem::NoSuchNote)?;
    Ok(HttpResponse::Created().insert_header((header::LOCATION, format!("/api/notes/{id}"))).json(note))
}

#[get("/notes/{id}")]
async fn show(caller: Caller<Read>, id: Path<Uuid>, store: Data<Store>) -> Result<impl Responder, ApiError> {
    Ok(Json(store.note(&caller.owner, *id).await?.ok_or(Problem::NoSuchNote)?))
}

#[put("/notes/{id}")]
async fn change(
    caller: Caller<Write>,
    id: Path<Uuid>,
    draft: Json<Draft>,
    store: Data<Store>,
) -> Result<impl Responder, ApiError> {
    let text = Text::try_from(draft.into_inner())?;
    match store.change_note(&caller.owner, *id, text).await? {
        true => Ok(Json(store.note(&caller.owner, *id).await?.ok_or(Problem::NoSuchNote)?)),
        false => Err(Problem::NoSuchNote.into()),
    }
}

#[delete("/notes/{id}")]
async fn remove(
    caller: Caller<Delete>,
    id: Path<Uuid>,
    store: Data<Store>,
    req: HttpRequest,
) -> Result<impl Responder, ApiError> {
    let note = store.note(&caller.owner, *id).await?.ok_or(Problem::NoSuchNote)?;
    caller.authorize_deletion(&note, &req)?;
    store.delete_note(&caller.owner, *id).await?;
    Ok(HttpResponse::NoContent())
}

/// A problem as JSON, in the form of the rejections of `clerk_actix`.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct ApiError(Problem);

impl<E> From<E> for ApiError
where
    Problem: From<E>,
{
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        self.0.status()
    }

    fn error_response(&self) -> HttpResponse<BoxBody> {
        self.0.log();
        match &self.0 {
            Problem::Auth(error) => error.error_response(),
            problem => HttpResponse::build(problem.status())
                .json(json!({ "errors": [{ "code": problem.code(), "message": problem.to_string() }] })),
        }
    }
}
