import { MultiBar, type SingleBar } from 'cli-progress';

/** Shows where a run is. */
export interface Progress {
  /** `fraction` in [0, 1] of the whole. */
  readonly update: (fraction: number, label?: string) => void;
  /** A line beside the progress. */
  readonly log: (line: string) => void;
  /** Ends it. */
  readonly stop: () => void;
}

export interface BoardOptions {
  readonly stderr: (text: string) => void;
  /** Draws bars on the process's own stderr; otherwise writes plain lines. */
  readonly isTerminal: boolean;
  /** Milliseconds; injected for tests. @default performance.now */
  readonly now?: () => number;
}

/** Several runs at the same time, a bar for each. */
export interface ProgressBoard {
  start(name: string): Progress;
  /** After the last one. */
  stop(): void;
}

/** Plain lines are written this far apart, so that a log stays readable. */
const secondsBetweenLines = 5;

export function progressBoard(options: BoardOptions): ProgressBoard {
  return options.isTerminal ? bars(options) : lines(options);
}

/** A board of one. */
export function startProgress({ name, ...options }: BoardOptions & { readonly name: string }): Progress {
  const board = progressBoard(options);
  const progress = board.start(name);
  return {
    ...progress,
    stop: () => {
      progress.stop();
      board.stop();
    },
  };
}

function bars({ now = () => performance.now() }: BoardOptions): ProgressBoard {
  const all = new MultiBar({
    format: '{name} {bar} {percentage}% {left} {label}',
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 24,
    hideCursor: true,
    clearOnComplete: true,
    stream: process.stderr,
    fps: 8,
    emptyOnZero: true,
  });
  const start = (name: string): Progress => {
    const started = now();
    const single: SingleBar = all.create(1, 0, { name, left: '', label: 'starting' });
    let last = 'starting';
    return {
      update: (fraction, label = last) => {
        last = label;
        single.update(clamp(fraction), { name, left: timeLeft(fraction, now() - started), label });
      },
      log: (line) => {
        all.log(`${line}\n`);
        all.update();
      },
      stop: () => {
        all.remove(single);
      },
    };
  };
  return { start, stop: () => all.stop() };
}

function lines({ stderr, now = () => performance.now() }: BoardOptions): ProgressBoard {
  const start = (name: string): Progress => {
    const started = now();
    let written = Number.NEGATIVE_INFINITY;
    let last = '';
    let pending: string | undefined;
    const write = (line: string): void => {
      written = now();
      pending = undefined;
      stderr(`${line}\n`);
    };
    stderr(`${name}: started\n`);
    return {
      update: (fraction, label = last) => {
        last = label;
        const percent = `${Math.floor(100 * clamp(fraction))}%`.padStart(4);
        const line = [`${name}: ${percent}`, label, timeLeft(fraction, now() - started)]
          .filter(Boolean)
          .join('  ');
        if (now() - written >= 1000 * secondsBetweenLines) write(line);
        else pending = line;
      },
      log: (line) => {
        stderr(`${name}: ${line}\n`);
      },
      stop: () => {
        if (pending !== undefined) write(pending);
      },
    };
  };
  return { start, stop: () => undefined };
}

const clamp = (fraction: number): number =>
  Math.min(1, Math.max(0, Number.isFinite(fraction) ? fraction : 0));

/** `about 2 min left`, from the time that the part so far has taken; empty until that says something. */
export function timeLeft(fraction: number, elapsed: number): string {
  if (!(fraction > 0.01) || fraction >= 1 || elapsed < 1000) return '';
  return `about ${formatSeconds((elapsed * (1 - fraction)) / fraction / 1000)} left`;
}

/** `8 s`, `3 min 20 s`, `2 h 5 min`. */
export function formatSeconds(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
