import { signal, type Signal } from "@preact/signals";
import { beforeEach, expect, test } from "vitest";
import { Refused } from "../../src/jmap/error";
import { Log, merged } from "../../src/chat/log";
import { Outbox, type Pending } from "../../src/chat/outbox";
import { dockOrder, placeWindows, roomFor } from "../../src/chat/windows";
import type { ChatMessage, Conversation } from "../../src/jmap/types";
import { FakeCaller } from "./caller";

function message(id: string, minute: number, more: Partial<ChatMessage> = {}): ChatMessage {
  return {
    id,
    conversationId: "c",
    from: "sip:a@x",
    own: false,
    text: id,
    at: new Date(Date.UTC(2026, 0, 1, 10, minute)).toISOString(),
    state: "delivered",
    reason: null,
    clientId: null,
    ...more,
  };
}

test("messages are in order of time, each once, the newest word counts", () => {
  const list = merged([message("b", 2), message("a", 1, { state: "sent" })], [message("a", 1)]);
  expect(list.map(({ id, state }) => `${id} ${state}`)).toEqual(["a delivered", "b delivered"]);
});

test("a log grows upwards from its end", async () => {
  const all = Array.from({ length: 90 }, (_, index) => `m${index}`);
  const jmap = new FakeCaller();
  let page: string[] = [];
  jmap.answer("ConversationMessage/query", ({ position, limit }) => {
    const asked = Number(position);
    const from = asked < 0 ? Math.max(0, all.length + asked) : asked;
    page = all.slice(from, from + Number(limit));
    return { ids: page, position: from };
  });
  jmap.answer("ConversationMessage/get", () => ({
    state: "1",
    list: page.map((id) => message(id, Number(id.slice(1)))),
  }));
  const log = new Log(jmap, "c");
  await log.load();
  expect(log.messages.value).toHaveLength(40);
  expect(log.hasMore.value).toBe(true);
  await log.loadMore();
  await log.loadMore();
  expect(log.messages.value.map(({ id }) => id)).toEqual(all);
  expect(log.hasMore.value).toBe(false);
});

test("what a push told is not undone by a page or an answer that is older", async () => {
  const jmap = new FakeCaller();
  const log = new Log(jmap, "c");
  jmap.answer("ConversationMessage/query", () => ({ ids: ["a"], position: 0 }));
  jmap.answer("ConversationMessage/get", () => {
    log.put([message("a", 1, { state: "failed" })]);
    return { state: "1", list: [message("a", 1, { state: "sending" }), message("b", 2)] };
  });
  await log.load();
  log.putMade(message("a", 1, { state: "sending" }));
  const states = log.messages.value.map(({ id, state }) => `${id} ${state}`);
  expect(states).toEqual(["a failed", "b delivered"]);
});

let jmap: FakeCaller;
let pending: Signal<Pending[]>;
let arrived: ChatMessage[];
let isReady = true;
let outbox: Outbox;
const turn = () => new Promise((done) => setImmediate(done));

beforeEach(() => {
  jmap = new FakeCaller();
  pending = signal<Pending[]>([]);
  arrived = [];
  outbox = new Outbox(
    jmap,
    pending,
    (one) => arrived.push(one),
    () => isReady,
  );
  isReady = true;
});

function accept(): void {
  let next = 1;
  jmap.answer("ConversationMessage/set", () => ({
    created: { m: { id: `m${next++}`, state: "sent" } },
  }));
}

test("what the server accepted leaves the outbox and enters the log", async () => {
  accept();
  outbox.send("c", "hi", "k1", message("x", 0).at);
  expect(pending.value).toHaveLength(1);
  await turn();
  expect(pending.value).toEqual([]);
  expect(arrived).toMatchObject([
    { id: "m1", own: true, text: "hi", clientId: "k1", state: "sent" },
  ]);
});

test("a lost wire keeps the message; it goes out again with the same client id", async () => {
  jmap.isDown = true;
  outbox.send("c", "hi", "k1", message("x", 0).at);
  await turn();
  expect(pending.value).toMatchObject([{ clientId: "k1", refused: null }]);
  jmap.isDown = false;
  accept();
  outbox.resend();
  await turn();
  expect(pending.value).toEqual([]);
  const ids = jmap.asked.map(([, args]) => (args["create"] as { m: Pending }).m.clientId);
  expect(ids).toEqual(["k1", "k1"]);
});

test("nothing goes out before instant messaging is ready", async () => {
  accept();
  isReady = false;
  outbox.send("c", "hi", "k1", message("x", 0).at);
  await turn();
  expect(jmap.asked).toEqual([]);
  isReady = true;
  outbox.resend();
  await turn();
  expect(pending.value).toEqual([]);
});

test("a refused message says why, waits for Retry, and is not sent by itself", async () => {
  jmap.answer("ConversationMessage/set", () => {
    throw new Refused("tooLarge", "too long");
  });
  outbox.send("c", "hi", "k1", message("x", 0).at);
  await turn();
  expect(pending.value).toMatchObject([{ refused: "too long" }]);
  outbox.resend();
  await turn();
  expect(jmap.asked).toHaveLength(1);
  accept();
  outbox.retry("k1");
  await turn();
  expect(pending.value).toEqual([]);
});

test("messages leave one after the other, in the order they were written", async () => {
  const order: string[] = [];
  jmap.answer("ConversationMessage/set", ({ create }) => {
    order.push((create as { m: Pending }).m.text);
    return { created: { m: { id: String(order.length) } } };
  });
  for (const text of ["one", "two", "three"]) outbox.send("c", text, text, message("x", 0).at);
  await turn();
  expect(order).toEqual(["one", "two", "three"]);
});

test("a push that overtakes the answer settles the message too", async () => {
  jmap.isDown = true;
  outbox.send("c", "hi", "k1", message("x", 0).at);
  await turn();
  outbox.settle([null, "k1"]);
  expect(pending.value).toEqual([]);
});

const conversation = (id: string, isOpen: boolean): Conversation => ({
  id,
  with: `sip:${id}@x`,
  withName: id,
  lastMessageAt: null,
  lastText: null,
  unread: 0,
  isOpen,
  typing: false,
});

test("open chats keep their place, new ones come last, closed ones go", () => {
  const all = [conversation("a", true), conversation("b", false), conversation("c", true)];
  expect(dockOrder(["c", "b"], all)).toEqual(["c", "a"]);
});

test("the most recently used windows stay unfolded when there is no room for all", () => {
  const placed = placeWindows(["a", "b", "c", "d"], ["d"], ["a", "c"], 2);
  expect(placed).toEqual({ shown: ["a", "c"], folded: ["b", "d"] });
});

test("no more windows than fit beside the list", () => {
  expect([1200, 1366, 1440, 1700, 2560].map(roomFor)).toEqual([1, 2, 2, 3, 3]);
});
