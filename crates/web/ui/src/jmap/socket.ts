// Owns one WebSocket to the server (RFC 8887): dialling, dialling again with a back-off, noticing a
// dead wire, pairing answers with requests. Does not own what is asked: client.ts.
import { backoffMs } from "./backoff";
import { Refused, TransportLost } from "./error";
import type { JmapRequest, JmapResponse, StateChange } from "./types";

export type Link = "connecting" | "open" | "lost";

export interface SocketEvents {
  /** The wire is up; pushes are enabled. Also after each reconnect. */
  opened(): void;
  /** The wire is gone. */
  lost(): void;
  /** A dial failed before the wire was up; the session may be over. */
  notOpened(): void;
  pushed(change: StateChange): void;
}

interface Waiting {
  resolve(response: JmapResponse): void;
  reject(error: Error): void;
}

/** Nothing heard for this long: ask whether anybody is there. */
const QUIET_MS = 25_000;
/** No answer to that for this long: the wire is dead, whatever the browser thinks. */
const ANSWER_MS = 8_000;

export class Socket {
  link: Link = "connecting";
  private wire: WebSocket | null = null;
  private waiting = new Map<string, Waiting>();
  private nextId = 1;
  private attempt = 0;
  private redial: ReturnType<typeof setTimeout> | undefined;
  private watchdog: ReturnType<typeof setTimeout> | undefined;
  private stopped = false;

  constructor(
    private readonly url: string,
    private readonly events: SocketEvents,
    private readonly make: (url: string) => WebSocket = (to) => new WebSocket(to, "jmap"),
  ) {}

  start(): void {
    this.stopped = false;
    this.dial();
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.redial);
    this.wire?.close();
  }

  /** Dials at once if the wire is down, instead of waiting for the back-off. */
  retryNow(): void {
    if (this.link !== "lost" || this.stopped) return;
    clearTimeout(this.redial);
    this.dial();
  }

  /** Asks whether the wire still carries; used when the machine may have slept. */
  probe(): void {
    if (this.link === "open") this.ask();
  }

  request(body: JmapRequest): Promise<JmapResponse> {
    const wire = this.wire;
    if (this.link !== "open" || !wire) return Promise.reject(new TransportLost());
    const id = `r${this.nextId++}`;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      wire.send(JSON.stringify({ "@type": "Request", id, ...body }));
    });
  }

  private dial(): void {
    this.link = "connecting";
    let wire: WebSocket;
    try {
      wire = this.make(this.url);
    } catch {
      this.down(null);
      return;
    }
    this.wire = wire;
    wire.onopen = () => this.up(wire);
    wire.onclose = () => this.down(wire);
    wire.onmessage = (event) => this.heard(String(event.data));
  }

  private up(wire: WebSocket): void {
    this.link = "open";
    this.attempt = 0;
    wire.send(JSON.stringify({ "@type": "WebSocketPushEnable", dataTypes: null }));
    this.listen();
    this.events.opened();
  }

  private down(wire: WebSocket | null): void {
    if (wire !== this.wire) return;
    const wasOpen = this.link === "open";
    this.link = "lost";
    this.wire = null;
    clearTimeout(this.watchdog);
    for (const one of this.waiting.values()) one.reject(new TransportLost());
    this.waiting.clear();
    if (this.stopped) return;
    this.redial = setTimeout(() => this.dial(), backoffMs(this.attempt++));
    if (wasOpen) this.events.lost();
    else this.events.notOpened();
  }

  private heard(text: string): void {
    this.listen();
    let message: { "@type"?: string; requestId?: string } & Record<string, unknown>;
    try {
      message = JSON.parse(text) as typeof message;
    } catch {
      return;
    }
    if (message["@type"] === "StateChange") {
      this.events.pushed(message as unknown as StateChange);
      return;
    }
    const one = this.waiting.get(message.requestId ?? "");
    if (!one) return;
    this.waiting.delete(message.requestId ?? "");
    if (message["@type"] === "RequestError") {
      one.reject(new Refused(String(message["type"]), message["detail"] as string | undefined));
    } else {
      one.resolve(message as unknown as JmapResponse);
    }
  }

  private listen(): void {
    clearTimeout(this.watchdog);
    this.watchdog = setTimeout(() => this.ask(), QUIET_MS);
  }

  private ask(): void {
    const wire = this.wire;
    clearTimeout(this.watchdog);
    this.watchdog = setTimeout(() => {
      // close() alone may wait for the other side's goodbye, which will not come.
      wire?.close();
      if (wire) this.down(wire);
    }, ANSWER_MS);
    const echo = { using: ["urn:ietf:params:jmap:core"], methodCalls: [["Core/echo", {}, "0"]] };
    this.request(echo as JmapRequest).catch(() => undefined);
  }
}
