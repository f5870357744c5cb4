// Owns which of the three layouts the window is wide enough for. The same numbers are in frame.css.
import { computed, signal } from "@preact/signals";

export type Size = "wide" | "medium" | "narrow";

const NARROW_BELOW_PX = 768;
const WIDE_FROM_PX = 1200;

const width = signal(globalThis.innerWidth ?? WIDE_FROM_PX);

if (typeof addEventListener === "function") {
  addEventListener("resize", () => (width.value = innerWidth));
}

export const size = computed<Size>(() => {
  if (width.value < NARROW_BELOW_PX) return "narrow";
  return width.value < WIDE_FROM_PX ? "medium" : "wide";
});

export const windowWidth = width;
