// Twelve named screens, both themes, three widths: axe finds nothing, nothing scrolls sideways.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { chat, launch, own, row, stage, violations } from "./browser.mjs";

let browser;
before(async () => void (browser = await launch()));
after(() => browser.close());

const contact = (page) => page.getByRole("button", { name: /^Denise Smith.*Start a chat/ });

async function showContacts(page, width) {
  if (width < 768) await page.getByRole("button", { name: "Contacts" }).click();
  else if (width < 1200)
    await page.getByRole("button", { name: "Show folders and people" }).click();
}

const SCREENS = {
  list: (page) => row(page, /Lunch/).waitFor(),
  message: async (page) => {
    await row(page, /Rack move/).click();
    await page.getByRole("heading", { name: /Rack move/ }).waitFor();
  },
  "HTML message": async (page) => {
    await row(page, /Q3 figures/).click();
    await page.getByTitle(/^Message: Q3/).waitFor();
  },
  editor: async (page) => {
    await row(page, /Lunch/).waitFor();
    await page.keyboard.press("c");
    await page.getByRole("combobox", { name: "To" }).fill("denise@litwareinc.com,to");
    await page
      .getByRole("option", { name: /^Toni Poe/ })
      .first()
      .waitFor();
  },
  reply: async (page) => {
    await row(page, /Lunch/).click();
    await page.keyboard.press("r");
    await page.getByRole("textbox", { name: "Message", exact: true }).waitFor();
  },
  contacts: async (page, width) => {
    await showContacts(page, width);
    await contact(page).waitFor();
  },
  chat: async (page, width) => {
    await showContacts(page, width);
    await contact(page).click();
    await chat(page, "Denise Smith").getByText("Great. I see").waitFor();
  },
  "own menu": async (page) => {
    await own(page).click();
    await page.getByRole("menuitemradio", { name: "Busy" }).waitFor();
  },
  toast: async (page, _width, scene) => {
    await row(page, /Lunch/).waitFor();
    await page.getByRole("button", { name: /Available. Change/ }).waitFor();
    scene.world.say("toni", "ken", "Hello there");
    await page.getByRole("region", { name: "New message from Toni Poe" }).waitFor();
  },
  unavailable: async (page, _width, scene) => {
    scene.world.setStatus(scene.world.accounts.get("ken"), {
      state: "unavailable",
      reason: "The messaging server cannot be reached.",
    });
    await page.getByText("The messaging server cannot be reached.").first().waitFor();
  },
  keys: async (page) => {
    await row(page, /Lunch/).waitFor();
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor();
  },
  empty: async (page) => {
    await page.evaluate(() => (location.hash = "#/mail/junk"));
    await page.getByText("Junk is empty").waitFor();
  },
};

for (const colorScheme of ["light", "dark"]) {
  for (const width of [320, 900, 1440]) {
    test(`${colorScheme}, ${width} px`, async (t) => {
      const scene = await stage(browser);
      const viewport = { width, height: 760 };
      const page = await scene.signIn("ken", { colorScheme, viewport, reducedMotion: "reduce" });
      for (const [name, show] of Object.entries(SCREENS)) {
        await t.test(name, async () => {
          await page.evaluate(() => sessionStorage.clear());
          const { Conversation } = scene.world.accounts.get("ken").feeds;
          for (const { id } of Conversation.list()) Conversation.patch(id, { isOpen: false });
          await page.goto("about:blank");
          await page.goto(scene.url);
          scene.world.setStatus(scene.world.accounts.get("ken"), { state: "working" });
          await show(page, width, scene);
          assert.deepEqual(await violations(page), []);
          assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
        });
      }
      await scene.end();
    });
  }
}

test("the sign-in form", async () => {
  const scene = await stage(browser);
  const context = await browser.newContext({ viewport: { width: 320, height: 700 } });
  scene.contexts.push(context);
  const page = await scene.open(context);
  await page.getByRole("button", { name: "Sign in" }).waitFor();
  assert.deepEqual(await violations(page), []);
  await scene.end();
});
