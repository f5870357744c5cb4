// Owns what the keys do, wherever the focus is. The map is in keys.ts.
import { chats } from "../chat/store";
import { compose } from "../compose/store";
import { runNewestAction } from "../frame/notices";
import { go } from "../frame/route";
import { size } from "../frame/size";
import { archive, remove, setRead, toggleFlag } from "../mail/actions";
import { byRole } from "../mail/mailboxes";
import { replyByIm } from "../mail/reply-by-im";
import {
  activeId,
  closeEmail,
  focusList,
  focusReading,
  open,
  openId,
  showFolder,
  walk,
} from "../mail/store";
import type { Id } from "../jmap/types";
import { openHelp } from "./help";
import { isSingle, matchStroke, strokeName, type Action } from "./keys";
import { singleKeys } from "./preferences";

/** The second key of "g i" must come soon. */
const SEQUENCE_MS = 1500;

function writes(target: EventTarget | null): boolean {
  const element = target as HTMLElement | null;
  if (!element?.closest) return false;
  // In a chat, "#" must not delete the mail behind it.
  return element.isContentEditable || element.closest("input, textarea, select, .chat") !== null;
}

function onMessage(run: (id: Id) => void): () => void {
  return () => {
    const id = openId.peek() ?? activeId.peek();
    if (id) run(id);
  };
}

function openFolder(role: string): () => void {
  return () => {
    const mailbox = byRole(role);
    if (!mailbox) return;
    showFolder(mailbox.id);
    focusList.value += 1;
  };
}

function press(selector: string): void {
  const button = document.querySelector<HTMLElement>(selector);
  button?.focus();
  button?.click();
}

function showPeople(): void {
  if (size.peek() === "narrow") go({ view: "people" });
  else document.querySelector<HTMLElement>(".contacts button")?.focus();
}

function nextChat(): void {
  const { shown, folded } = chats.placement.peek();
  const all = [...shown, ...folded];
  const here = document.activeElement?.closest(".chat");
  const windows = [...document.querySelectorAll(".chat")];
  const next = all[(here ? windows.indexOf(here) + 1 : 0) % Math.max(1, all.length)];
  if (next) chats.open(next);
}

/** From one part of the page to the next, to what can take the focus there first. */
function cyclePanes(by: number): void {
  const panes = [...document.querySelectorAll<HTMLElement>("[data-pane]")].filter(
    (pane) => pane.offsetParent !== null || pane.getClientRects().length > 0,
  );
  const at = panes.findIndex((pane) => pane.contains(document.activeElement));
  const next = panes[(at + by + panes.length) % panes.length];
  next?.querySelector<HTMLElement>("[role=option][tabindex='0'], button, input, a[href]")?.focus();
}

const RUN: Partial<Record<Action, () => void>> = {
  next: () => walk(1),
  previous: () => walk(-1),
  open: () => {
    const id = activeId.peek();
    if (!id) return;
    open(id);
    focusReading.value += 1;
  },
  backToList: closeEmail,
  compose: () => compose.start(),
  search: () => document.querySelector<HTMLElement>("input[type=search]")?.focus(),
  reply: onMessage((id) => void compose.reply(id)),
  replyAll: onMessage((id) => void compose.replyAll(id)),
  forward: onMessage((id) => void compose.forward(id)),
  replyByIm: onMessage(replyByIm),
  archive: onMessage(archive),
  remove: onMessage(remove),
  markRead: onMessage((id) => setRead(id, true)),
  markUnread: onMessage((id) => setRead(id, false)),
  flag: onMessage(toggleFlag),
  goInbox: openFolder("inbox"),
  goDrafts: openFolder("drafts"),
  goSent: openFolder("sent"),
  goDeleted: openFolder("trash"),
  goPeople: showPeople,
  focusChat: () => press(".dock-button, .views [data-view=chats]"),
  nextChat,
  presenceMenu: () => press(".own"),
  undo: () => void runNewestAction(),
  nextPane: () => cyclePanes(1),
  previousPane: () => cyclePanes(-1),
  help: openHelp,
};

export function startKeyboard(): void {
  let prefix = "";
  let timer: ReturnType<typeof setTimeout> | undefined;
  addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing) return;
    if (document.querySelector("dialog[open]")) return;
    const name = strokeName(event);
    if (isSingle(name) && (!singleKeys.peek() || writes(event.target))) return;
    const match = matchStroke(name, prefix);
    clearTimeout(timer);
    prefix = "";
    if (!match) return;
    if ("prefix" in match) {
      prefix = match.prefix;
      timer = setTimeout(() => (prefix = ""), SEQUENCE_MS);
      return;
    }
    const run = RUN[match.action];
    if (!run) return;
    event.preventDefault();
    run();
  });
}
