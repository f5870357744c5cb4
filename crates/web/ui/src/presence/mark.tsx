// Owns the presence mark: eight shapes of our own and a blank one, always with words, colour last.
// Does not own which shape: state.ts.
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { jmap } from "../jmap/client";
import { onScreen } from "./on-screen";
import { people } from "./people";
import { shown, type Glyph, type Shown } from "./state";
import { imState } from "./status";

// All drawn on 16 × 16. A filled shape carries its sign in the colour behind it (class "sign").
const SHAPES: Record<Glyph, (hollow: boolean) => JSX.Element> = {
  check: (hollow) => (
    <>
      <Disc hollow={hollow} />
      <path class={hollow ? "line" : "sign"} d="M4.9 8.3 7.1 10.5 11.2 5.9" />
    </>
  ),
  disc: (hollow) => (
    <>
      <Disc hollow={hollow} />
      {hollow && <circle class="fill" cx="8" cy="8" r="2.6" />}
    </>
  ),
  bar: () => (
    <>
      <Disc hollow={false} />
      <path class="sign" d="M4.6 8H11.4" />
    </>
  ),
  clock: () => (
    <>
      <Disc hollow={false} />
      <path class="sign" d="M8 4.5V8.2L10.4 9.9" />
    </>
  ),
  cross: () => (
    <>
      <Disc hollow={true} />
      <path class="line" d="M5.8 5.8 10.2 10.2M10.2 5.8 5.8 10.2" />
    </>
  ),
  question: () => (
    <>
      <circle class="line dashed" cx="8" cy="8" r="6.6" />
      <path class="line" d="M6.2 6.4A1.9 1.9 0 1 1 8 8.6V9.1" />
      <circle class="fill" cx="8" cy="11.3" r=".95" />
    </>
  ),
  slash: () => (
    <>
      <Disc hollow={true} />
      <path class="line" d="M3.5 12.5 12.5 3.5" />
    </>
  ),
  arrow: () => (
    <>
      <Disc hollow={false} />
      <path class="sign" d="M11.2 8H5M7.6 5.3 4.9 8 7.6 10.7" />
    </>
  ),
  blank: () => <rect class="line" x="2.2" y="2.2" width="11.6" height="11.6" rx="4" />,
};

function Disc({ hollow }: { hollow: boolean }) {
  return hollow ? (
    <circle class="line" cx="8" cy="8" r="6.6" />
  ) : (
    <circle class="fill" cx="8" cy="8" r="7.4" />
  );
}

/** The drawing alone. `hidden` where the words stand next to it or are in the name of a control. */
export function Mark({ look, hidden = false }: { look: Shown; hidden?: boolean }) {
  const name = hidden
    ? { "aria-hidden": true as const }
    : { role: "img" as const, "aria-label": look.text };
  return (
    <svg class={`mark ${look.tone}`} viewBox="0 0 16 16" {...name}>
      {!hidden && <title>{look.text}</title>}
      {SHAPES[look.glyph](look.hollow)}
    </svg>
  );
}

/** What is shown for an address now; subscribes the component that calls it. */
export function look(address: string | null | undefined): Shown | null {
  if (!address) return null;
  return shown(imState.value, jmap.stale.value, people.of(address).value);
}

/** The words for an address, for the name of a control; "" if nothing is to be said. */
export function presenceWords(address: string | null | undefined): string {
  return look(address)?.text ?? "";
}

/** A person's live mark. While it is on screen, that person is watched. */
export function PersonMark(props: { address: string | null | undefined; hidden?: boolean }) {
  const { address, hidden = false } = props;
  const place = useRef<HTMLSpanElement>(null);
  const what = look(address);
  useEffect(() => {
    const element = place.current;
    if (!element || !address) return undefined;
    return onScreen(element, {
      enter: () => people.enter(address),
      leave: () => people.leave(address),
    });
  }, [address]);
  if (!address) return null;
  return (
    <span class="mark-place" ref={place}>
      {what && <Mark look={what} hidden={hidden} />}
    </span>
  );
}
