import { expect, test } from "vitest";
import { backoffMs } from "../../src/jmap/backoff";

test("the wait grows, is bounded, and half of it is chance", () => {
  const longest = [0, 1, 2, 3, 4, 5, 6, 40].map((attempt) => backoffMs(attempt, () => 1));
  expect(longest).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 20_000, 20_000]);
  const shortest = [0, 1, 40].map((attempt) => backoffMs(attempt, () => 0));
  expect(shortest).toEqual([250, 500, 10_000]);
});
