// Not a test: makes docs/screenshot.png from a demo with two people at work.
// Run it as `node screenshot.mjs` after `cargo build -p node`.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Demo } from './support/demo.mjs';
import { Person, launch } from './support/browser.mjs';
import { addContact, delivered, heard, openChat, readMail, row, say, sendMail, setState } from './support/page.mjs';

const picture = join(dirname(fileURLToPath(import.meta.url)), '..', 'docs', 'screenshot.png');
const KEN = 'Ken Myer';
const PILAR = 'Pilar Ackerman';

const PASSWORD = 'correct horse battery 9';
/** Who else works there, and what they have chosen; the last one is not signed in. */
const OTHERS = [['Ann Beebe', 'Busy'], ['David Longmuir', 'Do not disturb'], ['Nuria Gonzalez', 'Be right back'], ['Toni Poe', null]];

const demo = await Demo.start();
const browser = await launch();
try {
  const ken = await Person.signIn(browser, demo, 'kenmyer');
  const pilar = await Person.signIn(browser, demo, 'pilar');
  const people = new Map([[PILAR, pilar]]);
  for (const [name, state] of OTHERS) people.set(name, await colleague(name, state));
  for (const name of people.keys()) await addContact(ken.page, name);
  await addContact(pilar.page, KEN);
  const mails = [
    [PILAR, 'Travel plans for October', 'The flights are booked. Hotel is the one near the station, as last time.\n\nPilar'],
    ['Nuria Gonzalez', 'Minutes of Monday', 'Attached to the project page; please correct what I misheard.\n\nNuria'],
    ['Ann Beebe', 'Quarterly figures', 'Ken,\n\nthe figures are in the shared folder. Two of them look odd to me, can you check rows 14 and 20?\n\nThanks\nAnn'],
    ['David Longmuir', 'Lunch on Thursday', 'Shall we try the new place by the river?'],
    [PILAR, 'Draft of the contract', 'Hello Ken,\n\nI have gone through the draft of the contract once more.\n\nMost of it is fine; I would like to talk about the dates in section 3 before we send it.\n\nAre you free this afternoon?\nHalf an hour is enough.\n\nBest\nPilar'],
  ];
  for (const [from, subject, body] of mails) await sendMail(people.get(from).page, 'kenmyer@litwareinc.com', subject, body);
  await readMail(ken.page, 'Minutes of Monday');
  await row(ken.page, '^Nuria').waitFor();
  await readMail(ken.page, 'Draft of the contract');
  await openChat(ken.page, PILAR);
  await say(ken.page, PILAR, 'Just read your mail. I am free at two.');
  await pilar.page.getByRole('button', { name: 'Reply', exact: true }).first().click();
  await heard(pilar.page, KEN, 'Just read your mail. I am free at two.');
  await say(pilar.page, KEN, 'Perfect, two it is');
  await heard(ken.page, PILAR, 'Perfect, two it is');
  await say(ken.page, PILAR, 'I will bring the old version');
  await heard(pilar.page, KEN, 'I will bring the old version');
  await delivered(ken.page, PILAR, 'I will bring the old version');
  await pilar.page.getByLabel(`Message to ${KEN}`).pressSequentially('Good');
  await ken.page.getByText(/is typing/).first().waitFor();
  const dismiss = ken.page.getByRole('button', { name: 'Dismiss' });
  while (await dismiss.count()) await dismiss.first().click();
  await ken.page.getByLabel(`Message to ${PILAR}`).focus();
  await ken.page.screenshot({ path: picture });
} finally {
  await browser.close();
  await demo.end();
}

/** Makes somebody in the shell and, if a state is given, signs them in. */
async function colleague(name, state) {
  const local = name.toLowerCase().split(' ')[0];
  const upn = `${local}@litwareinc.com`;
  await demo.run(`New-Mailbox -Name "${name}" -UserPrincipalName ${upn} -Password (ConvertTo-SecureString "${PASSWORD}" -AsPlainText -Force)
    Enable-CsUser -Identity "${name}" -RegistrarPool atl-cs-001.litwareinc.com -SipAddress sip:${upn}`);
  if (!state) return null;
  const person = await Person.signIn(browser, demo, { upn, password: PASSWORD });
  await person.page.getByRole('button', { name: /Available. Change your status/ }).waitFor();
  await setState(person.page, state);
  return person;
}
