import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { launch, own, row, stage } from "./browser.mjs";

let browser;
let scene;
before(async () => void (browser = await launch()));
after(() => browser.close());
beforeEach(async () => void (scene = await stage(browser)));
afterEach(() => scene.end());

const sip = (login) => `sip:${login}@litwareinc.com`;
const status = (change) => scene.world.setStatus(scene.world.accounts.get("ken"), change);

test("the own name carries the state; choosing one reaches others at once", async () => {
  const ken = await scene.signIn("ken");
  const denise = await scene.signIn("denise");
  await ken.getByRole("button", { name: "Ken Myer, Available. Change your status" }).click();
  await ken.getByRole("menuitemradio", { name: "Busy" }).click();
  await ken.getByRole("button", { name: "Ken Myer, Busy. Change your status" }).waitFor();
  await denise.getByRole("button", { name: "Ken Myer, Busy. Start a chat" }).waitFor();
  await own(ken).click();
  assert.equal(
    await ken.getByRole("menuitemradio", { name: "Busy" }).getAttribute("aria-checked"),
    "true",
  );
  await ken.getByRole("menuitem", { name: "Reset status" }).click();
  await denise.getByRole("button", { name: "Ken Myer, Available. Start a chat" }).waitFor();
});

test("the marks of senders, recipients and contacts follow", async () => {
  const page = await scene.signIn("ken");
  await row(page, /Rack move/).click();
  await page.getByRole("button", { name: "Toni Poe, In a meeting", exact: true }).waitFor();
  scene.world.setPresence("toni", "doNotDisturb");
  await page.getByRole("button", { name: "Toni Poe, Do not disturb", exact: true }).waitFor();
  await page.getByRole("button", { name: "Toni Poe, Do not disturb. Start a chat" }).waitFor();
  await row(page, /^Toni Poe, Do not disturb, Rack move/).waitFor();
});

test("only people on screen are watched", async () => {
  const page = await scene.signIn("ken", { viewport: { width: 360, height: 640 } });
  await row(page, /Lunch/).waitFor();
  await page.waitForFunction(() => true);
  const watched = () => [...scene.world.wires][0]?.watched ?? [];
  for (let n = 0; n < 50 && !watched().includes(sip("denise")); n += 1)
    await page.waitForTimeout(50);
  assert.ok(watched().includes(sip("denise")));
  assert.ok(!watched().includes(sip("sam")), "nobody far below");
});

test("switched off: no marks and no text", async () => {
  scene.world.accounts.get("ken").im = { state: "off" };
  const page = await scene.signIn("ken");
  await page.getByRole("button", { name: "Ken Myer. Your account" }).waitFor();
  await row(page, /^Unread, Denise Smith, Lunch/).waitFor();
  assert.equal(await page.locator(".mark").count(), 0);
  assert.equal(await page.getByRole("heading", { name: "Contacts" }).count(), 0);
  assert.equal(await page.getByText(/instant messaging|presence/i).count(), 0);
  status({ state: "working" });
  await page.getByRole("button", { name: "Ken Myer, Available. Change your status" }).waitFor();
  await page.getByRole("button", { name: "Denise Smith, Available. Start a chat" }).waitFor();
});

test("not enabled: no marks; the menu says why", async () => {
  const reason = "Your account is not enabled for instant messaging.";
  scene.world.accounts.get("ken").im = { state: "notEnabled", reason };
  const page = await scene.signIn("ken");
  await page.getByRole("button", { name: "Ken Myer. Your account" }).click();
  await page.getByText(reason).waitFor();
  assert.equal(await page.locator(".mark").count(), 0);
});

