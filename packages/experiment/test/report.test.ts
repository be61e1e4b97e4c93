import { createHash } from 'node:crypto';
import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import { renderReport } from '../src/report/index';
import { escapeHtml, html } from '../src/report/html';
import { pages } from '../src/report/style';
import { contrast } from './contrast';
import { sampleResult } from './sample-result';

describe('html', () => {
  test.prop([fc.string({ unit: 'binary' })])('escapes so that a browser reads the text back', (text) => {
    const { markup } = html`<p title="${text}">${text}</p>`;
    const inner = markup.slice(markup.indexOf('>') + 1, -'</p>'.length);
    expect(inner).not.toMatch(/[<>"']/);
    const named: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };
    expect(inner.replace(/&(#39|\w+);/g, (_, name: string) => named[name]!)).toBe(text);
    expect(markup).toBe(`<p title="${escapeHtml(text)}">${escapeHtml(text)}</p>`);
  });

  test('joins lists, keeps markup, leaves out what is absent', () => {
    // prettier-ignore
    const { markup } = html`<ul>${['<', html`<b>${1}</b>`]}${undefined}${false}</ul>`;
    expect(markup).toBe('<ul>&lt;<b>1</b></ul>');
  });
});

describe('renderReport', () => {
  const attack = `</style></script><script>alert(1)</script>"'><img src=x onerror=alert(1)>$&\``;

  test('no text of a result becomes markup', async () => {
    const page = await renderReport(
      [sampleResult(attack, { status: 'failed', error: { message: attack } })],
      { title: attack },
    );
    expect(page.match(/<script/g)).toHaveLength(1);
    expect(page.match(/<\/script>/g)).toHaveLength(1);
    expect(page.match(/<\/style>/g)).toHaveLength(1);
    expect(page).not.toMatch(/<img/);
    // Each place that shows it has it in full.
    expect(page.split(escapeHtml(attack)).length).toBeGreaterThan(20);
  });

  test('holds everything itself and its policy allows its own script alone', async () => {
    const page = await renderReport([sampleResult()]);
    expect(page).not.toMatch(/\ssrc=|@import|url\((?!#)|<link/);
    for (const [, target] of page.matchAll(/\shref="([^"]*)"/g)) expect(target).toMatch(/^#/);
    const script = /<script>(.*?)<\/script>/s.exec(page)![1]!;
    expect(page).toContain(`script-src 'sha256-${createHash('sha256').update(script).digest('base64')}'`);
  });

  test('headings step down one by one, ids are unique and links inside lead somewhere', async () => {
    const page = await renderReport([sampleResult('a'), sampleResult('b', { experiment: 'cps/b' })]);
    const levels = [...page.matchAll(/<h([1-6])[ >]/g)].map(([, level]) => Number(level));
    expect(levels[0]).toBe(1);
    levels.forEach((level, i) => expect(level - (levels[i - 1] ?? 0)).toBeLessThanOrEqual(1));
    const ids = [...page.matchAll(/\sid="([^"]*)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [, target] of page.matchAll(/(?:href="#|url\(#|aria-labelledby=")([^")]+)/g))
      expect(ids).toContain(target);
    for (const landmark of ['<main', '<header', '<footer', '<nav', 'lang="en"'])
      expect(page).toContain(landmark);
    for (const svg of page.match(/<svg [^>]*>/g)!) expect(svg).toMatch(/role="img" aria-label="[^"]+"/);
  });

  test('shows claims with their verdicts, and what went wrong', async () => {
    const page = await renderReport([
      sampleResult('a', { status: 'failed', error: { message: 'out of memory' } }),
    ]);
    expect(page).toContain('1 of 2 claims hold');
    expect(page.match(/badge good/g)).toHaveLength(1);
    expect(page.match(/badge bad/g)).toHaveLength(1);
    expect(page).toContain('The run failed: out of memory');
    expect(await renderReport([sampleResult('a', { status: 'aborted' })])).toContain('The run was stopped');
  });

  test('is the same page for the same results', async () => {
    expect(await renderReport([sampleResult()])).toBe(await renderReport([sampleResult()]));
  });

  test('is a page without results too', async () => {
    expect(await renderReport([])).toContain('No claim was measured');
  });
});

test.each(['light', 'dark'] as const)('text of the %s page is readable (WCAG 2.2: 4.5)', (theme) => {
  const { page, card, ink, muted, accent, soft, good, bad, ...rest } = pages[theme];
  const pairs = [
    ...[ink, muted, accent].flatMap((text) => [page, card].map((ground) => [text, ground] as const)),
    [muted, soft],
    [ink, soft],
    [good, rest['good-soft']],
    [bad, rest['bad-soft']],
    [ink, rest['bad-soft']],
  ] as const;
  for (const [text, ground] of pairs)
    expect(contrast(text!, ground!), `${text!} on ${ground!}`).toBeGreaterThanOrEqual(4.5);
});
