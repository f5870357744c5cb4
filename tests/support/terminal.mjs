// A person at a terminal: the shell in a real pseudo-terminal that tmux draws, keys typed, the
// screen read as it is shown.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { binary, until } from './demo.mjs';

export const hasTmux = spawnSync('tmux', ['-V']).error === undefined;

export class Terminal {
  /** `data`: the demo's folder; `home`: where the history is kept, a new folder if left out. */
  constructor(data, { width = 80, height = 24, home, environment = {}, command } = {}) {
    this.folder = mkdtempSync(join(tmpdir(), 'terminal-'));
    this.home = home ?? this.folder;
    const set = { HOME: this.home, TERM: 'screen-256color', NO_COLOR: '', ...environment };
    const assign = Object.entries(set).map(([name, value]) => `${name}='${value}'`).join(' ');
    const shell = command ?? `'${binary}' shell --data '${data}'`;
    // What it ends with stays to be seen.
    const run = `cd / && env ${assign} sh -c "trap : INT; ${shell}; echo ended with \\$?; exec sleep 1000"`;
    this.tmux('-f', '/dev/null', 'new-session', '-d', '-x', width, '-y', height, '-s', 's', run);
    this.tmux('set-option', '-g', 'status', 'off');
    this.tmux('resize-window', '-t', 's', '-x', width, '-y', height);
  }

  static async start(data, options) {
    const terminal = new Terminal(data, options);
    await terminal.shows(/PS .*> $/);
    return terminal;
  }

  tmux(...args) {
    const env = { ...process.env, TMUX_TMPDIR: this.folder };
    delete env.TMUX;
    return execFileSync('tmux', ['-u', ...args.map(String)], { encoding: 'utf8', env });
  }

  /** Keys by tmux's names: `Tab`, `C-c`, `Enter`, … */
  keys(...names) {
    this.tmux('send-keys', '-t', 's', ...names);
  }

  type(text) {
    this.tmux('send-keys', '-t', 's', '-l', '--', text);
  }

  /** A line, run. */
  run(text) {
    this.type(text);
    this.keys('Enter');
  }

  /** Pastes as a terminal does for a program that understands it: in brackets. */
  paste(text) {
    this.tmux('set-buffer', '--', text);
    this.tmux('paste-buffer', '-p', '-t', 's');
  }

  /** The screen, without the blank lines at its end; the prompt's blank is kept. */
  screen() {
    return this.tmux('capture-pane', '-p', '-t', 's', '-N').split('\n')
      .map((line) => line.replace(/\s+$/, '').replace(/^(PS .*>|>>)$/, '$1 ')).join('\n').trimEnd()
      .replace(/>$/, '> ');
  }

  /** The screen with its colours. */
  colours() {
    return this.tmux('capture-pane', '-e', '-p', '-t', 's');
  }

  /** Waits until the screen shows something. */
  async shows(what, cap) {
    return until(`the terminal to show ${what}`, () => this.screen().match(what), cap)
      .catch((error) => { throw new Error(`${error.message}\n${this.screen()}`); });
  }

  /** Waits until the screen shows it no more. */
  async hides(what, cap) {
    return until(`the terminal to hide ${what}`, () => !this.screen().match(what), cap)
      .catch((error) => { throw new Error(`${error.message}\n${this.screen()}`); });
  }

  /** A new prompt on an empty screen. */
  async clear() {
    const before = this.screen();
    this.keys('C-c');
    // What comes in one go with Ctrl-C is dropped with the line.
    await until('Ctrl-C to bring a new prompt', () => this.screen() !== before && this.screen().match(/PS [^\n]*> $/))
      .catch((error) => { throw new Error(`${error.message}\n${this.screen()}`); });
    this.run('cls');
    await this.shows(/^PS [^\n]*> $/);
  }

  resize(width, height) {
    this.tmux('resize-window', '-t', 's', '-x', width, '-y', height);
  }

  end() {
    try { this.tmux('kill-server'); } catch { /* it ended by itself */ }
    rmSync(this.folder, { recursive: true, force: true });
  }
}
