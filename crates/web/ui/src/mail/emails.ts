// Owns what is known of each message: one signal per message for its head, fetched bodies beside
// it.
// Does not own which messages are listed: listing.ts.
import { batch, signal, type Signal } from "@preact/signals";
import { jmap } from "../jmap/client";
import { words } from "../jmap/error";
import { changesSince, coalesced, passing } from "../jmap/sync";
import type { Email, EmailBody, GetAnswer, Id } from "../jmap/types";

export const HEAD_PROPERTIES = [
  "id",
  "threadId",
  "mailboxIds",
  "keywords",
  "from",
  "to",
  "cc",
  "subject",
  "receivedAt",
  "preview",
  "hasAttachment",
];
const BODY_PROPERTIES = [
  "id",
  "messageId",
  "references",
  "replyTo",
  "bodyValues",
  "textBody",
  "htmlBody",
  "attachments",
];
/** More text than anybody reads in a pane; the rest is in the download. */
const BODY_BYTES_MAX = 512 * 1024;

/** `null`: it is gone. `undefined`: not known yet. */
const heads = new Map<Id, Signal<Email | null | undefined>>();

export function emailOf(id: Id): Signal<Email | null | undefined> {
  let one = heads.get(id);
  if (!one) {
    one = signal<Email | null | undefined>(undefined);
    heads.set(id, one);
  }
  return one;
}

export function putEmails(list: Email[], gone: Id[] = []): void {
  batch(() => {
    for (const email of list) emailOf(email.id).value = email;
    for (const id of gone) emailOf(id).value = null;
  });
}

export function patchEmail(id: Id, change: Partial<Email>): void {
  const now = emailOf(id).peek();
  if (now) emailOf(id).value = { ...now, ...change };
}

export async function fetchHeads(ids: Id[]): Promise<void> {
  if (ids.length === 0) return;
  const args = { ids, properties: HEAD_PROPERTIES };
  const answer = await jmap.call<GetAnswer<Email>>("Email/get", args);
  putEmails(answer.list, answer.notFound);
}

let state: string | null = null;

/** Brings the heads we hold up to date. Lists are refreshed by listing.ts. */
export const followEmails = coalesced(async () => {
  try {
    if (state === null) {
      state = (await jmap.call<GetAnswer<Email>>("Email/get", { ids: [] })).state;
      return;
    }
    const changes = await changesSince(jmap, "Email", state);
    if (!changes) {
      state = null;
      await fetchHeads([...heads.keys()].slice(-200));
      return;
    }
    putEmails(
      [],
      changes.destroyed.filter((id) => heads.has(id)),
    );
    await fetchHeads(changes.updated.filter((id) => heads.has(id)));
    state = changes.newState;
  } catch (error) {
    if (!passing(error)) console.warn("Email/changes:", error);
  }
});

export interface Body {
  value: EmailBody | null;
  error: string | null;
}

const bodies = new Map<Id, Signal<Body>>();

/** The body of a message; fetched on first use. */
export function bodyOf(id: Id): Signal<Body> {
  let one = bodies.get(id);
  if (!one) {
    one = signal<Body>({ value: null, error: null });
    bodies.set(id, one);
    void fetchBody(id);
  }
  return one;
}

export async function fetchBody(id: Id): Promise<EmailBody | null> {
  const one = bodies.get(id) ?? signal<Body>({ value: null, error: null });
  bodies.set(id, one);
  if (one.peek().value) return one.peek().value;
  try {
    const answer = await jmap.call<GetAnswer<EmailBody>>("Email/get", {
      ids: [id],
      properties: BODY_PROPERTIES,
      fetchTextBodyValues: true,
      maxBodyValueBytes: BODY_BYTES_MAX,
    });
    const value = answer.list[0] ?? null;
    if (!value) emailOf(id).value = null;
    one.value = { value, error: null };
    return value;
  } catch (error) {
    one.value = { value: null, error: words(error) };
    return null;
  }
}

export function retryBody(id: Id): void {
  bodyOf(id).value = { value: null, error: null };
  void fetchBody(id);
}
