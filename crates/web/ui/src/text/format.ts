// Owns how times, sizes and initials are written. Everything through Intl; `now` is an argument.
import { LANGUAGE, t } from ".";

const clock = new Intl.DateTimeFormat(LANGUAGE, { hour: "numeric", minute: "2-digit" });
const weekday = new Intl.DateTimeFormat(LANGUAGE, { weekday: "short" });
const dayMonth = new Intl.DateTimeFormat(LANGUAGE, { day: "numeric", month: "short" });
const dayMonthYear = new Intl.DateTimeFormat(LANGUAGE, { dateStyle: "medium" });
const whole = new Intl.DateTimeFormat(LANGUAGE, {
  weekday: "short",
  day: "numeric",
  month: "short",
  year: "numeric",
  hour: "numeric",
  minute: "2-digit",
});
const longDay = new Intl.DateTimeFormat(LANGUAGE, {
  weekday: "long",
  day: "numeric",
  month: "long",
});
const DAY_MS = 86_400_000;

function midnight(date: Date): number {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}

/** Calendar days between two times, by the clock on the wall. */
function daysBetween(earlier: Date, later: Date): number {
  return Math.round((midnight(later) - midnight(earlier)) / DAY_MS);
}

export function timeOfDay(at: string): string {
  return clock.format(new Date(at));
}

/** Short: for a row of the list. */
export function listTime(at: string, now: Date = new Date()): string {
  const date = new Date(at);
  const days = daysBetween(date, now);
  if (days <= 0) return clock.format(date);
  if (days === 1) return t.time.yesterday;
  if (days < 7) return weekday.format(date);
  if (date.getFullYear() === now.getFullYear()) return dayMonth.format(date);
  return dayMonthYear.format(date);
}

/** Whole: for the head of a message and for tooltips. */
export function fullTime(at: string): string {
  return whole.format(new Date(at));
}

/** The separator between the days of a chat. */
export function dayName(at: string, now: Date = new Date()): string {
  const date = new Date(at);
  const days = daysBetween(date, now);
  if (days <= 0) return t.time.today;
  if (days === 1) return t.time.yesterday;
  if (date.getFullYear() === now.getFullYear()) return longDay.format(date);
  return dayMonthYear.format(date);
}

/** "since 2:05 PM", "since yesterday". */
export function sinceWords(at: string, now: Date = new Date()): string {
  return t.time.since(listTime(at, now));
}

export function sameDay(one: string, other: string): boolean {
  return midnight(new Date(one)) === midnight(new Date(other));
}

const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte"] as const;

export function sizeWords(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return new Intl.NumberFormat(LANGUAGE, {
    style: "unit",
    unit: UNITS[unit] ?? "byte",
    unitDisplay: "short",
    maximumFractionDigits: value < 10 && unit > 0 ? 1 : 0,
  }).format(value);
}

/** One or two letters for a person without a photo. */
export function initials(name: string): string {
  const words = name
    .replace(/^sip:/i, "")
    .split(/[\s.@_-]+/)
    .filter((word) => /\p{L}|\p{N}/u.test(word));
  const first = [...(words[0] ?? "?")][0] ?? "?";
  const last = words.length > 1 && !name.includes("@") ? [...(words.at(-1) ?? "")][0] : "";
  return (first + (last ?? "")).toLocaleUpperCase(LANGUAGE);
}
