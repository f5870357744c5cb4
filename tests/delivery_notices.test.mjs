// What became of a text (CPIM, IMDN) as linphone tells and hears it; texts kept for a phone that was away.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Linphone, hasLinphone } from './support/linphone.mjs';
import { Demo } from './support/demo.mjs';
import { Person, launch } from './support/browser.mjs';
import { addContact, contact, delivered, heard, openChat, own, say } from './support/page.mjs';

const PILAR = 'Pilar Ackerman';
const skip = hasLinphone ? false : 'linphonec is not installed';
/** What linphone writes down when it was told that a text of its own has come. */
const CAME = /moving from \w+ to DeliveredToUser/g;
const WRAPS = { wraps: true, debug: true };

const times = (phone, text) => phone.output.split(`: ${text}\n`).length - 1;

describe('linphone with CPIM and a person at the page', { skip }, () => {
  let demo, browser, ken, phone;
  before(async () => {
    demo = await Demo.start();
    browser = await launch();
    ken = await Person.signIn(browser, demo, 'kenmyer');
    await own(ken.page, 'Available').waitFor();
    await addContact(ken.page, PILAR);
    phone = new Linphone(demo, 'pilar', 'kenmyer', WRAPS);
    await contact(ken.page, PILAR, 'Available').waitFor();
    await openChat(ken.page, PILAR);
  });
  after(async () => {
    await phone?.end();
    await browser?.close();
    await demo?.end();
  });

  test('its wrapped text is words on the page, and it is told that they came', async () => {
    phone.say('Wrapped, and asked about');
    assert.equal(await heard(ken.page, PILAR, 'Wrapped, and asked about'), 1);
    await phone.shows(CAME);
  });

  test('the page writes, the phone reads', async () => {
    await say(ken.page, PILAR, 'Hello from the page');
    await phone.shows(/Message received from .*: Hello from the page/);
    await delivered(ken.page, PILAR, 'Hello from the page');
  });

  test('what the page says while the phone is away is shown when it comes back, once', async () => {
    const { folder } = phone;
    await phone.quit();
    await contact(ken.page, PILAR, 'Offline').waitFor();
    await say(ken.page, PILAR, 'While you were away');
    await ken.page.getByText(`Will be delivered when ${PILAR} signs in`).waitFor();
    phone = new Linphone(demo, 'pilar', 'kenmyer', { ...WRAPS, folder });
    await phone.shows(/Message received from .*: While you were away/);
    await phone.quit();
    phone = new Linphone(demo, 'pilar', 'kenmyer', { ...WRAPS, folder });
    await contact(ken.page, PILAR, 'Available').waitFor();
    // Whatever was kept is handed over before a new text.
    await say(ken.page, PILAR, 'And now');
    await phone.shows(/Message received from .*: And now/);
    assert.equal(times(phone, 'While you were away'), 0);
  });
});

describe('two linphones with CPIM', { skip }, () => {
  let demo, ken, pilar;
  before(async () => { demo = await Demo.start(); });
  after(async () => {
    await ken?.end();
    await pilar?.end();
    await demo?.end();
  });

  test('what one says to the other who is away comes later, and then it is told so', async () => {
    ken = new Linphone(demo, 'kenmyer', 'pilar', WRAPS);
    await ken.shows(/to \[LinphoneRegistrationOk/);
    ken.say('Are you there?');
    await ken.shows(/SIP\/2\.0 202 /);
    assert.doesNotMatch(ken.output, CAME);
    pilar = new Linphone(demo, 'pilar', 'kenmyer', WRAPS);
    await pilar.shows(/Message received from .*: Are you there\?/);
    await ken.shows(CAME);
  });

  test('both ways while both are there, each told once', async () => {
    const from = pilar.output.length;
    pilar.say('Now I am');
    await ken.shows(/Message received from .*: Now I am/);
    await pilar.shows(CAME, 20_000, from);
    assert.equal(pilar.output.slice(from).match(CAME).length, 1);
    assert.equal(times(pilar, 'Are you there?'), 1);
  });
});
