// Owns the folders: their order, their names, which one is shown.
import { computed } from "@preact/signals";
import { jmap } from "../jmap/client";
import { Records } from "../jmap/sync";
import type { Id, Mailbox } from "../jmap/types";
import { route } from "../frame/route";
import { t } from "../text";
import type { IconName } from "../frame/icons";

export const mailboxes = new Records<Mailbox>(jmap, "Mailbox");

const ROLE_ORDER = ["inbox", "drafts", "sent", "archive", "junk", "trash"];
const ROLE_ICONS: Record<string, IconName> = {
  inbox: "inbox",
  drafts: "drafts",
  sent: "sent",
  archive: "archive",
  junk: "junk",
  trash: "trash",
};

export interface Folder {
  mailbox: Mailbox;
  depth: number;
}

function rank(mailbox: Mailbox): number {
  const at = ROLE_ORDER.indexOf(mailbox.role ?? "");
  return at < 0 ? ROLE_ORDER.length : at;
}

/** Folders in the order people expect, each parent before its children. Pure. */
export function orderFolders(all: Iterable<Mailbox>): Folder[] {
  const list = [...all].sort(
    (a, b) =>
      rank(a) - rank(b) || (a.sortOrder ?? 0) - (b.sortOrder ?? 0) || a.name.localeCompare(b.name),
  );
  const ids = new Set(list.map((one) => one.id));
  const below = (parent: Id | null, depth: number): Folder[] =>
    list
      .filter((one) => (one.parentId && ids.has(one.parentId) ? one.parentId : null) === parent)
      .flatMap((mailbox) => [{ mailbox, depth }, ...below(mailbox.id, depth + 1)]);
  return below(null, 0);
}

export const folders = computed(() => orderFolders(mailboxes.all.value.values()));

export function byRole(role: string): Mailbox | undefined {
  return [...mailboxes.all.value.values()].find((one) => one.role === role);
}

export function folderName(mailbox: Mailbox | undefined): string {
  return t.mail.folderNames[mailbox?.role ?? ""] ?? mailbox?.name ?? "";
}

export function folderIcon(mailbox: Mailbox): IconName {
  return ROLE_ICONS[mailbox.role ?? ""] ?? "folder";
}

/** The folder on show: the route's, or the inbox. */
export const currentMailbox = computed<Mailbox | undefined>(() => {
  const now = route.value;
  const named = now.view === "mail" ? mailboxes.get(now.mailbox) : undefined;
  return named ?? byRole("inbox") ?? folders.value[0]?.mailbox;
});

/** Its id alone: counts of a folder change often, and are no reason to load its list anew. */
export const currentMailboxId = computed(() => currentMailbox.value?.id ?? null);

export const searchWords = computed(() => (route.value.view === "mail" ? route.value.query : ""));

/** In drafts and sent mail, who it is for says more than who it is from. */
export function showsRecipients(mailbox: Mailbox | undefined): boolean {
  return mailbox?.role === "sent" || mailbox?.role === "drafts";
}

/** Drafts count all they hold, other folders what is unread. */
export function folderCount(mailbox: Mailbox): number {
  return mailbox.role === "drafts" ? mailbox.totalEmails : mailbox.unreadEmails;
}
