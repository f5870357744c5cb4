// Owns how a set of records is kept equal to the server's: loaded whole, then followed by /changes,
// loaded whole again when the server cannot say what changed (RFC 8620 §5.2).
import { batch, signal } from "@preact/signals";
import type { Caller } from "./client";
import { NotSignedIn, Refused, TransportLost, words } from "./error";
import type { ChangesAnswer, GetAnswer, Id } from "./types";

/** Runs `run` one at a time: asked again while it runs, it runs once more afterwards. */
export function coalesced(run: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | null = null;
  let again = false;
  return function ask(): Promise<void> {
    if (running) {
      again = true;
      return running;
    }
    const loop = async () => {
      do {
        again = false;
        await run();
      } while (again);
    };
    running = loop().finally(() => (running = null));
    return running;
  };
}

/** Failures that mend themselves: the reconnect synchronises again, or the sign-in form appears. */
export function passing(error: unknown): boolean {
  return error instanceof TransportLost || error instanceof NotSignedIn;
}

/** All `/changes` since `state`, or null if the server cannot calculate them. */
export async function changesSince(
  jmap: Caller,
  type: string,
  state: string,
): Promise<ChangesAnswer | null> {
  const all: ChangesAnswer = {
    oldState: state,
    newState: state,
    hasMoreChanges: true,
    created: [],
    updated: [],
    destroyed: [],
  };
  try {
    while (all.hasMoreChanges) {
      const more = await jmap.call<ChangesAnswer>(`${type}/changes`, { sinceState: all.newState });
      all.created.push(...more.created);
      all.updated.push(...more.updated);
      all.destroyed.push(...more.destroyed);
      all.hasMoreChanges = more.hasMoreChanges && more.newState !== all.newState;
      all.newState = more.newState;
    }
    return all;
  } catch (error) {
    if (error instanceof Refused) return null;
    throw error;
  }
}

/** A small set that the page holds whole: mailboxes, conversations, groups. */
export class Records<T extends { id: Id }> {
  readonly all = signal<ReadonlyMap<Id, T>>(new Map());
  readonly loaded = signal(false);
  readonly error = signal<string | null>(null);
  private state: string | null = null;
  readonly sync = coalesced(() => this.follow());

  constructor(
    private readonly jmap: Caller,
    private readonly type: string,
  ) {
    jmap.on(type, () => void this.sync());
  }

  get(id: Id | null | undefined): T | undefined {
    return id ? this.all.value.get(id) : undefined;
  }

  /** Shows a change at once; the next synchronisation brings the truth. */
  patch(id: Id, change: Partial<T>): void {
    const one = this.all.peek().get(id);
    if (one) this.put([{ ...one, ...change }]);
  }

  put(list: T[], destroyed: Id[] = []): void {
    const next = new Map(this.all.peek());
    for (const id of destroyed) next.delete(id);
    for (const one of list) next.set(one.id, one);
    this.all.value = next;
  }

  private async follow(): Promise<void> {
    try {
      if (this.state === null || !(await this.followChanges(this.state))) await this.load();
      this.error.value = null;
    } catch (error) {
      if (!passing(error) || !this.loaded.peek()) this.error.value = words(error);
    }
  }

  private async load(): Promise<void> {
    const answer = await this.jmap.call<GetAnswer<T>>(`${this.type}/get`, { ids: null });
    batch(() => {
      this.all.value = new Map(answer.list.map((one) => [one.id, one]));
      this.loaded.value = true;
    });
    this.state = answer.state;
  }

  private async followChanges(state: string): Promise<boolean> {
    const changes = await changesSince(this.jmap, this.type, state);
    if (!changes) return false;
    const ids = [...new Set([...changes.created, ...changes.updated])];
    let list: T[] = [];
    if (ids.length > 0) {
      list = (await this.jmap.call<GetAnswer<T>>(`${this.type}/get`, { ids })).list;
    }
    if (ids.length > 0 || changes.destroyed.length > 0) this.put(list, changes.destroyed);
    this.state = changes.newState;
    return true;
  }
}
