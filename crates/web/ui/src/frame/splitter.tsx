// Owns the line between the list and the reading pane: moved with the pointer or the arrow keys,
// remembered in the browser.
import { inBrowser, kept } from "./kept";
import { t } from "../text";

const LEAST_PX = 300;
const MOST_PX = 640;
const STEP_PX = 24;

export const listWidth = kept("list-width", 400, inBrowser);

/** Within bounds; anything that is not a number is the least. Pure. */
export function boundedWidth(px: number): number {
  return Math.round(Math.max(LEAST_PX, Math.min(MOST_PX, Number.isFinite(px) ? px : LEAST_PX)));
}

function onKeyDown(event: KeyboardEvent): void {
  const toEnd = getComputedStyle(document.documentElement).direction === "rtl" ? -1 : 1;
  const goals: Record<string, number> = {
    ArrowRight: listWidth.peek() + STEP_PX * toEnd,
    ArrowLeft: listWidth.peek() - STEP_PX * toEnd,
    Home: LEAST_PX,
    End: MOST_PX,
  };
  const goal = goals[event.key];
  if (goal === undefined) return;
  event.preventDefault();
  listWidth.value = boundedWidth(goal);
}

function onPointerDown(event: PointerEvent): void {
  const line = event.currentTarget as HTMLElement;
  const start = event.clientX;
  const before = listWidth.peek();
  const toEnd = getComputedStyle(line).direction === "rtl" ? -1 : 1;
  line.setPointerCapture(event.pointerId);
  const move = (now: PointerEvent) => {
    listWidth.value = boundedWidth(before + (now.clientX - start) * toEnd);
  };
  const end = () => {
    line.removeEventListener("pointermove", move);
    line.removeEventListener("pointerup", end);
    line.removeEventListener("pointercancel", end);
  };
  line.addEventListener("pointermove", move);
  line.addEventListener("pointerup", end);
  line.addEventListener("pointercancel", end);
}

export function Splitter() {
  return (
    <div
      class="splitter"
      role="separator"
      aria-orientation="vertical"
      aria-label={t.general.listWidth}
      aria-valuenow={listWidth.value}
      aria-valuemin={LEAST_PX}
      aria-valuemax={MOST_PX}
      tabIndex={0}
      onKeyDown={onKeyDown}
      onPointerDown={onPointerDown}
      onDblClick={() => (listWidth.value = 400)}
    />
  );
}
