import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Refused, TransportLost } from "../../src/jmap/error";
import { Socket } from "../../src/jmap/socket";

class FakeWire {
  static all: FakeWire[] = [];
  sent: Record<string, unknown>[] = [];
  onopen: () => void = () => undefined;
  onclose: () => void = () => undefined;
  onmessage: (event: { data: string }) => void = () => undefined;
  constructor() {
    FakeWire.all.push(this);
  }
  send(text: string): void {
    this.sent.push(JSON.parse(text) as Record<string, unknown>);
  }
  close(): void {}
  say(message: object): void {
    this.onmessage({ data: JSON.stringify(message) });
  }
}

const events = { opened: vi.fn(), lost: vi.fn(), notOpened: vi.fn(), pushed: vi.fn() };
let socket: Socket;

function wire(): FakeWire {
  return FakeWire.all.at(-1) ?? new FakeWire();
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.clearAllMocks();
  FakeWire.all = [];
  socket = new Socket("wss://x/jmap/ws", events, () => new FakeWire() as unknown as WebSocket);
  socket.start();
});

afterEach(() => {
  socket.stop();
  vi.useRealTimers();
});

const request = { using: [], methodCalls: [] };

test("asks for pushes when it is up, and hands them on", () => {
  wire().onopen();
  expect(wire().sent[0]).toMatchObject({ "@type": "WebSocketPushEnable" });
  const change = { "@type": "StateChange", changed: {} };
  wire().say(change);
  expect(events.pushed).toHaveBeenCalledWith(change);
});

test("pairs answers with requests, whatever their order", async () => {
  wire().onopen();
  const first = socket.request(request);
  const second = socket.request(request);
  const ids = wire()
    .sent.slice(1)
    .map((one) => one["id"]);
  wire().say({ "@type": "Response", requestId: ids[1], methodResponses: ["second"] });
  wire().say({ "@type": "Response", requestId: ids[0], methodResponses: ["first"] });
  expect((await first).methodResponses).toEqual(["first"]);
  expect((await second).methodResponses).toEqual(["second"]);
});

test("a refused request is an error with its type", async () => {
  wire().onopen();
  const asked = socket.request(request);
  const id = wire().sent.at(-1)?.["id"];
  wire().say({ "@type": "RequestError", requestId: id, type: "limit", detail: "too much" });
  await expect(asked).rejects.toEqual(new Refused("limit", "too much"));
});

test("a lost wire fails what waits, and is dialled again, later each time", async () => {
  vi.spyOn(Math, "random").mockReturnValue(1);
  wire().onopen();
  const asked = socket.request(request);
  wire().onclose();
  await expect(asked).rejects.toBeInstanceOf(TransportLost);
  expect(events.lost).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(499);
  expect(FakeWire.all).toHaveLength(1);
  vi.advanceTimersByTime(1);
  expect(FakeWire.all).toHaveLength(2);
  wire().onclose();
  expect(events.notOpened).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(999);
  expect(FakeWire.all).toHaveLength(2);
  vi.advanceTimersByTime(1);
  expect(FakeWire.all).toHaveLength(3);
  wire().onopen();
  expect(events.opened).toHaveBeenCalledTimes(2);
});

test("retryNow does not wait for the back-off", () => {
  wire().onopen();
  wire().onclose();
  socket.retryNow();
  expect(FakeWire.all).toHaveLength(2);
});

test("a wire that does not answer is dead, even if nobody closes it", () => {
  wire().onopen();
  vi.advanceTimersByTime(25_000);
  expect(wire().sent.at(-1)).toMatchObject({ "@type": "Request" });
  expect(events.lost).not.toHaveBeenCalled();
  vi.advanceTimersByTime(8_000);
  expect(events.lost).toHaveBeenCalledTimes(1);
});

test("nothing is asked on a wire that is not up", async () => {
  await expect(socket.request(request)).rejects.toBeInstanceOf(TransportLost);
});
