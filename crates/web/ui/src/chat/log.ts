// Owns the messages of one conversation: a window onto the server's list that grows upwards, joined
// with what is on its way there. Does not own sending: outbox.ts.
import { batch, signal } from "@preact/signals";
import { ref, type Caller } from "../jmap/client";
import { words } from "../jmap/error";
import { coalesced, passing } from "../jmap/sync";
import type { ChatMessage, GetAnswer, Id, QueryAnswer } from "../jmap/types";

const PAGE = 40;

/** Oldest first; equal times keep the order of the server's ids. Pure. */
export function merged(list: readonly ChatMessage[], fresh: readonly ChatMessage[]): ChatMessage[] {
  const all = new Map(list.map((one) => [one.id, one]));
  for (const one of fresh) all.set(one.id, one);
  return [...all.values()].sort(
    (a, b) => Date.parse(a.at) - Date.parse(b.at) || (a.id < b.id ? -1 : 1),
  );
}

export class Log {
  readonly messages = signal<ChatMessage[]>([]);
  readonly loaded = signal(false);
  readonly error = signal<string | null>(null);
  /** Older messages exist on the server. */
  readonly hasMore = signal(false);
  readonly loadingMore = signal(false);
  private first = 0;
  /** For each page on its way what came meanwhile: the page may know an older state of it. */
  private readonly overtaken = new Set<Set<Id>>();
  /** The newest page; also after the server could not say what changed. */
  readonly load = coalesced(() => this.loadNewest());

  constructor(
    private readonly jmap: Caller,
    private readonly conversationId: Id,
  ) {}

  put(fresh: ChatMessage[]): void {
    for (const ids of this.overtaken) for (const one of fresh) ids.add(one.id);
    if (fresh.length > 0) this.messages.value = merged(this.messages.peek(), fresh);
  }

  /** The answer to a creation: what a push has told since is newer. */
  putMade(made: ChatMessage): void {
    if (!this.has(made.id)) this.put([made]);
  }

  drop(ids: ReadonlySet<Id>): void {
    if (!this.messages.peek().some((one) => ids.has(one.id))) return;
    this.messages.value = this.messages.peek().filter((one) => !ids.has(one.id));
  }

  has(id: Id): boolean {
    return this.messages.peek().some((one) => one.id === id);
  }

  private async loadNewest(): Promise<void> {
    this.error.value = null;
    try {
      const { query, list } = await this.fetch(-PAGE, PAGE);
      batch(() => {
        if (!this.loaded.peek()) {
          this.first = query.position;
          this.hasMore.value = query.position > 0;
        }
        this.put(list);
        this.loaded.value = true;
      });
    } catch (error) {
      if (!passing(error) || !this.loaded.peek()) this.error.value = words(error);
    }
  }

  async loadMore(): Promise<void> {
    if (!this.hasMore.peek() || this.loadingMore.peek()) return;
    this.loadingMore.value = true;
    try {
      const from = Math.max(0, this.first - PAGE);
      const { list } = await this.fetch(from, this.first - from);
      batch(() => {
        this.first = from;
        this.hasMore.value = from > 0;
        this.put(list);
      });
    } catch (error) {
      if (!passing(error)) this.error.value = words(error);
    } finally {
      this.loadingMore.value = false;
    }
  }

  private async fetch(position: number, limit: number) {
    const filter = { conversationId: this.conversationId };
    const told = new Set<Id>();
    this.overtaken.add(told);
    try {
      const [query, get] = (await this.jmap.batch([
        ["ConversationMessage/query", { filter, position, limit }],
        ["ConversationMessage/get", { "#ids": ref(0, "ConversationMessage/query", "/ids") }],
      ])) as [QueryAnswer, GetAnswer<ChatMessage>];
      return { query, list: get.list.filter((one) => !told.has(one.id)) };
    } finally {
      this.overtaken.delete(told);
    }
  }
}
