// Two people in two real browsers over a ready-integrated demo: mail, presence, chat, several
// tabs, reloads, and the server dying at bad moments.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { Demo, until } from './support/demo.mjs';
import { Person, launch } from './support/browser.mjs';
import { handIn } from './support/smtp.mjs';
import {
  addContact, chat, contact, delivered, entry, heard, log, openChat, own, readMail, recordStates, recordedStates, row, say, send, sendMail, setState, writeMail,
} from './support/page.mjs';

const KEN = 'Ken Myer';
const PILAR = 'Pilar Ackerman';

/** A mail whose HTML tries to run, to submit, and to tell who reads it. */
const newsletter = (there) => `From: Nadia <nadia@contoso.test>
To: Ken Myer <kenmyer@litwareinc.com>
Subject: Spring news
Date: ${new Date().toUTCString()}
Message-ID: <spring@contoso.test>
MIME-Version: 1.0
Content-Type: text/html; charset=utf-8

<html><head><link rel="stylesheet" href="${there}/link.css"><style>@import url(${there}/import.css);
body { background: url(${there}/background.png) }</style></head>
<body background="${there}/body.png" onload="parent.document.title='owned'">
<h1 style="background-image: url('${there}/style.png')">Spring is here</h1>
<img src="${there}/pixel.png" width="1" height="1"><img src="x" onerror="parent.document.title='owned'">
<img srcset="${there}/set.png 2x" src="${there}/plain.png"><script>parent.document.title = 'owned'</script>
<svg><image href="${there}/svg.png"/></svg><video poster="${there}/poster.png"><source src="${there}/video.mp4"></video>
<iframe src="${there}/frame.html"></iframe><object data="${there}/object.swf"></object>
<form action="${there}/form"><input name="password"><button onclick="parent.document.title='owned'">Go</button></form>
<meta http-equiv="refresh" content="0; url=${there}/refresh.html"><base href="${there}/">
<a href="${there}/link">Read on</a></body></html>
`;

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
    await delivered(ken.page, PILAR, 'Hello Pilar');

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

  test('a text or a mail of one endless word keeps nobody from reading', async () => {
    const endless = 'A'.repeat(7_500);
    await say(ken.page, PILAR, endless);
    await heard(pilar.page, KEN, endless);
    const bubble = log(pilar.page, KEN).getByRole('article').filter({ hasText: endless });
    assert.ok(await bubble.locator('wbr').count() > 100);
    const mail = `From: nadia@contoso.test\r\nTo: pilar@litwareinc.com\r\nSubject: ${'S'.repeat(900)}\r\n\r\n${'www.a.'.repeat(150)}\r\n`;
    assert.match(await handIn(demo, 'nadia@contoso.test', 'pilar@litwareinc.com', mail), /^250 /);
    await row(pilar.page, 'nadia@contoso.test').click();
    const heading = pilar.page.getByRole('heading', { name: /^S{900}$/ });
    await heading.waitFor();
    assert.ok(await heading.locator('wbr').count() > 10);
    await say(pilar.page, KEN, 'Still here');
    await heard(ken.page, PILAR, 'Still here');
  });

  test('a third person, made in the shell, signs in and adds a contact', async () => {
    await demo.run(`New-Mailbox -Name "Ann Beebe" -UserPrincipalName ann@litwareinc.com -Password (ConvertTo-SecureString "correct horse 9" -AsPlainText -Force)
      Enable-CsUser -Identity "Ann Beebe" -RegistrarPool atl-cs-001.litwareinc.com -SipAddress sip:ann@litwareinc.com`);
    const ann = await Person.signIn(browser, demo, { upn: 'ann@litwareinc.com', password: 'correct horse 9' });
    await addContact(ann.page, PILAR);
    await contact(ann.page, PILAR, 'Available').waitFor();
    assert.deepEqual(ann.problems, []);
    await ann.close();
  });

  test('mail from outside appears by itself; its HTML is cleaned and calls nobody', async () => {
    const called = [];
    const tracker = createServer((request, response) => { called.push(request.url); response.end(); });
    await new Promise((resolve) => tracker.listen(0, '127.0.0.1', resolve));
    const there = `http://127.0.0.1:${tracker.address().port}`;
    const requests = [];
    ken.context.on('request', (request) => requests.push(request.url()));
    const accepted = await handIn(demo, 'nadia@contoso.test', 'kenmyer@litwareinc.com', newsletter(there));
    assert.match(accepted, /^250 /);
    await row(ken.page, 'Nadia, .*Spring news').or(row(ken.page, 'Nadia.*Spring news')).first().waitFor();
    await readMail(ken.page, 'Spring news');
    const body = ken.page.frameLocator('iframe[title="Message: Spring news"]');
    await body.getByRole('heading', { name: 'Spring is here' }).waitFor();
    await ken.page.getByText(/remote pictures? blocked/).waitFor();
    await ken.page.getByRole('button', { name: 'Show remote content' }).waitFor();
    assert.equal(await body.locator('script, link, form, iframe, object, [onerror], [onclick]').count(), 0);
    assert.deepEqual(requests.filter((url) => new URL(url).origin !== new URL(demo.urls.owa).origin), []);
    assert.deepEqual(called, []);
    assert.equal(await ken.page.evaluate(() => document.title.includes('owned')), false);
    tracker.close();
  });

  test('a deleted mail is in Deleted, also after a reload', async () => {
    await ken.page.getByRole('toolbar').getByRole('button', { name: 'Delete' }).click();
    await row(ken.page, 'Spring news').waitFor({ state: 'detached' });
    await ken.page.reload();
    await row(ken.page, 'Re: Lunch').waitFor();
    assert.equal(await row(ken.page, 'Spring news').count(), 0);
    const folders = ken.page.getByRole('list', { name: 'Folders' });
    await folders.getByRole('button', { name: /^Deleted/ }).click();
    await row(ken.page, 'Spring news').waitFor();
    await folders.getByRole('button', { name: /^Inbox/ }).click();
    await row(ken.page, 'Re: Lunch').waitFor();
  });

  test('the registrar alone restarts in the middle of a chat: unknown, then right again', async () => {
    await say(ken.page, PILAR, 'Before the registrar restarts');
    await heard(pilar.page, KEN, 'Before the registrar restarts');
    await contact(ken.page, PILAR, 'Available').waitFor();
    await recordStates(ken.page, PILAR);
    await demo.run('Restart-Service RTCSRV');
    const states = async () => (await recordedStates(ken.page)).map((label) => label.split(/, |\. /)[1]);
    await until('unknown, then available', async () => {
      const seen = await states();
      return seen.includes('Presence unknown') && seen.at(-1) === 'Available';
    }, 60_000);
    assert.deepEqual([...new Set(await states())].sort(), ['Available', 'Presence unknown']);
    await say(ken.page, PILAR, 'After the registrar restarted');
    assert.equal(await heard(pilar.page, KEN, 'After the registrar restarted', 60_000), 1);
    await delivered(ken.page, PILAR, 'After the registrar restarted');
    assert.equal(await heard(ken.page, PILAR, 'Before the registrar restarts'), 1);
  });

  test('the web half alone is recycled in the middle of a chat', async () => {
    await recordStates(pilar.page, KEN);
    await demo.run('C:\\Windows\\System32\\Inetsrv\\Appcmd.exe recycle apppool /apppool.name:"MSExchangeOWAAppPool"');
    await say(pilar.page, KEN, 'Said while recycling');
    assert.equal(await heard(ken.page, PILAR, 'Said while recycling', 60_000), 1);
    await delivered(pilar.page, KEN, 'Said while recycling', 60_000);
    await contact(pilar.page, KEN, 'Available').waitFor();
    await contact(ken.page, PILAR, 'Available').waitFor();
    await say(ken.page, PILAR, 'Heard after recycling');
    assert.equal(await heard(pilar.page, KEN, 'Heard after recycling'), 1);
  });

  test('the server restarts in the middle of a chat: all is mended without anybody’s help', async () => {
    await demo.stop();
    await contact(ken.page, PILAR, 'Presence unknown').waitFor({ timeout: 40_000 });
    await demo.start();
    await contact(ken.page, PILAR, 'Available').waitFor({ timeout: 60_000 });
    await say(ken.page, PILAR, 'Back again');
    await heard(pilar.page, KEN, 'Back again', 60_000);
  });

  test('the chosen status and a sign-out of IM outlive the server', async () => {
    await setState(pilar.page, 'Do not disturb');
    await contact(ken.page, PILAR, 'Do not disturb').waitFor();
    await demo.stop();
    for (const [page, name] of [[ken.page, PILAR], [pilar.page, KEN]]) {
      await contact(page, name, 'Presence unknown').waitFor({ timeout: 40_000 });
    }
    await demo.start();
    await contact(ken.page, PILAR, 'Do not disturb').waitFor({ timeout: 60_000 });
    await contact(pilar.page, KEN, 'Available').waitFor({ timeout: 60_000 });
    await setState(pilar.page, 'Reset status');
    await contact(ken.page, PILAR, 'Available').waitFor();
    await setState(pilar.page, 'Sign out of IM');
    await contact(ken.page, PILAR, 'Offline').waitFor();
    await demo.stop();
    await contact(ken.page, PILAR, 'Presence unknown').waitFor({ timeout: 40_000 });
    await demo.start();
    await contact(ken.page, PILAR, 'Offline').waitFor({ timeout: 60_000 });
    await pilar.page.reload();
    await setState(pilar.page, 'Sign in to IM');
    await contact(ken.page, PILAR, 'Available').waitFor({ timeout: 60_000 });
    await contact(pilar.page, KEN, 'Available').waitFor({ timeout: 60_000 });
  });

  test('kill -9 after acknowledged mail and chat: nothing acknowledged is missing', async () => {
    for (let round = 0; round < 3; round += 1) {
      await say(ken.page, PILAR, `Chat ${round}`);
      await delivered(ken.page, PILAR, `Chat ${round}`);
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
    // This very text: one of before may wait as well, if she was just coming back.
    await entry(ken.page, PILAR, 'For when you are back').getByText(/Will be delivered when Pilar/).waitFor();
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
