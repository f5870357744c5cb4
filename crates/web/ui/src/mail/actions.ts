// Owns what can be done to a message, shown at once, taken back with words if the server refuses.
import { confirm } from "../frame/dialog";
import { notify } from "../frame/notices";
import { go, mailRoute } from "../frame/route";
import { size } from "../frame/size";
import { jmap } from "../jmap/client";
import { throwIfNotSet, words } from "../jmap/error";
import type { Email, Id, Mailbox, SetAnswer } from "../jmap/types";
import { t } from "../text";
import { emailOf, patchEmail, putEmails } from "./emails";
import { byRole, currentMailbox, folderName, mailboxes } from "./mailboxes";
import { activeId, focusList, listing, openId, rowAfterRemoval } from "./store";

async function set(args: Record<string, unknown>): Promise<void> {
  const answer = await jmap.call<SetAnswer<Email>>("Email/set", args);
  throwIfNotSet(answer.notUpdated, answer.notDestroyed);
}

export async function setKeyword(id: Id, keyword: string, on: boolean): Promise<void> {
  const email = emailOf(id).peek();
  if (!email || Boolean(email.keywords[keyword]) === on) return;
  const keywords = { ...email.keywords };
  if (on) keywords[keyword] = true;
  else delete keywords[keyword];
  patchEmail(id, { keywords });
  if (keyword === "$seen") countUnread(email, on ? -1 : 1);
  try {
    await set({ update: { [id]: { [`keywords/${keyword}`]: on ? true : null } } });
  } catch (error) {
    patchEmail(id, { keywords: email.keywords });
    if (keyword === "$seen") countUnread(email, on ? 1 : -1);
    notify({ text: t.mail.notDone(words(error)) });
  }
}

/** The count of a folder follows at once; the server's number comes with its push. */
function countUnread(email: Email, by: number): void {
  for (const id of Object.keys(email.mailboxIds)) {
    const mailbox = mailboxes.get(id);
    if (mailbox) mailboxes.patch(id, { unreadEmails: Math.max(0, mailbox.unreadEmails + by) });
  }
}

export function setRead(id: Id, read: boolean): void {
  void setKeyword(id, "$seen", read);
}

export function toggleFlag(id: Id): void {
  void setKeyword(id, "$flagged", !emailOf(id).peek()?.keywords["$flagged"]);
}

/** Takes the row away and moves on to the one that takes its place (webmail K7). */
function leaveRow(id: Id): () => void {
  const at = listing.ids.peek().indexOf(id);
  const putBack = listing.removeNow(id);
  const next = at < 0 ? null : rowAfterRemoval(listing.ids.peek(), at);
  activeId.value = next;
  if (openId.peek() === id) {
    go(mailRoute({ email: size.peek() === "narrow" ? null : next }), "replace");
  }
  focusList.value += 1;
  return putBack;
}

async function move(id: Id, to: Mailbox | undefined): Promise<void> {
  const email = emailOf(id).peek();
  if (!email || !to || email.mailboxIds[to.id]) return;
  const before = email.mailboxIds;
  const putBack = leaveRow(id);
  patchEmail(id, { mailboxIds: { [to.id]: true } });
  try {
    await set({ update: { [id]: { mailboxIds: { [to.id]: true } } } });
    const undo = () => void moveBack(id, before);
    notify({ text: t.mail.moved(1, folderName(to)), action: { label: t.general.undo, run: undo } });
  } catch (error) {
    putBack();
    patchEmail(id, { mailboxIds: before });
    notify({ text: t.mail.notDone(words(error)) });
  }
}

async function moveBack(id: Id, mailboxIds: Email["mailboxIds"]): Promise<void> {
  try {
    await set({ update: { [id]: { mailboxIds } } });
    patchEmail(id, { mailboxIds });
    await listing.refresh();
    activeId.value = id;
    if (size.peek() !== "narrow") go(mailRoute({ email: id }), "replace");
    focusList.value += 1;
  } catch (error) {
    notify({ text: t.mail.notDone(words(error)) });
  }
}

export function archive(id: Id): void {
  void move(id, byRole("archive"));
}

/** To Deleted; from there, after asking, for good. */
export function remove(id: Id): void {
  const trash = byRole("trash");
  const email = emailOf(id).peek();
  if (trash && email && !email.mailboxIds[trash.id]) {
    void move(id, trash);
    return;
  }
  confirm({
    title: t.mail.confirmTitle,
    text: t.mail.confirmText,
    yes: t.mail.removeForever,
    run: () => void destroy(id),
  });
}

export async function destroy(id: Id): Promise<void> {
  const before = emailOf(id).peek();
  const putBack = leaveRow(id);
  try {
    await set({ destroy: [id] });
    putEmails([], [id]);
    notify({ text: t.mail.removed });
  } catch (error) {
    putBack();
    if (before) putEmails([before]);
    notify({ text: t.mail.notDone(words(error)) });
  }
}

export function removesForever(): boolean {
  return currentMailbox.value?.role === "trash";
}
