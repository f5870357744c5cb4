// Owns starting Chromium and the fake server for a test, and what every test does with them.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";
import { serve } from "../fake/server.mjs";

const ARGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"];
const QUIET = ["--disable-background-networking", "--disable-component-update", "--disable-sync"];
const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

export function launch() {
  const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
  return chromium.launch({ executablePath, args: [...ARGS, ...QUIET] });
}

/** A fake server and a way to sign people in; errors of the page fail the test. */
export async function stage(browser, options = {}) {
  const { url, world, close } = await serve(options);
  const contexts = [];
  const faults = [];
  const watch = (page) => {
    page.on("pageerror", (error) => faults.push(error.stack ?? String(error)));
    page.on("console", (message) => {
      // The first question for the session is answered 401, and a server that is away is the point
      // of some tests; the browser notes both.
      const isNetwork = /Failed to load resource|WebSocket connection/.test(message.text());
      if (message.type() === "error" && !isNetwork) faults.push(message.text());
    });
  };
  const open = async (context) => {
    const page = await context.newPage();
    page.setDefaultTimeout(8000);
    watch(page);
    await page.goto(url);
    return page;
  };
  const signIn = async (login, more = {}) => {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...more });
    contexts.push(context);
    const page = await open(context);
    await page.getByLabel("Email address or user name").fill(login);
    await page.getByLabel("Password", { exact: true }).fill("secret");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page
      .getByRole("button", { name: /^Ken Myer|^Denise Smith/ })
      .first()
      .waitFor();
    return page;
  };
  const end = async () => {
    for (const context of contexts) await context.close();
    await close();
    if (faults.length > 0) throw new Error(`the page complained:\n${faults.join("\n")}`);
  };
  return { url, world, signIn, open, end, contexts };
}

const axe = await readFile(AXE, "utf8");

/** The violations axe finds, as one line each. */
export async function violations(page) {
  await page.evaluate(axe);
  const found = await page.evaluate(() =>
    globalThis.axe.run(document, { resultTypes: ["violations"] }).then((all) => all.violations),
  );
  return found.flatMap(({ id, nodes }) =>
    nodes.map((node) => `${id}: ${node.target} ${node.failureSummary}`),
  );
}

export const own = (page) => page.getByRole("button", { name: /Change your status|Your account/ });
export const row = (page, name) => page.getByRole("option", { name });
export const chat = (page, name) => page.getByRole("region", { name: `Chat with ${name}` });
