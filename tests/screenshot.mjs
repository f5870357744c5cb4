// Not a test: makes docs/screenshot.png from a demo with two people at work.
// Run it as `node screenshot.mjs` after `cargo build -p node`.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Demo } from './support/demo.mjs';
import { Person, launch } from './support/browser.mjs';
import { addContact, heard, openChat, readMail, say, sendMail, setState } from './support/page.mjs';

const picture = join(dirname(fileURLToPath(import.meta.url)), '..', 'docs', 'screenshot.png');
const KEN = 'Ken Myer';
const PILAR = 'Pilar Ackerman';

const demo = await Demo.start();
const browser = await launch();
try {
  const ken = await Person.signIn(browser, demo, 'kenmyer');
  const pilar = await Person.signIn(browser, demo, 'pilar');
  await addContact(ken.page, PILAR);
  await addContact(pilar.page, KEN);
  const mails = [
    ['Travel plans for October', 'The flights are booked. Hotel is the one near the station, as last time.\n\nPilar'],
    ['Quarterly figures', 'Ken,\n\nthe figures are in the shared folder. Two of them look odd to me, can you check rows 14 and 20?\n\nThanks\nPilar'],
    ['Lunch on Thursday', 'Shall we try the new place by the river?'],
    ['Draft of the contract', 'Hello Ken,\n\nI have gone through the draft of the contract once more. Most of it is fine; I would like to talk about the dates in section 3 before we send it.\n\nAre you free this afternoon? Half an hour is enough.\n\nBest\nPilar'],
  ];
  for (const [subject, body] of mails) await sendMail(pilar.page, 'kenmyer@litwareinc.com', subject, body);
  await readMail(ken.page, 'Draft of the contract');
  await openChat(ken.page, PILAR);
  await say(ken.page, PILAR, 'Just read your mail. I am free at two.');
  await pilar.page.getByRole('button', { name: 'Reply', exact: true }).first().click();
  await heard(pilar.page, KEN, 'Just read your mail. I am free at two.');
  await say(pilar.page, KEN, 'Perfect, two it is');
  await heard(ken.page, PILAR, 'Perfect, two it is');
  await say(ken.page, PILAR, 'I will bring the old version for comparison');
  await heard(pilar.page, KEN, 'I will bring the old version for comparison');
  await pilar.page.getByLabel(`Message to ${KEN}`).pressSequentially('Good');
  await ken.page.getByText(/is typing/).first().waitFor();
  await ken.page.screenshot({ path: picture });
} finally {
  await browser.close();
  await demo.end();
}
