// The article as a test (design.md §5): its commands verbatim on a bare demo, and what one sees
// after each; only the thumbprint is the machine's own.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Demo, until } from './support/demo.mjs';
import { Person, launch } from './support/browser.mjs';

const REGISTRY = 'HKLM:\\SYSTEM\\CurrentControlSet\\Services\\MSExchange OWA\\InstantMessaging';
const WEB_CONFIG = 'C:\\Program Files\\Microsoft\\Exchange Server\\V15\\ClientAccess\\Owa\\Web.config';
const LOG_FOLDER = 'C:\\Program Files\\Microsoft\\Exchange server\\V15\\Logging\\OWA\\InstantMessaging';
const NAME_WITH_ICON = /Ken Myer, Available/;

const TRUST = [
  'New-CsTrustedApplicationPool -Identity atl-owa-001.litwareinc.com -Registrar atl-cs-001.litwareinc.com -Site Redmond -RequiresReplication $False',
  'New-CsTrustedApplication -ApplicationId OutlookWebApp -TrustedApplicationPoolFqdn atl-owa-001.litwareinc.com  -Port 5199',
  'Enable-CsTopology',
];
const ENABLE = 'Get-OwaVirtualDirectory | Set-OwaVirtualDirectory -InstantMessagingEnabled $True -InstantMessagingType OCS';
const RECYCLE = 'C:\\Windows\\System32\\Inetsrv\\Appcmd.exe recycle apppool /apppool.name:"MSExchangeOWAAppPool"';

/** A certificate of the mail server, signed by the internal authority; its thumbprint. */
async function certificate(demo) {
  const printed = await demo.run(`
    $request = New-ExchangeCertificate -GenerateRequest -SubjectName "CN=atl-owa-001.litwareinc.com" -DomainName atl-owa-001.litwareinc.com
    $signed = Submit-CertificateRequest -Request $request
    (Import-ExchangeCertificate -FileData $signed).Thumbprint`);
  const thumbprint = printed.trim().split('\n').at(-1).trim();
  assert.match(thumbprint, /^[0-9A-F]{40}$/);
  const row = new RegExp(`^${thumbprint} +\\S+ +CN=atl-owa-001\\.litwareinc\\.com\\s*$`, 'm');
  assert.match(await demo.run('Get-ExchangeCertificate'), row);
  return thumbprint;
}

/** The two lines, added under <appSettings> with an editor. */
async function editWebConfig(demo, thumbprint) {
  const before = await demo.run(`Get-Content '${WEB_CONFIG}'`);
  const lines = `<add key="IMCertificateThumbprint" value="${thumbprint}"/>\n    <add key="IMServerName" value="atl-cs-001.litwareinc.com"/>\n  </appSettings>`;
  assert.match(before, /<\/appSettings>/);
  await demo.run(`$text = @'\n${before.trimEnd().replace('</appSettings>', lines)}\n'@\nSet-Content -Path '${WEB_CONFIG}' -Value $text`);
  const after = await demo.run(`Get-Content '${WEB_CONFIG}'`);
  assert.ok(after.includes(thumbprint) && after.includes('IMServerName'));
}

async function recycle(demo) {
  assert.equal((await demo.run(RECYCLE)).trim(), '"MSExchangeOWAAppPool" successfully recycled');
}

async function signsInWithIcon(browser, demo) {
  const ken = await Person.signIn(browser, demo, 'kenmyer');
  await ken.page.getByRole('button', { name: NAME_WITH_ICON }).waitFor();
  return ken;
}

/** The messages of the events 112, oldest last. */
async function events112(demo) {
  const { stdout } = await demo.shell(
    'Get-EventLog Application -Source "MSExchange OWA" -Newest 20 | Where-Object {$_.EventID -eq 112} | Select-Object EventID, Message | ConvertTo-Json -Compress');
  const text = stdout.trim();
  return text ? [JSON.parse(text)].flat().map((event) => event.Message) : [];
}

