import { expect, test } from "vitest";
import { Refused } from "../../src/jmap/error";
import { Records, changesSince, coalesced } from "../../src/jmap/sync";
import { FakeCaller } from "./caller";

interface Thing {
  id: string;
  name: string;
}

const changes = (oldState: string, newState: string, more: object) => ({
  oldState,
  newState,
  hasMoreChanges: false,
  created: [],
  updated: [],
  destroyed: [],
  ...more,
});

function thing(id: string, name = id): Thing {
  return { id, name };
}

test("loads whole, then follows changes", async () => {
  const jmap = new FakeCaller()
    .answer("Thing/get", ({ ids }) =>
      ids === null
        ? { state: "1", list: [thing("a"), thing("b")] }
        : { state: "2", list: [thing("b", "changed"), thing("c")] },
    )
    .answer("Thing/changes", () =>
      changes("1", "2", { created: ["c"], updated: ["b"], destroyed: ["a"] }),
    );
  const records = new Records<Thing>(jmap, "Thing");
  await records.sync();
  expect([...records.all.value.keys()]).toEqual(["a", "b"]);
  expect(records.loaded.value).toBe(true);
  await records.sync();
  expect([...records.all.value.values()]).toEqual([thing("b", "changed"), thing("c")]);
});

test("loads whole again when the server cannot calculate changes", async () => {
  let state = 0;
  const jmap = new FakeCaller()
    .answer("Thing/get", () => ({ state: String((state += 1)), list: [thing(`v${state}`)] }))
    .answer("Thing/changes", () => {
      throw new Refused("cannotCalculateChanges");
    });
  const records = new Records<Thing>(jmap, "Thing");
  await records.sync();
  await records.sync();
  expect([...records.all.value.keys()]).toEqual(["v2"]);
});

test("a lost wire keeps what is known and says nothing; a first load says why it failed", async () => {
  const jmap = new FakeCaller().answer("Thing/get", () => ({ state: "1", list: [thing("a")] }));
  const fresh = new Records<Thing>(jmap, "Thing");
  jmap.isDown = true;
  await fresh.sync();
  expect(fresh.error.value).not.toBeNull();
  jmap.isDown = false;
  await fresh.sync();
  jmap.isDown = true;
  await fresh.sync();
  expect(fresh.error.value).toBeNull();
  expect(fresh.get("a")).toEqual(thing("a"));
});

test("changes are gathered over several answers", async () => {
  const jmap = new FakeCaller().answer("Thing/changes", ({ sinceState }) =>
    sinceState === "1"
      ? changes("1", "2", { hasMoreChanges: true, created: ["a"] })
      : changes("2", "3", { updated: ["b"] }),
  );
  const all = await changesSince(jmap, "Thing", "1");
  expect(all).toMatchObject({ newState: "3", created: ["a"], updated: ["b"] });
});

test("asked while running, it runs once more, not as often as asked", async () => {
  let runs = 0;
  let finish: () => void = () => undefined;
  const ask = coalesced(async () => {
    runs += 1;
    await new Promise<void>((done) => (finish = done));
  });
  const all = [ask(), ask(), ask()];
  finish();
  await new Promise((turn) => setImmediate(turn));
  finish();
  await Promise.all(all);
  expect(runs).toBe(2);
});
