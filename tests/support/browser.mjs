// People in real browsers: Debian's Chromium by playwright-core, elements found by role and name.
import { chromium } from 'playwright-core';

const flags = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync'];

export async function launch(...more) {
  return chromium.launch({ executablePath: '/usr/bin/chromium', headless: true, args: [...flags, ...more] });
}

/** A signed-in person: a browser context of their own, one tab. */
export class Person {
  /** `who`: the name of one of the demo's people, or `{upn, password}` of somebody else. */
  static async signIn(browser, demo, who) {
    const person = new Person(browser, demo, typeof who === 'string' ? demo.user(who) : who);
    await person.open();
    return person;
  }

  constructor(browser, demo, user) {
    this.browser = browser;
    this.demo = demo;
    this.user = user;
  }

  async open() {
    this.context = await this.browser.newContext({
      ignoreHTTPSErrors: true, viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce',
    });
    this.page = await this.context.newPage();
    this.problems = [];
    this.page.on('pageerror', (error) => this.problems.push(String(error)));
    await this.page.goto(this.demo.urls.owa);
    await this.page.getByLabel('Email address or user name').fill(this.user.upn);
    await this.page.getByLabel('Password', { exact: true }).fill(this.user.password);
    await this.page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await this.page.getByRole('navigation').first().waitFor();
  }

  /** Another tab of the same person. */
  async tab() {
    const page = await this.context.newPage();
    page.on('pageerror', (error) => this.problems.push(String(error)));
    await page.goto(this.demo.urls.owa);
    await page.getByRole('navigation').first().waitFor();
    return page;
  }

  async close() {
    await this.context.close();
  }
}
