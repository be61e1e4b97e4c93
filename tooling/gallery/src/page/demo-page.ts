import type { Demo } from '../demos';
import papers from 'virtual:gallery/papers';
import { button, choice, type Control } from './controls';
import { h } from './element';
import type { EngineName } from '@lab/tensor-core';
import { runner, type RunState } from './runner';

/** A page that is shown, and how it is left. */
export interface Page {
  readonly root: HTMLElement;
  readonly leave: () => void;
}

/** Milliseconds between the last change of an input and the run that it causes. */
const settle = 120;

/** The page of one demonstration: what is computed, its controls, its figures, and the state of its run. */
export async function demoPage(demo: Demo): Promise<Page> {
  const create = await demo.load();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const view = create({
    changed: () => {
      clearTimeout(timer);
      timer = setTimeout(() => void run.run(), settle);
    },
  });

  const engine = engineChoice(demo);
  const bar = h('progress', { max: 1, value: 0, 'aria-label': 'Progress' });
  const status = h('p', { class: 'status', role: 'status' });
  const start = button('Run', () => void run.run(), { primary: true });
  const stop = button('Cancel', () => run.cancel());
  const stage = h(
    'div',
    { class: 'stage' },
    ...view.figures,
    bar,
    status,
    h('div', { class: 'actions' }, start, stop),
  );

  const show = (state: RunState, text: string): void => {
    root.dataset.state = state;
    const isRunning = state === 'running';
    // Not `disabled`, which would take the focus away from who just pressed it.
    stop.setAttribute('aria-disabled', String(!isRunning));
    start.textContent = state === 'idle' ? 'Run' : 'Run again';
    bar.hidden = !isRunning;
    if (!isRunning) bar.value = 0;
    // A screen reader hears what comes out, not every step on the way.
    status.setAttribute('aria-live', isRunning ? 'off' : 'polite');
    status.textContent = text;
  };
  const run = runner<unknown, never, never>(
    () => new Worker(new URL('../worker/worker.ts', import.meta.url), { type: 'module', name: demo.id }),
    {
      input: () => view.input(),
      engine: () => engine?.value ?? 'wasm',
      progress: (value) => view.progress(value),
      result: (value) => view.result(value),
      onDone: (done) => {
        bar.value = done;
      },
    },
    { state: show },
  );

  const root = h(
    'article',
    { class: 'page demo', 'data-demo': demo.id },
    h('h1', {}, demo.title),
    h('p', { class: 'lead' }, demo.summary),
    h(
      'div',
      { class: 'bench' },
      h(
        'div',
        { class: 'card panel', role: 'group', 'aria-label': 'Settings' },
        ...view.controls,
        engine?.root,
      ),
      h('div', { class: 'card' }, stage),
    ),
    about(demo),
  );
  show('idle', 'Ready.');
  if (demo.startsItself) void run.run();
  return {
    root,
    leave: () => {
      clearTimeout(timer);
      run.close();
    },
  };
}

const engineTitles: Partial<Record<EngineName, string>> = { wasm: 'WebAssembly', webgpu: 'WebGPU' };

/** What computes, where there is a choice: WebAssembly, or WebGPU, which says itself when nothing is behind it. */
function engineChoice({ engines }: Demo): Control<EngineName> | undefined {
  const offered = engines.filter((name) => name !== 'webgpu' || 'gpu' in navigator);
  if (offered.length < 2) return undefined;
  const options = Object.fromEntries(offered.map((name) => [name, engineTitles[name]!]));
  return choice({ label: 'Engine', options: options as Record<EngineName, string>, value: 'wasm' });
}

function about({ computes, functions, package: id }: Demo): HTMLElement {
  const paper = papers[id]!;
  const calls = Object.entries(functions).map(([name, own]) =>
    h('li', {}, h('code', {}, name), ': ', ...own.flatMap((each, i) => [i > 0 && ', ', h('code', {}, each)])),
  );
  return h(
    'section',
    { class: 'card about', 'aria-labelledby': 'about' },
    h('h2', { id: 'about' }, 'What is computed'),
    h('p', {}, computes),
    h('ul', {}, ...calls),
    h('p', {}, 'Paper: ', h('cite', {}, paper.title), `, arXiv:${paper.arxiv}.`),
    h('p', {}, h('a', { href: `./readme/${id}.html` }, `README of @lab/${id}`)),
  );
}
