// Two people in two real browsers over a ready-integrated demo: mail, presence, chat, several
// tabs, reloads, and the server dying at bad moments.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Demo, until } from './support/demo.mjs';
import { Person, launch } from './support/browser.mjs';
import {
  addContact, chat, contact, heard, log, openChat, own, readMail, row, say, send, sendMail, setState, writeMail,
} from './support/page.mjs';

const KEN = 'Ken Myer';
const PILAR = 'Pilar Ackerman';

describe('two people', () => {
  let demo, browser, ken, pilar;
  before(async () => {
    demo = await Demo.start();
    browser = await launch();
    ken = await Person.signIn(browser, demo, 'kenmyer');
    pilar = await Person.signIn(browser, demo, 'pilar');
  });
  after(async () => {
    await browser?.close();
    await demo?.end();
  });

  test('both are available', async () => {
    await own(ken.page, 'Available').waitFor();
    await own(pilar.page, 'Available').waitFor();
  });

  test('contacts show live presence', async () => {
    await addContact(ken.page, PILAR);
    await addContact(pilar.page, KEN);
    await contact(ken.page, PILAR, 'Available').waitFor();
    for (const state of ['Busy', 'Do not disturb', 'Be right back', 'Off work', 'Appear away']) {
      await setState(pilar.page, state);
      await contact(ken.page, PILAR, state === 'Appear away' ? 'Away' : state).waitFor();
    }
    await setState(pilar.page, 'Reset status');
    await contact(ken.page, PILAR, 'Available').waitFor();
  });

  test('mail each way, with marks beside people', async () => {
    await sendMail(ken.page, 'pilar@litwareinc.com', 'Lunch', 'Shall we have lunch at noon?');
    await row(pilar.page, 'Lunch').waitFor();
    await readMail(pilar.page, 'Lunch');
    await pilar.page.getByText('Shall we have lunch at noon?').first().waitFor();
    await pilar.page.getByRole('button', { name: 'Reply', exact: true }).first().click();
    await pilar.page.getByLabel('Message', { exact: true }).pressSequentially('Yes, gladly.');
    await send(pilar.page);
    await row(ken.page, 'Re: Lunch').waitFor();
    await readMail(ken.page, 'Re: Lunch');
    await ken.page.getByText('Yes, gladly.').first().waitFor();
    await row(ken.page, 'Pilar Ackerman, Available, Re: Lunch').waitFor();
  });

  test('a chat with typing, answered while a mail is being written', async () => {
    await openChat(ken.page, PILAR);
    await say(ken.page, PILAR, 'Hello Pilar');
    const toast = pilar.page.getByRole('region', { name: `New message from ${KEN}` });
    await toast.waitFor();
    await toast.getByRole('button', { name: 'Reply' }).click();
    assert.equal(await heard(pilar.page, KEN, 'Hello Pilar'), 1);
    await log(ken.page, PILAR).getByText('Delivered').first().waitFor();

    await pilar.page.getByLabel(`Message to ${KEN}`).pressSequentially('Just a');
    await chat(ken.page, PILAR).getByText(`${PILAR} is typing…`).waitFor();
    await pilar.page.getByLabel(`Message to ${KEN}`).fill('');

    await writeMail(pilar.page, 'kenmyer@litwareinc.com', 'Report', 'Draft of the report');
    await say(ken.page, PILAR, 'Are you there?');
    await heard(pilar.page, KEN, 'Are you there?');
    await say(pilar.page, KEN, 'Yes, writing you a mail');
    await heard(ken.page, PILAR, 'Yes, writing you a mail');
    await send(pilar.page);
    await row(ken.page, 'Report').waitFor();
  });

  test('a second tab agrees, and a reload keeps the conversation', async () => {
    const tab = await ken.tab();
    await own(tab, 'Available').waitFor();
    await openChat(tab, PILAR);
    await heard(tab, PILAR, 'Yes, writing you a mail');
    await say(tab, PILAR, 'From my other tab');
    await heard(ken.page, PILAR, 'From my other tab');
    await heard(pilar.page, KEN, 'From my other tab');
    await setState(tab, 'Busy');
    await own(ken.page, 'Busy').waitFor();
    await setState(tab, 'Available');
    await ken.page.reload();
    await chat(ken.page, PILAR).waitFor();
    assert.equal(await heard(ken.page, PILAR, 'From my other tab'), 1);
    await tab.close();
  });

  test('the server restarts in the middle of a chat: all is mended without anybody’s help', async () => {
    await demo.stop();
    await contact(ken.page, PILAR, 'Presence unknown').waitFor({ timeout: 40_000 });
    await demo.start();
    await contact(ken.page, PILAR, 'Available').waitFor({ timeout: 60_000 });
    await say(ken.page, PILAR, 'Back again');
    await heard(pilar.page, KEN, 'Back again', 60_000);
  });

  test('kill -9 after acknowledged mail and chat: nothing acknowledged is missing', async () => {
    for (let round = 0; round < 3; round += 1) {
      await say(ken.page, PILAR, `Chat ${round}`);
      await log(ken.page, PILAR).getByText('Delivered').last().waitFor();
      await heard(pilar.page, KEN, `Chat ${round}`);
      await sendMail(ken.page, 'pilar@litwareinc.com', `Mail ${round}`, 'Acknowledged');
      await demo.restart('SIGKILL');
      await contact(ken.page, PILAR, 'Available').waitFor({ timeout: 60_000 });
    }
    const fresh = await Person.signIn(browser, demo, 'pilar');
    for (let round = 0; round < 3; round += 1) await row(fresh.page, `Mail ${round}`).waitFor();
    await addContactIfMissing(fresh.page);
    await openChat(fresh.page, KEN);
    for (let round = 0; round < 3; round += 1) {
      assert.equal(await heard(fresh.page, KEN, `Chat ${round}`), 1);
    }
    await fresh.close();
  });

  test('an absent person gets it later', async () => {
    await pilar.close();
    await contact(ken.page, PILAR, 'Offline').waitFor({ timeout: 90_000 });
    await say(ken.page, PILAR, 'For when you are back');
    await log(ken.page, PILAR).getByText(/Will be delivered when Pilar/).waitFor();
    pilar = await Person.signIn(browser, demo, 'pilar');
    await openChat(pilar.page, KEN);
    assert.equal(await heard(pilar.page, KEN, 'For when you are back'), 1);
  });

  test('nothing went wrong in the pages', () => {
    assert.deepEqual(ken.problems, []);
    assert.deepEqual(pilar.problems, []);
  });

  async function addContactIfMissing(page) {
    const there = await contact(page, KEN).first().waitFor({ timeout: 5_000 }).then(() => true, () => false);
    if (!there) await addContact(page, KEN);
  }
});
