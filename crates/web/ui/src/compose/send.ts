// Owns sending a draft: one batch that makes the message and submits it, with the words for each
// way it can fail. A draft is dropped only after the server said that it has the message.
import { notify } from "../frame/notices";
import { jmap } from "../jmap/client";
import { Refused, TransportLost, words } from "../jmap/error";
import type { Id, SetAnswer } from "../jmap/types";
import { patchEmail, emailOf } from "../mail/emails";
import { byRole } from "../mail/mailboxes";
import { setKeyword } from "../mail/actions";
import { identities } from "../people/own";
import { t } from "../text";
import { compose, type Draft } from "./store";

export async function send(draft: Draft): Promise<void> {
  if (compose.progressOf(draft.key).isSending) return;
  if (draft.to.length + draft.cc.length === 0) {
    compose.setProgress(draft.key, { error: t.compose.noRecipient });
    return;
  }
  compose.setProgress(draft.key, { isSending: true, error: null });
  try {
    await submit(draft);
    compose.drop(draft.key);
    notify({ text: t.compose.sent });
    if (draft.about) markAnswered(draft.about, draft.kind);
  } catch (error) {
    compose.setProgress(draft.key, { error: why(error) });
  } finally {
    compose.setProgress(draft.key, { isSending: false });
  }
}

function why(error: unknown): string {
  // The request may have arrived and only its answer got lost.
  if (error instanceof TransportLost && navigator.onLine) return t.compose.maybeSent;
  return t.compose.notSent(words(error));
}

function markAnswered(id: Id, kind: Draft["kind"]): void {
  if (!emailOf(id).peek()) return;
  void setKeyword(id, kind === "forward" ? "$forwarded" : "$answered", true);
}

async function submit(draft: Draft): Promise<void> {
  const identity = identities.peek()[0];
  const drafts = byRole("drafts");
  const sent = byRole("sent");
  if (!identity) throw new Refused("noIdentity", t.compose.noIdentity);
  const home = drafts ?? sent;
  const answers = (await jmap.batch([
    ["Email/set", { create: { m: emailOfDraft(draft, home?.id) }, ...destroyed(draft) }],
    [
      "EmailSubmission/set",
      {
        create: { s: { emailId: "#m", identityId: identity.id } },
        onSuccessUpdateEmail: { "#s": onceSent(drafts?.id, sent?.id) },
      },
    ],
  ])) as [SetAnswer<{ id: Id }>, SetAnswer<{ id: Id }>];
  const [made, submitted] = answers;
  const notMade = made.notCreated?.["m"];
  if (notMade) throw new Refused(notMade.type, notMade.description);
  const notSubmitted = submitted.notCreated?.["s"];
  if (!notSubmitted) return;
  const id = made.created?.["m"]?.id;
  // What was not sent stays in the editor; its copy in Drafts would only be in the way.
  if (id) void jmap.call("Email/set", { destroy: [id] }).catch(() => undefined);
  throw new Refused(notSubmitted.type, notSubmitted.description);
}

function destroyed(draft: Draft): Record<string, unknown> {
  return draft.stored ? { destroy: [draft.stored] } : {};
}

function emailOfDraft(draft: Draft, mailbox: Id | undefined): Record<string, unknown> {
  const identity = identities.peek()[0];
  const from = identity ? [{ name: identity.name, email: identity.email }] : [];
  return {
    mailboxIds: mailbox ? { [mailbox]: true } : {},
    keywords: { $draft: true, $seen: true },
    from,
    to: draft.to,
    cc: draft.cc,
    subject: draft.subject,
    ...(draft.inReplyTo?.length ? { inReplyTo: draft.inReplyTo } : {}),
    ...(draft.references?.length ? { references: draft.references } : {}),
    textBody: [{ partId: "1", type: "text/plain" }],
    bodyValues: { "1": { value: draft.body } },
  };
}

function onceSent(drafts: Id | undefined, sent: Id | undefined): Record<string, unknown> {
  return {
    "keywords/$draft": null,
    ...(drafts && sent ? { [`mailboxIds/${drafts}`]: null } : {}),
    ...(sent ? { [`mailboxIds/${sent}`]: true } : {}),
  };
}

/** Puts the draft into Drafts on the server, instead of the one it came from. */
export async function saveDraft(draft: Draft): Promise<void> {
  try {
    const answer = await jmap.call<SetAnswer<{ id: Id }>>("Email/set", {
      create: { m: emailOfDraft(draft, byRole("drafts")?.id) },
      ...destroyed(draft),
    });
    const refused = answer.notCreated?.["m"];
    if (refused) throw new Refused(refused.type, refused.description);
    if (draft.stored) patchEmail(draft.stored, { mailboxIds: {} });
    compose.drop(draft.key);
    notify({ text: t.compose.saved });
  } catch (error) {
    compose.setProgress(draft.key, { error: t.mail.notDone(words(error)) });
  }
}
