// SIP clients that nobody here wrote, and a person at the page.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Baresip, hasBaresip } from './support/baresip.mjs';
import { Linphone, hasLinphone } from './support/linphone.mjs';
import { Demo } from './support/demo.mjs';
import { Person, launch } from './support/browser.mjs';
import { addContact, contact, delivered, heard, openChat, own, say, setState } from './support/page.mjs';

const PILAR = 'Pilar Ackerman';

describe('baresip over TLS with Digest', { skip: hasBaresip ? false : 'baresip is not installed' }, () => {
  let demo, browser, ken, phone;
  before(async () => {
    demo = await Demo.start();
    browser = await launch();
    ken = await Person.signIn(browser, demo, 'kenmyer');
  });
  after(async () => {
    await phone?.end();
    await browser?.close();
    await demo?.end();
  });

  test('a wrong password is refused', async () => {
    const thief = new Baresip(demo, 'pilar', 'kenmyer', 'not the password');
    await thief.shows(/40[13] |Forbidden|Wrong/);
    assert.doesNotMatch(thief.output, /SIP\/2\.0 200 OK/);
    await thief.end();
  });

  test('it signs in', async () => {
    phone = new Baresip(demo, 'pilar', 'kenmyer');
    await phone.shows(/200 OK/);
    await addContact(ken.page, PILAR);
    await contact(ken.page, PILAR, 'Available').waitFor();
  });

  test('the page writes, the phone reads', async () => {
    await openChat(ken.page, PILAR);
    await say(ken.page, PILAR, 'Hello from the page');
    await phone.shows(/Hello from the page/);
    await delivered(ken.page, PILAR, 'Hello from the page');
  });

  test('the phone writes, the page reads', async () => {
    phone.type('/message Hello from the phone');
    assert.equal(await heard(ken.page, PILAR, 'Hello from the phone'), 1);
  });
});

describe('linphone over TLS with Digest', { skip: hasLinphone ? false : 'linphonec is not installed' }, () => {
  let demo, browser, ken, phone;
  before(async () => {
    demo = await Demo.start();
    browser = await launch();
    ken = await Person.signIn(browser, demo, 'kenmyer');
    await own(ken.page, 'Available').waitFor();
    await addContact(ken.page, PILAR);
    await contact(ken.page, PILAR, 'Offline').waitFor();
  });
  after(async () => {
    await phone?.end();
    await browser?.close();
    await demo?.end();
  });

  test('what the phone publishes is on the page', async () => {
    phone = new Linphone(demo, 'pilar', 'kenmyer');
    await contact(ken.page, PILAR, 'Available').waitFor();
  });

  test('what the page chooses is on the phone', async () => {
    await phone.shows(/Friend "Ken Myer".* is Online/i);
    for (const [state, word] of [['Busy', /Busy/i], ['Be right back', /away|back/i], ['Available', /Online/i]]) {
      const from = phone.output.length;
      await setState(ken.page, state);
      await phone.shows(new RegExp(`Friend "Ken Myer".* is .*(${word.source})`, 'i'), 20_000, from);
    }
  });

  test('the page writes, the phone reads', async () => {
    await openChat(ken.page, PILAR);
    await say(ken.page, PILAR, 'Hello from the page');
    await phone.shows(/Hello from the page/);
    await delivered(ken.page, PILAR, 'Hello from the page');
  });

  test('the phone writes, the page reads', async () => {
    phone.say('Hello from the phone');
    assert.equal(await heard(ken.page, PILAR, 'Hello from the phone'), 1);
  });

  test('the phone is put away: the page shows it', async () => {
    await phone.quit();
    await contact(ken.page, PILAR, 'Offline').waitFor();
  });
});

describe('linphone with a list', { skip: hasLinphone ? false : 'linphonec is not installed' }, () => {
  let demo, browser, ken, phone;
  before(async () => {
    demo = await Demo.start();
    browser = await launch();
    ken = await Person.signIn(browser, demo, 'kenmyer');
    await own(ken.page, 'Available').waitFor();
  });
  after(async () => {
    await phone?.end();
    await browser?.close();
    await demo?.end();
  });

  test('it sees those of the list it brings along, and what they choose', async () => {
    const [, domain] = demo.user('pilar').sip.split('@');
    phone = new Linphone(demo, 'pilar', 'kenmyer', { rls: `sip:rls@${domain}` });
    await phone.shows(/Friend "Ken Myer".* is Online/i);
    for (const [state, word] of [['Busy', /Busy/i], ['Available', /Online/i]]) {
      const from = phone.output.length;
      await setState(ken.page, state);
      await phone.shows(new RegExp(`Friend "Ken Myer".* is .*(${word.source})`, 'i'), 20_000, from);
    }
  });
});
