import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { launch, row, stage } from "./browser.mjs";

let browser;
let scene;
before(async () => void (browser = await launch()));
after(() => browser.close());
beforeEach(async () => void (scene = await stage(browser, { extra: 1500 })));
afterEach(() => scene.end());

test("a wrong password is said and keeps the name", async () => {
  const context = await browser.newContext();
  scene.contexts.push(context);
  const page = await scene.open(context);
  await page.getByLabel("Email address or user name").fill("ken");
  await page.getByLabel("Password", { exact: true }).fill("nonsense");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("alert").getByText("not right").waitFor();
  assert.equal(await page.getByLabel("Email address or user name").inputValue(), "ken");
});

test("reading marks as read, and the count of the folder follows", async () => {
  const page = await scene.signIn("ken");
  await page.getByRole("button", { name: "Inbox, 3 unread" }).waitFor();
  await row(page, /^Unread, Denise Smith.*Lunch/).click();
  await page.getByRole("heading", { name: "Lunch on Thursday?" }).waitFor();
  await page.getByRole("button", { name: "Inbox, 2 unread" }).waitFor();
  const link = page.getByRole("link", { name: "https://pike.example.com/menu" });
  assert.equal(await link.getAttribute("rel"), "noopener noreferrer nofollow");
  await page.getByRole("button", { name: "Mark as unread" }).click();
  await page.getByRole("button", { name: "Inbox, 3 unread" }).waitFor();
});

test("the keyboard walks, opens, goes back", async () => {
  const page = await scene.signIn("ken");
  await row(page, /Lunch/).waitFor();
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  await page.getByRole("heading", { name: /Rack move/ }).waitFor();
  await page.keyboard.press("ArrowDown");
  await page
    .getByRole("heading", { name: /Q3 figures/ })
    .first()
    .waitFor();
  await page.keyboard.press("k");
  const focused = page.locator("[role=option]:focus");
  await page.waitForFunction(() => /Rack move/.test(document.activeElement?.textContent ?? ""));
  assert.equal(await focused.getAttribute("aria-selected"), "true");
  assert.equal(await page.locator("[role=option][tabindex='0']").count(), 1);
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.activeElement?.id === "subject");
  await page.keyboard.press("u");
  await page.getByText("Select a message to read it").waitFor();
});

test("deleting moves on to the next row, and Undo brings the message back", async () => {
  const page = await scene.signIn("ken");
  await row(page, /Rack move/).click();
  await page.keyboard.press("#");
  await page
    .getByRole("heading", { name: /Q3 figures/ })
    .first()
    .waitFor();
  assert.equal(await row(page, /Rack move/).count(), 0);
  await page.waitForFunction(() => document.activeElement?.getAttribute("role") === "option");
  await page.getByRole("button", { name: "Undo" }).click();
  await row(page, /Rack move/).waitFor();
  await page.getByRole("heading", { name: /Rack move/ }).waitFor();
});

