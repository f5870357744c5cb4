import { expect, test } from "vitest";
import { currentState, shown, stateOfAvailability } from "../../src/presence/state";
import type { ImState, Presence, PresenceState } from "../../src/jmap/types";

function presence(state: PresenceState | "new", more: Partial<Presence> = {}): Presence {
  const base = { id: "sip:a@b", availability: null, activity: null, note: null, since: null };
  return { ...base, state: state as PresenceState, ...more };
}

test.each([
  [null, "unknown"],
  [0, "unknown"],
  [2999, "unknown"],
  [3000, "available"],
  [4499, "available"],
  [4500, "availableIdle"],
  [5999, "availableIdle"],
  [6000, "busy"],
  [7499, "busy"],
  [7500, "busyIdle"],
  [8999, "busyIdle"],
  [9000, "doNotDisturb"],
  [11_999, "doNotDisturb"],
  [12_000, "beRightBack"],
  [14_999, "beRightBack"],
  [15_000, "away"],
  [17_999, "away"],
  [18_000, "offline"],
  [99_999, "offline"],
])("availability %s is %s", (availability, state) => {
  expect(stateOfAvailability(availability)).toBe(state);
});

const STATES: PresenceState[] = [
  "available",
  "availableIdle",
  "busy",
  "busyIdle",
  "doNotDisturb",
  "beRightBack",
  "away",
  "offWork",
  "offline",
  "unknown",
];

test("no two states look and read the same; offline is not unknown", () => {
  const looks = STATES.map((state) => shown("working", false, presence(state)));
  expect(new Set(looks.map((look) => look?.text)).size).toBe(STATES.length);
  const drawings = looks.map((look) => `${look?.glyph} ${look?.hollow}`);
  const sameDrawing = drawings.filter((one, at) => drawings.indexOf(one) !== at);
  expect(sameDrawing).toEqual(["clock false"]); // away and be right back, told apart in words
});

test.each<[ImState, string | null]>([
  ["off", null],
  ["notEnabled", null],
  ["signedOut", null],
  ["unavailable", "blank"],
  ["connecting", "question"],
  ["working", "check"],
])("while instant messaging is %s the mark is %s", (im, glyph) => {
  expect(shown(im, false, presence("available"))?.glyph ?? null).toBe(glyph);
});

test("old news is no news", () => {
  expect(shown("working", true, presence("available"))?.text).toBe("Presence unknown");
  expect(currentState("working", true, presence("offline"))).toBe("unknown");
});

test("nobody has said anything yet: unknown, not offline", () => {
  expect(shown("working", false, undefined)?.glyph).toBe("question");
});

test("an activity says more than its state; one that nobody knows says nothing", () => {
  const call = presence("busy", { activity: "on-the-phone" });
  expect(shown("working", false, call)).toMatchObject({ glyph: "disc", text: "In a call" });
  const odd = presence("busy", { activity: "juggling" });
  expect(shown("working", false, odd)?.text).toBe("Busy");
});

test("a state of a newer server is read from its number", () => {
  const look = shown("working", false, presence("new", { availability: 6500 }));
  expect(look?.text).toBe("Busy");
});
