//! The table of methods: one line each, the work is in the file of its type.

use std::collections::BTreeMap;

use super::call::{Answers, Call, Caller};
use super::protocol::{
    Arguments, CORE, IM, Invocation, MAIL, MethodError, PRINCIPALS, Request, Response, SUBMISSION,
};
use super::{
    certificate_warning, conversation, conversation_message, email_get, email_query, email_set,
    identity, im_group, im_status, mailbox_get, mailbox_set, presence, principal, reference,
    submission, thread,
};
use crate::ctx::Ctx;

/// Runs a request, call by call, in order (RFC 8620 §3.3).
pub(crate) async fn run(
    ctx: &Ctx,
    caller: &Caller,
    request: Request,
    session_state: &str,
) -> Response {
    let returns_ids = request.created_ids.is_some();
    let mut created: BTreeMap<String, String> = request.created_ids.unwrap_or_default();
    let mut answered: Vec<Invocation> = Vec::new();
    for Invocation(name, arguments, call_id) in request.method_calls {
        let outcome = match reference::resolve(arguments, &answered) {
            Ok(arguments) => {
                let mut call = Call { ctx, caller, created: &mut created };
                run_one(&mut call, &request.using, &name, &arguments).await
            }
            Err(error) => Err(error),
        };
        let word = if outcome.is_ok() { "ok" } else { "error" };
        metrics::counter!("tandem_jmap_calls_total", "outcome" => word).increment(1);
        match outcome {
            Ok(answers) => {
                answered.extend(answers.into_iter().map(|(name, arguments)| {
                    Invocation(name.to_owned(), arguments, call_id.clone())
                }))
            }
            Err(error) => {
                let arguments = error.arguments_of_error();
                answered.push(Invocation("error".into(), arguments, call_id));
            }
        }
    }
    Response {
        method_responses: answered,
        created_ids: returns_ids.then_some(created),
        session_state: session_state.to_owned(),
    }
}

/// The capability a client must name to use a method.
fn capability(method: &str) -> &'static str {
    match method.split('/').next().unwrap_or_default() {
        "Mailbox" | "Email" | "Thread" => MAIL,
        "Identity" | "EmailSubmission" => SUBMISSION,
        "Principal" => PRINCIPALS,
        "ImStatus"
        | "Presence"
        | "Conversation"
        | "ConversationMessage"
        | "ImGroup"
        | "CertificateWarning" => IM,
        _ => CORE,
    }
}

async fn run_one(
    call: &mut Call<'_>,
    using: &[String],
    name: &str,
    arguments: &Arguments,
) -> Result<Answers, MethodError> {
    let unknown = || MethodError::Client("unknownMethod", String::new());
    if !using.iter().any(|used| used == capability(name)) {
        return Err(unknown());
    }
    match name {
        "Core/echo" => Ok(vec![("Core/echo", echo(arguments))]),
        "Mailbox/get" => mailbox_get::get(call, arguments).await,
        "Mailbox/changes" => mailbox_get::changes(call, arguments).await,
        "Mailbox/query" => mailbox_get::query(call, arguments).await,
        "Mailbox/set" => mailbox_set::set(call, arguments).await,
        "Email/get" => email_get::get(call, arguments).await,
        "Email/changes" => email_query::changes(call, arguments).await,
        "Email/query" => email_query::query(call, arguments).await,
        "Email/set" => email_set::set(call, arguments).await,
        "Thread/get" => thread::get(call, arguments).await,
        "Thread/changes" => thread::changes(call, arguments),
        "Identity/get" => identity::get(call, arguments).await,
        "Identity/changes" => identity::changes(call, arguments),
        "EmailSubmission/set" => submission::set(call, arguments).await,
        "Principal/get" => principal::get(call, arguments).await,
        "Principal/query" => principal::query(call, arguments).await,
        "ImStatus/get" => im_status::get(call, arguments).await,
        "ImStatus/set" => im_status::set(call, arguments).await,
        "Presence/get" => presence::get(call, arguments),
        "Presence/watch" => presence::watch(call, arguments),
        "Presence/set" => presence::set(call, arguments).await,
        "Conversation/get" => conversation::get(call, arguments).await,
        "Conversation/changes" => conversation::changes(call, arguments).await,
        "Conversation/set" => conversation::set(call, arguments).await,
        "Conversation/typing" => conversation::typing(call, arguments).await,
        "ConversationMessage/get" => conversation_message::get(call, arguments).await,
        "ConversationMessage/changes" => conversation_message::changes(call, arguments).await,
        "ConversationMessage/query" => conversation_message::query(call, arguments).await,
        "ConversationMessage/set" => conversation_message::set(call, arguments).await,
        "CertificateWarning/get" => certificate_warning::get(call, arguments).await,
        "ImGroup/get" => im_group::get(call, arguments).await,
        "ImGroup/changes" => im_group::changes(call, arguments).await,
        "ImGroup/set" => im_group::set(call, arguments).await,
        _ => Err(unknown()),
    }
}

fn echo(arguments: &Arguments) -> Arguments {
    arguments.clone()
}
