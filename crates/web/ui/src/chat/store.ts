// Owns the chats: conversations, their logs, what is unread, what came in, and who is typing.
// Read next: log.ts, outbox.ts, windows.ts.
import { computed, effect, signal } from "@preact/signals";
import { inTab, kept } from "../frame/kept";
import { notify } from "../frame/notices";
import { go, route } from "../frame/route";
import { size, windowWidth } from "../frame/size";
import { jmap, type Client } from "../jmap/client";
import { throwIfNotSet, words } from "../jmap/error";
import { Records, changesSince, coalesced, passing } from "../jmap/sync";
import type { ChatMessage, Conversation, GetAnswer, Id, SetAnswer } from "../jmap/types";
import { contactName, same } from "../people/store";
import { people } from "../presence/people";
import { currentState } from "../presence/state";
import { imReady, imState, imStatus } from "../presence/status";
import { t } from "../text";
import { note } from "./desktop-note";
import { Log } from "./log";
import { Outbox, type Pending } from "./outbox";
import { dockOrder, placeWindows, roomFor } from "./windows";

/** A typing hint that nobody takes back (the other tab died) goes by itself. */
const TYPING_MS = 20_000;

class Chats {
  readonly conversations: Records<Conversation>;
  readonly outbox: Outbox;
  readonly typing = signal<ReadonlySet<Id>>(new Set());
  /** Messages that came in for a chat nobody is looking at. */
  readonly incoming = signal<ChatMessage[]>([]);
  /** The window that is to take the focus; only after something the person did. */
  readonly wanted = signal<Id | null>(null);
  /** The chat the person opened last: the one whose log is read out. */
  readonly last = signal<Id | null>(null);
  private readonly logs = new Map<Id, Log>();
  private readonly order = kept<Id[]>("chat-order", [], inTab);
  private readonly folded = kept<Id[]>("chat-folded", [], inTab);
  private readonly recent = signal<Id[]>([]);
  private readonly typingTimers = new Map<Id, ReturnType<typeof setTimeout>>();
  private state: string | null = null;
  readonly follow = coalesced(() => this.followMessages());

  constructor(private readonly client: Client) {
    this.conversations = new Records<Conversation>(client, "Conversation");
    const pending = kept<Pending[]>("outbox", [], inTab);
    const arrived = (message: ChatMessage) => this.log(message.conversationId).putMade(message);
    this.outbox = new Outbox(client, pending, arrived, () => imReady.peek());
    client.on("ConversationMessage", () => void this.follow());
    client.onIm((push) => {
      for (const one of push.typing ?? []) this.setTyping(one.conversationId, one.active);
    });
  }

  begin(): void {
    effect(() => {
      if (imReady.value) this.outbox.resend();
    });
    effect(() => this.followOpen());
  }

  readonly placement = computed(() => {
    const room =
      size.value === "wide" ? roomFor(windowWidth.value) : size.value === "medium" ? 1 : 0;
    return placeWindows(this.order.value, this.folded.value, this.recent.value, room);
  });

  readonly unread = computed(() => {
    let sum = 0;
    for (const one of this.conversations.all.value.values()) sum += one.unread;
    return sum;
  });

  /** Newest first, for the list of chats. */
  readonly recentChats = computed(() =>
    [...this.conversations.all.value.values()]
      .filter((one) => one.lastMessageAt || one.isOpen)
      .sort((a, b) => Date.parse(b.lastMessageAt ?? "") - Date.parse(a.lastMessageAt ?? "") || 0),
  );

  log(id: Id): Log {
    let log = this.logs.get(id);
    if (!log) {
      log = new Log(this.client, id);
      this.logs.set(id, log);
      void log.load();
    }
    return log;
  }

  /** Opens the chat with a person, for the person who asked: the window takes the focus. */
  async start(address: string): Promise<void> {
    const existing = [...this.conversations.all.peek().values()].find((one) =>
      same(one.with, address),
    );
    if (existing) return this.open(existing.id);
    try {
      const answer = await this.client.call<SetAnswer<Partial<Conversation>>>("Conversation/set", {
        create: { c: { with: address } },
      });
      throwIfNotSet(answer.notCreated);
      const id = answer.created?.["c"]?.id;
      if (!id) return;
      await this.conversations.sync();
      this.open(id);
    } catch (error) {
      notify({ text: t.chat.notStarted(words(error)) });
    }
  }

  open(id: Id): void {
    this.last.value = id;
    if (!this.conversations.get(id)?.isOpen) void this.update(id, { isOpen: true });
    this.unfold(id);
    this.incoming.value = this.incoming.peek().filter((one) => one.conversationId !== id);
    if (size.peek() === "narrow") go({ view: "chats", conversation: id });
    this.wanted.value = id;
  }

  unfold(id: Id): void {
    this.folded.value = this.folded.peek().filter((one) => one !== id);
    this.recent.value = [...this.recent.peek().filter((one) => one !== id), id];
  }

  fold(id: Id): void {
    if (!this.folded.peek().includes(id)) this.folded.value = [...this.folded.peek(), id];
  }

  close(id: Id): void {
    this.folded.value = this.folded.peek().filter((one) => one !== id);
    void this.update(id, { isOpen: false, unread: 0 });
    const now = route.peek();
    if (now.view === "chats" && now.conversation === id) go({ view: "chats", conversation: null });
  }

