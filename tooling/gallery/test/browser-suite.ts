import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browse, chromiumPath, type Browsing, type ViewportName } from './chromium';
import { demos } from '../src/demos';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const report = join(import.meta.dirname, '../dist/report/report.html');

/** Rules that a page breaks, with the elements that break them. */
async function violations(page: Page, part = 'html'): Promise<string[]> {
  await page.evaluate(axe);
  return page.evaluate(async (selector) => {
    const { axe: checker } = globalThis as any;
    const found = await checker.run({ include: [[selector]] });
    return found.violations.map(
      (each: any) =>
        `${each.id}: ${each.nodes
          .slice(0, 3)
          .map((node: any) => node.html.slice(0, 200))
          .join(' ')}`,
    );
  }, part);
}

/** A page that keeps what goes wrong in it. */
async function opened({ context, address }: Browsing, hash: string) {
  const page = await context.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') errors.push(message.text());
  });
  page.on('requestfailed', (request) => errors.push(`${request.url()} failed`));
  page.on('request', (request) => {
    if (!request.url().startsWith(address) && !/^(data|blob):/.test(request.url()))
      errors.push(`${request.url()} is elsewhere`);
  });
  await page.goto(`${address}${hash}`);
  return { page, errors };
}

const stateIs = (page: Page, states: string, timeout = 70_000) =>
  page.waitForSelector(
    states
      .split(' ')
      .map((state) => `.demo[data-state=${state}]`)
      .join(),
    { timeout },
  );

/** Presses the page's button as soon as its bar has moved: a fast demonstration would be done before a test's click. */
function cancelAtFirstProgress(): void {
  const bar = document.querySelector('progress')!;
  const press = () => {
    if (bar.value === 0) return;
    seen.disconnect();
    [...document.querySelectorAll('button')].find((each) => each.textContent === 'Cancel')!.click();
  };
  const seen = new MutationObserver(press);
  seen.observe(bar, { attributes: true });
  press();
}

type Place = readonly [x: number, y: number];

async function dragMouse(page: Page, from: Place, to: Place): Promise<void> {
  await page.mouse.move(...from);
  await page.mouse.down();
  await page.mouse.move(...to, { steps: 4 });
  await page.mouse.up();
}

async function dragFinger(page: Page, [x, y]: Place, [toX, toY]: Place): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', touchPoints: { x: number; y: number }[]) =>
    session.send('Input.dispatchTouchEvent', { type, touchPoints });
  await touch('touchStart', [{ x, y }]);
  for (const share of [0.25, 0.5, 0.75, 1])
    await touch('touchMove', [{ x: x + share * (toX - x), y: y + share * (toY - y) }]);
  await touch('touchEnd', []);
}

const overflow = (page: Page) =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

const skipped = chromiumPath === undefined ? ' (skipped: no Chromium here; LAB_CHROMIUM names one)' : '';

/** What must hold of the built site at the size of a viewport; a file each, so that two run side by side. */
export function browserSuite(viewport: ViewportName): void {
  describe.skipIf(chromiumPath === undefined)(
    `in a browser of the size of a ${viewport}${skipped}`,
    { timeout: 150_000 },
    () => {
      let browsing: Browsing;
      beforeAll(async () => {
        browsing = await browse(viewport);
      });
      afterAll(() => browsing.close());

      it('lists every demonstration', async () => {
        const { page, errors } = await opened(browsing, '');
        await page.waitForSelector('.cards');
        expect(await page.locator('.cards h2 a').allTextContents()).toEqual(demos.map(({ title }) => title));
        expect(await violations(page)).toEqual([]);
        expect(await overflow(page)).toBe(0);
        expect(errors).toEqual([]);
        // The checks above can fail: a picture without a text is found.
        await page.evaluate(() => document.querySelector('main')!.append(new Image(10, 10)));
        expect((await violations(page)).join()).toContain('image-alt');
        await page.close();
      });

      it('has READMEs as pages, and the report where there are results', async () => {
        const readme = await opened(browsing, 'readme/cps.html');
        expect(await readme.page.locator('h1').textContent()).toBe('@lab/cps');
        expect(await violations(readme.page)).toEqual([]);
        const pages = [readme];
        if (existsSync(report)) {
          const whole = await opened(browsing, 'report/report.html');
          // Of megabytes; one experiment is as good as all.
          expect(await violations(whole.page, 'header, nav, section:nth-of-type(2)')).toEqual([]);
          pages.push(whole);
        }
        for (const { page, errors } of pages) {
          expect(await page.locator('h1').count()).toBe(1);
          expect(await overflow(page)).toBe(0);
          expect(errors).toEqual([]);
          await page.close();
        }
      });

      it.each(demos.map(({ id }) => id))(
        '%s is cancelled in the middle, then runs to a result',
        async (id) => {
          const { page, errors } = await opened(browsing, `#/${id}`);
          await page.waitForSelector('.demo');
          await page.evaluate(cancelAtFirstProgress);
          if (!demos.find((demo) => demo.id === id)!.startsItself)
            await page.getByRole('button', { name: 'Run' }).click();
          await stateIs(page, 'cancelled failed done');
          expect(await page.getAttribute('.demo', 'data-state')).toBe('cancelled');

          await page.getByRole('button', { name: 'Run again' }).click();
          await stateIs(page, 'done failed');
          const status = await page.textContent('.status');
          expect(await page.getAttribute('.demo', 'data-state'), status ?? '').toBe('done');
          expect(status).toMatch(/\d/);
          expect(await violations(page)).toEqual([]);
          expect(await overflow(page)).toBe(0);
          expect(errors).toEqual([]);
          await page.close();
        },
      );

      it('moves a bound with the keyboard and a point with mouse or finger, and samples follow', async () => {
        const { page, errors } = await opened(browsing, '#/cps');
        await stateIs(page, 'done');
        const atLeast = page.getByLabel('At least');
        await atLeast.focus();
        for (let i = 0; i < 4; i++) await page.keyboard.press('ArrowRight');
        await expect.poll(() => page.getAttribute('figure svg', 'aria-label')).toContain('between 8.0');
        await page.locator('figure svg').first().scrollIntoViewIfNeeded();
        const box = await boxOf(page.locator('figure svg').first());
        const point = await boxOf(page.locator('figure svg circle').first());
        const [x, y] = [point.x + point.width / 2, point.y + point.height / 2];
        await (viewport === 'phone' ? dragFinger : dragMouse)(page, [x, y], [x, y - box.height / 10]);
        await expect.poll(() => page.getByLabel('First point, degrees').inputValue()).not.toBe('9');
        await stateIs(page, 'done');
        expect(await page.textContent('.status')).toContain('12 days');
        expect(errors).toEqual([]);
        await page.close();
      });
    },
  );
}

/** Where something is drawn; while the figure is drawn anew it is nowhere. */
async function boxOf(place: Locator) {
  let box: Awaited<ReturnType<Locator['boundingBox']>> = null;
  await expect.poll(async () => (box = await place.boundingBox())).not.toBeNull();
  return box!;
}
