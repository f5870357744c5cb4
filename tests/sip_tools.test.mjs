// Tools that nobody here wrote: sipp's scenarios count what goes wrong, sipsak shoots, SIPVicious
// attacks. And a person at the page, who sees what of it is meant for people.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Demo } from './support/demo.mjs';
import { Person, launch } from './support/browser.mjs';
import { addContact, contact, delivered, heard, openChat, say } from './support/page.mjs';
import { Sipp, freePort, hasSipVicious, hasSipp, hasSipsak, run, shoot } from './support/tools.mjs';

const PILAR = 'Pilar Ackerman';
/** Of so many calls none may fail; over UDP one peer may have 256 requests under way in 32 s. */
const all = (calls) => ({ code: 0, good: calls, bad: 0 });

describe('sipp with scenarios of its own', { skip: hasSipp ? false : 'sipp is not installed' }, () => {
  let demo, browser, ken, phone;
  before(async () => {
    demo = await Demo.start();
    phone = await freePort();
  });
  after(async () => {
    await browser?.close();
    await demo?.end();
  });

  test('a wrong password signs nobody in', async () => {
    const thief = await Sipp.play(demo, 'register', 'pilar', '', { password: 'not the password' });
    assert.deepEqual([thief.code, thief.good, thief.bad], [1, 0, 1]);
    assert.match(thief.errors.join('\n'), /SIP\/2\.0 403 /);
  });

  test('texts to somebody who is away are kept', async () => {
    assert.deepEqual(await Sipp.play(demo, 'message_kept', 'pilar', 'kenmyer', { calls: 3 }), all(3));
  });

  test('they sign in, all of them', async () => {
    for (const transport of ['u1', 't1', 'tn']) {
      assert.deepEqual(await Sipp.play(demo, 'register', 'pilar', '', { calls: 50, transport }), all(50), transport);
    }
    assert.deepEqual(await Sipp.play(demo, 'register', 'pilar', '', { port: phone }), all(1));
  });

  test('they publish and watch', async () => {
    for (const transport of ['u1', 't1', 'tn']) {
      const publish = await Sipp.play(demo, 'publish', 'pilar', '', { calls: 15, rate: 20, transport });
      assert.deepEqual(publish, all(15), transport);
      assert.deepEqual(await Sipp.play(demo, 'subscribe', 'kenmyer', 'pilar', { calls: 15, transport }), all(15), transport);
    }
  });

  // One person may send 60 texts in a minute.
  test('they write to a phone that takes each text once', async () => {
    for (const transport of ['u1', 't1']) {
      const takes = await (await Sipp.start(demo, 'take', 'pilar', '', { calls: 28, port: phone })).listens();
      assert.deepEqual(await Sipp.play(demo, 'message', 'kenmyer', 'pilar', { calls: 28, transport }), all(28), transport);
      assert.deepEqual(await takes.counts(), all(28), transport);
    }
  });

  test('they call a phone that answers', async () => {
    for (const transport of ['u1', 't1']) {
      const answers = await (await Sipp.start(demo, 'answer', 'pilar', '', { calls: 30, port: phone })).listens();
      assert.deepEqual(await Sipp.play(demo, 'call', 'kenmyer', 'pilar', { calls: 30, rate: 20, transport }), all(30), transport);
      assert.deepEqual(await answers.counts(), all(30), transport);
    }
  });

  test('what was kept for a person is shown once at the page, with what comes then', async () => {
    browser = await launch();
    ken = await Person.signIn(browser, demo, 'kenmyer');
    await addContact(ken.page, PILAR);
    await contact(ken.page, PILAR, 'Available').waitFor();
    await openChat(ken.page, PILAR);
    for (const call of [1, 2, 3]) assert.equal(await heard(ken.page, PILAR, `Kept ${call} of pilar`), 1);
    assert.deepEqual(await Sipp.play(demo, 'message', 'pilar', 'kenmyer', { calls: 5, transport: 't1' }), all(5));
    for (const call of [1, 2, 3, 4, 5]) assert.equal(await heard(ken.page, PILAR, `Text ${call} of pilar`), 1);
  });

  test('the page writes, the phone takes it', async () => {
    // It takes notices of typing as well, so how many it takes is not known before.
    const takes = await (await Sipp.start(demo, 'take', 'pilar', '', { calls: 1000, port: phone })).listens();
    await say(ken.page, PILAR, 'Hello from the page');
    await delivered(ken.page, PILAR, 'Hello from the page');
    takes.end();
  });
});

