import { expect, test } from "vitest";
import { formatRoute, parseRoute, type Route } from "../../src/frame/route";
import { blocks, linkify, pieces } from "../../src/mail/linkify";
import { Listing, placeOf } from "../../src/mail/listing";
import { orderFolders } from "../../src/mail/mailboxes";
import { ALL_UP_TO, rowsInView } from "../../src/mail/virtual";
import type { Mailbox } from "../../src/jmap/types";
import { FakeCaller } from "./caller";

const links = (text: string) => linkify(text).flatMap((span) => span.href ?? []);

test.each([
  ["see https://a.example/x.", ["https://a.example/x"]],
  ["(https://a.example/x_(y))", ["https://a.example/x_(y)"]],
  ["www.a.example/b, and more", ["https://www.a.example/b"]],
  ["write ann@a.example!", ["mailto:ann@a.example"]],
  ["javascript:alert(1) data:text/html,x", []],
  ["no link here", []],
  ["ann@a.example,bob@b.example;https://c.example", ["mailto:ann@a.example", "mailto:bob@b.example", "https://c.example/"]],
  ["ann@www.a.example www.b @c.example www.c.", ["mailto:ann@www.a.example"]],
  ["éann@a.example <https://a.example>, foo.+bar@b.example", ["mailto:ann@a.example", "https://a.example/", "mailto:foo.+bar@b.example"]],
])("links in %j", (text, expected) => {
  expect(links(text)).toEqual(expected);
});

test("linkify loses no text", () => {
  const text = "a https://x.example/? b\nwww.y.example. <ann@z.example>";
  expect(
    linkify(text)
      .map((span) => span.text)
      .join(""),
  ).toBe(text);
});

// Work, not time: what grows with the square of the length would not end within the test's cap.
test.each([
  "a.", "a@", "a@b.", "a@b-", "www.", "a@www.b,", "https://", "https://x)", "(", ".", "_*", "mailto:", "+-",
])("%j again and again is read once", (part) => {
  for (const end of ["", "x", "@", "."]) {
    const text = part.repeat(500_000 / part.length) + end;
    expect(linkify(text).reduce((length, span) => length + span.text.length, 0)).toBe(text.length);
  }
});

test("endless words come in pieces, others do not", () => {
  const url = `https://a.example/${"x".repeat(200)}`;
  expect(pieces(`some words and ${url}`)).toEqual([`some words and ${url}`]);
  const endless = `start ${"A".repeat(1000)} end`;
  expect(pieces(endless).length).toBeGreaterThan(10);
  expect(pieces(endless).join("")).toBe(endless);
  const marks = "e\u0301😀".repeat(300);
  expect(pieces(marks).join("")).toBe(marks);
  for (const piece of pieces(marks)) expect(piece).not.toMatch(/^(?:\p{M}|[\udc00-\udfff])/u);
});

test("quotations by depth", () => {
  expect(blocks("Yes.\r\n> no?\n>> maybe\n> > maybe not\nEnd")).toEqual([
    { depth: 0, text: "Yes." },
    { depth: 1, text: "no?" },
    { depth: 2, text: "maybe\nmaybe not" },
    { depth: 0, text: "End" },
  ]);
});

test.each<Route>([
  { view: "mail", mailbox: null, email: null, query: "" },
  { view: "mail", mailbox: "a/b", email: "m ü", query: "" },
  { view: "mail", mailbox: "a", email: null, query: "50% & more?" },
  { view: "people" },
  { view: "chats", conversation: null },
  { view: "chats", conversation: "c1" },
])("route %j survives the address bar", (route) => {
  expect(parseRoute(formatRoute(route))).toEqual(route);
});

test("a broken address is the inbox", () => {
  const start = { view: "mail", mailbox: null, email: null, query: "" };
  expect(parseRoute("#/mail/%E0%A4%A")).toEqual(start);
  expect(parseRoute("")).toEqual(start);
});

const mailbox = (id: string, role: string | null, parentId: string | null = null): Mailbox => ({
  id,
  name: id,
  role,
  parentId,
  totalEmails: 0,
  unreadEmails: 0,
});

test("folders: roles first, children below their parents, orphans on top", () => {
  const list = [
    mailbox("trash", "trash"),
    mailbox("z", null),
    mailbox("child", null, "z"),
    mailbox("orphan", null, "gone"),
    mailbox("inbox", "inbox"),
  ];
  expect(orderFolders(list).map(({ mailbox: { id }, depth }) => `${depth} ${id}`)).toEqual([
    "0 inbox",
    "0 trash",
    "0 orphan",
    "0 z",
    "1 child",
  ]);
});

test("short lists exist whole, long ones in view", () => {
  expect(rowsInView(0, 500, 50, ALL_UP_TO)).toEqual({ from: 0, to: ALL_UP_TO });
  expect(rowsInView(5000, 500, 50, 3000)).toEqual({ from: 92, to: 118 });
  expect(rowsInView(9_999_999, 500, 50, 3000)).toEqual({ from: 3000, to: 3000 });
});

function mailServer(all: string[]): FakeCaller {
  return new FakeCaller()
    .answer("Email/query", ({ position, limit }) => {
      const from = Number(position);
      return { ids: all.slice(from, from + Number(limit)), position, total: all.length };
    })
    .answer("Email/get", () => ({ state: "1", list: [], notFound: [] }));
}

const ids = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => `e${from + index}`);

test("pages are fetched once, as rows come into view", async () => {
  const jmap = mailServer(ids(0, 400));
  const listing = new Listing(jmap);
  await listing.show({ mailbox: "inbox", words: "" });
  expect(listing.ids.value).toHaveLength(400);
  expect(listing.ids.value[50]).toBeUndefined();
  listing.ensure(90, 110);
  listing.ensure(90, 110);
  await new Promise((turn) => setImmediate(turn));
  expect(listing.ids.value.slice(50, 150)).toEqual(ids(50, 150));
  expect(jmap.methods().filter((method) => method === "Email/query")).toHaveLength(3);
});

test("new mail is counted, and a message is never in two places", async () => {
  const all = ids(0, 120);
  const listing = new Listing(mailServer(all));
  await listing.show({ mailbox: "inbox", words: "" });
  listing.ensure(0, 120);
  await new Promise((turn) => setImmediate(turn));
  all.unshift("new1", "new2");
  await listing.refresh();
  expect(listing.arrived.value).toBe(2);
  const present = listing.ids.value.filter((id) => id !== undefined);
  expect(new Set(present).size).toBe(present.length);
});

test("no message is nowhere, not at the first row that is not loaded", () => {
  expect(placeOf(["a", undefined], null)).toBe(-1);
  expect(placeOf(["a", undefined, "b"], "b")).toBe(2);
});

test("a removed row can be put back", async () => {
  const listing = new Listing(mailServer(ids(0, 3)));
  await listing.show({ mailbox: "inbox", words: "" });
  const putBack = listing.removeNow("e1");
  expect(listing.ids.value).toEqual(["e0", "e2"]);
  putBack();
  expect(listing.ids.value).toEqual(["e0", "e1", "e2"]);
});
