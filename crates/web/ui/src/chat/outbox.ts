// Owns what was written and is not yet known to be with the server. Each message carries its own
// client id, so that sending twice is one message (webmail C9); it is kept over a reload, and sent
// again by itself when the wire is back.
import type { Signal } from "@preact/signals";
import type { Caller } from "../jmap/client";
import { throwIfNotSet, words } from "../jmap/error";
import { passing } from "../jmap/sync";
import type { ChatMessage, Id, SetAnswer } from "../jmap/types";

export interface Pending {
  clientId: string;
  conversationId: Id;
  text: string;
  at: string;
  /** Why the server refused; null while it is on its way. */
  refused: string | null;
}

export class Outbox {
  /** One message after the other, so that they arrive in the order they were written. */
  private line = new Map<Id, Promise<void>>();

  constructor(
    private readonly jmap: Caller,
    readonly pending: Signal<Pending[]>,
    private readonly arrived: (message: ChatMessage) => void,
    /** False while nothing can go out; whoever knows when it can calls `resend`. */
    private readonly isReady: () => boolean,
  ) {}

  send(conversationId: Id, text: string, clientId: string, at: string): void {
    const one: Pending = { clientId, conversationId, text, at, refused: null };
    this.pending.value = [...this.pending.peek(), one];
    this.enqueue(one);
  }

  retry(clientId: string): void {
    const one = this.pending.peek().find((other) => other.clientId === clientId);
    if (!one) return;
    this.patch(clientId, null);
    this.enqueue(one);
  }

  /** Everything that got no answer goes out again. */
  resend(): void {
    for (const one of this.pending.peek()) {
      if (one.refused === null) this.enqueue(one);
    }
  }

  /** The server has it, as an answer or a push says. */
  settle(clientIds: Iterable<string | null>): void {
    const gone = new Set(clientIds);
    const left = this.pending.peek().filter((one) => !gone.has(one.clientId));
    if (left.length !== this.pending.peek().length) this.pending.value = left;
  }

  private patch(clientId: string, refused: string | null): void {
    this.pending.value = this.pending
      .peek()
      .map((one) => (one.clientId === clientId ? { ...one, refused } : one));
  }

  private enqueue(one: Pending): void {
    const before = this.line.get(one.conversationId) ?? Promise.resolve();
    const next = before.then(() => this.deliver(one));
    this.line.set(one.conversationId, next);
  }

  private async deliver(one: Pending): Promise<void> {
    const isWanted = this.pending.peek().some((other) => other.clientId === one.clientId);
    if (!isWanted || !this.isReady()) return;
    const { conversationId, text, clientId } = one;
    try {
      const answer = await this.jmap.call<SetAnswer<Partial<ChatMessage>>>(
        "ConversationMessage/set",
        { create: { m: { conversationId, text, clientId } } },
      );
      throwIfNotSet(answer.notCreated);
      const made = answer.created?.["m"];
      if (made?.id) this.arrived(whole(one, made));
      this.settle([clientId]);
    } catch (error) {
      if (!passing(error)) this.patch(clientId, words(error));
    }
  }
}

/** The server answers a creation with what it has set; the rest is what we asked for. */
function whole(one: Pending, made: Partial<ChatMessage>): ChatMessage {
  return {
    id: "",
    conversationId: one.conversationId,
    from: "",
    own: true,
    text: one.text,
    at: one.at,
    state: "sending",
    reason: null,
    clientId: one.clientId,
    ...made,
  };
}