describe('the article, separate computers', () => {
  let demo, browser, thumbprint;
  before(async () => { demo = await Demo.start('--bare'); browser = await launch(); });
  after(async () => { await browser?.close(); await demo?.end(); });

  test('the provider is there', async () => {
    const folder = (await demo.run(`(Get-ItemProperty '${REGISTRY}').ImplementationDLLPath`)).trim();
    assert.match(folder, /^C:\\Program Files\\Microsoft UCMA 4\.0\\/);
    assert.equal((await demo.run(`Test-Path '${folder}\\Microsoft.Rtc.Internal.Ucweb.dll'`)).trim(), 'True');
  });

  test('the defaults', async () => {
    for (const get of ['Get-OwaVirtualDirectory', 'Get-OwaMailboxPolicy']) {
      const shown = await demo.run(`${get} | Format-List InstantMessagingEnabled, InstantMessagingType`);
      assert.match(shown, /InstantMessagingEnabled\s*: True/);
      assert.match(shown, /InstantMessagingType\s*: None/);
    }
    assert.equal((await demo.run(`Test-Path '${LOG_FOLDER}'`)).trim(), 'False');
    assert.deepEqual(await events112(demo), []);
  });

  test('on but not integrated: blank marks and an error at each sign-in, mail works', async () => {
    for (const _ of [1, 2]) {
      const ken = await Person.signIn(browser, demo, 'kenmyer');
      await ken.page.getByText("Instant messaging isn't set up").first().waitFor();
      assert.equal(await ken.page.getByRole('button', { name: NAME_WITH_ICON }).count(), 0);
      assert.deepEqual(ken.problems, []);
      await ken.close();
    }
  });

  test('Get-CsSite | Select-Object DisplayName, SiteID', async () => {
    const shown = await demo.run('Get-CsSite | Select-Object DisplayName, SiteID');
    assert.match(shown, /^DisplayName\s+SiteId\s*$/m);
    assert.match(shown, /Redmond\s*$/m);
  });

  test('the trusted pool and the application are published, then enabled', async () => {
    const pool = await demo.shell(TRUST[0]);
    assert.equal(pool.code, 0, pool.stderr);
    assert.match(pool.stdout, /^Identity\s*: TrustedApplicationPool:atl-owa-001\.litwareinc\.com$/m);
    assert.match(pool.stdout, /^Registrar\s*: Registrar:atl-cs-001\.litwareinc\.com$/m);
    assert.match(pool.stdout, /^RequiresReplication\s*: False$/m);
    assert.match(pool.stderr, /^WARNING: .*Enable-CsTopology/m);
    const application = await demo.shell(TRUST[1]);
    assert.equal(application.code, 0, application.stderr);
    assert.match(application.stdout, /^Identity\s*: atl-owa-001\.litwareinc\.com\/urn:application:OutlookWebApp$/mi);
    assert.match(application.stdout, /^Port\s*: 5199$/m);
    assert.equal(await demo.run(TRUST[2]), '');
  });

  test('virtual directories', async () => {
    assert.equal(await demo.run(ENABLE), '');
    const again = await demo.shell(ENABLE);
    assert.match(again.stderr, /WARNING: The command completed successfully but no settings of '.*' have been modified\./);
    const back = await demo.run('Get-OwaVirtualDirectory -ShowMailboxVirtualDirectories | Where-Object {$_.Name -like "*Back End*"} | Format-List InstantMessagingType');
    assert.match(back, /InstantMessagingType\s*: None/);
  });

  test('certificate, Web.config, recycle', async () => {
    thumbprint = await certificate(demo);
    await editWebConfig(demo, thumbprint);
    await recycle(demo);
  });

  test('policies', async () => {
    await demo.run('Set-OwaMailboxPolicy -Identity "Default" -InstantMessagingEnabled $True -InstantMessagingType "OCS"');
    await demo.run('Get-OwaMailboxPolicy | Set-OwaMailboxPolicy -InstantMessagingEnabled $True -InstantMessagingType "OCS"');
    const policy = await demo.run('Get-OwaMailboxPolicy | Format-List InstantMessagingType');
    assert.match(policy, /InstantMessagingType\s*: Ocs/);
  });

  test('sign-in: the icon and its text by the own name, event 112, the log folder', async () => {
    const ken = await signsInWithIcon(browser, demo);
    const events = await until('event 112', async () => (await events112(demo)).length && events112(demo));
    assert.equal(events.length, 1);
    assert.match(events[0], /Instant Messaging Endpoint Manager/);
    const files = await demo.run(`Get-ChildItem '${LOG_FOLDER}' | Select-Object -ExpandProperty Name`);
    assert.match(files, /^InstantMessaging_\d{8}-1\.LOG$/m);
    await ken.close();
    const again = await signsInWithIcon(browser, demo);
    await again.close();
    assert.equal((await events112(demo)).length, 1, 'once per start or recycle');
  });

  test('integration survives a restart', async () => {
    assert.deepEqual(await demo.stop(), { code: 0, signal: null }, 'Ctrl-C ends it cleanly');
    await demo.start();
    const ken = await signsInWithIcon(browser, demo);
    await until('the second event 112', async () => (await events112(demo)).length === 2);
    await ken.close();
  });

  test('switched off: no marks, no error', async () => {
    await demo.run('Get-OwaVirtualDirectory | Set-OwaVirtualDirectory -InstantMessagingEnabled $False');
    const ken = await Person.signIn(browser, demo, 'kenmyer');
    await ken.page.getByRole('button', { name: /^Ken Myer(?!, Available)/ }).first().waitFor();
    assert.equal(await ken.page.getByRole('button', { name: NAME_WITH_ICON }).count(), 0);
    assert.equal(await ken.page.getByText(/instant messaging (is not|isn.t|cannot|can.t)/i).count(), 0);
    await ken.close();
  });
});

describe('the article, collocated', () => {
  let demo, browser;
  before(async () => { demo = await Demo.start('--bare', '--collocated'); browser = await launch(); });
  after(async () => { await browser?.close(); await demo?.end(); });

  test('without a trusted pool it works', async () => {
    await demo.run(ENABLE);
    await editWebConfig(demo, await certificate(demo));
    await recycle(demo);
    const ken = await signsInWithIcon(browser, demo);
    await ken.close();
  });

  test('the four steps break it, with a warning, and the page says so', async () => {
    const pool = await demo.shell(TRUST[0]);
    assert.equal(pool.code, 0, pool.stderr);
    assert.match(pool.stderr, /Remove-CsTrustedApplicationPool/);
    await demo.run(TRUST[1]);
    await demo.run(TRUST[2]);
    const ken = await Person.signIn(browser, demo, 'kenmyer');
    // The bar; the side of the page says the same, a moment later.
    await ken.page.getByRole('status').getByText('The messaging server lists this mail server twice').waitFor();
    assert.equal(await ken.page.getByRole('button', { name: NAME_WITH_ICON }).count(), 0);
    await ken.close();
  });

  test('the two Remove- commands and Enable-CsTopology mend it', async () => {
    await demo.run('Remove-CsTrustedApplication -Identity atl-owa-001.litwareinc.com/urn:application:OutlookWebApp -Confirm:$False');
    await demo.run('Remove-CsTrustedApplicationPool -Identity atl-owa-001.litwareinc.com -Confirm:$False');
    await demo.run('Enable-CsTopology');
    const ken = await signsInWithIcon(browser, demo);
    await ken.close();
  });
});