describe('sipsak', { skip: hasSipsak ? false : 'sipsak is not installed' }, () => {
  let demo, browser, ken;
  const place = () => `sip:127.0.0.1:${demo.ports.sip}`;
  before(async () => {
    demo = await Demo.start();
    browser = await launch();
    ken = await Person.signIn(browser, demo, 'kenmyer');
    await addContact(ken.page, PILAR);
    await contact(ken.page, PILAR, 'Offline').waitFor();
  });
  after(async () => {
    await browser?.close();
    await demo?.end();
  });

  test('OPTIONS is answered', async () => {
    const { code, output } = await run('sipsak', ['-vv', '-s', place()]);
    assert.equal(code, 0, output);
    assert.match(output, /Allow: .*MESSAGE/);
  });

  test('it registers a place, and the page sees the person come and go', async () => {
    const { domain } = /@(?<domain>.+)$/.exec(demo.user('pilar').sip).groups;
    const register = (expires, cseq) => shoot(demo, 'pilar', [`REGISTER sip:${domain} SIP/2.0`, `To: <${demo.user('pilar').sip}>`,
      `CSeq: ${cseq} REGISTER`, 'Contact: <sip:pilar@127.0.0.1:9>', `Expires: ${expires}`]);
    const there = await register(600, 1);
    assert.equal(there.code, 0, there.output);
    assert.match(there.output, /Contact: <sip:pilar@127\.0\.0\.1:9>;expires=600/);
    await contact(ken.page, PILAR, 'Available').waitFor();
    const gone = await register(0, 3);
    assert.equal(gone.code, 0, gone.output);
    assert.doesNotMatch(gone.output.split('200 OK').at(-1), /Contact:/);
    await contact(ken.page, PILAR, 'Offline').waitFor();
  });

  test('what it writes is shown at the page', async () => {
    const ken_sip = demo.user('kenmyer').sip;
    const sent = await shoot(demo, 'pilar', [`MESSAGE ${ken_sip} SIP/2.0`, `To: <${ken_sip}>`, 'CSeq: 1 MESSAGE', 'Content-Type: text/plain'],
      'Hello from sipsak');
    assert.equal(sent.code, 0, sent.output);
    await openChat(ken.page, PILAR);
    assert.equal(await heard(ken.page, PILAR, 'Hello from sipsak'), 1);
  });

  test('a flood, then broken requests: the next OPTIONS is answered, and the page works', async () => {
    await run('sipsak', ['-F', '-e', 2000, '-s', place()]);
    await run('sipsak', ['-R', '-t', 40, '-s', place()], { cap: 5_000 });
    const { code, output } = await run('sipsak', ['-s', place()]);
    assert.equal(code, 0, output);
    const ken_sip = demo.user('kenmyer').sip;
    const sent = await shoot(demo, 'pilar', [`MESSAGE ${ken_sip} SIP/2.0`, `To: <${ken_sip}>`, 'CSeq: 1 MESSAGE', 'Content-Type: text/plain'],
      'Hello after the flood');
    assert.equal(sent.code, 0, sent.output);
    assert.equal(await heard(ken.page, PILAR, 'Hello after the flood'), 1);
  });
});

describe('SIPVicious', { skip: hasSipVicious ? false : 'sipvicious is not installed' }, () => {
  let demo, folder;
  /** From a port of its own: over UDP one place may have 256 requests under way in 32 s. */
  const attack = async (tool, ...args) => run(tool, ['-P', await freePort(), '-p', demo.ports.sip, ...args, '127.0.0.1'],
    { cwd: folder, cap: 60_000 });
  before(async () => {
    demo = await Demo.start();
    folder = mkdtempSync(join(tmpdir(), 'vicious-'));
  });
  after(async () => {
    rmSync(folder, { recursive: true, force: true });
    await demo?.end();
  });

  test('svmap learns that somebody speaks SIP, and not who or which version', async () => {
    for (const method of ['OPTIONS', 'REGISTER', 'INVITE']) {
      const { output } = await attack('svmap', '-d', '-m', method);
      const table = output.split('\n').filter((line) => line.includes(`127.0.0.1:${demo.ports.sip}`));
      assert.match(table.join('\n'), /\| unknown +\|/, `${method}: ${output}`);
      assert.doesNotMatch(output, /Server:|User-Agent:|tandem/i);
    }
  });

  test('svwar finds nobody: who exists is answered as who does not', async () => {
    writeFileSync(join(folder, 'names'), ['kenmyer', 'pilar', ...Array.from({ length: 98 }, (_, at) => `ghost${at}`)].join('\n'));
    for (const method of ['REGISTER', 'OPTIONS', 'INVITE']) {
      for (const force of [[], ['--force']]) {
        const { output } = await attack('svwar', ...force, '-m', method, '-d', 'names', '--domain=litwareinc.com');
        assert.doesNotMatch(output, /^\| (kenmyer|pilar) /m, `${method} ${force}: ${output}`);
        assert.doesNotMatch(output, /^\| ghost/m, `${method} ${force}: ${output}`);
      }
    }
  });

  test('svcrack guesses nothing, not even with the password on its list', async () => {
    const words = (count) => Array.from({ length: count }, (_, at) => `guess-${at}`);
    const { password } = demo.user('pilar');
    // Where the password stands first it is found: the tool works.
    writeFileSync(join(folder, 'first'), [password, ...words(5)].join('\n'));
    const found = await attack('svcrack', '-u', 'pilar', '--domain=litwareinc.com', '-d', 'first');
    assert.match(found.output, new RegExp(`^\\| pilar +\\| ${password} `, 'm'));
    writeFileSync(join(folder, 'words'), [...words(50), password, ...words(20)].join('\n'));
    const { output } = await attack('svcrack', '-u', 'pilar', '--domain=litwareinc.com', '-d', 'words');
    assert.doesNotMatch(output, new RegExp(`\\| ${password}`), output.slice(-3000));
  });
});
