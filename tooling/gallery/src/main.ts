import report from 'virtual:gallery/report';
import { demos } from './demos';
import { demoPage, type Page } from './page/demo-page';
import { h } from './page/element';
import { homePage } from './page/home-page';
import './style.css';

const main = document.querySelector<HTMLElement>('#main')!;
const nav = document.querySelector<HTMLElement>('#nav')!;
nav.append(
  h('a', { href: '#/' }, 'Demonstrations'),
  ...(report === undefined ? [] : [h('a', { href: './report/report.html' }, 'Report')]),
);

let shown: Page | undefined;
let visits = 0;

/** Shows the page that the address names after its `#/`. */
async function visit(): Promise<void> {
  const visitNumber = ++visits;
  const id = location.hash.replace(/^#\/?/, '');
  if (id === 'main') return;
  const demo = demos.find((each) => each.id === id);
  const page = demo === undefined ? homePage() : await demoPage(demo);
  if (visitNumber !== visits) {
    page.leave();
    return;
  }
  shown?.leave();
  shown = page;
  document.title = demo === undefined ? 'Lab' : `${demo.title} \u00b7 Lab`;
  main.replaceChildren(page.root);
  if (visitNumber > 1) {
    scrollTo(0, 0);
    main.focus({ preventScroll: true });
  }
}

addEventListener('hashchange', () => void visit());
void visit();