test("in Deleted, deleting asks first", async () => {
  const page = await scene.signIn("ken");
  await row(page, /Minutes/).click();
  await page.getByRole("button", { name: "Delete", exact: true }).click();
  await page.getByRole("button", { name: "Deleted" }).click();
  await row(page, /Minutes/).click();
  await page.getByRole("button", { name: "Delete forever" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete forever" }).click();
  await page.getByText("Deleted is empty").waitFor();
});

test("a reply goes out, is quoted, and marks the message", async () => {
  const page = await scene.signIn("ken");
  await row(page, /Lunch/).click();
  await page.keyboard.press("r");
  const editor = page.getByRole("region", { name: "Reply to Denise Smith" });
  await editor.getByRole("textbox", { name: "Message" }).waitFor();
  await page.keyboard.type("12:30 is fine.");
  const text = await editor.getByRole("textbox", { name: "Message" }).inputValue();
  assert.match(text, /^12:30 is fine\.\n\nOn .*Denise Smith wrote:\n> Hi Ken,/);
  await page.keyboard.press("Control+Enter");
  await page.getByText("Message sent").waitFor();
  await row(page, /Lunch.*Replied/).waitFor();
  const denise = scene.world.accounts.get("denise").feeds.Email.list();
  assert.ok(denise.some((mail) => mail.subject === "Re: Lunch on Thursday?"));
  await page.getByRole("button", { name: "Sent", exact: true }).click();
  await row(page, /To Denise Smith.*Re: Lunch/).waitFor();
});

test("recipients: suggestions, typed addresses, complaints", async () => {
  const page = await scene.signIn("ken");
  await page.getByRole("button", { name: "New message" }).first().click();
  const editor = page.getByRole("region", { name: "New message" });
  const to = editor.getByRole("combobox", { name: "To" });
  await to.fill("den");
  await page.getByRole("option", { name: /^Denise Smith, Available · denise@/ }).waitFor();
  await page.keyboard.press("Enter");
  await editor.getByRole("button", { name: "Remove Denise Smith" }).waitFor();
  await to.fill("nobody at all");
  await editor.getByRole("textbox", { name: "Subject" }).fill("Hello");
  await editor.getByRole("alert").getByText("is not an email address").waitFor();
  await to.fill("");
  await page.keyboard.press("Tab");
  await editor.getByRole("alert").waitFor({ state: "detached" });
  await to.fill("nobody at all");
  await page.keyboard.press("Control+Enter");
  await editor.getByRole("alert").getByText("is not an email address").waitFor();
  await to.fill("refused@litwareinc.com");
  await editor.getByRole("textbox", { name: "Message" }).fill("Text");
  await editor.getByRole("button", { name: "Send" }).click();
  await editor.getByRole("alert").getByText("refused@litwareinc.com is not known here").waitFor();
  assert.equal(await editor.getByRole("textbox", { name: "Message" }).inputValue(), "Text");
  await editor.getByRole("button", { name: "Remove refused@litwareinc.com" }).click();
  await editor.getByRole("button", { name: "Send" }).click();
  await page.getByText("Message sent").waitFor();
});

test("a draft survives reading something else, and a reload", async () => {
  const page = await scene.signIn("ken");
  await row(page, /Lunch/).click();
  await page.keyboard.press("r");
  await page.getByRole("textbox", { name: "Message", exact: true }).waitFor();
  await page.keyboard.type("Half a thought");
  await row(page, /Minutes/).click();
  await page.getByRole("heading", { name: "Minutes" }).waitFor();
  await page.reload();
  await page.getByRole("button", { name: "Draft: Re: Lunch on Thursday?" }).click();
  await page.getByRole("heading", { name: "Lunch on Thursday?", exact: true }).waitFor();
  const text = await page.getByRole("textbox", { name: "Message", exact: true }).inputValue();
  assert.match(text, /^Half a thought/);
});

test("a long folder shows rows only in view and follows the scroll", async () => {
  const page = await scene.signIn("ken");
  await page.getByRole("button", { name: "Archive" }).first().click();
  const list = page.getByRole("listbox", { name: "Messages in Archive" });
  await row(page, /Archived message 1,/).waitFor();
  assert.ok((await list.getByRole("option").count()) < 60);
  await list.evaluate((element) => (element.scrollTop = element.scrollHeight));
  const last = row(page, /Archived message 1500,/);
  await last.waitFor();
  assert.equal(await last.getAttribute("aria-setsize"), "1500");
  assert.equal(await last.getAttribute("aria-posinset"), "1500");
});

test("HTML is shown in a frame that may do nothing", async () => {
  const page = await scene.signIn("ken");
  await row(page, /Q3 figures/).click();
  const frame = page.getByTitle("Message: Q3 figures, corrected");
  assert.equal(await frame.getAttribute("sandbox"), "allow-popups allow-popups-to-escape-sandbox");
  await frame.contentFrame().getByRole("heading", { name: "Q3 figures" }).waitFor();
  await page.getByRole("button", { name: "Show remote content" }).click();
  assert.match((await frame.getAttribute("src")) ?? "", /remote=1$/);
  await page.getByRole("button", { name: "Show as plain text" }).click();
  await page.getByText("here are the corrected figures").first().waitFor();
});

test("a change of counts does not load the list anew", async () => {
  const page = await scene.signIn("ken");
  await row(page, /Lunch/).click();
  const list = page.getByRole("listbox");
  await list.evaluate((element) => (element.dataset.mark = "same"));
  await page.getByRole("button", { name: "Inbox, 2 unread" }).waitFor();
  await page.getByRole("button", { name: "Mark as unread" }).click();
  await page.getByRole("button", { name: "Inbox, 3 unread" }).waitFor();
  assert.equal(await list.getAttribute("data-mark"), "same");
});

test("the line between list and message moves by keys and is remembered", async () => {
  const page = await scene.signIn("ken");
  const line = page.getByRole("separator", { name: "Width of the message list" });
  const width = () => page.getByRole("listbox").evaluate((element) => element.clientWidth);
  const before = await width();
  await line.press("ArrowRight");
  await page.waitForFunction(
    (least) => document.querySelector("[role=listbox]").clientWidth > least,
    before,
  );
  const after = await width();
  await page.reload();
  await row(page, /Lunch/).waitFor();
  assert.equal(await width(), after);
});

test("search, and back", async () => {
  const page = await scene.signIn("ken");
  await row(page, /Lunch/).waitFor();
  await page.keyboard.press("/");
  await page.keyboard.type("certificate expires");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Search results" }).waitFor();
  assert.equal(await page.getByRole("option").count(), 1);
  await page.goBack();
  await page.getByRole("heading", { name: "Inbox" }).waitFor();
  assert.equal(await page.getByRole("searchbox").inputValue(), "");
});

test("new mail arrives in the open page", async () => {
  const ken = await scene.signIn("ken");
  const denise = await scene.signIn("denise");
  await row(ken, /Lunch/).waitFor();
  await denise.keyboard.press("c");
  await denise.getByRole("combobox", { name: "To" }).fill("ken@litwareinc.com,");
  await denise.getByRole("textbox", { name: "Subject" }).fill("Fresh");
  await denise.getByRole("button", { name: "Send", exact: true }).click();
  await row(ken, /^Unread, Denise Smith.*Fresh/).waitFor();
  await ken.getByRole("button", { name: "Inbox, 4 unread" }).waitFor();
});
