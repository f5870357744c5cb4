// Owns how long the page waits before it dials again.

const FIRST_MS = 500;
/** Longer waits would leave a person before a dead page although the server is back. */
const LONGEST_MS = 20_000;

/** The wait before attempt number `attempt` (from 0). Half of it is chance, so that pages which all
 * lost the server at once do not all come back at once. */
export function backoffMs(attempt: number, random: () => number = Math.random): number {
  const whole = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt, 16));
  return Math.round(whole / 2 + (whole / 2) * random());
}
