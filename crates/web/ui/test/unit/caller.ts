// A caller whose answers a test writes; it notes what it was asked.
import { TransportLost } from "../../src/jmap/error";
import type { Caller, MethodCall } from "../../src/jmap/client";

type Answer = (args: Record<string, unknown>) => unknown;

export class FakeCaller implements Caller {
  readonly asked: MethodCall[] = [];
  readonly answers = new Map<string, Answer>();
  readonly listeners = new Map<string, () => void>();
  isDown = false;

  answer(method: string, answer: Answer): this {
    this.answers.set(method, answer);
    return this;
  }

  async call<T>(method: string, args: Record<string, unknown>): Promise<T> {
    const [answer] = await this.batch([[method, args]]);
    return answer as T;
  }

  async batch(calls: MethodCall[]): Promise<unknown[]> {
    this.asked.push(...calls);
    if (this.isDown) throw new TransportLost();
    return calls.map(([method, args]) => {
      const answer = this.answers.get(method);
      if (!answer) throw new Error(`nobody answers ${method}`);
      return answer(args);
    });
  }

  on(type: string, run: () => void): void {
    this.listeners.set(type, run);
  }

  methods(): string[] {
    return this.asked.map(([method]) => method);
  }
}
