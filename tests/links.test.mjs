// The sixteen links as a person meets them (design.md §6): what the page says at a sign-in while
// one is broken, and that it mends itself when the printed repair is typed. The events, the traces,
// every variant and every pair are crates/sim/tests/links.rs.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Demo, until } from './support/demo.mjs';
import { Person, launch } from './support/browser.mjs';
import { selfSigned } from './support/certificate.mjs';

const KEN = 'kenmyer@litwareinc.com';
const AVAILABLE = /Ken Myer, Available/;
const APPCMD = 'C:\\Windows\\System32\\Inetsrv\\Appcmd.exe';
const RECYCLE = `${APPCMD} recycle apppool /apppool.name:"MSExchangeOWAAppPool"`;
const edit = (change) => `${APPCMD} set config "Exchange Back End/owa" /section:appSettings ${change}`;
const set = (change) => `${edit(change)}; ${RECYCLE}`;
const MAIL_SERVER = 'atl-owa-001.litwareinc.com';
/** Somebody brings a certificate of their own, and the settings name it. */
const own = (file, how) => (demo) => `$own = Import-ExchangeCertificate -FileName ${selfSigned(demo, file, MAIL_SERVER, how)}; ${set(`"/[key='IMCertificateThumbprint'].value:$($own.Thumbprint)"`)}`;
const REGISTRY = '-Path "HKLM:\\SYSTEM\\CurrentControlSet\\Services\\MSExchange OWA\\InstantMessaging"';

