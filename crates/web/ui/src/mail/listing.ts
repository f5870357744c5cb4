// Owns the list of messages on show: which ids at which place, loaded in pages as they come into
// view.
// Does not own the messages (emails.ts) nor the drawing (list.tsx).
import { batch, signal } from "@preact/signals";
import type { Caller } from "../jmap/client";
import { ref } from "../jmap/client";
import { words } from "../jmap/error";
import { coalesced, passing } from "../jmap/sync";
import type { Email, GetAnswer, Id, QueryAnswer } from "../jmap/types";
import { HEAD_PROPERTIES, putEmails } from "./emails";

export interface Filter {
  mailbox: Id | null;
  words: string;
}

export const PAGE = 50;
/** A refresh asks again for what has been seen from the top, but not for thousands of rows. */
const REFRESH_MAX = 250;

type Ids = readonly (Id | undefined)[];

/** Where a message is in the list; -1 if it is not, or if there is none to look for. */
export function placeOf(ids: Ids, id: Id | null): number {
  return id === null ? -1 : ids.indexOf(id);
}

export class Listing {
  readonly ids = signal<Ids>([]);
  readonly loading = signal(true);
  readonly error = signal<string | null>(null);
  /** How many messages came in above what was on top; reset by the view. */
  readonly arrived = signal(0);
  private filter: Filter | null = null;
  private generation = 0;
  private asked = new Set<number>();
  readonly refresh = coalesced(() => this.reload());

  constructor(private readonly jmap: Caller) {}

  async show(filter: Filter): Promise<void> {
    this.filter = filter;
    this.generation += 1;
    this.asked.clear();
    batch(() => {
      this.ids.value = [];
      this.loading.value = true;
      this.error.value = null;
      this.arrived.value = 0;
    });
    await this.load(0, PAGE);
  }

  retry(): void {
    if (this.filter) void this.show(this.filter);
  }

  /** Loads the pages that rows `from` to `to` (exclusive) need. */
  ensure(from: number, to: number): void {
    const ids = this.ids.peek();
    for (let page = Math.floor(from / PAGE); page * PAGE < Math.min(to, ids.length); page += 1) {
      const rows = ids.slice(page * PAGE, (page + 1) * PAGE);
      if (this.asked.has(page) || rows.every((id) => id !== undefined)) continue;
      this.asked.add(page);
      void this.load(page * PAGE, PAGE).finally(() => this.asked.delete(page));
    }
  }

  /** Takes rows away before the server has said so; returns what undoes that. */
  removeNow(gone: Id): () => void {
    const before = this.ids.peek();
    this.ids.value = before.filter((id) => id !== gone);
    return () => (this.ids.value = before);
  }

  private async reload(): Promise<void> {
    if (!this.filter) return;
    const seen = this.ids.peek().findLastIndex((id) => id !== undefined) + 1;
    const limit = Math.min(REFRESH_MAX, Math.max(PAGE, Math.ceil(seen / PAGE) * PAGE));
    const before = this.ids.peek();
    await this.load(0, limit, true);
    this.countArrivals(before);
  }

  private countArrivals(before: Ids): void {
    const top = before[0];
    if (!top) return;
    const known = new Set(before);
    const fresh = this.ids.peek();
    const at = fresh.indexOf(top);
    const above = at < 0 ? [] : fresh.slice(0, at);
    this.arrived.value += above.filter((id) => id && !known.has(id)).length;
  }

  private async load(position: number, limit: number, anew = false): Promise<void> {
    const { filter, generation } = this;
    if (!filter) return;
    try {
      const [query, get] = (await this.jmap.batch([
        ["Email/query", queryArgs(filter, position, limit)],
        ["Email/get", { "#ids": ref(0, "Email/query", "/ids"), properties: HEAD_PROPERTIES }],
      ])) as [QueryAnswer, GetAnswer<Email>];
      if (generation !== this.generation) return;
      batch(() => {
        putEmails(get.list);
        this.place(query, position, anew);
        this.loading.value = false;
        this.error.value = null;
      });
    } catch (error) {
      if (generation !== this.generation) return;
      if (passing(error) && !this.loading.peek()) return;
      this.error.value = words(error);
    }
  }

  private place(query: QueryAnswer, position: number, anew: boolean): void {
    const total = query.total ?? Math.max(this.ids.peek().length, position + query.ids.length);
    const next: (Id | undefined)[] = anew ? [] : this.ids.peek().slice(0, total);
    while (next.length < total) next.push(undefined);
    query.ids.forEach((id, index) => {
      next[position + index] = id;
    });
    // A message that moved between two pages must not be there twice.
    this.ids.value = dropDoubles(next, new Set(query.ids), position, query.ids.length);
  }
}

function dropDoubles(ids: (Id | undefined)[], fresh: Set<Id>, from: number, n: number): Ids {
  return ids.map((id, at) => {
    const isFresh = at >= from && at < from + n;
    return id !== undefined && !isFresh && fresh.has(id) ? undefined : id;
  });
}

function queryArgs(filter: Filter, position: number, limit: number): Record<string, unknown> {
  const where: Record<string, unknown> = {};
  if (filter.mailbox) where["inMailbox"] = filter.mailbox;
  if (filter.words) where["text"] = filter.words;
  return {
    filter: where,
    sort: [{ property: "receivedAt", isAscending: false }],
    position,
    limit,
    calculateTotal: true,
  };
}
