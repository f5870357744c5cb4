// Owns one signal per person and the list of people on screen, which the server is told on the
// WebSocket (Presence/watch). Does not own how a mark looks: state.ts, mark.tsx.
import { batch, effect, signal, type Signal } from "@preact/signals";
import { jmap, type Client } from "../jmap/client";
import { passing } from "../jmap/sync";
import type { Presence } from "../jmap/types";

/** Scrolling brings people in and out quickly; the server hears of it once things are quiet. */
const SETTLE_MS = 120;
/** Somebody who left the screen is watched a little longer, since people scroll back (webmail P6). */
const LINGER_MS = 30_000;

export function addressKey(address: string): string {
  return address.toLowerCase();
}

export class People {
  private readonly known = new Map<string, Signal<Presence | undefined>>();
  private readonly onScreen = new Map<string, number>();
  private readonly leaving = new Map<string, ReturnType<typeof setTimeout>>();
  private told: string | null = null;
  private settle: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly client: Client) {
    client.onIm((push) => this.heard(push.presence ?? []));
    effect(() => {
      if (client.wires.value === 0) return;
      this.told = null;
      void this.tell();
    });
  }

  of(address: string): Signal<Presence | undefined> {
    const key = addressKey(address);
    let one = this.known.get(key);
    if (!one) {
      one = signal<Presence | undefined>(undefined);
      this.known.set(key, one);
    }
    return one;
  }

  enter(address: string): void {
    const key = addressKey(address);
    clearTimeout(this.leaving.get(key));
    this.leaving.delete(key);
    this.onScreen.set(key, (this.onScreen.get(key) ?? 0) + 1);
    this.tellSoon();
  }

  leave(address: string): void {
    const key = addressKey(address);
    const left = (this.onScreen.get(key) ?? 1) - 1;
    this.onScreen.set(key, left);
    if (left > 0) return;
    clearTimeout(this.leaving.get(key));
    this.leaving.set(
      key,
      setTimeout(() => {
        this.leaving.delete(key);
        this.onScreen.delete(key);
        this.tellSoon();
      }, LINGER_MS),
    );
  }

  /** Asks for everybody on screen again, e.g. after signing in to IM. */
  refresh(): void {
    this.told = null;
    this.tellSoon();
  }

  forgetAll(): void {
    batch(() => {
      for (const one of this.known.values()) one.value = undefined;
    });
  }

  heard(list: Presence[]): void {
    batch(() => {
      for (const one of list) this.of(one.id).value = one;
    });
  }

  private tellSoon(): void {
    clearTimeout(this.settle);
    this.settle = setTimeout(() => void this.tell(), SETTLE_MS);
  }

  private async tell(): Promise<void> {
    const ids = [...this.onScreen.keys()].sort();
    const list = ids.join("\n");
    if (list === this.told && !this.client.stale.peek()) return;
    const wire = this.client.wires.peek();
    try {
      const answer = await this.client.callOnWire<{ list: Presence[] }>("Presence/watch", { ids });
      if (!answer || wire !== this.client.wires.peek()) return;
      this.told = list;
      batch(() => {
        this.heard(answer.list);
        this.client.stale.value = false;
      });
    } catch (error) {
      if (!passing(error)) console.warn("Presence/watch:", error);
    }
  }
}

export const people = new People(jmap);
