// Owns the one mapping from what the server says of a person to what a mark shows: glyph, tone,
// words. Pure. Does not own drawing (mark.tsx) nor who is watched (people.ts).
import { t } from "../text";
import type { ImState, Presence, PresenceState } from "../jmap/types";

/** The eight shapes (webmail P1) and `blank`: instant messaging is wanted but does not work. */
export type Glyph =
  "check" | "disc" | "bar" | "clock" | "cross" | "question" | "slash" | "arrow" | "blank";

export type Tone = "good" | "busy" | "urgent" | "away" | "quiet";

export interface Shown {
  glyph: Glyph;
  tone: Tone;
  /** Idle states are drawn as an outline: the person may not be at the machine. */
  hollow: boolean;
  text: string;
}

type Look = Omit<Shown, "text">;

const LOOKS: Record<PresenceState, Look> = {
  available: { glyph: "check", tone: "good", hollow: false },
  availableIdle: { glyph: "check", tone: "good", hollow: true },
  busy: { glyph: "disc", tone: "busy", hollow: false },
  busyIdle: { glyph: "disc", tone: "busy", hollow: true },
  doNotDisturb: { glyph: "bar", tone: "urgent", hollow: false },
  beRightBack: { glyph: "clock", tone: "away", hollow: false },
  away: { glyph: "clock", tone: "away", hollow: false },
  offWork: { glyph: "arrow", tone: "away", hollow: false },
  offline: { glyph: "cross", tone: "quiet", hollow: true },
  unknown: { glyph: "question", tone: "quiet", hollow: true },
};

const BLANK: Look = { glyph: "blank", tone: "quiet", hollow: true };

/** Ranges of the availability number, design.md §7: from (inclusive), state. */
const RANGES: [from: number, state: PresenceState][] = [
  [18_000, "offline"],
  [15_000, "away"],
  [12_000, "beRightBack"],
  [9_000, "doNotDisturb"],
  [7_500, "busyIdle"],
  [6_000, "busy"],
  [4_500, "availableIdle"],
  [3_000, "available"],
];

export function stateOfAvailability(availability: number | null): PresenceState {
  if (availability === null) return "unknown";
  return RANGES.find(([from]) => availability >= from)?.[1] ?? "unknown";
}

function stateOf(presence: Presence | undefined): PresenceState {
  if (!presence) return "unknown";
  return presence.state in LOOKS ? presence.state : stateOfAvailability(presence.availability);
}

/** "In a call" says more than "Busy"; tokens nobody here knows say nothing. */
function wordsOf(state: PresenceState, activity: string | null): string {
  const known = activity ? t.presence.activity[activity] : undefined;
  return known ?? t.presence.state[state];
}

/** What a mark shows, or null if there is to be no mark. Old news about a person is no news. */
export function shown(im: ImState, stale: boolean, presence: Presence | undefined): Shown | null {
  switch (im) {
    case "off":
    case "notEnabled":
    case "signedOut":
      return null;
    case "unavailable":
      return { ...BLANK, text: t.presence.notAvailable };
    case "connecting":
      return { ...LOOKS.unknown, text: t.presence.state.unknown };
    case "working": {
      const state = stale ? "unknown" : stateOf(presence);
      return { ...LOOKS[state], text: wordsOf(state, stale ? null : (presence?.activity ?? null)) };
    }
  }
}

/** The state alone, for decisions such as "will this be delivered now?". */
export function currentState(
  im: ImState,
  stale: boolean,
  presence: Presence | undefined,
): PresenceState {
  return im === "working" && !stale ? stateOf(presence) : "unknown";
}
