// SIP tools from Debian that test other people's servers: sipp plays scenarios and counts, sipsak
// shoots single requests, SIPVicious attacks. Each is run as its manual page says.
import { execFile, spawn, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { until } from './demo.mjs';

const has = (command, ...args) => spawnSync(command, args).error === undefined;
export const hasSipp = has('sipp', '-v');
export const hasSipsak = has('sipsak', '--version');
export const hasSipVicious = has('svmap', '--version');

const SCENARIOS = join(dirname(fileURLToPath(import.meta.url)), '..', 'sipp');

/** A UDP port that nobody has at the moment. */
export function freePort() {
  return new Promise((resolve) => {
    const socket = createSocket('udp4').bind(0, '127.0.0.1', () => {
      const { port } = socket.address();
      socket.close(() => resolve(port));
    });
  });
}

/** One run of sipp: `scenario` played `calls` times by `who`, about or to `peer`. */
export class Sipp {
  /** `port`: where a phone is that signed in before, so that it is called there. */
  static async start(demo, scenario, who, peer, { calls = 1, rate = 50, transport = 'u1', port, password } = {}) {
    return new Sipp(demo, scenario, demo.user(who), peer, { calls, rate, transport, password, port: port ?? await freePort() });
  }

  /** Plays a scenario to its end; the counts. */
  static async play(...args) {
    const sipp = await Sipp.start(...args);
    return sipp.counts();
  }

  constructor(demo, scenario, user, peer, { calls, rate, transport, port, password }) {
    this.folder = mkdtempSync(join(tmpdir(), 'sipp-'));
    const [name, domain] = user.sip.replace(/^sip:/, '').split('@');
    const people = join(this.folder, 'people.csv');
    const login = `[authentication username=${name} password=${password ?? user.password}]`;
    writeFileSync(people, `SEQUENTIAL\n${name};${domain};${login};${peer}\n`);
    const isCalled = ['answer', 'take'].includes(scenario);
    this.output = '';
    this.port = port;
    this.process = spawn('sipp', [
      ...(isCalled ? [] : [`127.0.0.1:${demo.ports.sip}`]), '-sf', join(SCENARIOS, `${scenario}.xml`), '-inf', people,
      '-i', '127.0.0.1', '-p', port, '-t', transport, '-m', calls, '-r', rate, '-timeout', 60, '-timeout_error', '-nostdin', '-max_socket', 200,
      '-trace_err', '-error_file', join(this.folder, 'errors'), '-trace_stat', '-stf', join(this.folder, 'counts'), '-fd', 1,
    ].map(String), { cwd: this.folder, stdio: ['ignore', 'pipe', 'pipe'] });
    const keep = (chunk) => { this.output = (this.output + chunk).slice(-20_000); };
    this.process.stdout.on('data', keep);
    this.process.stderr.on('data', keep);
    this.left = new Promise((resolve) => this.process.once('exit', resolve));
  }

  /** Waits until its UDP port is open. */
  async listens() {
    const own = new RegExp(`:${this.port.toString(16).toUpperCase().padStart(4, '0')} `);
    await until('sipp to listen', () => own.test(readFileSync('/proc/net/udp', 'utf8')) || this.process.exitCode !== null);
    return this;
  }

  /** Waits for its end: how many calls went as the scenario says, how many did not, and why. */
  async counts() {
    const code = await this.left;
    const read = (file) => { try { return readFileSync(join(this.folder, file), 'utf8'); } catch { return ''; } };
    const [names, ...rows] = read('counts').trim().split('\n').map((line) => line.split(';'));
    const last = Object.fromEntries(names.map((name, at) => [name, rows.at(-1)?.[at]]));
    const errors = read('errors');
    rmSync(this.folder, { recursive: true, force: true });
    const result = { code, good: Number(last['SuccessfulCall(C)']), bad: Number(last['FailedCall(C)']) };
    return code !== 0 ? { ...result, errors: errors.split("\n").slice(0, 12) } : result;
  }

  end() {
    this.process.kill('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Runs a tool that ends by itself; what it printed and how it ended. */
export function run(command, args, { cwd, cap = 60_000 } = {}) {
  return new Promise((resolve) => {
    execFile(command, args.map(String), { cwd, timeout: cap, encoding: 'utf8', maxBuffer: 16 << 20 }, (error, stdout, stderr) => {
      resolve({ code: error ? (error.code ?? -1) : 0, output: stdout + stderr, killed: Boolean(error?.killed) });
    });
  });
}

/**
 * sipsak, told to send this request of `name` and to answer the challenge. (Its own modes for
 * registering and writing look the address's domain up in DNS even when they are given a proxy.)
 */
export async function shoot(demo, name, lines, body = '') {
  const folder = mkdtempSync(join(tmpdir(), 'sipsak-'));
  try {
    const user = demo.user(name);
    const file = join(folder, 'request');
    const port = await freePort();
    const head = [...lines, `Via: SIP/2.0/UDP 127.0.0.1:${port};branch=z9hG4bK.${port};rport`, 'Max-Forwards: 70',
      `From: <${user.sip}>;tag=sipsak`, `Call-ID: ${port}@sipsak`, `Content-Length: ${Buffer.byteLength(body)}`];
    writeFileSync(file, `${head.join('\n')}\n\n${body}`);
    return await run('sipsak', ['-vv', '-f', file, '-l', port, '-u', name, '-a', user.password, '-s', `sip:${name}@127.0.0.1:${demo.ports.sip}`]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
