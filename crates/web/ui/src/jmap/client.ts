// Owns the talk with the server as the panes see it: calls, batches with back-references, which
// types changed, and whether the wire is up. Does not own any mail or chat: those stores listen
// with `on`.
// Read next: socket.ts (the wire), sync.ts (how stores follow).
import { batch, signal } from "@preact/signals";
import { NotSignedIn, Refused, TransportLost } from "./error";
import * as http from "./http";
import { Socket } from "./socket";
import { CAPABILITY } from "./types";
import type { Id, ImPush, Invocation, JmapRequest, Session, StateChange } from "./types";

export type MethodCall = [method: string, args: Record<string, unknown>];

/** What a store needs of the client; tests give their own. */
export interface Caller {
  call<T>(method: string, args: Record<string, unknown>): Promise<T>;
  batch(calls: MethodCall[]): Promise<unknown[]>;
  /** Runs when objects of a type changed, and each time the wire came up. */
  on(type: string, run: () => void): void;
}

/** A back-reference to the answer of call number `index` of the same batch (RFC 8620 §3.7). */
export function ref(index: number, method: string, path: string): Record<string, string> {
  return { resultOf: String(index), name: method, path };
}

/** How long marks may show what was last heard after the wire broke (webmail P9). */
export const STALE_AFTER_MS = 15_000;
/** A short break needs no note. */
const NOTE_AFTER_MS = 2_500;

export class Client implements Caller {
  readonly session = signal<Session | null>(null);
  /** True while the wire has been down for long enough to mention it. */
  readonly reconnecting = signal(false);
  /** True when what was last heard about people is too old to be shown. */
  readonly stale = signal(false);
  /** True while the wire is up. */
  readonly linked = signal(false);
  /** Counts the times the wire came up; whoever must repeat something on a new wire watches it. */
  readonly wires = signal(0);
  private socket: Socket | null = null;
  private listeners = new Map<string, (() => void)[]>();
  private imListeners: ((push: ImPush) => void)[] = [];
  private noteTimer: ReturnType<typeof setTimeout> | undefined;
  private staleTimer: ReturnType<typeof setTimeout> | undefined;

  get accountId(): Id {
    const session = this.session.peek();
    return (
      session?.primaryAccounts[CAPABILITY.mail] ?? Object.keys(session?.accounts ?? {})[0] ?? ""
    );
  }

  /** Fetches the session; true if somebody is signed in. Throws if the server cannot be reached. */
  async open(): Promise<boolean> {
    try {
      this.session.value = await http.fetchSession();
      return true;
    } catch (error) {
      if (error instanceof NotSignedIn) return false;
      throw error;
    }
  }

  connect(): void {
    const at = new URL("/jmap/ws", location.href);
    at.protocol = at.protocol.replace("http", "ws");
    this.socket = new Socket(at.href, {
      opened: () => this.opened(),
      lost: () => this.lost(),
      notOpened: () => void this.notOpened(),
      pushed: (change) => this.pushed(change),
    });
    this.socket.start();
    addEventListener("online", () => this.socket?.retryNow());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState !== "visible") return;
      this.socket?.retryNow();
      this.socket?.probe();
    });
    addEventListener("offline", () => this.socket?.probe());
  }

  retryNow(): void {
    this.socket?.retryNow();
  }

  get isOpen(): boolean {
    return this.socket?.link === "open";
  }

  on(type: string, run: () => void): void {
    this.listeners.set(type, [...(this.listeners.get(type) ?? []), run]);
  }

  onIm(run: (push: ImPush) => void): void {
    this.imListeners.push(run);
  }

  async call<T>(method: string, args: Record<string, unknown>): Promise<T> {
    const [answer] = await this.batch([[method, args]]);
    return answer as T;
  }

  async batch(calls: MethodCall[]): Promise<unknown[]> {
    const methodCalls = calls.map(([method, args], index): Invocation => {
      return [method, { accountId: this.accountId, ...args }, String(index)];
    });
    const request = { using: this.using(), methodCalls };
    const { methodResponses } = await this.send(request);
    return methodCalls.map(([method], index) => answerOf(methodResponses, method, String(index)));
  }

  /** A call that only makes sense on the WebSocket, such as Presence/watch; null if there is none. */
  async callOnWire<T>(method: string, args: Record<string, unknown>): Promise<T | null> {
    if (!this.socket || !this.isOpen) return null;
    const call: Invocation = [method, { accountId: this.accountId, ...args }, "0"];
    const answer = await this.socket.request({ using: this.using(), methodCalls: [call] });
    return answerOf(answer.methodResponses, method, "0") as T;
  }

  private using(): string[] {
    const known = this.session.peek()?.capabilities ?? {};
    const ours: string[] = Object.values(CAPABILITY);
    return ours.filter((name) => name === CAPABILITY.core || name in known);
  }

  private async send(request: JmapRequest) {
    try {
      if (this.socket && this.isOpen) {
        try {
          return await this.socket.request(request);
        } catch (error) {
          // Reading twice does no harm; whether a write took effect only its caller can judge.
          if (!(error instanceof TransportLost) || !readsOnly(request)) throw error;
        }
      }
      return await http.post(request);
    } catch (error) {
      if (error instanceof NotSignedIn) this.session.value = null;
      throw error;
    }
  }

  private opened(): void {
    clearTimeout(this.noteTimer);
    clearTimeout(this.staleTimer);
    batch(() => {
      this.reconnecting.value = false;
      this.linked.value = true;
      this.wires.value += 1;
    });
    // The first time too: something may have changed between the first answers and this wire.
    for (const runs of this.listeners.values()) for (const run of runs) run();
  }

  private lost(): void {
    this.linked.value = false;
    this.noteTimer = setTimeout(() => (this.reconnecting.value = true), NOTE_AFTER_MS);
    this.staleTimer = setTimeout(() => (this.stale.value = true), STALE_AFTER_MS);
  }

  private async notOpened(): Promise<void> {
    if (this.wires.peek() === 0) this.reconnecting.value = true;
    try {
      await http.fetchSession();
    } catch (error) {
      if (error instanceof NotSignedIn) this.session.value = null;
    }
  }

  private pushed(change: StateChange): void {
    const im = change[CAPABILITY.im];
    batch(() => {
      if (im) for (const run of this.imListeners) run(im);
    });
    for (const type of Object.keys(change.changed?.[this.accountId] ?? {})) {
      for (const run of this.listeners.get(type) ?? []) run();
    }
  }
}

function readsOnly(request: JmapRequest): boolean {
  return request.methodCalls.every(([method]) => /\/(get|query|changes|echo)$/.test(method));
}

/** The answer to one call. A call may have further, implied answers with the same id; the first with
 * the call's own name counts (RFC 8621 §7.5 onSuccessUpdateEmail). */
function answerOf(responses: Invocation[], method: string, callId: string): unknown {
  const mine = responses.filter(([, , id]) => id === callId);
  const answer = mine.find(([name]) => name === method);
  if (answer) return answer[1];
  const error = mine.find(([name]) => name === "error")?.[1];
  throw new Refused(
    String(error?.["type"] ?? "serverFail"),
    (error?.["description"] as string | undefined) ?? null,
  );
}

export const jmap = new Client();
