import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { launch, row, stage } from "./browser.mjs";

let browser;
let scene;
before(async () => void (browser = await launch()));
after(() => browser.close());
beforeEach(async () => void (scene = await stage(browser)));
afterEach(() => scene.end());

test("whoever the server tells of a certificate that ends sees it, and can put it away", async () => {
  const text = "The certificate of HTTPS ends on 2026-12-05 at 08:00 UTC.";
  const warning = { id: "AB12", text, notAfter: "2026-12-05T08:00:00Z" };
  scene.world.accounts.get("ken").certificateWarnings = [warning];
  const ken = await scene.signIn("ken");
  const bar = ken.getByRole("status").getByText(text);
  await bar.waitFor();
  await ken.getByRole("button", { name: "Hide this note" }).click();
  await bar.waitFor({ state: "detached" });
  const denise = await scene.signIn("denise");
  await row(denise, /./).first().waitFor();
  assert.equal(await denise.getByText(text).count(), 0);
});
