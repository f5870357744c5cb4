// A client that talks in sessions (the Lync dialect: INVITE, MESSAGE, INFO, BYE) with a person at the page and with
// linphone, which knows single texts only; rich text on its way to both.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Linphone, hasLinphone } from './support/linphone.mjs';
import { Demo } from './support/demo.mjs';
import { Person, launch } from './support/browser.mjs';
import { SipTls } from './support/siptls.mjs';
import { addContact, chat, delivered, heard, openChat, own, say } from './support/page.mjs';

const PILAR = 'Pilar Ackerman';
/** What Communicator and Lync send when somebody types with a font. */
const rich = (words) => `{\\rtf1\\ansi{\\fonttbl{\\f0\\fswiss Segoe UI;}}\\f0\\fs18 ${words} are \\b bold\\b0\\par}`;
const ok = ({ head }, what = 200) => assert.match(head, new RegExp(`^SIP/2\\.0 ${what} `));

describe('a session with a person at the page', () => {
  let demo, browser, ken, pilar, session;
  before(async () => {
    demo = await Demo.start();
    browser = await launch();
    ken = await Person.signIn(browser, demo, 'kenmyer');
    await own(ken.page, 'Available').waitFor();
    await addContact(ken.page, PILAR);
    pilar = new SipTls(demo, 'pilar');
    ok(await pilar.register());
  });
  after(async () => {
    pilar?.end();
    await browser?.close();
    await demo?.end();
  });

  test('it is accepted, and what is said in it is on the page', async () => {
    session = await pilar.talkWith(demo.user('kenmyer').sip);
    ok(session.answer);
    assert.match(session.answer.body, /m=message \d+ sip /);
    ok(await session.say('Hello from the session'));
    await openChat(ken.page, PILAR);
    assert.equal(await heard(ken.page, PILAR, 'Hello from the session'), 1);
  });

  test('what the page says comes in the session', async () => {
    await say(ken.page, PILAR, 'Hello from the page');
    const message = await pilar.notified(/Hello from the page/, 'MESSAGE');
    assert.ok(session.isOf(message), message.head);
    await delivered(ken.page, PILAR, 'Hello from the page');
  });

  test('typing is seen on both sides', async () => {
    ok(await session.type());
    await chat(ken.page, PILAR).getByText(/typing/i).first().waitFor();
    await chat(ken.page, PILAR).getByRole('textbox').pressSequentially('Well');
    const info = await pilar.notified(/status="type"/, 'INFO');
    assert.ok(session.isOf(info), info.head);
  });

  test('rich text is words on the page', async () => {
    ok(await session.say(rich('These'), 'text/rtf'));
    assert.equal(await heard(ken.page, PILAR, 'These are bold'), 1);
    assert.doesNotMatch(await chat(ken.page, PILAR).innerText(), /rtf1|fonttbl|Segoe/);
  });

  test('when the session has ended, texts come by themselves', async () => {
    ok(await session.end());
    await say(ken.page, PILAR, 'One more thing');
    const message = await pilar.notified(/One more thing/, 'MESSAGE');
    assert.ok(!session.isOf(message), message.head);
    await delivered(ken.page, PILAR, 'One more thing');
  });
});

describe('a session with linphone', { skip: hasLinphone ? false : 'linphonec is not installed' }, () => {
  let demo, phone, pilar, session;
  before(async () => {
    demo = await Demo.start();
    phone = new Linphone(demo, 'kenmyer', 'pilar', { debug: true });
    await phone.shows(/to \[LinphoneRegistrationOk/);
    pilar = new SipTls(demo, 'pilar');
    ok(await pilar.register());
    session = await pilar.talkWith(demo.user('kenmyer').sip);
  });
  after(async () => {
    pilar?.end();
    await phone?.end();
    await demo?.end();
  });

  test('each reads the other', async () => {
    ok(await session.say('Hello from the session'));
    await phone.shows(/Message received from .*: Hello from the session/);
    phone.say('Hello from the phone');
    const message = await pilar.notified(/Hello from the phone/, 'MESSAGE');
    assert.ok(session.isOf(message), message.head);
  });

  test('rich text is words there too', async () => {
    ok(await session.say(rich('Those'), 'text/rtf'));
    await phone.shows(/Message received from .*: Those are bold/);
    assert.doesNotMatch(phone.output, /fonttbl|Segoe/);
  });
});
