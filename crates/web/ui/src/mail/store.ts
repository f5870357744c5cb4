// Owns what the mail panes share: the list on show, the open message, walking through the list.
import { computed, effect, signal, untracked } from "@preact/signals";
import { jmap } from "../jmap/client";
import type { Email, Id } from "../jmap/types";
import { go, mailRoute, route } from "../frame/route";
import { size } from "../frame/size";
import { followEmails, emailOf, fetchHeads } from "./emails";
import { Listing, placeOf } from "./listing";
import { currentMailboxId, mailboxes, searchWords } from "./mailboxes";

export const listing = new Listing(jmap);

/** The message in the reading pane. */
export const openId = computed<Id | null>(() =>
  route.value.view === "mail" ? route.value.email : null,
);
/** The row with the tab stop. */
export const activeId = signal<Id | null>(null);

/** Asks the list to bring the focus to the active row. */
export const focusList = signal(0);
/** Asks the reading pane to bring the focus to its heading. */
export const focusReading = signal(0);

export function openEmail(): Email | null | undefined {
  const id = openId.value;
  return id ? emailOf(id).value : undefined;
}

export function startMail(): void {
  void mailboxes.sync();
  void followEmails();
  effect(() => {
    const mailbox = currentMailboxId.value;
    const words = searchWords.value;
    if (!mailbox) return;
    untracked(() => {
      activeId.value = openId.peek();
      void listing.show({ mailbox: words ? null : mailbox, words });
    });
  });
  effect(() => {
    const id = openId.value;
    if (!id) return;
    activeId.value = id;
    if (emailOf(id).peek() === undefined) void fetchHeads([id]).catch(() => undefined);
  });
  jmap.on("Email", () => {
    void followEmails();
    void listing.refresh();
  });
}

export function open(id: Id): void {
  // Walking down the list in the wide layout is one step of history, not fifty.
  const how = size.peek() !== "narrow" && openId.peek() !== null ? "replace" : "push";
  go(mailRoute({ email: id }), how);
}

export function closeEmail(): void {
  go(mailRoute({ email: null }), size.peek() === "narrow" ? "push" : "replace");
  focusList.value += 1;
}

export function showFolder(id: Id): void {
  go(mailRoute({ mailbox: id, email: null, query: "" }));
}

export function search(words: string): void {
  go(mailRoute({ query: words.trim(), email: null }));
}

/** The row `by` steps from the active one; the first if none is active. */
export function neighbour(by: number): Id | null {
  const ids = listing.ids.peek();
  const at = placeOf(ids, activeId.peek());
  if (at < 0) return ids.find((id) => id !== undefined) ?? null;
  return ids[Math.max(0, Math.min(ids.length - 1, at + by))] ?? null;
}

/** Moves the active row; beside a reading pane the message opens too. */
export function walk(by: number): void {
  const next = neighbour(by);
  if (next) activate(next);
}

export function activate(id: Id): void {
  activeId.value = id;
  focusList.value += 1;
  if (size.peek() !== "narrow" || openId.peek()) open(id);
}

/** After a row went away: the one that took its place, else the last. Null if the list is empty. */
export function rowAfterRemoval(ids: readonly (Id | undefined)[], at: number): Id | null {
  return ids[at] ?? ids[ids.length - 1] ?? null;
}
