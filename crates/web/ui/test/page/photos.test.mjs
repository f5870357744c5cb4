// Photos where initials were: everywhere a person is shown, at once after a change, and one's own in
// the settings.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { picture } from "../fake/photos.mjs";
import { launch, own, row, stage, violations } from "./browser.mjs";

let browser;
before(async () => void (browser = await launch()));
after(() => browser.close());

/** Waits until the photo in there has really been drawn. */
async function drawn(place) {
  const photo = place.locator("img.avatar-photo");
  await photo.waitFor();
  const page = place.page();
  await page.waitForFunction((one) => one.complete && one.naturalWidth > 0, await photo.elementHandle());
}

test("a photo takes the place of the initials everywhere, without a reload", async () => {
  const scene = await stage(browser);
  const page = await scene.signIn("ken");
  const mail = row(page, /Lunch/);
  const contact = page.getByRole("button", { name: /^Denise Smith.*Start a chat/ });
  await mail.waitFor();
  await contact.waitFor();
  assert.equal(await page.locator("img.avatar-photo").count(), 0);
  assert.equal(scene.world.photos.served, 0, "nobody is asked for who has none");
  scene.world.photos.put("denise", picture([70, 110, 190]));
  await drawn(mail);
  await drawn(contact);
  await mail.click();
  await drawn(page.locator(".message-head"));
  await page.locator(".message-from").getByRole("button").click();
  await drawn(page.getByRole("menu"));
  await page.getByRole("menu").getByText("Network engineer, Operations").waitFor();
  await page.getByRole("menu").getByText("+1 (425) 555-0101").waitFor();
  assert.deepEqual(await violations(page), []);
  await page.keyboard.press("Escape");
  await contact.click();
  await drawn(page.getByRole("region", { name: "Chat with Denise Smith" }));
  scene.world.photos.put("ken", picture([120, 150, 90]));
  await drawn(own(page));
  assert.deepEqual(await violations(page), []);
  scene.world.photos.put("denise", null);
  await mail.locator("img.avatar-photo").waitFor({ state: "detached" });
  assert.equal(await page.locator("img.avatar-photo").count(), 1, "the own one is left");
  await scene.end();
});

async function settings(page) {
  await own(page).click();
  await page.getByRole("menuitem", { name: "Settings" }).click();
  return page.getByRole("dialog", { name: "Settings" });
}

test("people change their own photo, and are told what is no picture", async () => {
  const scene = await stage(browser);
  const page = await scene.signIn("ken");
  const dialog = await settings(page);
  await dialog.getByRole("button", { name: "Add a photo…" }).waitFor();
  const field = dialog.locator("input[type=file]");
  const file = (name, buffer) => ({ name, mimeType: "image/png", buffer });
  await field.setInputFiles(file("words.png", Buffer.from("words")));
  await dialog.getByText("This cannot be your photo.").waitFor();
  await field.setInputFiles(file("me.png", picture([150, 90, 120])));
  await dialog.getByText("Your photo has been changed.").waitFor();
  await drawn(dialog);
  await dialog.getByRole("button", { name: "Change photo…" }).waitFor();
  assert.deepEqual(await violations(page), []);
  await dialog.getByRole("button", { name: "Remove photo" }).click();
  await dialog.getByText("Your photo has been removed.").waitFor();
  assert.equal(scene.world.photos.tagOf("ken"), null);
  await scene.end();
});

test("where the organization does not allow it, the settings say nothing of photos", async () => {
  const scene = await stage(browser);
  scene.world.photos.maySet = false;
  const page = await scene.signIn("ken");
  const asked = page.waitForResponse(/\/owa\/photo$/);
  const dialog = await settings(page);
  await asked;
  await dialog.getByLabel("Enter sends a chat message").waitFor();
  assert.equal(await dialog.getByRole("button", { name: /photo/ }).count(), 0);
  await scene.end();
});
