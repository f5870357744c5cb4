// Starts the built binary as a person would, in a folder of its own, and talks to it from outside.
import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
export const binary = process.env.TANDEM ?? join(root, 'target', 'debug', 'tandem');

/** Waits until `look` returns something true; fails after `cap` ms with what it waited for. */
export async function until(what, look, cap = 20_000) {
  const end = Date.now() + cap;
  let last;
  for (;;) {
    try {
      const found = await look();
      if (found) return found;
      last = found;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end) throw new Error(`waited ${cap} ms for ${what}; last: ${last?.stack ?? JSON.stringify(last)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** A demo in a new folder; `flags` as on the command line. */
export class Demo {
  static async start(...flags) {
    const demo = new Demo(mkdtempSync(join(tmpdir(), 'tandem-')), flags);
    await demo.start();
    return demo;
  }

  constructor(data, flags) {
    this.data = data;
    this.flags = flags;
    this.log = '';
  }

  async start() {
    const file = join(this.data, 'demo.json');
    rmSync(file, { force: true });
    this.process = spawn(binary, ['demo', '--data', this.data, '--ports', 'auto', ...this.flags], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const keep = (chunk) => { this.log = (this.log + chunk).slice(-200_000); };
    this.process.stdout.on('data', keep);
    this.process.stderr.on('data', keep);
    this.exited = new Promise((resolve) => this.process.once('exit', (code, signal) => resolve({ code, signal })));
    let gone;
    this.exited.then((how) => { gone = how; });
    await until('demo.json', () => {
      if (gone) throw new Error(`tandem demo ended: ${JSON.stringify(gone)}\n${this.log}`);
      return existsSync(file);
    }, 60_000);
    Object.assign(this, JSON.parse(readFileSync(file, 'utf8')));
  }

  /** Ends the process: SIGINT as Ctrl-C, or SIGKILL. */
  async stop(signal = 'SIGINT') {
    this.process.kill(signal);
    return this.exited;
  }

  async restart(signal = 'SIGINT') {
    await this.stop(signal);
    await this.start();
  }

  async end() {
    if (this.process.exitCode === null && this.process.signalCode === null) await this.stop('SIGKILL');
    rmSync(this.data, { recursive: true, force: true });
  }

  user(name) {
    const user = this.users.find((one) => one.upn.startsWith(`${name}@`));
    if (!user) throw new Error(`no user ${name}`);
    return user;
  }

  /** Runs shell lines; never throws for a failing command. */
  shell(lines, { stdin, args } = {}) {
    return new Promise((resolve) => {
      const child = execFile(
        binary,
        ['shell', '--data', this.data, ...(args ?? ['-c', lines])],
        { encoding: 'utf8', timeout: 60_000 },
        (error, stdout, stderr) => resolve({ code: error ? (error.code ?? -1) : 0, stdout, stderr }),
      );
      // A shell that runs -c may end before it has read anything.
      child.stdin.on('error', () => {});
      child.stdin.end(stdin ?? '');
    });
  }

  /** Runs shell lines that must succeed; returns standard output. */
  async run(lines) {
    const { code, stdout, stderr } = await this.shell(lines);
    if (code !== 0) throw new Error(`shell exited with ${code}: ${lines}\n${stdout}\n${stderr}`);
    return stdout;
  }
}
