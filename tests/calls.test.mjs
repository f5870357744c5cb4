// Calls between two phones that nobody here wrote: Tandem passes on what they say about the call,
// the sound goes from phone to phone.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { Baresip, hasBaresip } from './support/baresip.mjs';
import { Demo } from './support/demo.mjs';

const skip = hasBaresip ? false : 'baresip is not installed';

describe('calls between two phones', { skip }, () => {
  let demo;
  const phones = [];
  before(async () => { demo = await Demo.start(); });
  afterEach(async () => { for (const phone of phones.splice(0)) await phone.end(); });
  after(async () => { await demo?.end(); });

  async function phone(name, peer, transport = 'tls') {
    const one = new Baresip(demo, name, peer, undefined, { transport, calls: true });
    phones.push(one);
    await one.shows(/200 OK \(\)/);
    return one;
  }

  for (const [from, to] of [['tls', 'tls'], ['udp', 'tls'], ['tls', 'tcp'], ['udp', 'udp']]) {
    test(`over ${from} to ${to}: it rings, both hear each other, one hangs up`, async () => {
      const ken = await phone('kenmyer', 'pilar', from);
      const pilar = await phone('pilar', 'kenmyer', to);
      ken.type(`/dial ${demo.user('pilar').sip}`);
      await ken.shows(/180 Ringing/);
      await pilar.shows(/Incoming call from: .*kenmyer/);
      assert.match(pilar.output, /P-Asserted-Identity: "Ken Myer" <sip:kenmyer@litwareinc.com>/);
      pilar.type('/accept');
      await ken.talks();
      await pilar.talks();
      pilar.type('/hangup');
      await ken.shows(/BYE sip:kenmyer/);
      await ken.shows(/Call with .* terminated/);
      await pilar.shows(/SIP\/2\.0 200 OK[^]*?CSeq: \d+ BYE/);
    });
  }

  test('who hangs up before it is answered stops the ringing', async () => {
    const ken = await phone('kenmyer', 'pilar');
    const pilar = await phone('pilar', 'kenmyer');
    ken.type(`/dial ${demo.user('pilar').sip}`);
    await pilar.shows(/Incoming call/);
    await ken.shows(/180 Ringing/);
    ken.type('/hangup');
    await pilar.shows(/CANCEL sip:/);
    await ken.shows(/SIP\/2\.0 487 /);
  });

  test('who rejects is heard', async () => {
    const ken = await phone('kenmyer', 'pilar');
    const pilar = await phone('pilar', 'kenmyer');
    ken.type(`/dial ${demo.user('pilar').sip}`);
    await pilar.shows(/Incoming call/);
    pilar.type('/hangup');
    await ken.shows(/SIP\/2\.0 486 /);
  });

  test('all phones of a person ring, and the first has the call', async () => {
    const ken = await phone('kenmyer', 'pilar');
    const desk = await phone('pilar', 'kenmyer');
    const mobile = await phone('pilar', 'kenmyer', 'udp');
    ken.type(`/dial ${demo.user('pilar').sip}`);
    await desk.shows(/Incoming call/);
    await mobile.shows(/Incoming call/);
    mobile.type('/accept');
    await desk.shows(/CANCEL sip:/);
    await ken.talks();
    await mobile.talks();
    // The other side hangs up this time.
    ken.type('/hangup');
    await mobile.shows(/BYE sip:pilar/);
    await mobile.shows(/Call with .* terminated/);
  });

  test('nobody there, nobody at all, and somebody who is not signed in', async () => {
    const ken = await phone('kenmyer', 'pilar');
    ken.type(`/dial ${demo.user('pilar').sip}`);
    await ken.shows(/SIP\/2\.0 480 /);
    ken.type('/dial sip:nobody@litwareinc.com');
    await ken.shows(/SIP\/2\.0 404 /);
    ken.type('/dial sip:somebody@elsewhere.example');
    await ken.shows(/SIP\/2\.0 404 [^]*SIP\/2\.0 404 /);
  });
});
