// The photo of the guide, from the administrator's file to the other person's page: Set-UserPhoto in
// two steps, seen without a reload; changed by the person; taken away; forbidden by policy.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { picture } from '../crates/web/ui/test/fake/photos.mjs';
import { Demo } from './support/demo.mjs';
import { Person, launch } from './support/browser.mjs';
import { addContact, contact, own } from './support/page.mjs';

const PILAR = 'Pilar Ackerman';

/** The photo in there, once the browser has really drawn it. */
async function drawn(place) {
  const photo = place.locator('img.avatar-photo');
  await photo.waitFor();
  const handle = await photo.elementHandle();
  await place.page().waitForFunction((one) => one.complete && one.naturalWidth === 96, handle);
}

const gone = (place) => place.locator('img.avatar-photo').waitFor({ state: 'detached' });

async function settings(page) {
  await own(page, 'Available').click();
  await page.getByRole('menuitem', { name: 'Settings' }).click();
  return page.getByRole('dialog', { name: 'Settings' });
}

describe('photos', () => {
  let demo, browser, ken, pilar, file;
  before(async () => {
    demo = await Demo.start();
    file = join(demo.data, 'Pilar.png');
    writeFileSync(file, picture([70, 110, 190]));
    browser = await launch();
    ken = await Person.signIn(browser, demo, 'kenmyer');
    pilar = await Person.signIn(browser, demo, 'pilar');
    await addContact(ken.page, PILAR);
  });
  after(async () => {
    await browser?.close();
    await demo?.end();
  });

  test('the guide: brought, looked at, saved; and both pages show it', async () => {
    const bytes = `([Byte[]] $(Get-Content -Path "${file}" -Encoding Byte -ReadCount 0))`;
    await demo.run(`Set-UserPhoto -Identity "${PILAR}" -PictureData ${bytes} -Preview -Confirm:$False`);
    const early = await demo.shell(`Get-UserPhoto "${PILAR}"`);
    assert.match(early.stderr, /There is no photo stored for 'Pilar Ackerman'/);
    await demo.run(`Set-UserPhoto -Identity "${PILAR}" -Save -Confirm:$False`);
    await drawn(contact(ken.page, PILAR));
    await drawn(own(pilar.page, 'Available'));
    await demo.run(`Set-Content "${file}.jpg" -Encoding Byte -Value (Get-UserPhoto pilar).PictureData`);
    assert.deepEqual([...readFileSync(`${file}.jpg`).subarray(0, 3)], [0xff, 0xd8, 0xff]);
  });

  test('the address of the guide gives it to whoever is signed in', async () => {
    const ask = (size) => ken.page.evaluate(async (at) => {
      const answer = await fetch(at);
      return [answer.status, answer.headers.get('content-type'), (await answer.blob()).size > 500];
    }, `/ews/Exchange.asmx/s/GetUserPhoto?email=pilar@litwareinc.com&size=${size}`);
    for (const size of ['HR48x48', 'HR96x96', 'HR648x648']) {
      assert.deepEqual(await ask(size), [200, 'image/jpeg', true]);
    }
  });

  test('people change their own, until they may not', async () => {
    const dialog = await settings(ken.page);
    await dialog.locator('input[type=file]').setInputFiles({
      name: 'me.png', mimeType: 'image/png', buffer: picture([120, 150, 90]),
    });
    await dialog.getByText('Your photo has been changed.').waitFor();
    await dialog.getByRole('button', { name: 'Close' }).click();
    await drawn(own(ken.page, 'Available'));
    assert.equal((await demo.run('(Get-UserPhoto kenmyer).IsValid')).trim(), 'True');
    await demo.run('Get-OwaVirtualDirectory | Set-OwaVirtualDirectory -SetPhotoEnabled $False');
    const refused = await ken.page.evaluate(async () => {
      const answer = await fetch('/owa/photo', { method: 'DELETE' });
      return `${answer.status} ${(await answer.json()).detail}`;
    });
    assert.match(refused, /^403 .* does not let people change their own photo/);
  });

  test('taken away: initials again', async () => {
    await demo.run(`Remove-UserPhoto "${PILAR}" -Confirm:$False`);
    await gone(contact(ken.page, PILAR));
    await gone(own(pilar.page, 'Available'));
  });
});
