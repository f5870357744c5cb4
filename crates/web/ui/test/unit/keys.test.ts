import { expect, test } from "vitest";
import { en } from "../../src/text/en";
import { BINDINGS, isSingle, matchStroke, spelled, strokeName } from "../../src/settings/keys";

function stroke(key: string, more: Partial<KeyboardEvent> = {}) {
  const code = /^[a-z]$/i.test(key) ? `Key${key.toUpperCase()}` : key;
  const none = { altKey: false, ctrlKey: false, metaKey: false, shiftKey: false };
  return strokeName({ key, code, ...none, ...more });
}

test("no key means two things, and no sequence begins with a key that acts", () => {
  const all = BINDINGS.flatMap(({ keys }) => keys);
  expect(new Set(all).size).toBe(all.length);
  const prefixes = all.filter((key) => key.includes(" ")).map((key) => key.split(" ")[0]);
  expect(all.filter((key) => prefixes.includes(key))).toEqual([]);
});

test("the browser keeps its keys", () => {
  const theirs = ["Ctrl+n", "Ctrl+t", "Ctrl+w", "Ctrl+l", "Alt+D", "F5", "Backspace"];
  const ours = BINDINGS.flatMap(({ keys }) => keys);
  expect(ours.filter((key) => theirs.includes(key) || /^Ctrl\+\d/.test(key))).toEqual([]);
});

test("every action has words, and every word an action", () => {
  const actions = BINDINGS.map(({ action }) => action).sort();
  expect(actions).toEqual(Object.keys(en.settings.keys).sort());
  for (const { group } of BINDINGS) expect(en.settings.groups[group]).toBeTruthy();
});

test.each([
  [stroke("j"), "", { action: "next" }],
  [stroke("I", { shiftKey: true }), "", { action: "markRead" }],
  [stroke("g"), "", { prefix: "g" }],
  [stroke("i"), "g", { action: "goInbox" }],
  [stroke("i"), "", { action: "replyByIm" }],
  [stroke("π", { altKey: true, code: "KeyP" }), "", { action: "presenceMenu" }],
  [stroke("F6", { shiftKey: true }), "", { action: "previousPane" }],
  [stroke("Enter", { ctrlKey: true }), "", { action: "send" }],
  [stroke("j", { ctrlKey: true }), "", null],
  [stroke("q"), "g", null],
])("stroke %s after %j", (name, prefix, match) => {
  expect(matchStroke(name, prefix)).toEqual(match);
});

test("letters act only where nobody writes; chords act everywhere", () => {
  expect(["j", "I", "Delete", "?"].map(isSingle)).toEqual([true, true, true, true]);
  expect(["Alt+P", "Ctrl+Enter", "F6", "Shift+F6"].map(isSingle)).toEqual(Array(4).fill(false));
});

test("keys are written as people press them", () => {
  expect([spelled("I"), spelled("g i"), spelled("#")]).toEqual(["Shift+I", "g i", "#"]);
});
