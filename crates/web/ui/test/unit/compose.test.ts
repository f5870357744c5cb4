import { expect, test } from "vitest";
import { parseAddress, splitAddresses, takeWhole } from "../../src/compose/address";
import { forwardSubject, quote, replyRecipients, replySubject } from "../../src/compose/quote";
import { typedContact } from "../../src/people/add-contact";
import { initials, listTime } from "../../src/text/format";
import type { Email, MailAddress } from "../../src/jmap/types";

const at = (email: string): MailAddress => ({ name: null, email });

test.each([
  ["ann@example.com", { name: null, email: "ann@example.com" }],
  ["Ann Lee <ann@example.com>", { name: "Ann Lee", email: "ann@example.com" }],
  ['"Lee, Ann" <ann@example.com>', { name: "Lee, Ann", email: "ann@example.com" }],
  ["<ann@example.com>", { name: null, email: "ann@example.com" }],
  ["ann", null],
  ["a b@example.com", null],
  ["ann@", null],
])("address %j", (text, expected) => {
  expect(parseAddress(text)).toEqual(expected);
});

test("a pasted list is split outside quotes", () => {
  expect(splitAddresses('a@x; "Lee, Ann" <b@x>,\nc@x;')).toEqual([
    "a@x",
    '"Lee, Ann" <b@x>',
    "c@x",
  ]);
});

test.each([
  ["a@x, b@x, ca", 2, "ca"],
  ["a@x,", 1, ""],
  ["a@x", 0, "a@x"],
  ["nonsense, b", 0, "nonsense, b"],
  ['"Lee, Ann', 0, '"Lee, Ann'],
])("while writing %j", (text, taken, rest) => {
  const result = takeWhole(text);
  expect([result.whole.length, result.rest]).toEqual([taken, rest]);
});

test.each([
  ["Lunch", "Re: Lunch", "Fwd: Lunch"],
  ["RE: Lunch", "RE: Lunch", "Fwd: RE: Lunch"],
  ["Fw: Lunch", "Re: Fw: Lunch", "Fw: Lunch"],
  [null, "Re:", "Fwd:"],
])("subject %j", (subject, reply, forward) => {
  expect(replySubject(subject)).toBe(reply);
  expect(forwardSubject(subject)).toBe(forward);
});

function email(more: Partial<Email>): Email {
  return {
    id: "m",
    mailboxIds: {},
    keywords: {},
    from: [at("ann@x")],
    to: [at("me@x"), at("bob@x")],
    cc: [at("carol@x"), at("BOB@x")],
    subject: "s",
    receivedAt: "2026-03-01T10:00:00Z",
    preview: "",
    hasAttachment: false,
    ...more,
  };
}

const isOwn = (address: string) => address === "me@x";
const emails = (list: MailAddress[]) => list.map((one) => one.email);

test("a reply goes to the sender, or where the sender says", () => {
  expect(emails(replyRecipients(email({}), null, false, isOwn).to)).toEqual(["ann@x"]);
  const elsewhere = replyRecipients(email({}), [at("list@x")], false, isOwn);
  expect(emails(elsewhere.to)).toEqual(["list@x"]);
});

test("a reply to all leaves out oneself and doubles", () => {
  const { to, cc } = replyRecipients(email({}), null, true, isOwn);
  expect([emails(to), emails(cc)]).toEqual([["ann@x", "bob@x"], ["carol@x"]]);
});

test("a reply to one's own message goes to the same people again", () => {
  const own = email({ from: [at("me@x")], to: [at("bob@x")] });
  expect(emails(replyRecipients(own, null, false, isOwn).to)).toEqual(["bob@x"]);
});

test("quoting goes one deeper and leaves out the signature", () => {
  const text = quote(email({}), "Hello\r\n> old\n-- \nAnn\nPhone");
  expect(text).toContain("\n> Hello\n>> old\n");
  expect(text).not.toContain("Phone");
});

test.each([
  ["ann@example.com", "sip:ann@example.com"],
  ["sip:ann@example.com", "sip:ann@example.com"],
  ["Ann", undefined],
])("a contact typed as %j", (text, address) => {
  expect(typedContact(text)?.address).toBe(address);
});

test.each([
  ["Ken Myer", "KM"],
  ["Ken de la Myer", "KM"],
  ["山田 由紀", "山由"],
  ["ken@litwareinc.com", "K"],
  ["", "?"],
])("initials of %j", (name, expected) => {
  expect(initials(name)).toBe(expected);
});

test("times get shorter the nearer they are", () => {
  const now = new Date(2026, 2, 20, 12, 0);
  const on = (day: number, month = 2, year = 2026) =>
    listTime(new Date(year, month, day, 9, 5).toISOString(), now);
  expect(on(20)).toMatch(/9:05/);
  expect(on(19)).toBe("Yesterday");
  expect(on(16)).toBe("Mon");
  expect(on(1)).toBe("Mar 1");
  expect(on(1, 2, 2025)).toContain("2025");
});
