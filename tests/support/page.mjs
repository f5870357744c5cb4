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
