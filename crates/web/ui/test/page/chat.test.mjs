import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { chat, launch, own, row, stage } from "./browser.mjs";

let browser;
let scene;
before(async () => void (browser = await launch()));
after(() => browser.close());
beforeEach(async () => void (scene = await stage(browser)));
afterEach(() => scene.end());

const contact = (page, name) =>
  page.getByRole("button", { name: new RegExp(`^${name}.*Start a chat`) });
/** The chat with somebody, and what is typed goes there. */
async function begin(page, name) {
  await contact(page, name).click();
  await page.waitForFunction(() => document.activeElement?.tagName === "TEXTAREA");
}
const box = (page, name) => page.getByRole("textbox", { name: `Message to ${name}` });

test("two people: typing, delivery, toast, reply, unread count", async () => {
  const ken = await scene.signIn("ken");
  const denise = await scene.signIn("denise");
  await begin(ken, "Denise Smith");
  await contact(denise, "Ken Myer").click();
  await ken.keyboard.type("Are you");
  await chat(denise, "Ken Myer").getByText("Ken Myer is typing…").waitFor();
  await chat(denise, "Ken Myer").getByRole("button", { name: "Close chat" }).click();
  await ken.keyboard.type(" there?");
  await ken.keyboard.press("Enter");
  await chat(ken, "Denise Smith").getByText("Delivered").last().waitFor();
  const toast = denise.getByRole("region", { name: "New message from Ken Myer" });
  await toast.getByText("Are you there?").waitFor();
  await denise.waitForFunction(() => document.title.startsWith("(1) "));
  await denise.getByRole("button", { name: "Chats, 1 unread" }).waitFor();
  await toast.getByRole("button", { name: "Reply" }).click();
  await denise.waitForFunction(() => document.activeElement?.tagName === "TEXTAREA");
  await denise.waitForFunction(() => !document.title.startsWith("("));
  await denise.keyboard.type("Yes.");
  await denise.keyboard.press("Enter");
  await ken
    .getByRole("log", { name: "Conversation with Denise Smith" })
    .getByText("Yes.")
    .waitFor();
});

test("an incoming chat takes no focus from an editor and covers no Send", async () => {
  const page = await scene.signIn("ken", { viewport: { width: 1280, height: 720 } });
  await contact(page, "Denise Smith").click();
  await page.getByRole("button", { name: "New message" }).first().click();
  await page.getByRole("combobox", { name: "To" }).fill("denise@litwareinc.com,");
  const body = page.getByRole("textbox", { name: "Message", exact: true });
  await body.click();
  await page.keyboard.type("Writing ");
  scene.world.say("toni", "ken", "Hello from Toni");
  scene.world.say("denise", "ken", "Hello from Denise");
  await page.getByRole("region", { name: "New message from Toni Poe" }).waitFor();
  await chat(page, "Denise Smith").getByText("Hello from Denise").waitFor();
  await page.keyboard.type("on");
  assert.equal(await body.inputValue(), "Writing on");
  for (const target of [page.getByRole("button", { name: "Send", exact: true }), body]) {
    const isFree = await target.evaluate((element) => {
      const { left, right, top, bottom } = element.getBoundingClientRect();
      const points = [
        [left + 4, top + 4],
        [right - 4, bottom - 4],
        [(left + right) / 2, (top + bottom) / 2],
      ];
      return points.every(([x, y]) => element.contains(document.elementFromPoint(x, y)));
    });
    assert.ok(isFree, "covered by a chat");
  }
  await page.getByRole("button", { name: "Send", exact: true }).click();
  await page.getByText("Message sent").waitFor();
});

test("chats survive a reload, and two tabs agree", async () => {
  const first = await scene.signIn("ken");
  await contact(first, "Denise Smith").click();
  const second = await scene.open(scene.contexts[0]);
  await chat(second, "Denise Smith").getByText("Did the link come up").waitFor();
  await box(first, "Denise Smith").fill("From the first tab");
  await first.keyboard.press("Enter");
  await chat(second, "Denise Smith").getByText("From the first tab").waitFor();
  await first.reload();
  await chat(first, "Denise Smith").getByText("From the first tab").waitFor();
  await chat(second, "Denise Smith").getByRole("button", { name: "Close chat" }).click();
  await chat(first, "Denise Smith").waitFor({ state: "detached" });
});