  markRead(id: Id): void {
    if ((this.conversations.get(id)?.unread ?? 0) > 0) void this.update(id, { unread: 0 });
  }

  ignore(id: Id): void {
    this.incoming.value = this.incoming.peek().filter((one) => one.conversationId !== id);
  }

  send(id: Id, text: string): void {
    this.outbox.send(id, text, crypto.randomUUID(), new Date().toISOString());
    this.markRead(id);
  }

  /** Another try for a message that failed: here, or one the server knows. */
  async retry(message: ChatMessage): Promise<void> {
    if (message.id === "") return this.outbox.retry(message.clientId ?? "");
    this.log(message.conversationId).put([{ ...message, state: "sending", reason: null }]);
    try {
      const answer = await this.client.call<SetAnswer<ChatMessage>>("ConversationMessage/set", {
        update: { [message.id]: { retry: true } },
      });
      throwIfNotSet(answer.notUpdated);
      await this.follow();
    } catch (error) {
      this.log(message.conversationId).put([{ ...message, reason: words(error) }]);
    }
  }

  private async update(id: Id, change: Partial<Conversation>): Promise<void> {
    this.conversations.patch(id, change);
    try {
      const answer = await this.client.call<SetAnswer<Conversation>>("Conversation/set", {
        update: { [id]: change },
      });
      throwIfNotSet(answer.notUpdated);
    } catch (error) {
      if (!passing(error)) notify({ text: words(error) });
    }
    await this.conversations.sync();
  }

  /** The server says which chats are open. One that another tab opened shows itself here without
   * taking the focus; one that opened because somebody wrote stays folded and only counts. */
  private followOpen(): void {
    const before = this.order.peek();
    const next = dockOrder(before, this.conversations.all.value.values());
    if (!this.conversations.loaded.peek() || next.join() === before.join()) return;
    const wanted = this.last.peek();
    for (const id of next) {
      const unread = this.conversations.all.peek().get(id)?.unread ?? 0;
      if (!before.includes(id) && id !== wanted && unread > 0) this.fold(id);
    }
    this.order.value = next;
  }

  private setTyping(id: Id, active: boolean): void {
    clearTimeout(this.typingTimers.get(id));
    const next = new Set(this.typing.peek());
    if (active) {
      next.add(id);
      this.typingTimers.set(
        id,
        setTimeout(() => this.setTyping(id, false), TYPING_MS),
      );
    } else {
      next.delete(id);
    }
    this.typing.value = next;
  }

  private async followMessages(): Promise<void> {
    try {
      if (this.state === null) {
        const none = { ids: [] };
        const answer = await this.client.call<GetAnswer<ChatMessage>>(
          "ConversationMessage/get",
          none,
        );
        this.state = answer.state;
        // What changed between a log's page and this state nobody will tell again.
        await Promise.all([...this.logs.values()].map((log) => log.load()));
        return;
      }
      const changes = await changesSince(this.client, "ConversationMessage", this.state);
      if (!changes) {
        this.state = null;
        await this.followMessages();
        return;
      }
      const ids = [...new Set([...changes.created, ...changes.updated])];
      if (ids.length > 0) {
        const answer = await this.client.call<GetAnswer<ChatMessage>>("ConversationMessage/get", {
          ids,
        });
        this.take(answer.list, new Set(changes.created));
      }
      const gone = new Set(changes.destroyed);
      for (const log of this.logs.values()) log.drop(gone);
      this.state = changes.newState;
    } catch (error) {
      if (!passing(error)) console.warn("ConversationMessage/changes:", error);
    }
  }

  private take(list: ChatMessage[], created: ReadonlySet<Id>): void {
    for (const message of list) {
      const log = this.logs.get(message.conversationId);
      const isNew = created.has(message.id) && !log?.has(message.id);
      log?.put([message]);
      if (message.own || !isNew) continue;
      this.setTyping(message.conversationId, false);
      this.announce(message);
    }
    this.outbox.settle(list.map((one) => one.clientId));
  }

  private announce(message: ChatMessage): void {
    const id = message.conversationId;
    const conversation = this.conversations.get(id);
    const name = conversation ? chatName(conversation) : message.from.replace(/^sips?:/i, "");
    if (!isDisturbed()) note(message, name, () => this.open(id));
    if (this.isShown(id)) return;
    const others = this.incoming.peek().filter((one) => one.conversationId !== id);
    this.incoming.value = [...others, message];
  }

  /** The chat is in front of the person's eyes, unfolded. */
  isShown(id: Id): boolean {
    if (document.visibilityState !== "visible") return false;
    const now = route.peek();
    if (size.peek() === "narrow") return now.view === "chats" && now.conversation === id;
    return this.placement.peek().shown.includes(id);
  }
}

export const chats = new Chats(jmap);

/** What to call the other side. */
export function chatName(conversation: Conversation): string {
  const bare = conversation.with.replace(/^sips?:/i, "");
  return contactName(conversation.with) ?? (conversation.withName.trim() || bare);
}

/** Somebody who does not want to be disturbed sees only counts (webmail C5). */
export function isDisturbed(): boolean {
  const own = imStatus.value.ownAddress;
  if (!own) return false;
  const state = currentState(imState.value, jmap.stale.value, people.of(own).value);
  return state === "doNotDisturb";
}
