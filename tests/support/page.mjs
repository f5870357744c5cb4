// What a person does at the page, by role and name.
import { until } from './demo.mjs';

export const own = (page, presence) =>
  page.getByRole('button', { name: new RegExp(`^(Ken Myer|Pilar Ackerman), ${presence}.*Change your status`) });

export const contact = (page, name, presence = '') =>
  page.getByRole('button', { name: new RegExp(`^${name}, ${presence}.*Start a chat`) });

export const chat = (page, name) => page.getByRole('region', { name: `Chat with ${name}` });

export const log = (page, name) => page.getByRole('log', { name: `Conversation with ${name}` });

export async function setState(page, state) {
  await page.getByRole('button', { name: /Change your status/ }).click();
  const choice = page.getByRole('menuitemradio', { name: state, exact: true });
  await choice.or(page.getByRole('menuitem', { name: state, exact: true })).click();
}

export async function addContact(page, name) {
  await page.getByRole('button', { name: 'Add contact' }).first().click();
  await page.getByRole('menuitem', { name: 'Add contact' }).click();
  const dialog = page.getByRole('dialog', { name: 'Add a contact' });
  await dialog.getByLabel('Name or address').fill(name);
  await dialog.getByRole('option', { name: new RegExp(name) }).first().click();
  await dialog.getByRole('button', { name: 'Add contact' }).click();
  await dialog.waitFor({ state: 'hidden' });
}

export async function openChat(page, name) {
  await contact(page, name).click();
  await chat(page, name).waitFor();
}

export async function say(page, name, text) {
  await page.getByLabel(`Message to ${name}`).fill(text);
  await page.getByRole('button', { name: `Send to ${name}` }).click();
}

/** Waits until a text stands in the conversation, and says how often. */
export async function heard(page, name, text, cap = 20_000) {
  await log(page, name).getByText(text, { exact: true }).first().waitFor({ timeout: cap });
  return log(page, name).getByText(text, { exact: true }).count();
}

/** One text of a conversation, with what is said of it. */
export const entry = (page, name, text) =>
  log(page, name).getByRole('article').filter({ has: page.getByText(text, { exact: true }) });

/** Waits until an own text is said to be delivered: that very text, not another. */
export async function delivered(page, name, text, cap = 20_000) {
  await entry(page, name, text).getByText('Delivered').waitFor({ timeout: cap });
}

/** Writes down each state that a contact's button names from now on, however short it lasts. */
export async function recordStates(page, name) {
  await page.evaluate((prefix) => {
    const look = () => {
      for (const button of document.querySelectorAll(`button[aria-label^="${prefix}"]`)) {
        const label = button.getAttribute('aria-label');
        if (label.endsWith('Start a chat') && window.states.at(-1) !== label) window.states.push(label);
      }
    };
    window.states = [];
    look();
    new MutationObserver(look).observe(document.body, {
      subtree: true, childList: true, attributes: true, attributeFilter: ['aria-label'],
    });
  }, `${name}, `);
}

export const recordedStates = (page) => page.evaluate(() => window.states);

export async function writeMail(page, to, subject, body) {
  await page.getByRole('button', { name: 'New message' }).first().click();
  await page.getByLabel('To', { exact: true }).fill(to);
  await page.keyboard.press('Enter');
  await page.getByLabel('Subject').fill(subject);
  await page.getByLabel('Message', { exact: true }).fill(body);
}

/** Sends what is in the editor; it closes only when the server has said that it has the message. */
export async function send(page) {
  await page.getByRole('button', { name: 'Send', exact: true }).click();
  await page.getByLabel('Message', { exact: true }).waitFor({ state: 'detached' });
  await page.getByText('Message sent').first().waitFor();
}

export async function sendMail(page, to, subject, body) {
  await writeMail(page, to, subject, body);
  await send(page);
}

export const row = (page, subject) => page.getByRole('option', { name: new RegExp(subject) });

export async function readMail(page, subject) {
  await row(page, subject).first().click();
  await page.getByRole('heading', { name: subject }).first().waitFor();
}

export { until };
