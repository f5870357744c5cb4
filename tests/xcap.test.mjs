// What a SIP client keeps with the pool over XCAP, and two people at the page: one contact list, and
// who may see whom.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { after, before, describe, test } from 'node:test';
import { Demo } from './support/demo.mjs';
import { Person, launch } from './support/browser.mjs';
import { SipTls } from './support/siptls.mjs';
import { addContact, contact, own, setState } from './support/page.mjs';

const KEN = 'Ken Myer';
const PILAR = 'Pilar Ackerman';
const LISTS = 'urn:ietf:params:xml:ns:resource-lists';

describe('XCAP and the page', () => {
  let demo, browser, ken, pilar;
  before(async () => {
    demo = await Demo.start();
    browser = await launch();
    ken = await Person.signIn(browser, demo, 'kenmyer');
    pilar = await Person.signIn(browser, demo, 'pilar');
    await own(ken.page, 'Available').waitFor();
    await own(pilar.page, 'Available').waitFor();
  });
  after(async () => {
    await browser?.close();
    await demo?.end();
  });

  /** A request as a SIP client of this person makes it. */
  async function ask(name, method, usage, { type, body, part = '', of = name } = {}) {
    const user = demo.user(name);
    const [host] = Object.keys(demo.hosts).filter((one) => one.startsWith('atl-cs-'));
    const headers = { Authorization: `Basic ${Buffer.from(`${user.upn}:${user.password}`).toString('base64')}` };
    if (body) Object.assign(headers, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) });
    return new Promise((resolve, reject) => {
      const sent = request({
        method, headers, host: '127.0.0.1', port: demo.ports.xcap, servername: host,
        ca: readFileSync(demo.ca_file), path: `/xcap-root/${usage}/users/${demo.user(of).sip}/index${part}`,
      }, (answer) => {
        let text = '';
        answer.on('data', (chunk) => { text += chunk; });
        answer.on('end', () => resolve({ status: answer.statusCode, text, etag: answer.headers.etag }));
      });
      sent.on('error', reject);
      sent.end(body);
    });
  }

  const lists = (inner) => `<resource-lists xmlns="${LISTS}">${inner}</resource-lists>`;

  test('a list that a client writes is on the page', async () => {
    const entry = `<entry uri="${demo.user('pilar').sip}"><display-name>${PILAR}</display-name></entry>`;
    const body = lists(`<!-- from a phone --><list name="Phone">${entry}</list>`);
    const made = await ask('kenmyer', 'PUT', 'resource-lists', { type: 'application/resource-lists+xml', body });
    assert.equal(made.status, 201, made.text);
    await contact(ken.page, PILAR, 'Available').waitFor();
    const read = await ask('kenmyer', 'GET', 'resource-lists');
    assert.deepEqual([read.status, read.text, read.etag], [200, body, made.etag]);
  });

  test('whom the page adds is in the document', async () => {
    assert.equal((await ask('pilar', 'GET', 'resource-lists')).status, 404);
    await addContact(pilar.page, KEN);
    await contact(pilar.page, KEN, 'Available').waitFor();
    const read = await ask('pilar', 'GET', 'resource-lists');
    assert.equal(read.status, 200);
    assert.ok(read.text.includes(`uri="${demo.user('kenmyer').sip}"`), read.text);
  });

  test('whom a client takes away is gone from the page', async () => {
    const part = `/~~/resource-lists/list%5b@name=%22Phone%22%5d/entry%5b@uri=%22${demo.user('pilar').sip}%22%5d`;
    assert.equal((await ask('kenmyer', 'DELETE', 'resource-lists', { part })).status, 200);
    await contact(ken.page, PILAR).waitFor({ state: 'detached' });
  });

  test('who is blocked sees somebody offline at once, whatever the other does', async () => {
    const rule = (id, who, handling) => `<rule id="${id}"><conditions><identity>${who}</identity></conditions>
      <actions><p:sub-handling>${handling}</p:sub-handling></actions>
      <transformations><p:provide-all-attributes/></transformations></rule>`;
    const { sip } = demo.user('pilar');
    const body = `<ruleset xmlns="urn:ietf:params:xml:ns:common-policy" xmlns:p="urn:ietf:params:xml:ns:pres-rules">
      ${rule('a', `<many><except id="${sip}"/></many>`, 'allow')}${rule('b', `<one id="${sip}"/>`, 'block')}</ruleset>`;
    const made = await ask('kenmyer', 'PUT', 'pres-rules', { type: 'application/auth-policy+xml', body });
    assert.equal(made.status, 201, made.text);
    await contact(pilar.page, KEN, 'Offline').waitFor({ timeout: 5_000 });
    await setState(ken.page, 'Busy');
    await own(ken.page, 'Busy').waitFor();
    assert.equal(await contact(pilar.page, KEN, 'Offline').count(), 1);
    assert.equal((await ask('kenmyer', 'DELETE', 'pres-rules')).status, 200);
    await contact(pilar.page, KEN, 'Busy').waitFor({ timeout: 5_000 });
  });

  test('a running subscription to the whole list follows the page', async () => {
    const phone = new SipTls(demo, 'pilar');
    try {
      const { sip } = demo.user('pilar');
      const accepted = await phone.ask('SUBSCRIBE', `${sip};list`, ['Event: presence', 'Supported: eventlist', 'Expires: 600']);
      assert.match(accepted.head, /^SIP\/2.0 200 /);
      const first = await phone.notified(new RegExp(`resource uri="${demo.user('kenmyer').sip}"`));
      assert.match(first.body, /<rpid:busy\/>/);
      // A client of Pilar's makes a list of nobody; the page and the phone see it.
      const made = await ask('pilar', 'PUT', 'resource-lists', { type: 'application/resource-lists+xml', body: lists('') });
      assert.equal(made.status, 200, made.text);
      await phone.notified(/fullState="true">\s*<\/list>/);
      await contact(pilar.page, KEN).waitFor({ state: 'detached' });
      await addContact(pilar.page, KEN);
      await phone.notified(new RegExp(`resource uri="${demo.user('kenmyer').sip}"`));
    } finally {
      phone.end();
    }
  });

  test('the documents of others are nobody\'s business', async () => {
    assert.equal((await ask('kenmyer', 'GET', 'resource-lists', { of: 'pilar' })).status, 403);
  });
});