test("a chat begun stays while mail is read, and folds without losing text", async () => {
  const page = await scene.signIn("ken");
  await begin(page, "Denise Smith");
  await page.keyboard.type("not yet sent");
  await row(page, /Rack move/).click();
  await page.getByRole("heading", { name: /Rack move/ }).waitFor();
  assert.equal(await box(page, "Denise Smith").inputValue(), "not yet sent");
  await chat(page, "Denise Smith").getByRole("button", { name: "Minimise chat" }).click();
  await page.getByRole("button", { name: "Chat with Denise Smith", exact: true }).click();
  assert.equal(await box(page, "Denise Smith").inputValue(), "not yet sent");
});

test("somebody offline: it is kept, and said before and after", async () => {
  const page = await scene.signIn("ken");
  await begin(page, "Aaron Painter");
  const window = chat(page, "Aaron Painter");
  await window.getByText("will be delivered when Aaron Painter signs in").waitFor();
  await page.keyboard.type("Call me");
  await page.keyboard.press("Enter");
  await window.getByText("Will be delivered when Aaron Painter signs in").waitFor();
});

test("what failed says why and goes out with Retry", async () => {
  const page = await scene.signIn("ken");
  await begin(page, "Denise Smith");
  scene.world.refuseChats = "the other side did not answer";
  await page.keyboard.type("Lost?");
  await page.keyboard.press("Enter");
  const window = chat(page, "Denise Smith");
  await window.getByText("Not delivered: the other side did not answer").waitFor();
  scene.world.refuseChats = null;
  await window.getByRole("button", { name: "Retry" }).click();
  await window.getByText("Not delivered").waitFor({ state: "detached" });
  assert.equal(await window.getByText("Lost?").count(), 1);
});

test("written while the server is away, it goes out once when the server is back", async () => {
  const page = await scene.signIn("ken");
  await begin(page, "Denise Smith");
  scene.world.isDown = true;
  scene.world.breakWires();
  await page.keyboard.type("Through the gap");
  await page.keyboard.press("Enter");
  await chat(page, "Denise Smith").getByText("Waiting for the connection…").waitFor();
  await page.getByText("Reconnecting…").first().waitFor();
  await page.reload();
  await page.getByText("The server cannot be reached.").first().waitFor();
  scene.world.isDown = false;
  await page.getByRole("button", { name: "Retry" }).click();
  await chat(page, "Denise Smith").getByText("Delivered").last().waitFor();
  const sent = scene.world.accounts.get("ken").feeds.ConversationMessage.list();
  assert.equal(sent.filter((one) => one.text === "Through the gap").length, 1);
});

test("do not disturb: no toast, but a count", async () => {
  const page = await scene.signIn("ken");
  await own(page).click();
  await page.getByRole("menuitemradio", { name: "Do not disturb" }).click();
  await page
    .getByRole("button", { name: "Ken Myer, Do not disturb. Change your status" })
    .waitFor();
  scene.world.say("toni", "ken", "Psst");
  await page.getByRole("button", { name: "Chats, 1 unread" }).waitFor();
  assert.equal(await page.getByRole("region", { name: /New message from/ }).count(), 0);
});

test("in the narrow layout a chat is the page, and Back leads out", async () => {
  const page = await scene.signIn("ken", { viewport: { width: 360, height: 700 } });
  await page.getByRole("button", { name: "Contacts" }).click();
  await contact(page, "Denise Smith").click();
  await chat(page, "Denise Smith").getByText("Great. I see your icon now").waitFor();
  await page.getByRole("button", { name: "Back" }).click();
  await page.getByRole("heading", { name: "Chats" }).waitFor();
  await page.goBack();
  await chat(page, "Denise Smith").waitFor();
});
