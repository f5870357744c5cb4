// A phone in a browser that nobody here wrote (SIP.js), over secure WebSocket, and the others.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Demo, until } from './support/demo.mjs';
import { Person, launch } from './support/browser.mjs';
import { SipJs } from './support/sipjs.mjs';
import { addContact, contact, delivered, heard, openChat, own, say, setState } from './support/page.mjs';

const PILAR = 'Pilar Ackerman';
const AWAY = `<?xml version="1.0"?><presence xmlns="urn:ietf:params:xml:ns:pidf"
  xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model" xmlns:rpid="urn:ietf:params:xml:ns:pidf:rpid"
  entity="sip:pilar@litwareinc.com"><tuple id="t"><status><basic>open</basic></status></tuple>
  <dm:person id="p"><rpid:activities><rpid:busy/></rpid:activities></dm:person></presence>`;

describe('SIP.js over secure WebSocket', () => {
  let demo, browser, ken, pilar;
  before(async () => {
    demo = await Demo.start();
    browser = await launch('--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream',
      '--disable-features=WebRtcHideLocalIpsWithMdns');
    ken = await Person.signIn(browser, demo, 'kenmyer');
    await own(ken.page, 'Available').waitFor();
    await addContact(ken.page, PILAR);
  });
  after(async () => {
    await pilar?.end();
    await browser?.close();
    await demo?.end();
  });

  test('a wrong password is refused', async () => {
    const thief = await SipJs.signIn(browser, demo, 'pilar', 'not the password');
    assert.notEqual(thief.status, 200);
    await thief.end();
  });

  test('it signs in, and is there', async () => {
    pilar = await SipJs.signIn(browser, demo, 'pilar');
    assert.equal(pilar.status, 200, pilar.log.join('\n'));
    await contact(ken.page, PILAR, 'Available').waitFor();
  });

  test('the page writes, it reads', async () => {
    await openChat(ken.page, PILAR);
    await say(ken.page, PILAR, 'Hello from the page: Grüße, 日本語');
    await pilar.until('the text', () => window.texts.includes('Hello from the page: Grüße, 日本語'));
    await delivered(ken.page, PILAR, 'Hello from the page: Grüße, 日本語');
  });

  test('it writes, the page reads', async () => {
    assert.equal(await pilar.write(demo.user('kenmyer').sip, 'Hello from the browser'), 200);
    assert.equal(await heard(ken.page, PILAR, 'Hello from the browser'), 1);
  });

  test('presence goes both ways', async () => {
    await pilar.page.evaluate((of) => window.watchPresence(of), demo.user('kenmyer').sip);
    await pilar.until('a first state', () => window.states.length > 0);
    await setState(ken.page, 'Busy');
    await pilar.until('busy', () => /busy/.test(window.states.at(-1)));
    await pilar.page.evaluate((pidf) => window.publish(pidf), AWAY);
    await contact(ken.page, PILAR, 'Busy').waitFor();
  });

  test('two of them call each other, and hear each other', async () => {
    const holly = await SipJs.signIn(browser, demo, 'kenmyer');
    await holly.page.evaluate((to) => window.call(to), demo.user('pilar').sip);
    await pilar.until('the call', () => window.session !== undefined);
    await pilar.page.evaluate(() => window.accept());
    await holly.until('200', () => window.answers.includes(200));
    for (const phone of [holly, pilar]) {
      await until('sound both ways', async () => {
        const { sent, heard } = await phone.page.evaluate(() => window.packets());
        return sent > 20 && heard > 20;
      });
    }
    await pilar.page.evaluate(() => window.hangUp());
    await holly.until('the end', () => window.ended === 1);
    await holly.end();
  });

  test('it leaves, and is gone', async () => {
    await pilar.end();
    await contact(ken.page, PILAR, 'Offline').waitFor();
  });
});