/** Links that are everybody's: a bar at each sign-in. */
const SHARED = [
  [1, `Remove-ItemProperty ${REGISTRY} -Name ImplementationDLLPath; ${RECYCLE}`, /isn't installed on the mail server/],
  [2, set(`"/-[key='IMServerName']"`), /hasn't been told which messaging server to use/],
  [3, set(`"/-[key='IMCertificateThumbprint']"`), /hasn't been told which certificate to use/],
  [4, set(`"/[key='IMCertificateThumbprint'].value:0123456789012345678901234567890123456789"`), /can't find or use the certificate/],
  [5, own('keyless.pem', { key: false }), /can't find or use the certificate/],
  [6, own('old.pem', { from: -30, to: -1 }), /has expired or isn't valid yet/],
  [7, `${set(`"/-[key='IMServerName']"`)}; Test-OwaInstantMessaging ${KEN} > $null; ${edit(`"/+[key='IMServerName',value='atl-cs-001.litwareinc.com']"`)}`, /changed and aren't in use yet/],
  [8, 'Stop-Service RTCSRV', /messaging server can't be reached/],
  [9, own('strange.pem'), /doesn't accept the mail server's certificate/],
  [10, `Remove-CsTrustedApplication -Identity atl-owa-001.litwareinc.com/urn:application:OutlookWebApp; Remove-CsTrustedApplicationPool -Identity atl-owa-001.litwareinc.com; Enable-CsTopology`, /doesn't know this mail server/],
  [12, 'Get-OwaVirtualDirectory | Set-OwaVirtualDirectory -InstantMessagingType None', /no kind of messaging server was chosen/],
  [13, `Set-OwaMailboxPolicy Default -InstantMessagingEnabled $True -InstantMessagingType None; Set-CASMailbox ${KEN} -OwaMailboxPolicy Default`, /no kind of messaging server was chosen/],
];

/** Links of one person: no marks, no bar, and the menu under the own name says why. */
const PERSONAL = [
  [14, `New-ExchangeServer ATL-EX-010 > $null; New-MoveRequest ${KEN} -TargetServer ATL-EX-010`, /on an older server/],
  [15, `Disable-CsUser ${KEN}`, /isn't enabled for instant messaging/],
  [16, `Set-Mailbox ${KEN} -EmailAddresses @{Remove="sip:${KEN}"}`, /isn't listed among your mailbox's addresses/],
];

const bar = (page) => page.locator('.im-bar');
const ownName = (page) => page.getByRole('button', { name: /^Ken Myer/ }).first();

describe('sixteen links, at the page', () => {
  let demo, browser;
  before(async () => { demo = await Demo.start(); browser = await launch(); });
  after(async () => { await browser?.close(); await demo?.end(); });

  /** Breaks a link; whatever warnings it gives, it must do it. */
  async function breaks(commands) {
    const { code, stderr } = await demo.shell(typeof commands === 'function' ? commands(demo) : commands);
    assert.equal(code, 0, stderr);
  }

  /** The link that the cmdlet names, and the repair it prints. */
  async function diagnosis() {
    const printed = await demo.run(`Test-OwaInstantMessaging ${KEN} | Select-Object FirstFailedLink, Repair | ConvertTo-Json -Compress`);
    return JSON.parse(printed);
  }

  async function repairs(link) {
    const told = await diagnosis();
    assert.equal(told.FirstFailedLink, link);
    await demo.run(told.Repair);
  }

  async function event(link, level) {
    await until(`event ${1100 + link}`, async () => {
      const { stdout } = await demo.shell(`Get-EventLog Application -Source "MSExchange OWA" -Newest 20 | Where-Object {$_.EventID -eq ${1100 + link}} | ForEach-Object { "$($_.EntryType)" }`);
      return stdout.split('\n').some((line) => line.trim() === level);
    });
  }

  for (const [link, commands, words] of SHARED) {
    test(`${link}: a bar at each sign-in, and it mends itself`, async () => {
      await breaks(commands);
      for (const last of [false, true]) {
        const ken = await Person.signIn(browser, demo, 'kenmyer');
        await bar(ken.page).getByText(words).waitFor();
        // Not a dialog, and where one types stays where one types.
        assert.equal(await ken.page.getByRole('dialog').count(), 0);
        assert.equal(await bar(ken.page).evaluate((node) => node.contains(document.activeElement)), false);
        assert.equal(await ken.page.getByRole('button', { name: AVAILABLE }).count(), 0);
        await bar(ken.page).getByRole('button', { name: /try again|retry/i }).waitFor();
        if (last) {
          await event(link, 'Error');
          await repairs(link);
          await ken.page.getByRole('button', { name: AVAILABLE }).waitFor();
          await bar(ken.page).waitFor({ state: 'detached' });
        }
        assert.deepEqual(ken.problems, []);
        await ken.close();
      }
    });
  }

  for (const [link, commands, words] of PERSONAL) {
    test(`${link}: the menu under the own name says why`, async () => {
      await breaks(commands);
      const ken = await Person.signIn(browser, demo, 'kenmyer');
      await event(link, 'Warning');
      await ownName(ken.page).click();
      await ken.page.getByRole('menu').getByText(words).waitFor();
      await ken.page.keyboard.press('Escape');
      assert.equal(await bar(ken.page).count(), 0);
      assert.equal(await ken.page.getByRole('button', { name: AVAILABLE }).count(), 0);
      await repairs(link);
      await ken.page.getByRole('button', { name: AVAILABLE }).waitFor();
      assert.deepEqual(ken.problems, []);
      await ken.close();
    });
  }

  test('switched off: silence, and no event', async () => {
    // The policy that link 13 assigned overrides the directory.
    await demo.run(`Set-CASMailbox ${KEN} -OwaMailboxPolicy $null`);
    const count = async () => (await demo.run('(Get-EventLog Application -Source "MSExchange OWA" -Newest 500 | Measure-Object).Count')).trim();
    await demo.run('Get-OwaVirtualDirectory | Set-OwaVirtualDirectory -InstantMessagingEnabled $False');
    await demo.run(RECYCLE);
    const before = await count();
    const ken = await Person.signIn(browser, demo, 'kenmyer');
    await ownName(ken.page).click();
    await ken.page.getByRole('menu').waitFor();
    assert.equal(await ken.page.getByRole('menu').getByText(/instant messaging/i).count(), 0);
    assert.equal(await bar(ken.page).count(), 0);
    assert.equal(await count(), before);
    await ken.close();
  });
});
