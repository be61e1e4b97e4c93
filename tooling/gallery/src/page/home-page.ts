import report from 'virtual:gallery/report';
import { demos, type Demo } from '../demos';
import papers from 'virtual:gallery/papers';
import { h } from './element';
import type { Page } from './demo-page';

/** All demonstrations, and what the reproduction found. */
export function homePage(): Page {
  const root = h(
    'div',
    { class: 'page' },
    h('h1', {}, 'Ten papers, as packages'),
    h(
      'p',
      { class: 'lead' },
      `${demos.length} of the ${Object.keys(papers).length} methods run below, here and now, in this browser, from the packages as they are published. No result is recorded beforehand.`,
    ),
    h('ul', { class: 'cards' }, ...demos.map(card)),
    reproduction(),
  );
  return { root, leave: () => undefined };
}

function card({ id, title, summary, package: paper }: Demo): HTMLElement {
  return h(
    'li',
    { class: 'card' },
    h('h2', {}, h('a', { href: `#/${id}` }, title)),
    h('p', {}, summary),
    h('p', { class: 'small muted' }, papers[paper]!.title),
  );
}

function reproduction(): HTMLElement {
  const heading = h('h2', { id: 'reproduction' }, 'What the papers claim, measured');
  const attributes = { class: 'card', 'aria-labelledby': 'reproduction' };
  if (report === undefined)
    return h(
      'section',
      attributes,
      heading,
      h(
        'p',
        {},
        'This site was built without results. ',
        h('code', {}, 'npm start'),
        ' makes them; build again after it.',
      ),
    );
  const rows = Object.entries(report.papers).map(([id, { held, claims }]) =>
    h(
      'tr',
      {},
      h('th', { scope: 'row' }, papers[id]?.title ?? id),
      h('td', { class: 'number' }, `${held} of ${claims}`),
    ),
  );
  return h(
    'section',
    attributes,
    heading,
    h(
      'p',
      {},
      `At ${report.scales.join(' and ')} scale, claims that hold, by the criteria that the experiments set. `,
      h('a', { href: './report/report.html' }, 'The whole report'),
      ' has every claim with what was measured.',
    ),
    h(
      'table',
      {},
      h(
        'thead',
        {},
        h('tr', {}, h('th', { scope: 'col' }, 'Paper'), h('th', { scope: 'col' }, 'Claims that hold')),
      ),
      h('tbody', {}, ...rows),
    ),
  );
}