test("unavailable: blank marks, a bar with the reason, no dialog, no focus; Retry mends it", async () => {
  const reason = "The messaging server does not accept this server's certificate.";
  scene.world.accounts.get("ken").im = { state: "unavailable", reason, link: 9 };
  const page = await scene.signIn("ken");
  await page.getByRole("status").getByText(reason).waitFor();
  assert.equal(await page.getByRole("dialog").count(), 0);
  assert.equal(await page.evaluate(() => document.activeElement === document.body), true);
  await page
    .getByRole("button", { name: "Ken Myer, Presence not available. Change your status" })
    .waitFor();
  await row(page, /^Unread, Denise Smith, Presence not available, Lunch/).waitFor();
  status({ state: "working" });
  await page.getByText(reason).waitFor({ state: "detached" });
  await row(page, /^Unread, Denise Smith, Available, Lunch/).waitFor();
});

test("signing out of IM and in again", async () => {
  const page = await scene.signIn("ken");
  await own(page).click();
  await page.getByRole("menuitem", { name: "Sign out of IM" }).click();
  await page
    .getByRole("button", { name: "Ken Myer, Signed out of IM. Change your status" })
    .waitFor();
  await row(page, /^Unread, Denise Smith, Lunch/).waitFor();
  await own(page).click();
  await page.getByRole("menuitem", { name: "Sign in to IM" }).click();
  await row(page, /^Unread, Denise Smith, Available, Lunch/).waitFor();
});

test("15 s after the wire broke all marks are unknown; they come back by themselves", async () => {
  const page = await scene.signIn("ken");
  await row(page, /^Unread, Denise Smith, Available, Lunch/).waitFor();
  scene.world.isDown = true;
  scene.world.breakWires();
  await page.getByText("Reconnecting…").waitFor();
  await row(page, /^Unread, Denise Smith, Available, Lunch/).waitFor();
  await row(page, /^Unread, Denise Smith, Presence unknown, Lunch/).waitFor({ timeout: 16_000 });
  scene.world.setPresence("denise", "busy");
  scene.world.isDown = false;
  await page.evaluate(() => dispatchEvent(new Event("online")));
  await row(page, /^Unread, Denise Smith, Busy, Lunch/).waitFor();
  await page.getByText("Reconnecting…").waitFor({ state: "detached" });
});

test("contacts: add, group, move, remove, undo", async () => {
  const page = await scene.signIn("ken");
  const menu = page.getByRole("button", { name: "Add contact" });
  await menu.click();
  await page.getByRole("menuitem", { name: "New group" }).click();
  await page.getByLabel("Name of the group").fill("Night shift");
  await page.getByRole("button", { name: "Create" }).click();
  const group = page.getByRole("group", { name: "Night shift" });
  await group.waitFor();
  await menu.click();
  await page.getByRole("menuitem", { name: "Add contact" }).click();
  const dialog = page.getByRole("dialog", { name: "Add a contact" });
  await dialog.getByLabel("Name or address").fill("new.person@litwareinc.com");
  await dialog.getByLabel("Group").selectOption({ label: "Night shift" });
  await dialog.getByRole("button", { name: "Add contact" }).click();
  await group.getByRole("button", { name: /^new.person@litwareinc.com.*Start a chat/ }).waitFor();
  await page.getByRole("button", { name: "Actions for Aaron Painter" }).click();
  await page.getByRole("menuitem", { name: "Move to Night shift" }).click();
  await group.getByRole("button", { name: "Aaron Painter, Offline. Start a chat" }).waitFor();
  await page.getByRole("button", { name: "Actions for Aaron Painter" }).click();
  await page.getByRole("menuitem", { name: "Remove from contacts" }).click();
  await page.getByText("Aaron Painter removed from contacts").waitFor();
  await page.getByRole("button", { name: "Undo" }).click();
  await group.getByRole("button", { name: "Aaron Painter, Offline. Start a chat" }).waitFor();
});

test("the end of the session leads to the form and back to the same place", async () => {
  const page = await scene.signIn("ken");
  await row(page, /Minutes/).click();
  await page.context().clearCookies();
  scene.world.breakWires();
  await page.getByText("Your session has ended").waitFor();
  await page.getByLabel("Email address or user name").fill("ken");
  await page.getByLabel("Password", { exact: true }).fill("secret");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Minutes" }).waitFor();
});
